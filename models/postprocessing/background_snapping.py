"""Finding the background of a predicted depth map and setting it to the nearest of the known levels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from ..grey_levels import LEVELS, nearest_level

SIDES = np.array([np.zeros((3, 3)), [[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.zeros((3, 3))])  # each map is labelled alone


class Snapped(NamedTuple):
    """A batch: quantised `depth_grey` float32 (N, H, W) and `level` int (N,) [grey level], background `mask` bool."""

    depth_grey: NDArray[np.float32]
    level: NDArray[np.int64]
    mask: NDArray[np.bool_]


def find_background(depth_grey: NDArray[np.float32], tolerance: float = 8.0, lines: bool = False) -> NDArray[np.bool_]:
    """Background, bool (N, H, W), of maps (N, H, W) [grey level]: the pixels connected to the image's border within
    `tolerance` [grey level] of the border's median.

    Where most of the border is etched, as around `lines`, the median is that of its upper half: of what is above the
    middle between its least and greatest value.
    """
    border = _border(depth_grey)
    there = depth_grey[:, border]
    if lines:
        middle = (there.min(axis=1, keepdims=True) + there.max(axis=1, keepdims=True)) / 2
        there = np.where(there >= middle, there, np.nan)
    median = (np.nanmedian if lines else np.median)(there, axis=1)
    near = np.abs(depth_grey - median[:, None, None]) <= tolerance
    parts, count = label(near, SIDES)
    joined = np.zeros(count + 1, dtype=bool)
    joined[parts[:, border]] = True
    joined[0] = False  # what is not near
    return joined[parts]


def snap_background(
    depth_grey: NDArray[np.float32],
    levels: tuple[int, ...] = LEVELS,
    tolerance: float = 8.0,
    level: NDArray[np.int64] | None = None,
    mask: NDArray[np.bool_] | None = None,
    lines: bool = False,
) -> Snapped:
    """Sets the background of each map (N, H, W) [grey level] to its level, and nothing else.

    `mask` (N, H, W) and `level` (N,) [grey level] are the background's where they are known. Else the background is
    what `background` finds (of `lines` their tops), and its level the one of `levels` that is nearest to its median. A
    map whose border's median has no pixel within the tolerance (an even split between two values) has an empty mask and
    keeps its pixels; its level is then the one nearest to that median.
    """
    if mask is None:
        mask = find_background(depth_grey, tolerance, lines)
    if level is None:
        level = np.array([_nearest(one, where, levels) for one, where in zip(depth_grey, mask, strict=True)])
    result = np.where(mask, level[:, None, None], depth_grey).astype(np.float32)
    return Snapped(result, level, mask)


def _nearest(depth_grey: NDArray[np.float32], mask: NDArray[np.bool_], levels: tuple[int, ...]) -> int:
    middle = np.median(depth_grey[mask if mask.any() else _border(depth_grey[None])])
    return nearest_level(float(middle), levels)


def _border(maps: NDArray) -> NDArray[np.bool_]:
    border = np.ones(maps.shape[1:], dtype=bool)
    border[1:-1, 1:-1] = False
    return border
