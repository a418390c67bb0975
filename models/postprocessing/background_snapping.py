"""Finds the background of a predicted depth map and sets it to the nearest background level."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from ..grey_levels import LEVELS, nearest_level

CROSS = [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
NEIGHBOURS = np.array([np.zeros((3, 3)), CROSS, np.zeros((3, 3))])  # four in each map, none in the next map


class Snapped(NamedTuple):
    """Snapped `depth_grey` float32 (N, H, W), `level` int (N,), both [grey level]; `hole_mask` bool (N, H, W)."""

    depth_grey: NDArray[np.float32]
    level: NDArray[np.int64]
    hole_mask: NDArray[np.bool_]


def find_background(depth_grey: NDArray[np.float32], tolerance: float = 8.0, lines: bool = False) -> NDArray[np.bool_]:
    """Background, bool (N, H, W), of maps (N, H, W) [grey level]: pixels that are connected to the image border and
    differ from the median of the border by at most `tolerance` [grey level].

    Where most of the border is etched, as around `lines`, the median of its upper half is taken: of all values above
    the middle between its minimum and its maximum.
    """
    border = _border(depth_grey)
    values = depth_grey[:, border]
    if lines:
        middle = (values.min(axis=1, keepdims=True) + values.max(axis=1, keepdims=True)) / 2
        values = np.where(values >= middle, values, np.nan)
    median = (np.nanmedian if lines else np.median)(values, axis=1)
    near = np.abs(depth_grey - median[:, None, None]) <= tolerance
    components, count = label(near, NEIGHBOURS)
    on_border = np.zeros(count + 1, dtype=bool)
    on_border[components[:, border]] = True
    on_border[0] = False  # component 0 holds the pixels that are not near
    return on_border[components]


def snap_background(
    depth_grey: NDArray[np.float32],
    levels: tuple[int, ...] = LEVELS,
    tolerance: float = 8.0,
    level: NDArray[np.int64] | None = None,
    hole_mask: NDArray[np.bool_] | None = None,
    lines: bool = False,
) -> Snapped:
    """Maps (N, H, W) [grey level], each with its background set to its background level; other pixels stay.

    `hole_mask` bool (N, H, W), True is hole, and `level` (N,) [grey level] are used where they are given. Otherwise the
    background is what `find_background` returns (with `lines`, their tops), and the level is the element of `levels`
    that is nearest to the median of the background. If no pixel is within the tolerance of the border's median (half of
    the border has one value, half another), the map keeps all its pixels and is all hole; its level is the one nearest
    to that median.
    """
    if hole_mask is None:
        hole_mask = ~find_background(depth_grey, tolerance, lines)
    if level is None:
        level = _find_levels(depth_grey, hole_mask, levels)
    snapped = np.where(hole_mask, depth_grey, level[:, None, None]).astype(np.float32)
    return Snapped(snapped, level, hole_mask)


def _find_levels(
    depth_grey: NDArray[np.float32], hole_mask: NDArray[np.bool_], levels: tuple[int, ...]
) -> NDArray[np.int64]:
    """The level (N,) nearest to the median of each map's background, or of its border where it is all hole."""
    is_hole = np.where(hole_mask.all((1, 2), keepdims=True), ~_border(depth_grey), hole_mask)
    ordered = np.sort(np.where(is_hole, np.inf, depth_grey).reshape(len(depth_grey), -1), axis=1)
    count = (~is_hole).sum((1, 2))
    middle = np.stack(((count - 1) // 2, count // 2), axis=1)
    medians = np.take_along_axis(ordered, middle, axis=1).mean(axis=1)
    return np.array([nearest_level(float(median), levels) for median in medians])


def _border(maps: NDArray) -> NDArray[np.bool_]:
    """The outermost pixels, bool (H, W), of maps (N, H, W)."""
    border = np.ones(maps.shape[1:], dtype=bool)
    border[1:-1, 1:-1] = False
    return border
