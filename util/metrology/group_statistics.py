"""Count, mean, standard deviation and median of values by group, without a loop over the groups."""

import numpy as np
from numpy.typing import NDArray


def counts(values: NDArray, group: NDArray, groups: int) -> NDArray[np.intp]:
    """How many values (N,) of each group are known (G,); NaN is unknown."""
    return np.bincount(group[np.isfinite(values)], minlength=groups)


def means(values: NDArray, group: NDArray, groups: int) -> NDArray[np.float64]:
    """Mean of the known values of each group (G,); NaN where there are none."""
    known = np.isfinite(values)
    count = counts(values, group, groups)
    return np.bincount(group[known], values[known], groups) / np.where(count, count, np.nan)


def deviations(values: NDArray, group: NDArray, groups: int) -> NDArray[np.float64]:
    """Standard deviation of each group (G,) with n - 1 degrees of freedom; NaN below two known values."""
    squares = (values - means(values, group, groups)[group]) ** 2
    count = counts(values, group, groups)
    return np.sqrt(means(squares, group, groups) * count / np.where(count > 1, count - 1, np.nan))


def medians(values: NDArray, group: NDArray, groups: int) -> NDArray[np.float64]:
    """Median of the known values of each group (G,); NaN where there are none."""
    order = np.lexsort((values, group))  # NaN comes last in its group
    start = np.searchsorted(group[order], np.arange(groups))
    count = counts(values, group, groups)
    pair = [values[order][(start + place).clip(max=len(values) - 1)] for place in ((count - 1) // 2, count // 2)]
    return np.where(count > 0, (pair[0] + pair[1]) / 2, np.nan)
