"""The rows of the leaderboard: the runs of each, what was reported for similar models, and how its scores are read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from util.results import ResultsFolder
from util.run import EPOCH_COLUMNS, read_epochs

# Centroid of the holes in the depth maps. Predictions are recentred to it, because the stage is never exactly there.
CENTRE = ("--hole_centre", "35.3,22.9")


@dataclass(frozen=True)
class Row:
    """One row: its title, its models, `count` members of each, and their vote (empty: one run, without a vote)."""

    title: str
    models: tuple[str, ...]
    reported: str = ""  # RMSE in grey levels by participants of the contest with a similar model (docs/data.md)
    vote: str = ""
    count: int = 1
    options: tuple[str, ...] = ()  # more options of the ensemble
    suffix: str = ""  # distinguishes ensembles of the same members

    def members(self, seed: int) -> list[str]:
        """Names of the trained runs."""
        return [f"{model}_{seed + 10 * n}" for model in self.models for n in range(self.count)]

    def run(self, seed: int) -> str:
        """Name of the run that is tested."""
        if not self.vote:
            return self.members(seed)[0]
        return "_and_".join(self.models) + f"_{self.count}_{self.vote}{self.suffix}_{seed}"


REGRESSION, CLASSIFIER, MASK = "unet_regressor", "background_classifier", "hole_segmenter"
ROWS = (
    Row("CycleGAN, recentred", ("cycle_gan",), "14"),
    Row("CycleGAN, recentred, + classifier", ("cycle_gan", CLASSIFIER), "", "soft", options=CENTRE),
    Row("autoencoder, dense", ("autoencoder",), "6.9"),
    Row("autoencoder, convolutional", ("autoencoder_convolutional",), "3.83, augmented"),
    Row("scale-invariant depth", ("scale_invariant_depth",), "given up"),
    Row("U-Net regression", (REGRESSION,), "6.7 to 6.9; 8.00 on simulation alone"),
    Row("U-Net + classifier", (REGRESSION, CLASSIFIER), "6.5", "soft"),
    Row("U-Net + mask", (REGRESSION, MASK), "", "soft"),
    Row("U-Net + both", (REGRESSION, CLASSIFIER, MASK), "6.6", "soft"),
    Row("3 of each, soft votes", (REGRESSION, CLASSIFIER, MASK), "", "soft", 3),
    Row("3 of each, soft votes, recentred", (REGRESSION, CLASSIFIER, MASK), "", "soft", 3, CENTRE, "_recentred"),
    Row("3 of each, hard votes", (REGRESSION, CLASSIFIER, MASK), "", "hard", 3),
    Row("background classifier", (CLASSIFIER,), "0.88 right"),
    Row("hole segmenter", (MASK,)),
)


def read_scores(work: Path, row: Row, seed: int) -> dict[str, Any]:
    """The scores of one row and seed, from metrics.json and the epochs.csv of its members.

    RMSE [grey level] of raw maps, of final maps, of maps with scale and shift given, and of the mean map; accuracy of
    the level and IoU of the hole mask [0..1]. A score that the models do not have is None.
    """
    metrics = ResultsFolder(work / "results" / row.run(seed) / "test_latest").metrics
    score = metrics["score"]
    steps = [name for name in ("raw", "snapped", "recentred") if name in score]
    histories = {name: read_history(work / "checkpoints" / name) for name in row.members(seed)}
    level_accuracy = score[steps[-1]]["level_accuracy"] if steps else None
    return {
        "raw": score["raw"]["rmse"] if steps else None,
        "final": score[steps[-1]]["rmse"] if steps else None,
        "scale_shift_aligned": score.get("scale_shift_aligned", {}).get("rmse"),
        "mean_map_baseline": score.get("mean_map_baseline", {}).get("rmse"),
        "level_accuracy": score["levels"]["accuracy"] if "levels" in score else level_accuracy,
        "iou": score.get("mask", {}).get("iou"),
        "n_parameters": metrics["n_parameters"],
        "seconds": sum(sum(history["seconds"]) for history in histories.values()),
        "images_per_second": metrics["images_per_second"],
        "histories": histories,
    }


def read_history(run: Path) -> dict[str, list[float]]:
    """Columns of a run's epochs.csv."""
    rows = read_epochs(run / "epochs.csv")
    return {name: [row[name] for row in rows] for name in rows[0]}


def validation_metric(history: dict[str, list[float]]) -> str:
    """Name of the first validation metric, by which `best` is chosen."""
    return list(history)[len(EPOCH_COLUMNS)]


def late_gain(history: dict[str, list[float]]) -> float:
    """By which fraction the validation metric fell in the last quarter of a training; near 0 it no longer improved."""
    values = history[validation_metric(history)]
    before = min(values[: max(1, len(values) * 3 // 4)])
    return max(0.0, 1 - min(values) / before)
