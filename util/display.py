"""What a training shows of itself: alarms in the terminal, the page in its folder, live plots in visdom."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from numpy.typing import NDArray
from tqdm import tqdm

from .alarms import alarms
from .live_plots import LivePlots
from .training_page import TrainingPage

HINT = "The curves are on {page}; `python -m util.visdom_server` starts a server."


class Display:
    """`with Display(run, name, options, changed) as display:`; `options` are the options of the display.

    `due(step)` says whether images are to be shown after a step, so that they are fetched from the device only then.
    """

    def __init__(self, run: Path, name: str, options: Any, changed: Mapping[str, tuple[Any, Any]]) -> None:
        self.options, self.run = options, run
        self.page = TrainingPage(run, name, changed) if options.html else None
        self.plots: LivePlots | None = None
        self.alarms: Mapping[str, str] = {}
        self.images: Mapping[str, NDArray] = {}
        self.name = name
        self.written_at = 0

    def __enter__(self) -> "Display":
        o = self.options
        if o.display_id > 0:
            hint = HINT.format(page=self.run / "web/index.html") if o.html else HINT.partition("; ")[2]
            self.plots = LivePlots(
                o.display_server, o.display_port, o.display_env, self.name, o.display_id, o.display_ncols, hint
            )
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.plots:
            self.plots.close()

    def due(self, step: int) -> bool:
        """Whether images are wanted after this step."""
        return step % self.options.display_freq == 0

    def show(self, losses: Mapping[str, list[float]], images: Mapping[str, NDArray] | None = None) -> None:
        """New lines of the loss log, or new images (H, W) [grey level 0..255]; an alarm is printed when it begins."""
        if images is not None:
            self.images = images
        now = alarms(losses, self.images)
        for sign, advice in now.items():
            if sign not in self.alarms:
                tqdm.write(f"ALARM {sign}: {advice}")
        self.alarms = now
        if self.plots:
            self.plots.show(losses, images, now)

    def end_epoch(
        self, epoch: int, step: int, last: bool, losses: Mapping[str, list[float]], images: Mapping[str, NDArray]
    ) -> None:
        """Keeps an epoch's images, and renews the page when that is due."""
        self.show(losses, images)
        if self.page:
            self.page.add_images(epoch, images)
            if step - self.written_at >= self.options.update_html_freq or last:
                self.page.write(losses, self.alarms)
                self.written_at = step
