"""Calibrates the 90 % intervals of measures on predicted maps whose true maps are known."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .hole_measurement import measure_holes, measure_with_scales
from .interval_scale import EDGES_FACTOR

COVERAGE = 0.9  # fraction of true values inside an interval


class KnownMaps(NamedTuple):
    """Predicted and true depths and U90 (N, H, W) [nm]; whether they are of real images, bool (N,)."""

    predicted_nm: NDArray
    true_nm: NDArray
    u90_nm: NDArray
    is_real: NDArray[np.bool_]


def calibrate_intervals(maps: KnownMaps, pixel_nm: float = 1.0, lines: bool = False) -> dict[str, float]:
    """The factor of each measure's interval, as `measure_holes` takes them; none where too few maps can be measured.

    Split conformal prediction (Lei et al., JASA 113, 2018): U90 = common + factor * own (`IntervalScale`), and the
    factor is the 90 % quantile of (|error| - common) / own. The larger one of renderings and of real images is taken:
    renderings do not have the errors that all real images share, and real images with a known shape are easy ones.
    Without such real images a CD has at least EDGES_FACTOR, as if errors did not average out along its contour.
    """
    truth = measure_holes(maps.true_nm, pixel_nm, lines=lines)
    predicted, scales = measure_with_scales(maps.predicted_nm, pixel_nm, maps.u90_nm, lines)
    factors = {}
    for name, (common, own) in scales.items():
        ratio = (np.abs(predicted[name] - truth[name]) - common) / own
        quantiles = [conformal_quantile(ratio[maps.is_real == kind]) for kind in (False, True)]
        if np.isfinite(quantiles).any():
            is_unverified = name.startswith("cd_") and np.isnan(quantiles[1])
            factors[name] = max(EDGES_FACTOR if is_unverified else 0.0, float(np.nanmax(quantiles)))
    return factors


def conformal_quantile(scores: NDArray) -> float:
    """The score that a new one exceeds with a probability of 10 % at most; NaN scores do not count.

    NaN where the scores are too few to say it.
    """
    ordered = np.sort(scores[np.isfinite(scores)])
    rank = math.ceil((len(ordered) + 1) * COVERAGE)
    return float(ordered[rank - 1]) if rank <= len(ordered) else math.nan
