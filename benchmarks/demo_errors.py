"""Errors of the demo for three seeds, with and without the identity loss: python benchmarks/demo_errors.py

Makes a data set for each seed and trains the demo's run on it. The same command does not repeat what is complete. It
prints a table, and draws a picture of each run: predictions in place, recentred predictions, and the ground truth.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks import contact_sheet
from data import DataOptions, DatasetLayout, InferenceImages, read_grey
from util.results import ImageResult, ResultsFolder
from util.scoring import metrics

ROOT = Path(__file__).parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--work", type=Path, default=ROOT / "benchmarks/runs", help="folder of data sets and runs")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    args = parser.parse_args()
    data_flags = re.search(r"^DEMO_DATA := (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    rows = []
    for identity in ("0.5", "0"):
        for seed in args.seeds:
            data, name = args.work / f"sem_{seed}", f"seed_{seed}_identity_{identity.replace('.', '_')}"
            run_program("-m", "data.simulate", "--dataroot", data, *data_flags, "--seed", seed)
            run = ("--dataroot", data, "--name", name, "--checkpoints_dir", args.work / "checkpoints")
            config = ("--config", "docs/demo.yaml", "--continue_train")
            run_program("train.py", *run, *config, "--seed", seed, "--lambda_identity", identity)
            for results, options in (("results", ()), ("in_place", ("--hole_centre", ""))):
                run_program("test.py", *run, "--which_epoch", 200, "--results_dir", args.work / results, *options)
            rows.append(table_row(data, args.work, name, seed, identity))
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores; errors are RMSE in grey levels\n")
    for cells in ([*rows[0]], ["---"] * len(rows[0]), *([*values.values()] for values in rows)):
        print("| " + " | ".join(cells) + " |")
    return 0


def run_program(*words: object) -> None:
    subprocess.run([sys.executable, *map(str, words)], cwd=ROOT, check=True)


def table_row(data: Path, work: Path, name: str, seed: int, identity: str) -> dict[str, str]:
    """The errors of one run, as text by column; draws its picture."""
    final, in_place = (
        ResultsFolder(work / results / name / "test_200").metrics["score"] for results in ("results", "in_place")
    )
    draw_sheet(data, work, name)
    mean_map = final["mean_map_oracle_level"]["rmse"]
    return {
        "identity": identity,
        "seed": str(seed),
        "raw": f"{final['raw']['rmse']:.2f}",
        "snapped": f"{final['snapped']['rmse']:.2f}",
        "recentred": f"{final['recentred']['rmse']:.2f}",
        "mean map": f"{final['mean_map_baseline']['rmse']:.2f}",
        "right levels": f"{final['raw']['level_accuracy']:.0%}",
        "true level given, in place": f"{in_place['oracle_level']['rmse']:.2f}",
        "true level given": f"{final['oracle_level']['rmse']:.2f}",
        "mean map, true level given": f"{mean_map:.2f}",
        "ratio": f"{final['oracle_level']['rmse'] / mean_map:.2f}",
    }


def draw_sheet(data: Path, work: Path, name: str) -> None:
    """Draws a contact sheet of the first images with the true level given."""
    images = next(InferenceImages.of(DatasetLayout(data), DataOptions(), "test", 8).batches(8))
    level = metrics.levels_of(images.truth)
    maps = []
    for results in ("in_place", "results"):
        depth = np.stack([read_grey(work / results / name / f"test_200/depth/{stem}.png") for stem in images.stems])
        own_level = depth[:, 0, 0].astype(np.float64)  # a corner was snapped to the predicted level
        maps.append(metrics.denormalise(metrics.normalised_depth(depth, own_level), level))
    sheet = [
        ImageResult(
            stem,
            images.images[n],
            raw_depth=maps[0][n],
            recentred=maps[1][n],
            truth=images.truth[n],
            level=int(level[n]),
        )
        for n, stem in enumerate(images.stems)
    ]
    contact_sheet.write(work / f"{name}.png", sheet, f"{name}: true level given, then recentred")


if __name__ == "__main__":
    sys.exit(main())
