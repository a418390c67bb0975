"""The maps of one test image in nm, small enough for a page."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..results import ImageResult

MAX_SIDE = 96  # [px] so that 200 square images stay below 10 MB


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
    def from_result(cls, result: ImageResult, nm_per_grey: float) -> "Maps":
        """The maps of a result; where a SEM image was rendered of a depth map, these two."""
        sem, depth, truth = result.input, None, None
        if result.rendering is not None:
            sem, depth = result.rendering, (result.input.max() - result.input) * nm_per_grey
        elif result.final is not None and result.level is not None:
            depth = (result.level - result.final) * nm_per_grey
        if result.true_level is not None and result.truth is not None:
            truth = (result.true_level - result.truth) * nm_per_grey
        u90 = None if result.depth_u90 is None else result.depth_u90 * nm_per_grey
        has_mask = result.hole_mask is not None
        masks = (_shrink_mask(result.hole_mask), _shrink_mask(true_hole(result)) if has_mask else None)
        small = _shrink(sem)
        shrink = (sem.shape[0] / small.shape[0], sem.shape[1] / small.shape[1])
        return cls(small, _shrink(depth), _shrink(truth), _shrink(u90), *masks, shrink)

    @property
    def error(self) -> NDArray | None:
        """Predicted minus true depth (H, W) [nm]; above 0 is too deep."""
        return None if self.depth is None or self.truth is None else self.depth - self.truth


def true_hole(result: ImageResult) -> NDArray | None:
    """Mask (H, W) of the hole in the ground truth; True is hole."""
    return None if result.truth is None else result.truth != result.true_level


def _shrink_mask(hole: NDArray | None) -> NDArray | None:
    return None if hole is None else _shrink(hole) > 0.5


def _shrink(image: Any) -> Any:
    """An image (H, W) as float32 with sides of at most MAX_SIDE [px]."""
    if image is None:
        return None
    values = np.asarray(image, dtype=np.float32)
    factor = MAX_SIDE / max(values.shape)
    if factor >= 1:
        return values
    height, width = (max(1, round(side * factor)) for side in values.shape)
    return np.asarray(Image.fromarray(values).resize((width, height), Image.Resampling.BOX))
