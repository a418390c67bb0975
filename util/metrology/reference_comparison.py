"""Compares a measurement with a reference: bias, regression line, limits of agreement, TMU, calibration."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UtilError
from ..files import read_rows

MIN_POINTS = 3  # that a line with a residual needs
MIN_POINTS_FOR_SLOPE = 5  # with fewer, a slope's standard error means little: two degrees of freedom or fewer
NORMAL_95 = 1.96  # half the width of a normal distribution's 95 % interval over its standard deviation


@dataclass(frozen=True)
class RegressionLine:
    """measured = offset + slope * reference, with the standard errors of both."""

    slope: float
    offset: float
    slope_error: float
    offset_error: float


@dataclass(frozen=True)
class Comparison:
    """A quantity of n sites (or images) against the reference [nm]."""

    names: list[str]
    reference: NDArray[np.float64]  # (n,)
    measured: NDArray[np.float64]  # (n,)
    line: RegressionLine
    variance_ratio: float  # lambda: variance of the measurement's error over that of the reference's
    residual: float  # standard deviation of measured - offset - slope * reference, n - 2 degrees of freedom
    tmu: float  # total measurement uncertainty, 3 sigma
    tmu_limits: tuple[float, float]  # its 95 % interval, by the chi-squared distribution of the residual's variance
    bias: float  # mean of measured - reference
    bias_error: float  # its standard error
    difference: float  # standard deviation of measured - reference

    @property
    def limits_of_agreement(self) -> tuple[float, float]:
        """The limits of 95 % of the differences: bias -+ 1.96 s (Bland and Altman, Lancet 327 (1986) 307)."""
        return self.bias - NORMAL_95 * self.difference, self.bias + NORMAL_95 * self.difference

    def calibrate(self, values: NDArray) -> NDArray[np.float64]:
        """Measured values on the reference's scale: (value - offset) / slope."""
        return (values - self.line.offset) / self.line.slope


def read(path: Path, nm_per_grey: float) -> dict[str, float]:
    """Reference values [nm] by name in lower case, from rows `name,value` below one header line.

    Such a file is average_depth.csv; its grey levels are multiplied by `nm_per_grey`. Raises UtilError for other files.
    """
    try:
        (_, *rows), to_number = read_rows(path)
        values = {name.lower(): to_number(value) * nm_per_grey for name, value in rows}
    except OSError as error:
        raise UtilError(
            f"{path}: cannot be read ({error.strerror or error}); use --reference with a readable file"
        ) from None
    except (ValueError, csv.Error):
        raise UtilError(f"{path}: expected rows `site,value` below one header line") from None
    if not rows:
        raise UtilError(f"{path}: expected rows `site,value` below one header line, but there are none")
    if len(values) < len(rows):
        raise UtilError(f"{path}: names a site twice")
    invalid = next((name for name, value in values.items() if not np.isfinite(value)), None)
    if invalid is not None:
        raise UtilError(f"{path}: the value of {invalid!r} is not a finite number")
    return values


def compare(
    names: list[str], reference: NDArray, measured: NDArray, reference_sigma: float | None = None
) -> Comparison:
    """Compares two measurements (n,) [nm] of the same sites or images.

    `reference_sigma` [nm] is the standard deviation of the reference's own error. It determines lambda = sigma_y^2 /
    sigma_x^2: sigma_y is chosen so that sigma_x and sigma_y explain the residuals. It is also subtracted in the total
    measurement uncertainty TMU = 3 sqrt(s^2 - slope^2 sigma_x^2) (Sendelbach and Archie, Proc. SPIE 5038 (2003) 224,
    on the scale of the measurement). Without it, lambda is 1 and TMU contains the reference's error.
    Raises UtilError for fewer than 3 values, for equal values, and if sigma_x is as large as the reference's own
    standard deviation.
    """
    if len(measured) < MIN_POINTS:
        raise UtilError(
            f"--reference: {len(measured)} of its names are measured sites or images; at least {MIN_POINTS} are needed"
        )
    x, y = np.asarray(reference, dtype=np.float64), np.asarray(measured, dtype=np.float64)
    cov = np.cov(x, y)
    if min(cov[0, 0], cov[1, 1]) <= 0 or cov[0, 1] == 0:
        raise UtilError("--reference: its values, or the measured ones, are all equal; a line needs different values")
    sigma = reference_sigma or 0.0
    if sigma**2 >= cov[0, 0]:
        raise UtilError(
            f"--reference_sigma_nm {sigma:g}: must be below the standard deviation of the reference's values, "
            f"{np.sqrt(cov[0, 0]):.3g} nm"
        )
    ratio = 1.0
    if reference_sigma is not None:  # the fixed point of lambda -> slope -> sigma_y -> lambda in closed form
        explained = cov[0, 1] ** 2 / (cov[0, 0] - sigma**2)
        ratio = max(cov[1, 1] - explained, 0.0) / sigma**2 if sigma else np.inf
    line = fit_mandel(x, y, ratio)
    residual = float(np.sqrt(((y - line.offset - line.slope * x) ** 2).sum() / (len(x) - 2)))
    from scipy.stats import chi2  # here, because importing it is slow

    freedom = len(x) - 2
    variances = residual**2 * np.array([1, *(freedom / chi2.ppf((0.975, 0.025), freedom))])
    tmu, tmu_low, tmu_high = (3 * np.sqrt((variances - (line.slope * sigma) ** 2).clip(min=0))).tolist()
    difference = y - x
    deviation = float(difference.std(ddof=1))
    return Comparison(
        names=names,
        reference=x,
        measured=y,
        line=line,
        variance_ratio=ratio,
        residual=residual,
        tmu=tmu,
        tmu_limits=(tmu_low, tmu_high),
        bias=float(difference.mean()),
        bias_error=deviation / np.sqrt(len(x)),
        difference=deviation,
    )


def fit_mandel(x: NDArray, y: NDArray, ratio: float = 1.0) -> RegressionLine:
    """The line through (x, y), each (n,), if both have errors; `ratio` is the error variance of y over that of x.

    An infinite ratio means that x has no error; that is ordinary least squares.
    slope = (Syy - r Sxx + sqrt((Syy - r Sxx)^2 + 4 r Sxy^2)) / (2 Sxy) (J. Mandel, Fitting straight lines when both
    variables are subject to error, J. Quality Technology 16 (1984) 1). Standard errors by the jackknife (K. Linnet,
    Clin. Chem. 36 (1990) 2181).
    """
    n, centre = len(x), (x.mean(), y.mean())
    u, v = x - centre[0], y - centre[1]
    sums = (u @ u, v @ v, u @ v)
    slope = _mandel_slope(*sums, ratio)
    offset = centre[1] - slope * centre[0]
    shrink = n / (n - 1)  # sums of squares without one point, around the mean of the remaining points
    slopes = _mandel_slope(sums[0] - shrink * u * u, sums[1] - shrink * v * v, sums[2] - shrink * u * v, ratio)
    offsets = (centre[1] - v / (n - 1)) - slopes * (centre[0] - u / (n - 1))
    errors = (float(np.sqrt((n - 1) * estimates.var())) for estimates in (slopes, offsets))
    return RegressionLine(float(slope), float(offset), *errors)


def _mandel_slope(xx: NDArray, yy: NDArray, xy: NDArray, ratio: float) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        if np.isinf(ratio):
            return np.asarray(xy / xx)
        difference, cross = yy - ratio * xx, 2 * np.sqrt(ratio) * xy
        root = np.hypot(difference, cross)
        # Two equal formulas: use the one that does not subtract nearly equal numbers, which loses all digits for a
        # large ratio.
        return np.where(difference > 0, (difference + root) / (2 * xy), np.sqrt(ratio) * cross / (root - difference))
