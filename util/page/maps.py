"""The maps of one test image in nm, small enough for a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..results import ImageResult

PAGE_PIXELS = 3_500_000  # of all images together, so that 1,000 images of 72x48 px stay whole
MAX_PIXELS = 300 * 300  # of one image


@dataclass(frozen=True)
class Maps:
    """The maps (H, W) of one image; None is what is not known.

    `sem` [grey level]; `depth` and `truth` [nm below the top surface]; `u90` expanded uncertainty of the depth [nm];
    `hole` and `true_hole` bool, True is hole. `shrink`: how many pixels of the image, down and across, are one pixel of
    these maps.
    """

    sem: NDArray
    depth: NDArray | None
    truth: NDArray | None
    u90: NDArray | None
    hole: NDArray | None
    true_hole: NDArray | None
    shrink: tuple[float, float]

    @classmethod
    def from_result(cls, result: ImageResult, nm_per_grey: float, pixels: float = MAX_PIXELS) -> "Maps":
        """The maps of a result, shrunk to `pixels`; where a SEM image was rendered of a depth map, these two."""
        sem, depth, truth = result.input, None, None
        if result.rendering is not None:
            sem, depth = result.rendering, (result.input.max() - result.input) * nm_per_grey
        elif result.final is not None and result.level is not None:
            depth = (result.level - result.final) * nm_per_grey
        if result.true_level is not None and result.truth is not None:
            truth = (result.true_level - result.truth) * nm_per_grey
        u90 = None if result.depth_u90 is None else result.depth_u90 * nm_per_grey
        has_mask = result.hole_mask is not None and depth is None
        masks = (result.hole_mask, true_hole(result)) if has_mask else (None, None)
        small, *others = (shrink(image, pixels) for image in (sem, depth, truth, u90, *masks))
        depth, truth, u90, hole, true_mask = others
        factors = (sem.shape[0] / small.shape[0], sem.shape[1] / small.shape[1])
        return cls(small, depth, truth, u90, hole, true_mask, factors)

    @property
    def error(self) -> NDArray | None:
        """Predicted minus true depth (H, W) [nm]; above 0 is too deep."""
        return None if self.depth is None or self.truth is None else self.depth - self.truth

    @property
    def layers(self) -> dict[str, NDArray]:
        """What is known, by the names that the page's script uses."""
        layers = {"SEM": self.sem} | {name: getattr(self, name) for name in ("depth", "truth", "u90", "hole")}
        layers["true_hole"] = self.true_hole
        return {name: values for name, values in layers.items() if values is not None}


def pixels_of_each(results: Sequence[ImageResult]) -> float:
    """How many pixels of each image a page has room for."""
    return min(MAX_PIXELS, PAGE_PIXELS / max(1, len(results)))


def true_hole(result: ImageResult) -> NDArray | None:
    """Mask (H, W) of the hole in the ground truth; True is hole."""
    return None if result.truth is None else result.truth != result.true_level


def shrink(image: Any, pixels: float) -> Any:
    """An image (H, W) as float32 with at most `pixels` pixels, or a few more."""
    if image is None:
        return None
    values = np.asarray(image, dtype=np.float32)
    factor = np.sqrt(pixels / values.size)
    if factor >= 1:
        return values
    height, width = (max(1, round(side * factor)) for side in values.shape)
    return np.asarray(Image.fromarray(values).resize((width, height), Image.Resampling.BOX))
