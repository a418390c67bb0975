"""Other programs that show a training beside visdom and the page: TensorBoard and Weights & Biases, where they are
installed; imported only when asked for."""

import os
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import UtilError

LOG = ("epoch", "step", "seconds")  # the first columns of losses.csv


class Tracker(Protocol):
    """What is told of a training."""

    def losses(self, step: int, values: Mapping[str, float]) -> None:
        """The losses of a line of the log."""

    def images(self, step: int, images: Mapping[str, NDArray]) -> None:
        """Images (H, W) [grey level 0..255]."""

    def close(self) -> None:
        """The end of the training, or of this part of it."""


class TensorBoard:
    """Event files in checkpoints/<name>/tensorboard; what was logged after `step`, before a kill, is hidden."""

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
    """An offline run in checkpoints/<name>/wandb, which `wandb sync` sends when somebody wants that; WANDB_MODE=online
    sends it at once. Each start of a training is a run of its own in one group."""

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
    """All that `names` asks for; `step` is where the training stands. New lines of the log, and images, go to each."""

    def __init__(self, names: Sequence[str], run: Path, name: str, step: int, changed: Mapping[str, Any]) -> None:
        self.all: list[Tracker] = [TRACKERS[one](run, name, step, changed) for one in names]
        self.step = step
        for one in names:
            print(f"--track {one}: {run / one}")

    def show(self, log: Mapping[str, Sequence[float]], images: Mapping[str, NDArray] | None = None) -> None:
        """The log so far, by column, of which the lines since the last call are new; and images, if there are any."""
        steps = log["step"] if log else []
        for n in range(int(np.searchsorted(steps, self.step, "right")), len(steps)):
            self.step = int(steps[n])
            for tracker in self.all:
                tracker.losses(self.step, {name: values[n] for name, values in log.items() if name not in LOG})
        for tracker in self.all if images else ():
            tracker.images(self.step, images or {})

    def end_epoch(self, step: int, figures: Mapping[str, Sequence[float]]) -> None:
        """The figures that the epochs were judged by, by column, of which the last are new; and the learning rate."""
        for tracker in self.all if figures else ():
            tracker.losses(step, {name: values[-1] for name, values in figures.items() if name not in LOG})

    def close(self) -> None:
        """Ends all of them."""
        for tracker in self.all:
            tracker.close()


def require_trackers(names: Sequence[str]) -> None:
    """Raises UtilError where a tracker is asked for that is not installed."""
    for name in names:
        if find_spec(name) is None:
            raise UtilError(f"--track {name}: {name} is not installed; pip install {name}, or leave it out")


def _bytes(image: NDArray) -> NDArray[np.uint8]:
    return np.rint(image).clip(0, 255).astype(np.uint8)
