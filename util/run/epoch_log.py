"""What every epoch gave, in epochs.csv: its seconds, its learning rate, and the figures that it was judged by."""

from collections.abc import Mapping
from pathlib import Path

from ..files import WarnOnError, read_numbers, write_bytes

EPOCH_COLUMNS = ("epoch", "step", "seconds", "lr")


class EpochLog:
    """Opened by a run that stands in `epoch`, it drops that epoch and later ones: they will be logged again.

    `columns` holds what epochs.csv holds, by name; empty before the first line.
    """

    def __init__(self, folder: Path, epoch: int = 1) -> None:
        self.path = folder / "epochs.csv"
        self.writing = WarnOnError("the log of epochs")
        self.rows = [row for row in read_numbers(self.path) if row.get("epoch", epoch) < epoch]

    @property
    def columns(self) -> dict[str, list[float]]:
        """The log by column."""
        return {name: [row[name] for row in self.rows] for name in (self.rows[0] if self.rows else ())}

    def write(self, epoch: int, step: int, seconds: float, lr: float, figures: Mapping[str, float]) -> str:
        """Adds an epoch: the time that it took [s], its learning rate, its figures by name; returns them in words."""
        new = dict(zip(EPOCH_COLUMNS, (epoch, step, round(seconds, 2), lr), strict=True)) | dict(figures)
        self.rows = [*(row for row in self.rows if list(row) == list(new)), new]  # others are damaged
        lines = [",".join(self.rows[0]), *(",".join(f"{value:.7g}" for value in row.values()) for row in self.rows)]
        with self.writing:
            write_bytes(self.path, ("\n".join(lines) + "\n").encode())
        said = ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
        return f"Time Taken: {seconds:.1f} sec \t lr {lr:.7f} \t {said}"
