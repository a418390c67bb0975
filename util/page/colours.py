"""Lengths in nm as colours: depth below the top surface (0 is yellow), errors around 0, expanded uncertainty."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from dominate import tags
from numpy.typing import NDArray
from PIL import Image

from ..drawing import figure
from .maps import Maps

MIN_DEPTH = 150.0  # [grey level] that the depth colours reach at least
DEPTH_STEP = 50.0  # [grey level] that the range of the depth is a fifth of, or more
ROUND_NUMBERS = (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10)  # a quarter of each has few digits


@cache
def colour_tables() -> dict[str, NDArray[np.uint8]]:
    """Red, green, blue (256, 3) of each kind of map, from the smallest value to the largest."""
    up = np.linspace(0, 1, 256)
    return {
        "depth": figure.colour_table(figure.DEPTH_MAP, 1 - up),
        "error": figure.colour_table(figure.ERROR_MAP, 1 - up),
        "u90": figure.colour_table(figure.INTERVAL_MAP, up),
    }


@dataclass(frozen=True)
class Colours:
    """The ranges of a page's colours [nm]: depth 0 to `depth`, error -`error` to `error`, uncertainty 0 to `u90`.

    They are the same for all images of a page. The range of the depth is the same on every page with the same
    --nm_per_grey, unless a map is deeper.
    """

    depth: float
    error: float
    u90: float

    @classmethod
    def fit(cls, maps: Iterable[Maps], nm_per_grey: float) -> "Colours":
        """The ranges that fit the maps of a page."""
        depths, errors, u90s = [0.0], [nm_per_grey], [nm_per_grey]
        for image in maps:
            depths += [float(depth.max()) for depth in (image.depth, image.truth) if depth is not None]
            errors += [] if image.error is None else [float(np.percentile(np.abs(image.error), 99))]
            u90s += [] if image.u90 is None else [float(image.u90.max())]
        step = DEPTH_STEP * nm_per_grey
        deepest = max(MIN_DEPTH * nm_per_grey, step / 5 * np.ceil(5 * max(depths) / step))
        return cls(float(deepest), _round_up(np.percentile(errors, 90)), _round_up(np.percentile(u90s, 90)))

    def range(self, kind: str) -> tuple[float, float]:
        """The lengths [nm] of the first and the last colour of `kind`."""
        return (-self.error if kind == "error" else 0.0), getattr(self, kind)


def add_legend(kind: str, label: str) -> None:
    """Colour bar of a kind of map; the script writes its ticks (maps.js)."""
    with tags.figure(cls="legend", data_kind=kind):
        tags.figcaption(label)
        tags.img(src=to_data_uri(Image.fromarray(colour_tables()[kind][None])), alt="", cls="bar")
        tags.div(cls="ticks", aria_hidden="true")


def to_data_uri(picture: Image.Image) -> str:
    """A picture as an address that contains it."""
    return "data:image/png;base64," + base64.b64encode(figure.png(picture)).decode()


def _round_up(value: float) -> float:
    """The smallest round length that is not below `value`."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(power * factor for factor in ROUND_NUMBERS if power * factor >= value * (1 - 1e-9)))
