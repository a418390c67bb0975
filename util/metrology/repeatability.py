"""What repeats of the same holes say about the noise of a measurement."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .group_statistics import means
from .hole_table import HoleTable


@dataclass(frozen=True)
class Repeatability:
    """Of one quantity, in its unit."""

    holes: int  # that were measured more than once
    sigma: float  # standard deviation of one measurement
    shift: float  # mean of the second measurement minus the first
    first: NDArray[np.float64]  # (holes,) first measurement of each
    second: NDArray[np.float64]  # (holes,) second one


def repeatability(table: HoleTable, name: str) -> Repeatability | None:
    """How well repeats of the same holes agree in the quantity `name`; None below two holes with repeats.

    Of itr0 and itr1 the standard deviation is sd(d) / sqrt(2), d their differences (Bland and Altman, Lancet 327
    (1986) 307, "repeatability"). Of more repeats it is the residual of a two-way analysis of variance, which is the
    same for two: deviations from each hole's mean, less the mean of each repeat, with N - H - (R - 1) degrees of
    freedom.
    """
    values = table.quantities[name]
    known = np.isfinite(values)
    count = np.bincount(table.hole[known])
    known[known] = count[table.hole[known]] > 1
    holes, hole = np.unique(table.hole[known], return_inverse=True)
    repeats, repeat = np.unique(table.repeat[known], return_inverse=True)
    freedom = len(hole) - len(holes) - len(repeats) + 1
    if len(holes) < 2 or freedom < 1:
        return None
    order = np.lexsort((repeat, hole))
    apart = values[known] - means(values[known], hole, len(holes))[hole]
    apart = apart - means(apart, repeat, len(repeats))[repeat]
    start = np.searchsorted(hole[order], np.arange(len(holes)))
    first, second = (values[known][order][start + n] for n in (0, 1))
    sigma = np.sqrt((apart**2).sum() / freedom)
    return Repeatability(len(holes), float(sigma), float((second - first).mean()), first, second)
