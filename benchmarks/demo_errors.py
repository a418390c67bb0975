"""Errors of the demo for three seeds, with and without the identity loss: python benchmarks/demo_errors.py

Each seed makes a data set and trains the demo's run on it; what is finished is not repeated when the command is typed
again. Prints a table, and draws a picture of each run: the holes where they were seen, where they belong, the truth.
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

sys.path.insert(0, str(Path(__file__).parents[1]))  # the rooms lie beside this folder

from benchmarks import contact_sheet
from data import DataOptions, DatasetLayout, InferenceImages, read_grey
from util.results.image_result import ImageResult
from util.scoring import metrics

ROOT = Path(__file__).parents[1]


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
            for results, more in (("results", ()), ("in_place", ("--hole_centre", ""))):
                program("test.py", *where, "--which_epoch", 200, "--results_dir", given.work / results, *more)
            rows.append(row(data, given.work, name, seed, identity))
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores; errors are RMSE in grey levels\n")
    for cells in ([*rows[0]], ["---"] * len(rows[0]), *([*values.values()] for values in rows)):
        print("| " + " | ".join(cells) + " |")
    return 0


def program(*words: object) -> None:
    subprocess.run([sys.executable, *map(str, words)], cwd=ROOT, check=True)


def row(data: Path, work: Path, name: str, seed: int, identity: str) -> dict[str, str]:
    """The figures of one run; draws its picture."""
    final, in_place = (
        json.loads((work / results / name / "test_200/metrics.json").read_text())["score"]
        for results in ("results", "in_place")
    )
    draw(data, work, name)
    mean_map = final["mean_map_level_given"]["rmse"]
    return {
        "identity": identity,
        "seed": str(seed),
        "raw": f"{final['raw']['rmse']:.2f}",
        "quantised": f"{final['quantised']['rmse']:.2f}",
        "centred": f"{final['centred']['rmse']:.2f}",
        "mean map": f"{final['mean_map']['rmse']:.2f}",
        "right levels": f"{final['raw']['level_accuracy']:.0%}",
        "level given, in place": f"{in_place['level_given']['rmse']:.2f}",
        "level given": f"{final['level_given']['rmse']:.2f}",
        "mean map, level given": f"{mean_map:.2f}",
        "ratio": f"{final['level_given']['rmse'] / mean_map:.2f}",
    }


def draw(data: Path, work: Path, name: str) -> None:
    """A contact sheet of the first images with the true level given."""
    images = next(InferenceImages.of(DatasetLayout(data), DataOptions(), "test", 8).batches(8))
    level = metrics.levels_of(images.truth)
    given = []
    for results in ("in_place", "results"):
        maps = np.stack([read_grey(work / results / name / f"test_200/depth/{stem}.png") for stem in images.stems])
        own = maps[:, 0, 0].astype(np.float64)  # a corner was quantised to the predicted level
        given.append(metrics.denormalise(metrics.normalised_depth(maps, own), level))
    sheet = [
        ImageResult(
            stem,
            images.images[n],
            raw_depth=given[0][n],
            recentred=given[1][n],
            truth=images.truth[n],
            level=int(level[n]),
        )
        for n, stem in enumerate(images.stems)
    ]
    contact_sheet.write(work / f"{name}.png", sheet, f"{name}: the true level given, then recentred")


if __name__ == "__main__":
    sys.exit(main())
