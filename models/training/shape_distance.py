"""Choosing an epoch without any truth: do the predicted shapes look like the depth maps, as a population?"""

import numpy as np
from numpy.typing import NDArray

from ..grey_levels import LEVELS, normalised_depth
from ..postprocessing import snap_background

QUANTILES = np.linspace(0, 1, 201)


def shape_distance(predicted: NDArray[np.float32], depth_grey: NDArray) -> float:
    """Distance [1] between the unit shapes of predicted maps (N, H, W) and of true ones (M, H, W) [grey level].

    The Wasserstein-1 distance of the distributions of all pixels' u = (L - depth) / (L - floor), the mean absolute
    difference of their quantiles; each map is taken relative to its own quantised background, because an unpaired
    training does not know the level. It needs no pair and no truth. A wall that is everywhere too steep or a
    floor that is not flat shows in it; a hole in the wrong place does not.
    """
    found, wanted = (np.quantile(_unit(maps), QUANTILES) for maps in (predicted, depth_grey))
    return float(np.abs(found - wanted).mean())


def _unit(maps: NDArray) -> NDArray[np.float64]:
    snapped, level, _ = snap_background(maps, LEVELS)
    return normalised_depth(snapped, level[:, None, None])
