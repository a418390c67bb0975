"""A measurement against a reference: bias, straight line, limits of agreement, uncertainty, calibration."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from ..errors import UtilError

LEAST = 3  # points that a line with a residual needs
ENOUGH = 5  # points below which a slope's standard error means little: two degrees of freedom or fewer
LIMITS = 1.96  # standard deviations that hold 95 % of a normal distribution


@dataclass(frozen=True)
class RegressionLine:
    """measured = offset + slope reference, with the standard errors of both."""

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
    residual: float  # standard deviation of measured - offset - slope reference, n - 2 degrees of freedom
    tmu: float  # 3 sigma
    tmu_limits: tuple[float, float]  # its 95 % interval, by the chi-squared distribution of the residual's variance
    bias: float  # mean of measured - reference
    bias_error: float  # its standard error
    difference: float  # standard deviation of measured - reference

    @property
    def limits_of_agreement(self) -> tuple[float, float]:
        """Within which 95 % of the differences lie: bias -+ 1.96 s (Bland and Altman, Lancet 327 (1986) 307)."""
        return self.bias - LIMITS * self.difference, self.bias + LIMITS * self.difference

    def calibrated(self, values: NDArray) -> NDArray[np.float64]:
        """Measured values on the reference's scale: (value - offset) / slope."""
        return (values - self.line.offset) / self.line.slope


def read(path: Path, nm_per_grey: float) -> dict[str, float]:
    """Values [nm] by name in small letters from rows `name,value` below one header line, such as average_depth.csv:
    its grey levels times `nm_per_grey`. Raises UtilError for another kind of file."""
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))[1:]
        found = {name.lower(): float(value) * nm_per_grey for name, value in rows}
    except OSError as error:
        raise UtilError(f"{path}: cannot be read ({error.strerror or error}); say --reference") from None
    except (ValueError, csv.Error):
        raise UtilError(f"{path}: expected rows `site,value` below one header line") from None
    if len(found) < len(rows):
        raise UtilError(f"{path}: names a site twice")
    wrong = next((name for name, value in found.items() if not np.isfinite(value)), None)
    if wrong is not None:
        raise UtilError(f"{path}: the value of {wrong!r} is no finite number")
    return found


def compare(
    names: list[str], reference: NDArray, measured: NDArray, reference_sigma: float | None = None
) -> Comparison:
    """Values (n,) [nm] of the same things by both ways.

    `reference_sigma` [nm] is the standard deviation of the reference's own error. It gives lambda = sigma_y^2 /
    sigma_x^2, sigma_y so that it explains the residuals together with sigma_x; and it is taken off the residual in the
    total measurement uncertainty TMU = 3 sqrt(s^2 - slope^2 sigma_x^2) (Sendelbach and Archie, Proc. SPIE 5038 (2003)
    224, on the scale of the measurement). Without it, lambda is 1 and TMU contains the reference's error, too.
    Raises UtilError for fewer than 3 values, for equal ones, and for a sigma that leaves nothing of their spread.
    """
    if len(measured) < LEAST:
        raise UtilError(
            f"the reference: {len(measured)} of its values are those of measured sites; at least 3 are needed"
        )
    x, y = np.asarray(reference, dtype=np.float64), np.asarray(measured, dtype=np.float64)
    cov = np.cov(x, y)
    if min(cov[0, 0], cov[1, 1]) <= 0 or cov[0, 1] == 0:
        raise UtilError("the reference: its values, or the measured ones, are all equal, and no line can be told")
    sigma = reference_sigma or 0.0
    if sigma**2 >= cov[0, 0]:
        raise UtilError(
            f"--reference_sigma_nm {sigma:g}: the reference's values spread by {np.sqrt(cov[0, 0]):.3g} nm only"
        )
    ratio = 1.0
    if reference_sigma is not None:  # the fixed point of lambda -> slope -> sigma_y -> lambda in closed form
        explained = cov[0, 1] ** 2 / (cov[0, 0] - sigma**2)
        ratio = max(cov[1, 1] - explained, 0.0) / sigma**2 if sigma else np.inf
    line = mandel(x, y, ratio)
    residual = float(np.sqrt(((y - line.offset - line.slope * x) ** 2).sum() / (len(x) - 2)))
    freedom = len(x) - 2
    variances = residual**2 * np.array([1, *(freedom / scipy.stats.chi2.ppf((0.975, 0.025), freedom))])
    tmu, least, most = (3 * np.sqrt((variances - (line.slope * sigma) ** 2).clip(min=0))).tolist()
    apart = y - x
    spread = float(apart.std(ddof=1))
    return Comparison(
        names, x, y, line, ratio, residual, tmu, (least, most), float(apart.mean()), spread / np.sqrt(len(x)), spread
    )


def mandel(x: NDArray, y: NDArray, ratio: float = 1.0) -> RegressionLine:
    """The line through (x, y), each (n,), where both have errors, of variances whose ratio (y over x) is `ratio`;
    infinite: x has none, which is ordinary least squares.

    slope = (Syy - r Sxx + sqrt((Syy - r Sxx)^2 + 4 r Sxy^2)) / (2 Sxy) (J. Mandel, Fitting straight lines when both
    variables are subject to error, J. Quality Technology 16 (1984) 1). Standard errors by the jackknife (K. Linnet,
    Clin. Chem. 36 (1990) 2181).
    """
    n, centre = len(x), (x.mean(), y.mean())
    u, v = x - centre[0], y - centre[1]
    sums = (u @ u, v @ v, u @ v)
    slope = _slope(*sums, ratio)
    offset = centre[1] - slope * centre[0]
    shrink = n / (n - 1)  # sums of squares around the mean of the others, without one point each
    slopes = _slope(sums[0] - shrink * u * u, sums[1] - shrink * v * v, sums[2] - shrink * u * v, ratio)
    offsets = (centre[1] - v / (n - 1)) - slopes * (centre[0] - u / (n - 1))
    errors = (float(np.sqrt((n - 1) * one.var())) for one in (slopes, offsets))
    return RegressionLine(float(slope), float(offset), *errors)


def _slope(xx: NDArray, yy: NDArray, xy: NDArray, ratio: float) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        if np.isinf(ratio):
            return np.asarray(xy / xx)
        apart, twice = yy - ratio * xx, 2 * np.sqrt(ratio) * xy
        root = np.hypot(apart, twice)
        # Of two ways to write it, the one that subtracts nothing from its like: a large ratio would leave no digit.
        return np.where(apart > 0, (apart + root) / (2 * xy), np.sqrt(ratio) * twice / (root - apart))
