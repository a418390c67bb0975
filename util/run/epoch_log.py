"""The log of epochs, epochs.csv: seconds, learning rate and validation metrics of each epoch."""

import math
from collections.abc import Mapping
from pathlib import Path

from ..files import WarnOnError, read_numbers, write_bytes

EPOCH_COLUMNS = ("epoch", "step", "seconds", "lr")
UNITS = {"val_rmse": " grey levels"}  # of validation metrics
FORMER_COLUMNS = {  # names in the logs of older runs
    "distance": "w1_distance",
    "held-out RMSE": "val_rmse",
    "held-out loss": "val_loss",
    "held-out accuracy": "val_accuracy",
    "held-out IoU": "val_iou",
}


def read_epochs(path: Path) -> list[dict[str, float]]:
    """The rows of an epochs.csv by column name; columns of older runs get their present names."""
    return [{FORMER_COLUMNS.get(name, name): value for name, value in row.items()} for row in read_numbers(path)]


class EpochLog:
    """The rows of epochs.csv before `epoch`. A run that resumes in `epoch` logs that epoch and later ones again.

    `columns` holds the values of epochs.csv by column name; it is empty before the first row.
    """

    def __init__(self, folder: Path, epoch: int = 1) -> None:
        self.path = folder / "epochs.csv"
        self.writing = WarnOnError("the log of epochs")
        self.rows = [row for row in read_epochs(self.path) if row.get("epoch", epoch) < epoch]

    @property
    def columns(self) -> dict[str, list[float]]:
        """The log by column."""
        return {name: [row[name] for row in self.rows] for name in (self.rows[0] if self.rows else ())}

    def write(self, epoch: int, step: int, seconds: float, lr: float, metrics: Mapping[str, float]) -> str:
        """Adds an epoch: its time [s], learning rate and validation metrics by name; returns one line of text.

        A metric that is NaN has no value yet, and the line does not show it.
        """
        new = dict(zip(EPOCH_COLUMNS, (epoch, step, round(seconds, 2), lr), strict=True)) | dict(metrics)
        self.rows = [*(row for row in self.rows if list(row) == list(new)), new]  # other columns mean a damaged row
        lines = [",".join(self.rows[0]), *(",".join(f"{value:.7g}" for value in row.values()) for row in self.rows)]
        with self.writing:
            write_bytes(self.path, ("\n".join(lines) + "\n").encode())
        known = {name: value for name, value in metrics.items() if not math.isnan(value)}
        values = ", ".join(f"{name} {value:.4g}{UNITS.get(name, '')}" for name, value in known.items())
        return f"Time Taken: {seconds:.1f} sec \t lr {lr:.7f} \t {values}"
