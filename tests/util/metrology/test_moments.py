"""Statistics by group against NumPy, group by group."""

import numpy as np

from util.metrology.group_statistics import counts, deviations, means, medians


def test_they_equal_numpys():
    rng = np.random.default_rng(0)
    values, group = rng.normal(1e6, 1, 500), rng.integers(0, 40, 500)
    values[::7] = np.nan
    values[group == 3] = np.nan
    group[group == 5] = 6  # a group of none
    parts = [values[(group == g) & np.isfinite(values)] for g in range(41)]
    assert counts(values, group, 41).tolist() == [len(part) for part in parts]
    for ours, numpys, least in ((means, np.mean, 1), (medians, np.median, 1), (deviations, np.std, 2)):
        extra = {"ddof": 1} if numpys is np.std else {}
        known = [numpys(part, **extra) if len(part) >= least else np.nan for part in parts]
        np.testing.assert_allclose(ours(values, group, 41), known, rtol=1e-9)
