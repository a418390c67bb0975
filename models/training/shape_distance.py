"""Validation metric without ground truth: are predicted depths distributed like those of the simulated maps?"""

import numpy as np
from numpy.typing import NDArray

from ..grey_levels import LEVELS, normalised_depth
from ..postprocessing import snap_background

QUANTILES = np.linspace(0, 1, 201)


def shape_distance(predicted: NDArray[np.float32], depth_grey: NDArray) -> float:
    """Wasserstein-1 distance [1] of normalised depth between predicted (N, H, W) and simulated maps (M, H, W)
    [grey level]: the mean absolute difference of the quantiles of u over all pixels.

    u = (L - depth) / (L - floor), where L is the snapped background level of each map itself, because an unpaired
    training does not know the level. It needs neither pairs nor ground truth. It detects walls that are always too
    steep, or floors that are not flat; it does not detect a hole at a wrong position.
    """
    predicted_quantiles, quantiles = (np.quantile(_normalise(maps), QUANTILES) for maps in (predicted, depth_grey))
    return float(np.abs(predicted_quantiles - quantiles).mean())


def _normalise(maps: NDArray) -> NDArray[np.float64]:
    """Normalised depth u [1] of maps (N, H, W) [grey level], relative to their own snapped background."""
    snapped, level, _ = snap_background(maps, LEVELS)
    return normalised_depth(snapped, level[:, None, None])
