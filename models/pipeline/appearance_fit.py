"""Fitting an appearance to the statistics of a real domain."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .appearance import KNOTS, Appearance, blurred
from .domain_statistics import DomainStatistics, shared
from .sem_contour import BINS, surroundings

BLURS = (0.0, 0.4, 0.8, 1.4)  # [px^2] tried for the variance along each axis


def fit(appearance: Appearance, clean: Tensor, level: NDArray, real: DomainStatistics) -> float:
    """Fits the parameters so that the profiles of `clean` (N, 1, H, W), `level` (N,), become those of the real images;
    returns the root mean square that remains a bin [grey level].

    For a given blur the profile is linear in the curve and the residual: least squares. The blur is searched for.
    """
    at_rest = surroundings(clean[:, 0].numpy())
    offset = at_rest.offset(real.area)  # a gain curve moves the contour: how far, the holes' area tells
    moved, best = at_rest.profile_bin(offset), (np.inf, 0.0, 0.0, np.empty(0))
    for y, x in [(y, x) for y in BLURS for x in BLURS]:
        image = blurred(blurred(clean, torch.tensor(y), 0), torch.tensor(x), 1)
        remaining, found = _least_squares(image[:, 0].numpy(), level, at_rest.profile_bin(), moved, real.profile)
        if remaining < best[0]:
            best = remaining, y, x, found
    _set(appearance, *best[1:])
    scatter = real.centroid.var(axis=0) - at_rest.centroid.var(axis=0)
    appearance.jitter.copy_(torch.from_numpy(np.sqrt(3 * np.maximum(scatter, 0)).clip(0.3, 5)))
    appearance.variance.copy_(torch.from_numpy(real.variance))
    appearance.max_grey.fill_(real.max_grey)
    return best[0]


def _least_squares(
    image: NDArray, level: NDArray, at_rest: NDArray, moved: NDArray, target: NDArray
) -> tuple[float, NDArray[np.float64]]:
    """Root of what is minimised, a profile's bin, and the parameters (levels * KNOTS + BINS,).

    `image` (N, H, W) with the places of its pixels before and after the contour moved; `target` (levels, BINS).
    """
    levels, size = len(target), len(target) * KNOTS + BINS
    knots = (image / 255 * (KNOTS - 1)).clip(0, KNOTS - 1.001)
    rows, wanted = [], []
    for n in range(levels):
        mine = level == n
        total, summed = np.zeros(BINS), np.zeros(BINS)
        table, residual = np.zeros((BINS, KNOTS)), np.zeros((BINS, BINS))
        for index, weight in shared(moved[mine]):
            total += np.bincount(index, weight, BINS)
            summed += np.bincount(index, weight * image[mine].ravel(), BINS)
            for knot, part in shared(knots[mine]):
                table += np.bincount(index * KNOTS + knot, weight * part, BINS * KNOTS).reshape(BINS, KNOTS)
            for other, part in shared(at_rest[mine]):
                residual += np.bincount(index * BINS + other, weight * part, BINS**2).reshape(BINS, BINS)
        used = (total > 50) & np.isfinite(target[n])
        row = np.zeros((used.sum(), size))
        row[:, n * KNOTS : (n + 1) * KNOTS] = table[used] / total[used, None]
        row[:, levels * KNOTS :] = residual[used] / total[used, None]
        rows.append(row)
        wanted.append((target[n] - summed / np.maximum(total, 1))[used])
    design, aim = np.concatenate(rows), np.concatenate(wanted)
    penalty = _penalty(levels, size)
    found = np.linalg.lstsq(
        np.concatenate((design, penalty)), np.concatenate((aim, np.zeros(len(penalty)))), rcond=None
    )[0]
    whole = np.sum((design @ found - aim) ** 2) + np.sum((penalty @ found) ** 2)
    return float(np.sqrt(whole / max(len(aim), 1))), found


def _penalty(levels: int, size: int) -> NDArray[np.float64]:
    """Curves do not bend without need, differ little between levels, and leave the residual as little as they can."""
    bend, alike, small = np.zeros((levels, KNOTS - 2, size)), np.zeros((levels, KNOTS, size)), np.zeros((BINS, size))
    for n in range(levels):
        for k in range(KNOTS - 2):
            bend[n, k, n * KNOTS + k : n * KNOTS + k + 3] = 1, -2, 1
        for k in range(KNOTS):
            alike[n, k, k : levels * KNOTS : KNOTS] = -1 / levels
            alike[n, k, n * KNOTS + k] += 1
    small[:, levels * KNOTS :] = np.eye(BINS)
    return np.concatenate((0.3 * bend.reshape(-1, size), 0.3 * alike.reshape(-1, size), 0.5 * small))


@torch.no_grad()
def _set(appearance: Appearance, y: float, x: float, found: NDArray) -> None:
    appearance.blur.copy_(torch.tensor((y, x)))
    parameters = torch.from_numpy(found).float()
    appearance.curve.copy_(parameters[:-BINS].view_as(appearance.curve))
    appearance.edge_correction.copy_(parameters[-BINS:])
