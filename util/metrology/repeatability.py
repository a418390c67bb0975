"""The noise of one measurement, from repeats of the same holes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .group_statistics import means
from .hole_table import HoleTable


@dataclass(frozen=True)
class Repeatability:
    """Repeatability of one quantity, in the quantity's unit."""

    holes: int  # number of holes that were measured more than once
    sigma: float  # standard deviation of one measurement
    shift: float  # mean of the second measurement minus the first
    first: NDArray[np.float64]  # (holes,) first measurement of each hole
    second: NDArray[np.float64]  # (holes,) second measurement of each hole
    freedom: int  # degrees of freedom of sigma


def estimate_repeatability(table: HoleTable, name: str) -> Repeatability | None:
    """Repeatability of the quantity `name`; None with fewer than two holes with repeats.

    With two repeats, the standard deviation is sd(d) / sqrt(2), d their differences (Bland and Altman, Lancet 327
    (1986) 307, "repeatability"). With more repeats, it is the residual of a two-way analysis of variance, which equals
    that for two: deviations from each hole's mean, minus the mean of each repeat, with N - H - (R - 1) degrees of
    freedom.
    """
    values = table.quantities[name]
    valid = np.isfinite(values)
    count = np.bincount(table.hole[valid])
    valid[valid] = count[table.hole[valid]] > 1
    holes, hole = np.unique(table.hole[valid], return_inverse=True)
    repeats, repeat = np.unique(table.repeat[valid], return_inverse=True)
    freedom = len(hole) - len(holes) - len(repeats) + 1
    if len(holes) < 2 or freedom < 1:
        return None
    order = np.lexsort((repeat, hole))
    residual = values[valid] - means(values[valid], hole, len(holes))[hole]
    residual = residual - means(residual, repeat, len(repeats))[repeat]
    start = np.searchsorted(hole[order], np.arange(len(holes)))
    first, second = (values[valid][order][start + n] for n in (0, 1))
    sigma = np.sqrt((residual**2).sum() / freedom)
    return Repeatability(len(holes), float(sigma), float((second - first).mean()), first, second, freedom)
