"""One test image with all that a system said about it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..drawing import figure

ERROR_LIMIT = 30.0  # [grey level] at which the colours of an error map are full


@dataclass(frozen=True)
class ImageResult:
    """One test image: stem, SEM image, maps (H, W), background mask and level [grey level], probabilities (K,) of the
    levels, truth; half the width of the depth's 90 % interval (H, W), the floor's mean depth below the background with
    half the width of its interval (2,) [grey level], and a strangeness above 1 for what is outside the system's
    knowledge; the measures of the hole in the final map and in the truth, by name (metrology/hole.py), and the site
    that it belongs to. None is what is not known or was not asked for."""

    stem: str
    input: NDArray
    raw_depth: NDArray | None = None
    snapped: NDArray | None = None
    truth: NDArray | None = None
    level: int | None = None
    recentred: NDArray | None = None
    hole_mask: NDArray | None = None
    level_probs: NDArray | None = None
    depth_u90: NDArray | None = None
    floor_depth: NDArray | None = None
    ood_score: float | None = None
    measurements: dict[str, float] | None = None
    true_measurements: dict[str, float] | None = None
    site: str = ""
    names: tuple[str, str] = ("SEM", "depth")  # what went in, what came out

    @property
    def final(self) -> NDArray | None:
        """The map that was written: the last of depth, quantised and centred that there is."""
        if self.recentred is not None:
            return self.recentred
        return self.raw_depth if self.snapped is None else self.snapped

    @property
    def reverse(self) -> bool:
        """Whether a depth map went in and a SEM image came out."""
        return self.names[0] == "depth"

    @property
    def true_level(self) -> int | None:
        """Background level of the truth [grey level]."""
        return None if self.truth is None or self.reverse else int(self.truth.max())

    @property
    def rmse(self) -> float | None:
        """Error of the final map [grey level]."""
        if self.truth is None or self.final is None:
            return None
        return float(np.sqrt(np.mean((self.final - self.truth) ** 2.0)))

    def pictures(self) -> dict[str, Image.Image]:
        """The pictures of a contact sheet, in their order."""
        low, high = depth_range()
        if self.reverse:
            return {"depth": figure.depth(self.input, low, high), "SEM": figure.grey(np.asarray(self.raw_depth))}
        columns = {"SEM": figure.grey(self.input)}
        if self.hole_mask is not None:
            hole = None if self.truth is None else self.truth != self.true_level
            columns["contour"] = figure.contours(self.input, ~self.hole_mask, hole)
        for name, image in (("raw", self.raw_depth), ("quantised", self.snapped), ("centred", self.recentred)):
            if image is not None:
                columns[name] = figure.depth(image, low, high)
        if self.depth_u90 is not None:
            columns["interval"] = figure.interval(self.depth_u90, ERROR_LIMIT)
        if self.truth is not None:
            columns["truth"] = figure.depth(self.truth, low, high)
            if self.final is not None:
                columns["error"] = figure.error(self.final - self.truth, ERROR_LIMIT)
        return columns


def depth_range() -> tuple[float, float]:
    """Grey levels at the ends of the depth colours, the same on every page, so that pages can be compared."""
    return 20.0, 170.0
