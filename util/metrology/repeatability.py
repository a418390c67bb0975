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
    index: NDArray[np.intp]  # (holes,) number of each hole in the table


def estimate_repeatability(table: HoleTable, name: str) -> Repeatability | None:
    """Repeatability of the quantity `name`; None with fewer than two holes with repeats.

    With two repeats, the standard deviation is sd(d) / sqrt(2), d their differences (Bland and Altman, Lancet 327
    (1986) 307, "repeatability"). With more repeats, or where some are missing, it is the residual of a two-way analysis
    of variance by least squares, hole and repeat without interaction, which equals that for two.
    """
    values = table.quantities[name]
    valid = np.isfinite(values)
    count = np.bincount(table.hole[valid])
    valid[valid] = count[table.hole[valid]] > 1
    holes, hole = np.unique(table.hole[valid], return_inverse=True)
    repeat = np.unique(table.repeat[valid], return_inverse=True)[1]
    if len(holes) < 2:
        return None
    order = np.lexsort((repeat, hole))
    residual = values[valid] - means(values[valid], hole, len(holes))[hole]
    residual, freedom = _remove_repeats(residual, hole, repeat)
    if freedom < 1:
        return None
    start = np.searchsorted(hole[order], np.arange(len(holes)))
    first, second = (values[valid][order][start + n] for n in (0, 1))
    sigma = np.sqrt((residual**2).sum() / freedom)
    return Repeatability(len(holes), float(sigma), float((second - first).mean()), first, second, freedom, holes)


def _remove_repeats(
    residual: NDArray[np.float64], hole: NDArray[np.intp], repeat: NDArray[np.intp]
) -> tuple[NDArray[np.float64], int]:
    """Deviations (N,) from the means of their holes, less the shifts of the repeats by least squares; and what degrees
    of freedom remain. Each hole has its own repeats, so the mean of a repeat alone is no estimate of its shift."""
    count = np.zeros((hole.max() + 1, repeat.max() + 1))
    np.add.at(count, (hole, repeat), 1)
    weights = count / count.sum(1, keepdims=True)
    normal = np.diag(count.sum(0)) - count.T @ weights
    shift, _, rank, _ = np.linalg.lstsq(normal, np.bincount(repeat, residual), rcond=None)
    return residual - shift[repeat] + (weights @ shift)[hole], len(hole) - len(count) - int(rank)
