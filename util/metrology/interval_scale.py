"""How much the measures of a hole change with the U90 of its pixels: the scale of their 90 % intervals."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .quantity_names import BOTTOM, HALF, SIDES, TOP

Column = NDArray[np.float64]
FRACTIONS = {"top": TOP, "half": HALF, "bottom": BOTTOM}
SURFACE = 0.01  # of the plateau's depth; what is not deeper is surface
EDGES_FACTOR = 2**0.5  # of a CD whose two edges move independently, each with its whole contour
MIN_OWN = 0.1  # of the whole scale, that is a hole's own even if the surface is as uncertain as its walls


class IntervalScale(NamedTuple):
    """Two parts (N,) of an interval, in the measure's unit: U90 = common + factor * own.

    `common` is what an error of the surface causes, as a wrong background level has: all pixels of a contour share it,
    and it does not average out. How far the errors of the walls average out, the factor tells.
    """

    common: Column
    own: Column


def interval_scales(
    depth: NDArray, relief: NDArray, depth_u90: NDArray, measured: dict[str, Column], pixel_nm: float
) -> dict[str, IntervalScale]:
    """The IntervalScale of each measure of maps `depth` (N, H, W) [nm] with U90 (N, H, W) [nm].

    `relief` (N, H, W) is what contours were drawn in: the depth, or the height of lines. `measured` holds
    depth_median_nm and the sidewall angles. A CD changes by the mean shift of its contour, a sidewall angle by those of
    the contours at both its ends, the volume by the sum of U90 in the hole.
    """
    plateau = measured["depth_median_nm"]
    is_surface = depth <= SURFACE * plateau[:, None, None]
    surface_u90 = (depth_u90 * is_surface).sum((1, 2), dtype=np.float64) / np.maximum(is_surface.sum((1, 2)), 1)
    slope, scales, whole = np.hypot(*np.gradient(relief, axis=(1, 2))), {}, {}
    for height, fraction in FRACTIONS.items():
        threshold = (fraction if relief is depth else 1 - fraction) * plateau
        on_contour = np.abs(relief - threshold[:, None, None]) < slope / 2
        total_slope = (slope * on_contour).sum((1, 2), dtype=np.float64)
        shift_per_nm = pixel_nm / np.where(total_slope > 0, total_slope, np.nan)
        whole[height] = (depth_u90 * on_contour).sum((1, 2), dtype=np.float64) * shift_per_nm
        common = (1 - fraction) * surface_u90 * on_contour.sum((1, 2)) * shift_per_nm
        common = np.minimum(common, (1 - MIN_OWN) * whole[height])
        scales[f"cd_{height}_nm"] = IntervalScale(common, whole[height] - common)
    nothing, shift = np.zeros(len(depth)), np.hypot(whole["top"], whole["bottom"])
    for side in SIDES:
        angle = np.radians(measured[f"swa_{side}_deg"])
        own = np.degrees(shift * np.sin(angle) ** 2 / np.where(plateau > 0, (BOTTOM - TOP) * plateau, np.nan))
        scales[f"swa_{side}_deg"] = IntervalScale(nothing, own)
    in_hole = (depth_u90 * ~is_surface).sum((1, 2), dtype=np.float64)
    scales["volume_nm3"] = IntervalScale(nothing, in_hole * pixel_nm**2)
    return scales
