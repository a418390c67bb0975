"""Does the epoch with the lowest shape distance also have the lowest error? python benchmarks/best_epoch.py

The distance, by which `best` is chosen, needs no ground truth. This takes the runs of benchmarks/demo_errors.py. For
every epoch that they kept it computes the distance and the hidden error (RMSE with the true level given, recentred).
It prints the rank correlation, and compares the error of `best` with the lowest error of any epoch.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from data import DataOptions, DatasetLayout, InferenceImages, read_stack
from models import Predictor, shape_distance
from util.scoring import metrics


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "runs", help="--work of demo_errors.py")
    args = parser.parse_args()
    print("| run | epochs | rank correlation | error of best | lowest error | error of the last |")
    print("|---|---|---|---|---|---|")
    distances, errors = [], []
    for run in sorted((args.work / "checkpoints").glob("seed_*")):
        distance, error = evaluate_epochs(run, DatasetLayout(args.work / f"sem_{run.name.split('_')[1]}"))
        distances.append(distance)
        errors.append(error)
        print(
            f"| {run.name} | {len(error)} | {spearmanr(distance, error).statistic:.2f} | "
            f"{error[distance.argmin()]:.2f} | {error.min():.2f} | {error[-1]:.2f} |"
        )
    correlation = spearmanr(np.concatenate(distances), np.concatenate(errors)).statistic
    print(f"\nall runs together: rank correlation {correlation:.2f}")
    return 0


def evaluate_epochs(run: Path, layout: DatasetLayout) -> tuple[np.ndarray, np.ndarray]:
    """Shape distances [1] and hidden errors [grey level] of the epochs that a run kept, in their order."""
    options = DataOptions()
    test = next(InferenceImages.of(layout, options, "test", 0).batches(10**6))
    sem, depth = (read_stack(files, options, "reading") for files in (layout.sem(), layout.depth()))
    level = metrics.levels_of(test.truth)
    distances, errors = [], []
    for epoch in sorted(int(file.name.split("_")[0]) for file in run.glob("[0-9]*_net_G_A.pth")):
        predictor = Predictor.load(run, str(epoch))
        prediction = predictor.predict(test.images)
        at_true_level = metrics.denormalise(metrics.normalised_depth(prediction.final, prediction.level), level)
        distances.append(shape_distance(predictor.predict(sem).raw_depth, depth))
        errors.append(metrics.rmse(at_true_level, test.truth))
    return np.array(distances), np.array(errors)


if __name__ == "__main__":
    sys.exit(main())
