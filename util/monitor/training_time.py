"""How far a training is: finished epochs, and the time that they took and that remains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

RECENT = 5  # epochs whose median time is that of the epochs to come


@dataclass(frozen=True)
class TrainingTime:
    """Numbers of epochs, and seconds; `total` is 0 and `remaining` None where they are not known."""

    finished: int
    total: int
    elapsed: float
    remaining: float | None

    @classmethod
    def of(
        cls,
        losses: Mapping[str, Sequence[float]],
        epochs: Mapping[str, Sequence[float]],
        options: Mapping[str, Any],
    ) -> "TrainingTime":
        """From the loss log and the log of epochs (columns by name), and the options of the run.

        An epoch that is under way counts by its steps.
        """
        total = int(options.get("n_epochs") or 0) + int(options.get("n_epochs_decay") or 0)
        if not epochs or not epochs["epoch"]:
            return cls(0, total, 0.0, None)
        finished, seconds = int(epochs["epoch"][-1]), epochs["seconds"]
        epoch_seconds = median(seconds[-RECENT:])
        under_way = 0.0
        if losses and losses["step"][-1] > epochs["step"][-1]:
            under_way = min((losses["step"][-1] - epochs["step"][-1]) * losses["seconds"][-1], epoch_seconds)
        remaining = max(0, total - finished) * epoch_seconds - under_way if total else None
        return cls(finished, total, sum(seconds), remaining)


def duration_text(seconds: float) -> str:
    """A duration in its two largest units: 3 h 5 min."""
    parts = [
        (seconds // 86400, "d"),
        (seconds % 86400 // 3600, "h"),
        (seconds % 3600 // 60, "min"),
        (seconds % 60, "s"),
    ]
    first = next((n for n, (number, _) in enumerate(parts) if number), 3)
    return " ".join(f"{int(number)} {unit}" for number, unit in parts[first : first + 2])
