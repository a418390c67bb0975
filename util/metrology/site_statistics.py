"""A site's and a run's mean and 3 sigma of each quantity, without the measurement's noise, and what lies outside."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .group_statistics import counts, deviations, means, medians
from .hole_table import HoleTable
from .repeatability import Repeatability, repeatability

NORMAL_90 = 1.6449  # half the width of a normal distribution's 90 % interval over its standard deviation
NORMAL_MAD = 0.6745  # its median absolute deviation over its standard deviation
OUTLIER = 3.5  # modified z-score above which Iglewicz and Hoaglin call a value an outlier
LEAST = 5  # values of a group from which on its median judges them
PRECISION = 6  # sigma, as P/T counts them


@dataclass(frozen=True)
class QuantityStatistics:
    """Statistics of one quantity over S sites of H holes, in its unit. A hole's value is the mean of its repeats.

    Standard deviations have n - 1 degrees of freedom. NaN is what cannot be told.
    """

    name: str
    values: NDArray[np.float64]  # (H,)
    count: NDArray[np.intp]  # (S,) holes that were measured
    mean: NDArray[np.float64]  # (S,)
    sigma: NDArray[np.float64]  # (S,) of the holes in the site
    corrected: NDArray[np.float64]  # (S,) the same without the measurement's noise
    hole_outliers: NDArray[np.bool_]  # (H,) far from the median of their site
    site_outliers: NDArray[np.bool_]  # (S,) whose mean is far from the median of the sites of its kind
    run_sigma: float  # of all holes
    sigma_within_sites: float  # pooled over the sites
    sigma_within_sites_corrected: float  # the same without the measurement's noise
    measurement_sigma: float  # standard deviation of one measurement
    noise_source: str  # "repeats", "intervals" or "" where nothing tells it
    repeats: Repeatability | None

    def precision_to_tolerance(self, tolerance: float) -> float:
        """P/T = 6 sigma / tolerance, sigma of one measurement, the tolerance's full width in the quantity's unit
        (AIAG, Measurement Systems Analysis, 4th ed., 2010)."""
        return PRECISION * self.measurement_sigma / tolerance


def quantity(table: HoleTable, name: str) -> QuantityStatistics:
    """The statistics of the quantity `name`.

    The noise's variance is taken off the variance that is seen, as in sigma_true^2 = sigma_seen^2 - sigma_noise^2
    (the variance between groups of ISO 5725-2:2019; for roughness Villarrubia and Bunday, Proc. SPIE 5752 (2005) 480).
    Repeats tell it where there are some: of the mean of m repeats it is s^2 / m. Otherwise 90 % intervals do, as
    (u90 / 1.645)^2. What is left below 0 is 0.
    """
    site, sites, holes = table.hole_site, len(table.sites), len(table.hole_site)
    values = means(table.quantities[name], table.hole, holes)
    repeats = repeatability(table, name)
    noise, variance, source = np.nan, np.full(holes, np.nan), ""
    if repeats:
        noise, source = repeats.sigma, "repeats"
        variance = repeats.sigma**2 / np.maximum(counts(table.quantities[name], table.hole, holes), 1)
    elif name in table.u90 and np.isfinite(table.u90[name]).any():
        variance = means((table.u90[name] / NORMAL_90) ** 2, table.hole, holes)
        noise, source = float(np.sqrt(np.nanmean(variance))), "intervals"
    variance = np.where(np.isfinite(values), variance, np.nan)
    count, mean, sigma = counts(values, site, sites), means(values, site, sites), deviations(values, site, sites)
    known, freedom = values[np.isfinite(values)], (count - 1).clip(min=0)
    within = float(np.sqrt((np.nan_to_num(sigma) ** 2 * freedom).sum() / (freedom.sum() or np.nan)))
    at_sites = means(variance, site, sites)
    told = np.isfinite(at_sites) & (freedom > 0)
    mean_noise = (at_sites[told] * freedom[told]).sum() / (freedom[told].sum() or np.nan)
    return QuantityStatistics(
        name,
        values,
        count,
        mean,
        sigma,
        _without(sigma, at_sites),
        outliers(values, site, sites),
        outliers(mean, site_families(table.sites), sites),
        float(known.std(ddof=1)) if len(known) > 1 else np.nan,
        within,
        float(_without(np.array(within), np.array(mean_noise))),
        noise,
        source,
        repeats,
    )


def site_families(sites: list[str]) -> NDArray[np.intp]:
    """The kind (S,) of each site, as a number: names that differ in their last number only are of one kind. So are
    depth_140_site_00233 and depth_140_site_00234, and depth_110_site_00233 is of another depth."""
    return np.unique([site.rstrip("0123456789") for site in sites], return_inverse=True)[1]


def _without(sigma: NDArray, noise_variance: NDArray) -> NDArray[np.float64]:
    return np.sqrt((sigma**2 - noise_variance).clip(min=0))


def outliers(values: NDArray, group: NDArray, groups: int) -> NDArray[np.bool_]:
    """Which values (N,) have a modified z-score 0.6745 |x - median| / MAD above 3.5 (Iglewicz and Hoaglin, How to
    Detect and Handle Outliers, ASQC 1993).

    The median is the group's, the median absolute deviation that of all groups with at least 5 values, so that a small
    group is not judged by its own; each deviation in it counts n / (n - 0.8) times, as n values lie nearer to their own
    median (Croux and Rousseeuw, COMPSTAT 1992, 411). Smaller groups are not judged, and nothing is where most values
    are equal.
    """
    count = counts(values, group, groups)[group]
    apart = np.where(count >= LEAST, np.abs(values - medians(values, group, groups)[group]), np.nan)
    known = np.isfinite(apart)
    scale = np.median(apart[known] * count[known] / (count[known] - 0.8)) if known.any() else 0.0
    return np.nan_to_num(apart) > (OUTLIER / NORMAL_MAD * scale if scale > 0 else np.inf)
