"""The page of a training, checkpoints/<name>/web/index.html: one file, without server or network."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dominate import tags
from dominate.util import raw
from numpy.typing import NDArray

from ..drawing import empty_page, figure, image_rows, loss_groups
from ..files import write_bytes
from ..run import EPOCH_COLUMNS

MAX_EPOCHS = 40  # with images on the page


class TrainingPage:
    """Loss curves, images of epochs (newest first; every n-th of many), and the options that differ from defaults."""

    def __init__(
        self,
        run: Path,
        title: str,
        changed: Mapping[str, tuple[Any, Any]],
        layout: Any,
        levels: Sequence[int] = (),
    ) -> None:
        self.folder, self.title, self.changed = run / "web", title, changed
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
        epochs: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        """Rewrites the page from the loss log and the log of epochs (columns by name), and from all saved images."""
        page = empty_page(self.title)
        with page:
            tags.h1(self.title)
            for sign, advice in (alarms or {}).items():
                with tags.p(cls="alarm"):
                    tags.b(sign)
                    tags.span(f": {advice}")
            if losses:
                last = {name: values[-1] for name, values in losses.items()}
                tags.p(
                    f"epoch {last['epoch']:.0f}, step {last['step']:.0f}, {last['seconds']:.3f} s a step", cls="quiet"
                )
                tags.h2("Losses")
                for title, names in loss_groups(list(losses)[3:], self.layout):
                    with tags.figure(cls="curve"):
                        raw(figure.curves(losses, names, title))
            self._validation(epochs or {})
            self._images()
            self._options()
        write_bytes(self.folder / "index.html", page.render().encode(errors="backslashreplace"))

    def _validation(self, epochs: Mapping[str, Sequence[float]]) -> None:
        names = list(epochs)[len(EPOCH_COLUMNS) :]
        if not names:
            return
        tags.h2("Validation")
        best = min(range(len(epochs["epoch"])), key=lambda n: epochs[names[0]][n])
        tags.p(
            f"best is epoch {epochs['epoch'][best]:.0f}: {names[0]} {epochs[names[0]][best]:.4g}; lower is better.",
            cls="quiet",
        )
        for name in names:
            with tags.figure(cls="curve"):
                raw(figure.curves(epochs, [name], name, "epoch", ""))

    def _images(self) -> None:
        files: dict[str, dict[str, Path]] = {}
        for path in sorted((self.folder / "images").glob("epoch*_*.png"), reverse=True):
            epoch, name = path.stem.split("_", 1)
            files.setdefault(epoch, {})[name] = path
        if files:
            tags.h2("Images")
            if self.layout.image_note:
                tags.p(self.layout.image_note, cls="quiet")
        every = max(1, -(-len(files) // MAX_EPOCHS))
        for epoch, pictures in list(files.items())[::every]:
            tags.h3(f"epoch {int(epoch.removeprefix('epoch'))}")
            with tags.div(cls="epoch"):
                for names in image_rows(pictures, self.layout):
                    with tags.div(cls="direction"):
                        for name in names:
                            data = base64.b64encode(pictures[name].read_bytes()).decode()
                            with tags.figure():
                                css_class = "matrix" if name == "confusion" else "map"
                                tags.img(src=f"data:image/png;base64,{data}", alt=name, cls=css_class)
                                tags.figcaption(name)

    def _options(self) -> None:
        tags.h2("Options that differ from their defaults")
        if not self.changed:
            tags.p("None: every option is at its default.", cls="quiet")
            return
        with tags.div(cls="wide"), tags.table(cls="options"):
            with tags.thead(), tags.tr():
                for heading in ("option", "value", "default"):
                    tags.th(heading)
            with tags.tbody():
                for name, (value, default) in self.changed.items():
                    with tags.tr():
                        tags.td(f"--{name}")
                        tags.td(str(value))
                        tags.td(str(default))
