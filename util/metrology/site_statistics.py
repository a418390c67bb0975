"""Mean and 3 sigma of each quantity by site and for the run, with and without measurement noise, and outliers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .group_statistics import counts, deviations, means, medians
from .hole_table import HoleTable
from .repeatability import Repeatability, estimate_repeatability

U90_PER_SIGMA = 1.6449  # half the width of a normal distribution's 90 % interval over its standard deviation
MAD_PER_SIGMA = 0.6745  # a normal distribution's median absolute deviation over its standard deviation
OUTLIER_SCORE = 3.5  # modified z-score above which Iglewicz and Hoaglin call a value an outlier
MIN_GROUP_SIZE = 5  # values of a group from which outliers are looked for
PRECISION_SIGMAS = 6  # width of the precision in P/T


@dataclass(frozen=True)
class QuantityStatistics:
    """Statistics of one quantity over S sites of H holes, in its unit. A hole's value is the mean of its repeats.

    Standard deviations have n - 1 degrees of freedom. Values that are not defined are NaN.
    """

    name: str
    values: NDArray[np.float64]  # (H,)
    count: NDArray[np.intp]  # (S,) number of measured holes
    mean: NDArray[np.float64]  # (S,)
    sigma: NDArray[np.float64]  # (S,) of the holes in the site
    corrected: NDArray[np.float64]  # (S,) sigma without measurement noise
    hole_outliers: NDArray[np.bool_]  # (H,) far from the median of their site
    site_outliers: NDArray[np.bool_]  # (S,) mean far from the median of the sites of the same family
    run_sigma: float  # of all holes
    sigma_within_sites: float  # pooled over the sites
    sigma_within_sites_corrected: float  # the same without measurement noise
    measurement_sigma: float  # standard deviation of one measurement
    noise_source: str  # "repeats", "intervals", or "" where the noise is unknown
    repeats: Repeatability | None

    def precision_to_tolerance(self, tolerance: float) -> float:
        """P/T = 6 sigma / tolerance; sigma of one measurement, full width of the tolerance in the quantity's unit
        (AIAG, Measurement Systems Analysis, 4th ed., 2010)."""
        return PRECISION_SIGMAS * self.measurement_sigma / tolerance


def summarise_quantity(table: HoleTable, name: str) -> QuantityStatistics:
    """The statistics of the quantity `name`.

    Noise correction subtracts variances: sigma_true^2 = sigma_observed^2 - sigma_noise^2, at least 0 (the variance
    between groups of ISO 5725-2:2019; for roughness Villarrubia and Bunday, Proc. SPIE 5752 (2005) 480). The noise
    variance s^2 comes from repeats if there are some; the mean of m repeats has s^2 / m. Otherwise it comes from
    90 % intervals, as (u90 / 1.645)^2.
    """
    site, n_sites, n_holes = table.hole_site, len(table.sites), len(table.hole_site)
    values = means(table.quantities[name], table.hole, n_holes)
    repeats = estimate_repeatability(table, name)
    measurement_sigma, variance, source = np.nan, np.full(n_holes, np.nan), ""
    if repeats:
        measurement_sigma, source = repeats.sigma, "repeats"
        variance = repeats.sigma**2 / np.maximum(counts(table.quantities[name], table.hole, n_holes), 1)
    elif name in table.u90 and np.isfinite(table.u90[name]).any():
        variance = means((table.u90[name] / U90_PER_SIGMA) ** 2, table.hole, n_holes)
        measurement_sigma, source = float(np.sqrt(np.nanmean(variance))), "intervals"
    variance = np.where(np.isfinite(values), variance, np.nan)
    count, mean, sigma = counts(values, site, n_sites), means(values, site, n_sites), deviations(values, site, n_sites)
    valid_values, freedom = values[np.isfinite(values)], (count - 1).clip(min=0)
    within = float(np.sqrt((np.nan_to_num(sigma) ** 2 * freedom).sum() / (freedom.sum() or np.nan)))
    site_variance = means(variance, site, n_sites)
    valid = np.isfinite(site_variance) & (freedom > 0)
    pooled_variance = (site_variance[valid] * freedom[valid]).sum() / (freedom[valid].sum() or np.nan)
    return QuantityStatistics(
        name,
        values,
        count,
        mean,
        sigma,
        _subtract_noise(sigma, site_variance),
        find_outliers(values, site, n_sites),
        find_outliers(mean, site_families(table.sites), n_sites),
        float(valid_values.std(ddof=1)) if len(valid_values) > 1 else np.nan,
        within,
        float(_subtract_noise(np.array(within), np.array(pooled_variance))),
        measurement_sigma,
        source,
        repeats,
    )


def site_families(sites: list[str]) -> NDArray[np.intp]:
    """Family number (S,) of each site: sites whose names differ only in the last number are one family.

    depth_140_site_00233 and depth_140_site_00234 are one family; depth_110_site_00233 is in another.
    """
    return np.unique([site.rstrip("0123456789") for site in sites], return_inverse=True)[1]


def _subtract_noise(sigma: NDArray, noise_variance: NDArray) -> NDArray[np.float64]:
    return np.sqrt((sigma**2 - noise_variance).clip(min=0))


def find_outliers(values: NDArray, group: NDArray, n_groups: int) -> NDArray[np.bool_]:
    """Mask (N,) of values with a modified z-score 0.6745 |x - median| / MAD above 3.5 (Iglewicz and Hoaglin, How to
    Detect and Handle Outliers, ASQC 1993).

    The median is that of the group. The median absolute deviation (MAD) is that of all groups with at least 5 values,
    so that it does not depend on one small group. Each deviation in it is multiplied by n / (n - 0.8), because n values
    lie closer to their own median (Croux and Rousseeuw, COMPSTAT 1992, 411). Smaller groups have no outliers. If most
    values are equal, there are no outliers.
    """
    count = counts(values, group, n_groups)[group]
    deviation = np.abs(values - medians(values, group, n_groups)[group])
    deviation = np.where(count >= MIN_GROUP_SIZE, deviation, np.nan)
    valid = np.isfinite(deviation)
    mad = np.median(deviation[valid] * count[valid] / (count[valid] - 0.8)) if valid.any() else 0.0
    return np.nan_to_num(deviation) > (OUTLIER_SCORE / MAD_PER_SIGMA * mad if mad > 0 else np.inf)
