"""Count, mean, standard deviation and median of values by group, without a loop over the groups."""

import numpy as np
from numpy.typing import NDArray


def counts(values: NDArray, group: NDArray, n_groups: int) -> NDArray[np.intp]:
    """Number (G,) of finite values (N,) in each group; `group` (N,) is 0..G-1."""
    return np.bincount(group[np.isfinite(values)], minlength=n_groups)


def means(values: NDArray, group: NDArray, n_groups: int) -> NDArray[np.float64]:
    """Mean (G,) of the finite values of each group; NaN where there are none."""
    valid = np.isfinite(values)
    count = counts(values, group, n_groups)
    return np.bincount(group[valid], values[valid], n_groups) / np.where(count, count, np.nan)


def deviations(values: NDArray, group: NDArray, n_groups: int) -> NDArray[np.float64]:
    """Standard deviation (G,) of each group with n - 1 degrees of freedom; NaN below two finite values."""
    squares = (values - means(values, group, n_groups)[group]) ** 2
    count = counts(values, group, n_groups)
    return np.sqrt(means(squares, group, n_groups) * count / np.where(count > 1, count - 1, np.nan))


def medians(values: NDArray, group: NDArray, n_groups: int) -> NDArray[np.float64]:
    """Median (G,) of the finite values of each group; NaN where there are none."""
    order = np.lexsort((values, group))  # NaN comes last in its group
    start = np.searchsorted(group[order], np.arange(n_groups))
    count = counts(values, group, n_groups)
    pair = [values[order][(start + rank).clip(max=len(values) - 1)] for rank in ((count - 1) // 2, count // 2)]
    return np.where(count > 0, (pair[0] + pair[1]) / 2, np.nan)
