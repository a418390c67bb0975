"""The page of a training, checkpoints/<name>/web/index.html: one file, without server or network."""

import base64
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dominate import tags
from dominate.util import raw
from numpy.typing import NDArray

from ..drawing import empty_page, figure, image_rows, loss_groups, wide
from ..files import write_bytes
from ..run import EPOCH_COLUMNS, saved_options
from .training_time import TrainingTime, duration_text

MAX_EPOCHS = 40  # with images on the page
METRIC_LABELS = {
    "w1_distance": "Wasserstein distance of the depths [1]",
    "val_rmse": "RMSE of validation images [grey level]",
    "val_loss": "loss of validation images [1]",
    "val_accuracy": "correct levels of validation images [0..1]",
    "val_iou": "IoU of the holes of validation images [0..1]",
}

Epochs = Mapping[str, Sequence[float]]


class TrainingPage:
    """How far a training is, loss curves, images of epochs (newest first; every n-th of many), changed options."""

    def __init__(
        self,
        run: Path,
        title: str,
        changed: Mapping[str, tuple[Any, Any]],
        layout: Any,
        levels: Sequence[int] = (),
    ) -> None:
        self.run, self.folder, self.title, self.changed = run, run / "web", title, changed
        self.layout, self.levels = layout, levels
        (self.folder / "images").mkdir(parents=True, exist_ok=True)

    def add_images(self, epoch: int, images: Mapping[str, NDArray]) -> None:
        """Saves images (H, W) [grey level 0..255] of an epoch, such as web/images/epoch000012_real_A.png."""
        for name, image in images.items():
            picture = figure.picture(name, image, self.levels)
            write_bytes(self.folder / f"images/epoch{epoch:06d}_{name}.png", figure.png(picture))

    def write(
        self,
        losses: Mapping[str, Sequence[float]],
        alarms: Mapping[str, str] | None = None,
        epochs: Epochs | None = None,
    ) -> None:
        """Rewrites the page from the loss log and the log of epochs (columns by name), and from all saved images."""
        page = empty_page(self.title)
        with page, tags.main():
            tags.h1(self.title)
            self._progress(losses, epochs or {})
            for sign, advice in (alarms or {}).items():
                with tags.p(cls="alarm"):
                    tags.b(sign)
                    tags.span(f": {advice}")
            with tags.div(cls="sections"):
                if losses:
                    groups = loss_groups(list(losses)[3:], self.layout)
                    _add_curves("Losses", [figure.curves(losses, names, title) for title, names in groups])
                _validation(epochs or {})
            self._images()
            self._options()
        write_bytes(self.folder / "index.html", page.render().encode(errors="backslashreplace"))

    def _progress(self, losses: Mapping[str, Sequence[float]], epochs: Epochs) -> None:
        """What is trained on which data, and how far it is, as of now: the page does not change by itself."""
        saved = saved_options(self.run)
        time = TrainingTime.of(losses, epochs, saved)
        facts = {"model": saved.get("model"), "data": saved.get("dataroot"), "images a batch": saved.get("batch_size")}
        with tags.p(cls="quiet facts"):
            for name, value in facts.items():
                if value is not None:
                    tags.span(f"{name} {value}")
            now = datetime.now().replace(microsecond=0)
            tags.span(f"written {now.isoformat(' ')}; load the page again to see more")
        if not losses and not time.finished:
            return
        with tags.p(cls="headline"):
            _add_headline(f"{time.finished:,}" + (f" of {time.total:,}" if time.total else ""), "finished epochs")
            if losses:
                _add_headline(f"{losses['step'][-1]:,.0f}", f"steps, {losses['seconds'][-1]:.3f} s each")
            if time.finished:
                _add_headline(duration_text(time.elapsed), "elapsed in these epochs")
            if time.remaining is not None and time.finished < time.total:
                ends = now + timedelta(seconds=time.remaining)
                _add_headline(f"about {duration_text(time.remaining)}", f"remaining, until {ends:%Y-%m-%d %H:%M}")

    def _images(self) -> None:
        files: dict[str, dict[str, Path]] = {}
        for path in sorted((self.folder / "images").glob("epoch*_*.png"), reverse=True):
            epoch, name = path.stem.split("_", 1)
            files.setdefault(epoch, {})[name] = path
        if not files:
            return
        tags.h2("Images")
        tags.p(f"The same example after every epoch. {self.layout.image_note}".strip(), cls="quiet")
        every = max(1, -(-len(files) // MAX_EPOCHS))
        with tags.div(cls="epochs"):
            for epoch, pictures in list(files.items())[::every]:
                with tags.section(cls="epoch"):
                    tags.h3(f"epoch {int(epoch.removeprefix('epoch'))}")
                    for names in image_rows(pictures, self.layout):
                        with tags.div(cls="direction"):
                            for name in names:
                                _add_image(name, pictures[name])

    def _options(self) -> None:
        tags.h2("Options that differ from their defaults")
        if not self.changed:
            tags.p("None: every option is at its default.", cls="quiet")
            return
        with wide("options"), tags.table(cls="options"):
            with tags.thead(), tags.tr():
                for heading in ("option", "value", "default"):
                    tags.th(heading, scope="col")
            with tags.tbody():
                for name, (value, default) in self.changed.items():
                    with tags.tr():
                        tags.td(f"--{name}")
                        tags.td(str(value))
                        tags.td(str(default))


def _validation(epochs: Epochs) -> None:
    names = list(epochs)[len(EPOCH_COLUMNS) :]
    if not names:
        return
    curves = [figure.curves(epochs, [name], METRIC_LABELS.get(name, name), "epoch", "") for name in names]
    known = [n for n, value in enumerate(epochs[names[0]]) if math.isfinite(value)]
    line = ""
    if known:
        best = min(known, key=lambda n: epochs[names[0]][n])
        label = METRIC_LABELS.get(names[0], names[0])
        line = f"best is epoch {epochs['epoch'][best]:.0f}: {label} {epochs[names[0]][best]:.4g}; lower is better."
    _add_curves("Validation", curves, line)


def _add_curves(title: str, curves: Sequence[str], note: str = "") -> None:
    """A section as wide as its curves (SVG) need, beside others where there is room."""
    with tags.section(style=f"flex: {len(curves)} 1 {26 * len(curves)}rem"):
        tags.h2(title)
        with tags.div(cls="plots"):
            for curve in curves:
                with tags.figure(cls="curve"):
                    raw(curve)
        if note:
            tags.p(note, cls="quiet")


def _add_headline(value: str, label: str) -> None:
    with tags.span():
        tags.b(value)
        tags.small(label)


def _add_image(name: str, path: Path) -> None:
    data = base64.b64encode(path.read_bytes()).decode()
    with tags.figure():
        tags.img(src=f"data:image/png;base64,{data}", alt=name, cls="matrix" if name == "confusion" else "map")
        tags.figcaption(name)
