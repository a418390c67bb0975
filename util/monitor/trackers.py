"""Sends losses and images to TensorBoard or Weights & Biases, which are imported only with --track."""

import os
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import UtilError

LOG_COLUMNS = ("epoch", "step", "seconds")  # the first columns of losses.csv: not losses


class Tracker(Protocol):
    """A program that receives the losses and images of a training."""

    def losses(self, step: int, values: Mapping[str, float]) -> None:
        """Receives the losses of one line of the log."""

    def images(self, step: int, images: Mapping[str, NDArray]) -> None:
        """Receives images (H, W) [grey level 0..255]."""

    def close(self) -> None:
        """Ends the tracking, because the training ends or stops."""


class TensorBoard:
    """Writes event files to checkpoints/<name>/tensorboard; hides entries of a killed run after `step`."""

    def __init__(self, run: Path, name: str, step: int, changed: Mapping[str, Any]) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(run / "tensorboard"), purge_step=step + 1 if step else None)
        self.writer.add_text("options", "\n".join(f"    --{key} {value}" for key, value in changed.items()), step)

    def losses(self, step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)

    def images(self, step: int, images: Mapping[str, NDArray]) -> None:
        for name, image in images.items():
            self.writer.add_image(name, _bytes(image), step, dataformats="HW")

    def close(self) -> None:
        self.writer.close()


class WeightsAndBiases:
    """Writes an offline run to checkpoints/<name>/wandb; `wandb sync` uploads it, WANDB_MODE=online uploads at once.

    Each start of a training is a separate run of the same group.
    """

    def __init__(self, run: Path, name: str, step: int, changed: Mapping[str, Any]) -> None:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        import wandb

        self.image = wandb.Image
        self.run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "semdepth"),
            name=name,
            group=name,
            dir=str(run),
            config=dict(changed) | {"first_step": step},
            mode=os.environ.get("WANDB_MODE", "offline"),  # type: ignore[arg-type]
            settings=wandb.Settings(console="off", silent=True, disable_git=True, disable_code=True),
        )

    def losses(self, step: int, values: Mapping[str, float]) -> None:
        self.run.log(dict(values), step=step)

    def images(self, step: int, images: Mapping[str, NDArray]) -> None:
        self.run.log({name: self.image(_bytes(image)) for name, image in images.items()}, step=step)

    def close(self) -> None:
        self.run.finish()


TRACKERS: dict[str, Callable[[Path, str, int, Mapping[str, Any]], Tracker]] = {
    "tensorboard": TensorBoard,
    "wandb": WeightsAndBiases,
}


class Trackers:
    """All trackers in `names`; each gets the new lines of the log, and images. `step` is the step of the training."""

    def __init__(self, names: Sequence[str], run: Path, name: str, step: int, changed: Mapping[str, Any]) -> None:
        self.all: list[Tracker] = [TRACKERS[tracker](run, name, step, changed) for tracker in names]
        self.step = step
        for tracker in names:
            print(f"--track {tracker}: {run / tracker}")

    def show(self, log: Mapping[str, Sequence[float]], images: Mapping[str, NDArray] | None = None) -> None:
        """Sends the lines of the log (columns by name) that are new since the last call, and images, if any."""
        steps = log["step"] if log else []
        for index in range(int(np.searchsorted(steps, self.step, "right")), len(steps)):
            self.step = int(steps[index])
            for tracker in self.all:
                tracker.losses(
                    self.step, {name: values[index] for name, values in log.items() if name not in LOG_COLUMNS}
                )
        for tracker in self.all if images else ():
            tracker.images(self.step, images or {})

    def end_epoch(self, step: int, epochs: Mapping[str, Sequence[float]]) -> None:
        """Sends the last row of the epochs' log (columns by name): validation metrics and learning rate."""
        for tracker in self.all if epochs else ():
            tracker.losses(step, {name: values[-1] for name, values in epochs.items() if name not in LOG_COLUMNS})

    def close(self) -> None:
        """Closes all trackers."""
        for tracker in self.all:
            tracker.close()


def require_trackers(names: Sequence[str]) -> None:
    """Raises UtilError if a requested tracker is not installed."""
    for name in names:
        if find_spec(name) is None:
            raise UtilError(f"--track {name}: {name} is not installed; pip install {name}, or remove the option")


def _bytes(image: NDArray) -> NDArray[np.uint8]:
    return np.rint(image).clip(0, 255).astype(np.uint8)
