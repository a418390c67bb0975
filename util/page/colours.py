"""Lengths in nm as colours: depth from the top surface (yellow) downwards, errors around 0, widths of intervals."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from dominate import tags
from numpy.typing import NDArray
from PIL import Image

from ..drawing import figure
from .maps import Maps

SHARES = np.linspace(0, 1, 256)
TABLES = {  # red, green, blue (256, 3) from the least value to the greatest
    "depth": figure.DEPTH_MAP(1 - SHARES),
    "error": figure.ERROR_MAP(1 - SHARES),
    "interval": figure.INTERVAL_MAP(SHARES),
}
TABLES = {kind: np.rint(table[:, :3] * 255).astype(np.uint8) for kind, table in TABLES.items()}
DEEP, STEP = 150.0, 50.0  # [grey level] what the depth colours reach at least, and between their ticks
ROUND = (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10)  # whose quarters are short


@dataclass(frozen=True)
class Colours:
    """The ranges of a page's colours [nm]: depth 0 to `depth`, errors -`error` to `error`, intervals 0 to `interval`.

    They are the same for all images of a page; that of the depth is the same on every page of one --nm_per_grey, unless
    something is deeper.
    """

    depth: float
    error: float
    interval: float
    step: float  # between the ticks of the depth

    @classmethod
    def of(cls, maps: Iterable[Maps], nm_per_grey: float) -> "Colours":
        """Those that fit some maps."""
        depths, errors, intervals = [0.0], [nm_per_grey], [nm_per_grey]
        for one in maps:
            depths += [float(known.max()) for known in (one.depth, one.truth) if known is not None]
            errors += [] if one.error is None else [float(np.percentile(np.abs(one.error), 99))]
            intervals += [] if one.interval is None else [float(one.interval.max())]
        step = STEP * nm_per_grey
        deepest = max(DEEP * nm_per_grey, step / 5 * np.ceil(5 * max(depths) / step))
        return cls(float(deepest), _round(np.percentile(errors, 90)), _round(np.percentile(intervals, 90)), step)

    def picture(self, kind: str, nm: NDArray) -> Image.Image:
        """A map (H, W) [nm] of `depth`, `error` or `interval`."""
        low, high = self.range(kind)
        picture = Image.fromarray(np.rint((nm - low) / (high - low) * 255).clip(0, 255).astype(np.uint8))
        picture.putpalette(TABLES[kind].tobytes())
        return picture

    def range(self, kind: str) -> tuple[float, float]:
        """The lengths [nm] at the ends of a kind of colours."""
        return (-self.error if kind == "error" else 0.0), getattr(self, kind)

    def legend(self, kind: str, label: str) -> None:
        """Colour bar with ticks in nm."""
        low, high = self.range(kind)
        ticks = np.arange(low, high + 1e-9, self.step) if kind == "depth" else np.linspace(low, high, 5)
        with tags.figure(cls="legend"):
            tags.figcaption(label)
            tags.img(src=embedded(Image.fromarray(TABLES[kind][None])), alt="", cls="bar")
            with tags.div(cls="ticks", aria_hidden="true"):
                for tick in ticks:
                    sign = "+" if kind == "error" and tick > 0 else ""
                    text = f"{sign}{tick:g}".replace("-", "\u2212")
                    tags.span(text, style=f"left: {(tick - low) / (high - low):.1%}")


def embedded(picture: Image.Image) -> str:
    """A picture as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(figure.png(picture)).decode()


def _round(value: float) -> float:
    """The least round length that is not below `value`."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(power * times for times in ROUND if power * times >= value * (1 - 1e-9)))
