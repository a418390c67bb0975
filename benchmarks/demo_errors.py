"""Errors of the demo for three seeds, with and without the identity loss: python benchmarks/demo_errors.py

Each seed makes a data set and trains the demo's run on it; what is finished is not repeated when the command is typed
again. Prints a table, and draws a picture of each run: prediction, truth and error with the true level given.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from scipy.ndimage import shift

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the rooms lie beside this folder

from data import DataOptions, Layout, TestImages, read_grey
from util import contact_sheet, metrics
from util.results_page import Result

OFFSETS = np.arange(-2, 2.01, 0.25)  # [px] by which a map is moved to see how much of its error is the stage's jitter


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--work", type=Path, default=ROOT / "benchmarks/runs", help="folder of data sets and runs")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    given = parser.parse_args()
    recipe = re.search(r"^DEMO_DATA := (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    rows = []
    for identity in ("0.5", "0"):
        for seed in given.seeds:
            data, name = given.work / f"sem_{seed}", f"seed_{seed}_identity_{identity.replace('.', '_')}"
            program("-m", "data.simulate", "--dataroot", data, *recipe, "--seed", seed)
            where = ("--dataroot", data, "--name", name, "--checkpoints_dir", given.work / "checkpoints")
            config = ("--config", "docs/demo.yaml", "--continue_train")
            program("train.py", *where, *config, "--seed", seed, "--lambda_identity", identity)
            program("test.py", *where, "--which_epoch", 200, "--results_dir", given.work / "results")
            rows.append(row(data, given.work / "results" / name / "test_200", seed, identity, given.work / name))
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores; errors are RMSE in grey levels\n")
    for cells in ([*rows[0]], ["---"] * len(rows[0]), *([*values.values()] for values in rows)):
        print("| " + " | ".join(cells) + " |")
    return 0


def program(*words: object) -> None:
    subprocess.run([sys.executable, *map(str, words)], cwd=ROOT, check=True)


def row(data: Path, results: Path, seed: int, identity: str, picture: Path) -> dict[str, str]:
    """The figures of one run; draws its picture beside."""
    score = json.loads((results / "metrics.json").read_text())["score"]
    images = next(TestImages(Layout(data), DataOptions(), "test", 0).batches(10**6))
    level = metrics.levels_of(images.truth)
    maps = np.stack([read_grey(results / "depth" / f"{stem}.png") for stem in images.stems]).astype(np.float32)
    own = np.array([np.bincount(one[0].astype(int)).argmax() for one in maps])  # the border was quantised to its level
    given = metrics.at_level(metrics.unit(maps, own), level)
    moved = aligned(given, images.truth, level)
    sheet = [
        Result(f"image {n}", images.images[n], given[n], moved[n], images.truth[n], int(level[n])) for n in range(8)
    ]
    contact_sheet.write(
        picture.with_suffix(".png"), sheet, f"seed {seed}, identity {identity}: true level given, then aligned"
    )
    mean_map = score["mean_map_level_given"]["rmse"]
    return {
        "identity": identity,
        "seed": str(seed),
        "raw": f"{score['raw']['rmse']:.2f}",
        "quantised": f"{score['quantised']['rmse']:.2f}",
        "right levels": f"{score['raw']['level_accuracy']:.0%}",
        "mean map": f"{score['mean_map']['rmse']:.2f}",
        "level given": f"{score['level_given']['rmse']:.2f}",
        "mean map, level given": f"{mean_map:.2f}",
        "ratio": f"{score['level_given']['rmse'] / mean_map:.2f}",
        "level given, aligned": f"{metrics.rmse(moved, images.truth):.2f}",
    }


def aligned(maps: np.ndarray, truth: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Each map moved to where it fits its truth best: what is left is not the offset of the stage."""
    best, error = maps.copy(), np.full(len(maps), np.inf)
    for dy in OFFSETS:
        for dx in OFFSETS:
            moved = np.stack([shift(one, (dy, dx), order=1, cval=top) for one, top in zip(maps, level, strict=True)])
            now = metrics.image_rmse(moved, truth)
            best[now < error] = moved[now < error]
            error = np.minimum(now, error)
    return best


if __name__ == "__main__":
    sys.exit(main())
