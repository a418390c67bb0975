"""The rows of the ladder: which runs each is made of, what was reported for its like, and how to read its figures."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The centroid of the depth maps' holes: what is predicted is moved there, because the stage is never quite there.
CENTRE = ("--hole_centre", "35.3,22.9")


@dataclass(frozen=True)
class Row:
    """One row: its title, the systems it is made of, how many members of each vote and how (none: the run itself)."""

    title: str
    systems: tuple[str, ...]
    reported: str = ""  # RMSE in grey levels by participants of the contest for the same approach (docs/data.md)
    vote: str = ""
    count: int = 1
    more: tuple[str, ...] = ()
    tag: str = ""  # tells runs of the same members apart

    def members(self, seed: int) -> list[str]:
        """Names of the trained runs."""
        return [f"{system}_{seed + 10 * n}" for system in self.systems for n in range(self.count)]

    def run(self, seed: int) -> str:
        """Name of the run that is tested."""
        if not self.vote:
            return self.members(seed)[0]
        return "_and_".join(self.systems) + f"_{self.count}_{self.vote}{self.tag}_{seed}"


REGRESSION, CLASSIFIER, MASK = "unet_regressor", "background_classifier", "hole_segmenter"
ROWS = (
    Row("CycleGAN, centred", ("cycle_gan",), "14"),
    Row("CycleGAN, centred, + classifier", ("cycle_gan", CLASSIFIER), "", "soft", more=CENTRE),
    Row("autoencoder, dense", ("autoencoder",), "6.9"),
    Row("autoencoder, convolutional", ("autoencoder_convolutional",), "3.83, augmented"),
    Row("scale-invariant depth", ("scale_invariant_depth",), "given up"),
    Row("U-Net regression", (REGRESSION,), "6.7 to 6.9; 8.00 on simulation alone"),
    Row("U-Net + classifier", (REGRESSION, CLASSIFIER), "6.5", "soft"),
    Row("U-Net + mask", (REGRESSION, MASK), "", "soft"),
    Row("U-Net + both", (REGRESSION, CLASSIFIER, MASK), "6.6", "soft"),
    Row("3 of each, soft votes", (REGRESSION, CLASSIFIER, MASK), "", "soft", 3),
    Row("3 of each, soft votes, centred", (REGRESSION, CLASSIFIER, MASK), "", "soft", 3, CENTRE, "_centred"),
    Row("3 of each, hard votes", (REGRESSION, CLASSIFIER, MASK), "", "hard", 3),
    Row("background classifier", (CLASSIFIER,), "0.88 right"),
    Row("hole segmenter", (MASK,)),
)


def figures(work: Path, row: Row, seed: int) -> dict[str, Any]:
    """What one row and seed gave, out of metrics.json and its members' epochs.csv."""
    metrics = json.loads((work / "results" / row.run(seed) / "test_latest/metrics.json").read_text())
    score = metrics["score"]
    steps = [name for name in ("raw", "quantised", "centred") if name in score]
    histories = [epochs(work / "checkpoints" / name) for name in row.members(seed)]
    return {
        "raw": score["raw"]["rmse"] if steps else None,
        "finished": score[steps[-1]]["rmse"] if steps else None,
        "aligned": score.get("aligned", {}).get("rmse"),
        "mean_map": score.get("mean_map", {}).get("rmse"),
        "level": score["levels"]["accuracy"]
        if "levels" in score
        else score[steps[-1]]["level_accuracy"]
        if steps
        else None,
        "iou": score.get("mask", {}).get("iou"),
        "parameters": metrics["parameters"],
        "seconds": sum(sum(history["seconds"]) for history in histories),
        "images_per_second": metrics["images_per_second"],
        "histories": dict(zip(row.members(seed), histories, strict=True)),
    }


def epochs(run: Path) -> dict[str, list[float]]:
    """Columns of a run's epochs.csv."""
    with (run / "epochs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(line[name]) for line in rows] for name in rows[0]}


def late_gain(history: dict[str, list[float]]) -> float:
    """By what share the least judged figure fell in the last quarter of the training: near 0 it stopped improving."""
    judged = list(history.values())[4]
    before = min(judged[: max(1, len(judged) * 3 // 4)])
    return max(0.0, 1 - min(judged) / before)
