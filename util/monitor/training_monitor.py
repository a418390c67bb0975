"""Drives what a user sees of a training: alarms in the terminal, the page, live plots, trackers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from numpy.typing import NDArray
from tqdm import tqdm

from ..files import WarnOnError
from .alarms import alarms
from .live_plots import LivePlots
from .trackers import Trackers
from .training_page import TrainingPage

PLOTS_HINT = "The curves are on {page}; `python -m util.visdom_server` starts a server."


class TrainingMonitor:
    """`with TrainingMonitor(run, name, options, changed, layout, levels, step) as monitor:`

    `options`: the display options. `changed`: options that differ from their defaults, as (value, default).
    `layout`: the model's plot layout. `levels`: the classes of a confusion matrix. `step`: the step of the training.
    Images are copied from the device only when `images_due(step)` is true.
    """

    def __init__(
        self,
        run: Path,
        name: str,
        options: Any,
        changed: Mapping[str, tuple[Any, Any]],
        layout: Any,
        levels: Sequence[int] = (),
        step: int = 0,
    ) -> None:
        self.options, self.run, self.layout = options, run, layout
        self.writing, self.tracking = WarnOnError("the page"), WarnOnError("the output of --track")
        self.page: TrainingPage | None = None
        if options.html:
            with self.writing:
                self.page = TrainingPage(run, name, changed, layout, levels)
        self.plots: LivePlots | None = None
        self.alarms: Mapping[str, str] = {}
        self.losses: Mapping[str, list[float]] = {}
        self.epochs: Mapping[str, list[float]] = {}
        self.images: Mapping[str, NDArray] = {}
        self.name = name
        values = {key: value for key, (value, _) in changed.items()}
        self.trackers = Trackers(options.track, run, name, step, values) if options.track else None
        self.written_at, self.step = 0, 0

    def __enter__(self) -> "TrainingMonitor":
        o = self.options
        if o.display_id > 0:
            hint = PLOTS_HINT.format(page=self.run / "web/index.html") if o.html else PLOTS_HINT.partition("; ")[2]
            self.plots = LivePlots(
                o.display_server,
                o.display_port,
                o.display_env,
                self.name,
                o.display_id,
                o.display_ncols,
                hint,
                self.layout,
            )
        return self

    def __exit__(self, error_type: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._write_page()
        if self.plots:
            self.plots.close()
        if self.trackers:
            with self.tracking:
                self.trackers.close()

    def images_due(self, step: int) -> bool:
        """Whether images are shown after this step."""
        return step % self.options.display_freq == 0

    def show(self, losses: Mapping[str, list[float]], images: Mapping[str, NDArray] | None = None) -> None:
        """Shows new lines of the loss log, or new images (H, W) [grey level 0..255]; prints each new alarm once."""
        self.losses = losses
        if images is not None:
            self.images = images
        active = alarms(losses, self.images, self.layout)
        for sign, advice in active.items():
            if sign not in self.alarms:
                tqdm.write(f"ALARM {sign}: {advice}")
        self.alarms = active
        if self.plots:
            self.plots.show(losses, images, active, self.epochs)
        if self.trackers:
            with self.tracking:
                self.trackers.show(losses, images)

    def end_epoch(
        self,
        epoch: int,
        step: int,
        losses: Mapping[str, list[float]],
        epochs: Mapping[str, list[float]],
        images: Mapping[str, NDArray],
    ) -> None:
        """Saves an epoch's images, and rewrites the page if it is due; `__exit__` always rewrites it."""
        self.step, self.epochs = step, epochs
        self.show(losses, images)
        if self.trackers:
            with self.tracking:
                self.trackers.end_epoch(step, epochs)
        if self.page:
            with self.writing:
                self.page.add_images(epoch, images)
        if step - self.written_at >= self.options.update_html_freq:
            self._write_page()

    def _write_page(self) -> None:
        if self.page and (self.losses or self.step):
            with self.writing:
                self.page.write(self.losses, self.alarms, self.epochs)
            self.written_at = self.step
