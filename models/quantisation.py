"""Finding the background of a predicted depth map and setting it to the nearest of the known levels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label

LEVELS = (140, 150, 160, 170)


class Quantised(NamedTuple):
    """A batch: quantised `depth_grey` float32 (N, H, W) and `level` int (N,) [grey level], background `mask` bool."""

    depth_grey: NDArray[np.float32]
    level: NDArray[np.int64]
    mask: NDArray[np.bool_]


def background(depth_grey: NDArray[np.float32], tolerance: float = 8.0) -> NDArray[np.bool_]:
    """Background, bool (H, W), of one map (H, W) [grey level]: the pixels connected to the image's border within
    `tolerance` [grey level] of the border's median."""
    border = np.ones(depth_grey.shape, dtype=bool)
    border[1:-1, 1:-1] = False
    near = np.abs(depth_grey - np.median(depth_grey[border])) <= tolerance
    parts = label(near, connectivity=1)
    return near & np.isin(parts, np.unique(parts[border & near]))


def quantise(depth_grey: NDArray[np.float32], levels: tuple[int, ...] = LEVELS, tolerance: float = 8.0) -> Quantised:
    """Sets the background of each map (N, H, W) [grey level] to the level nearest to its median, and nothing else.

    A map whose border's median has no pixel within the tolerance (an even split between two values) has an empty mask
    and keeps its pixels; its level is then the one nearest to that median.
    """
    known = np.asarray(levels)
    result = depth_grey.astype(np.float32, copy=True)
    masks = np.stack([background(one, tolerance) for one in depth_grey])
    chosen = np.empty(len(depth_grey), dtype=np.int64)
    for n, (one, mask) in enumerate(zip(depth_grey, masks, strict=True)):
        border = np.concatenate([one[0], one[-1], one[1:-1, 0], one[1:-1, -1]])
        middle = np.median(one[mask] if mask.any() else border)
        chosen[n] = known[np.abs(known - middle).argmin()]
        result[n][mask] = chosen[n]
    return Quantised(result, chosen, masks)
