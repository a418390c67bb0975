"""Fits an appearance to the statistics of a real domain."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .appearance import KNOTS, MAX_JITTER, Appearance, diffuse
from .domain_statistics import DomainStatistics, split_between_bins
from .sem_contour import PROFILE_BINS, measure_contour_distance

BLUR_VARIANCES = (0.0, 0.4, 0.8, 1.4)  # [px^2] candidates along each axis
MIN_FIT_PIXELS = 50  # of a profile bin


def fit_appearance(appearance: Appearance, clean: Tensor, level_index: NDArray, real: DomainStatistics) -> float:
    """Fits the parameters so that clean images (N, 1, H, W), `level_index` (N,), get the real images' profiles.

    Returns the remaining root mean square of a bin [grey level]. For a given blur the profile is linear in the curve
    and the edge correction: least squares. The blur is the best of BLUR_VARIANCES.
    """
    contour = measure_contour_distance(clean[:, 0].numpy())
    offset = contour.offset(real.area)  # a gain curve moves the contour; the holes' area tells how far
    moved_bin, best = contour.profile_bin(offset), (np.inf, 0.0, 0.0, np.empty(0))
    for y, x in [(y, x) for y in BLUR_VARIANCES for x in BLUR_VARIANCES]:
        image = diffuse(diffuse(clean, torch.tensor(y), 0), torch.tensor(x), 1)
        rms, parameters = _solve(image[:, 0].numpy(), level_index, contour.profile_bin(), moved_bin, real.profile)
        if rms < best[0]:
            best = rms, y, x, parameters
    _set_parameters(appearance, *best[1:])
    appearance.jitter.copy_(torch.from_numpy(_fit_jitter(real.centroid, contour.centroid)))
    appearance.variance.copy_(torch.from_numpy(real.variance))
    appearance.max_grey.fill_(real.max_grey)
    return best[0]


def _fit_jitter(real: NDArray, clean: NDArray) -> NDArray[np.float64]:
    """Half width (2,), (y, x) [px], of the uniform offset that explains why the centroids (N, 2) of real holes scatter
    more than those of clean ones (M, 2); 0 where one standard error explains it."""
    variances = [centroid.var(axis=0) for centroid in (real, clean)]
    scatter = variances[0] - variances[1]
    squared_errors = [
        2 * variance**2 / len(centroid) for variance, centroid in zip(variances, (real, clean), strict=True)
    ]
    is_significant = scatter > np.sqrt(squared_errors[0] + squared_errors[1])
    return np.where(is_significant, np.sqrt(3 * np.maximum(scatter, 0)), 0).clip(0, MAX_JITTER)


def _solve(
    image: NDArray, level_index: NDArray, profile_bin: NDArray, moved_bin: NDArray, target: NDArray
) -> tuple[float, NDArray[np.float64]]:
    """Root mean square of the least-squares residuals, and the parameters (n_levels * KNOTS + PROFILE_BINS,).

    `image` (N, H, W), the profile bins of its pixels before and after the contour moved, `target` (n_levels,
    PROFILE_BINS).
    """
    n_levels, size = len(target), len(target) * KNOTS + PROFILE_BINS
    knots = (image / 255 * (KNOTS - 1)).clip(0, KNOTS - 1.001)
    rows, differences = [], []
    for n in range(n_levels):
        subset = level_index == n
        weights, greys = np.zeros(PROFILE_BINS), np.zeros(PROFILE_BINS)
        knot_weights, bin_weights = np.zeros((PROFILE_BINS, KNOTS)), np.zeros((PROFILE_BINS, PROFILE_BINS))
        for index, weight in split_between_bins(moved_bin[subset]):
            weights += np.bincount(index, weight, PROFILE_BINS)
            greys += np.bincount(index, weight * image[subset].ravel(), PROFILE_BINS)
            for knot, fraction in split_between_bins(knots[subset]):
                counts = np.bincount(index * KNOTS + knot, weight * fraction, PROFILE_BINS * KNOTS)
                knot_weights += counts.reshape(PROFILE_BINS, KNOTS)
            for column, fraction in split_between_bins(profile_bin[subset]):
                counts = np.bincount(index * PROFILE_BINS + column, weight * fraction, PROFILE_BINS**2)
                bin_weights += counts.reshape(PROFILE_BINS, PROFILE_BINS)
        valid = (weights > MIN_FIT_PIXELS) & np.isfinite(target[n])
        row = np.zeros((valid.sum(), size))
        row[:, n * KNOTS : (n + 1) * KNOTS] = knot_weights[valid] / weights[valid, None]
        row[:, n_levels * KNOTS :] = bin_weights[valid] / weights[valid, None]
        rows.append(row)
        differences.append((target[n] - greys / np.maximum(weights, 1))[valid])
    design, difference = np.concatenate(rows), np.concatenate(differences)
    penalty = _penalty(n_levels, size)
    parameters = np.linalg.lstsq(
        np.concatenate((design, penalty)), np.concatenate((difference, np.zeros(len(penalty)))), rcond=None
    )[0]
    squares = np.sum((design @ parameters - difference) ** 2) + np.sum((penalty @ parameters) ** 2)
    return float(np.sqrt(squares / max(len(difference), 1))), parameters


def _penalty(n_levels: int, size: int) -> NDArray[np.float64]:
    """Rows that keep curves smooth and alike for all levels, and the edge correction small."""
    smooth, alike = np.zeros((n_levels, KNOTS - 2, size)), np.zeros((n_levels, KNOTS, size))
    small = np.zeros((PROFILE_BINS, size))
    for n in range(n_levels):
        for k in range(KNOTS - 2):
            smooth[n, k, n * KNOTS + k : n * KNOTS + k + 3] = 1, -2, 1
        for k in range(KNOTS):
            alike[n, k, k : n_levels * KNOTS : KNOTS] = -1 / n_levels
            alike[n, k, n * KNOTS + k] += 1
    small[:, n_levels * KNOTS :] = np.eye(PROFILE_BINS)
    return np.concatenate((0.3 * smooth.reshape(-1, size), 0.3 * alike.reshape(-1, size), 0.5 * small))


@torch.no_grad()
def _set_parameters(appearance: Appearance, y: float, x: float, parameters: NDArray) -> None:
    appearance.blur.copy_(torch.tensor((y, x)))
    values = torch.from_numpy(parameters).float()
    appearance.curve.copy_(values[:-PROFILE_BINS].view_as(appearance.curve))
    appearance.edge_correction.copy_(values[-PROFILE_BINS:])
