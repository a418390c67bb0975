"""Does the epoch that needs no truth to be chosen have the least error? python benchmarks/best_epoch.py

Takes the runs of benchmarks/demo_errors.py. For every epoch that they kept: the distance that `best` is chosen by, and
the hidden error (RMSE with the true level given, centred). Prints the rank correlation, and what `best` costs beside
the epoch that the truth would choose.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).parents[1]))  # the rooms lie beside this folder

from data import DataOptions, DatasetLayout, InferenceImages, read_stack
from models import Predictor, shape_distance
from util.scoring import metrics


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "runs", help="of demo_errors.py")
    given = parser.parse_args()
    print("| run | epochs | rank correlation | error of best | least error | error of the last |")
    print("|---|---|---|---|---|---|")
    distances, errors = [], []
    for run in sorted((given.work / "checkpoints").glob("seed_*")):
        distance, error = followed(run, DatasetLayout(given.work / f"sem_{run.name.split('_')[1]}"))
        distances.append(distance)
        errors.append(error)
        print(
            f"| {run.name} | {len(error)} | {spearmanr(distance, error).statistic:.2f} | "
            f"{error[distance.argmin()]:.2f} | {error.min():.2f} | {error[-1]:.2f} |"
        )
    together = spearmanr(np.concatenate(distances), np.concatenate(errors)).statistic
    print(f"\nall runs together: rank correlation {together:.2f}")
    return 0


def followed(run: Path, layout: DatasetLayout) -> tuple[np.ndarray, np.ndarray]:
    """Distances and hidden errors of the epochs that a run kept, in their order."""
    options = DataOptions()
    test = next(InferenceImages.of(layout, options, "test", 0).batches(10**6))
    sem, depth = (read_stack(files, options, "reading") for files in (layout.sem(), layout.depth()))
    level = metrics.levels_of(test.truth)
    distances, errors = [], []
    for epoch in sorted(int(file.name.split("_")[0]) for file in run.glob("[0-9]*_net_G_A.pth")):
        predictor = Predictor.load(run, str(epoch))
        found = predictor.predict(test.images)
        given = metrics.denormalise(metrics.normalised_depth(found.final, found.level), level)
        distances.append(shape_distance(predictor.predict(sem).raw_depth, depth))
        errors.append(metrics.rmse(given, test.truth))
    return np.array(distances), np.array(errors)


if __name__ == "__main__":
    sys.exit(main())
