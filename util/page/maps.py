"""The maps of one test image in nm, small enough for a page."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..results import ImageResult

MOST_SIDE = 96  # [px] so that 200 square images stay below 10 MB


@dataclass(frozen=True)
class Maps:
    """SEM image [grey level], depth and truth [nm below the top surface], half the width of the depth's 90 % interval
    [nm], each (H, W); the hole in a found and in a true mask; None is what is not known. `shrink` is how many of the
    image's pixels, down and across, one of these stands for."""

    sem: NDArray
    depth: NDArray | None
    truth: NDArray | None
    interval: NDArray | None
    hole: NDArray | None
    true_hole: NDArray | None
    shrink: tuple[float, float]

    @classmethod
    def of(cls, result: ImageResult, nm_per_grey: float) -> "Maps":
        """Those of a result; of a depth map that was turned into a SEM image, these two."""
        sem, depth, truth = result.input, None, None
        if result.reverse:
            sem, depth = np.asarray(result.raw_depth), (result.input.max() - result.input) * nm_per_grey
        elif result.final is not None and result.level is not None:
            depth = (result.level - result.final) * nm_per_grey
        if result.true_level is not None and result.truth is not None:
            truth = (result.true_level - result.truth) * nm_per_grey
        interval = None if result.depth_u90 is None else result.depth_u90 * nm_per_grey
        masks = (None, None) if result.hole_mask is None else (_mask(~result.hole_mask), _mask(truth_hole(result)))
        small = _small(sem)
        shrink = (sem.shape[0] / small.shape[0], sem.shape[1] / small.shape[1])
        return cls(small, _small(depth), _small(truth), _small(interval), *masks, shrink)

    @property
    def error(self) -> NDArray | None:
        """Depth less true depth (H, W) [nm]; above 0 is too deep."""
        return None if self.depth is None or self.truth is None else self.depth - self.truth


def truth_hole(result: ImageResult) -> NDArray | None:
    """Where the truth is not background (H, W)."""
    return None if result.truth is None else result.truth != result.true_level


def _mask(hole: NDArray | None) -> NDArray | None:
    return None if hole is None else _small(hole) > 0.5


def _small(image: Any) -> Any:
    if image is None:
        return None
    values = np.asarray(image, dtype=np.float32)
    factor = MOST_SIDE / max(values.shape)
    if factor >= 1:
        return values
    height, width = (max(1, round(side * factor)) for side in values.shape)
    return np.asarray(Image.fromarray(values).resize((width, height), Image.Resampling.BOX))
