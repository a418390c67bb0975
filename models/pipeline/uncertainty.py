"""How far a prediction can be trusted: 90 % intervals (split conformal prediction) and an OOD score."""

from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .buffers import BufferModule

ShapePrediction = tuple[Tensor, Tensor, Tensor]  # predicted u, true u, and sigma of the predicted, all (N, 1, H, W)

COVERAGE = 0.9  # fraction of true values that an interval must contain
ROUNDING_U90 = 0.6  # [grey level] 90 % quantile of the sum of two roundings, the map's and the ground truth's
MIN_FLOOR_U = 0.9  # u of the floor
LOG_SIGMA_RANGE = -8.0, 2.0  # bounds of the logarithm of sigma [u]
RENDERED_QUANTILE = 0.99  # fraction of renderings that are not flagged OOD
REAL_QUANTILE = 0.95  # fraction of real training images that are not flagged OOD
MAX_REAL_FACTOR = 3.0  # how much larger than on renderings the errors on real images may be, in sigma


class ValidationRenderings(NamedTuple):
    """True u (N, 1, H, W), level indices (N,), images (N, 1, H, W) [grey level], predicted u and its sigma."""

    u: Tensor
    level_index: Tensor
    sem: Tensor
    predicted: Tensor
    sigma: Tensor


class UncertaintyCalibration(BufferModule):
    """Factors that turn the network's sigma into an interval, and thresholds of the OOD score.

    Split conformal prediction (Lei et al., JASA 113, 2018): the factor is the 90 % quantile of error / sigma where the
    ground truth is known, on renderings of held-out shapes. It is multiplied by the ratio of that quantile on matched
    real images to the one on renderings of the same kind.
    """

    FORMER_NAMES: ClassVar[dict[str, str]] = {
        "pixel": "pixel_factor",
        "floor": "floor_factor",
        "limits": "ood_thresholds",
    }

    pixel_factor: Tensor
    floor_factor: Tensor
    ood_thresholds: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("pixel_factor", torch.ones(()))
        self.register_buffer("floor_factor", torch.ones(()))
        self.register_buffer("ood_thresholds", torch.full((2,), torch.inf))  # of reduced chi-square and of sigma

    def calibrate_intervals(
        self, unknown: ShapePrediction, in_library: ShapePrediction, matched: ShapePrediction | None = None
    ) -> None:
        """Sets the factors from renderings of unknown and of library shapes, and from matched real images."""
        real_factor = 1.0
        if matched is not None:
            real, rendered = (quantile(pixel_nonconformity(*shapes), COVERAGE) for shapes in (matched, in_library))
            real_factor = float((real / rendered).clamp(1, MAX_REAL_FACTOR))
        self.pixel_factor.copy_(real_factor * quantile(pixel_nonconformity(*unknown), COVERAGE))
        self.floor_factor.copy_(real_factor * quantile(floor_nonconformity(*unknown), COVERAGE))

    def calibrate_ood(self, rendered: tuple[Tensor, Tensor], real: tuple[Tensor, Tensor]) -> None:
        """Sets the thresholds from (reduced chi-square, sigma), each (N,), of renderings and of real training images.

        The quantile of real images is lower, because some of them may be out of distribution.
        """
        thresholds = [
            torch.maximum(quantile(rendered_feature, RENDERED_QUANTILE), quantile(real_feature, REAL_QUANTILE))
            for rendered_feature, real_feature in zip(rendered, real, strict=True)
        ]
        self.ood_thresholds.copy_(torch.stack(thresholds))

    def compute_u90(
        self, u: Tensor, sigma: Tensor, match_probability: Tensor, plateau_depth: Tensor, level_u90: Tensor
    ) -> tuple[Tensor, Tensor]:
        """U90 (N, 1, H, W) of the depth, and (N, 2) the floor's mean depth and its U90, all [grey level].

        u and sigma (N, 1, H, W); match probability [0..1] and depth of the plateau [grey level], both (N, 1, 1, 1);
        U90 (N,) of the level. A match of probability COVERAGE fills the 90 % interval: only rounding is left.
        """
        is_match = match_probability >= COVERAGE
        pixel_u90 = torch.where(is_match, 0.0, self.pixel_factor * sigma * plateau_depth) + ROUNDING_U90
        floor_u90 = torch.where(is_match, 0.0, self.floor_factor * sigma * plateau_depth)
        floor_u, floor_u90 = average_floor(u, floor_u90)
        depth_u90 = pixel_u90 + level_u90[:, None, None, None] * (1 - u).clamp(0, 1)
        floor_depth = torch.stack(
            (floor_u * plateau_depth.flatten(), floor_u90 + ROUNDING_U90 + level_u90 * floor_u), 1
        )
        return depth_u90, floor_depth

    def ood_score(self, reduced_chi2: Tensor, sigma: Tensor) -> Tensor:
        """OOD score (N,), above 1 out of distribution, from reduced chi-square (N,) and sigma on the floor (N,)."""
        return torch.maximum(reduced_chi2 / self.ood_thresholds[0], sigma / self.ood_thresholds[1])


def compute_level_u90(level_probs: Tensor, levels: Tensor) -> Tensor:
    """Expanded uncertainty U90 (N,) [grey level] of the level, from probabilities (N, K) of `levels` (K,) [grey level].

    0 if one level has probability COVERAGE; else 1.64 standard deviations, as of a normal distribution.
    """
    variance = (level_probs @ levels.square()) - (level_probs @ levels).square()
    return torch.where(level_probs.amax(1) >= COVERAGE, 0.0, 1.64 * variance.clamp_min(0).sqrt())


def pixel_nonconformity(predicted: Tensor, u: Tensor, sigma: Tensor) -> Tensor:
    """|error| / sigma (n,) of all pixels in the holes of shapes (N, 1, H, W)."""
    hole = (u > 0) | (predicted > 0.01)
    return ((predicted - u).abs() / sigma)[hole]


def average_floor(u: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    """Means (N,) of u and of sigma, both (N, 1, H, W), over the floor; over the whole image if it has no floor."""
    floor = (u > MIN_FLOOR_U).float()
    floor = torch.where(floor.sum((1, 2, 3), keepdim=True) > 0, floor, torch.ones_like(floor))
    area = floor.sum((1, 2, 3))
    return (floor * u).sum((1, 2, 3)) / area, (floor * sigma).sum((1, 2, 3)) / area


def floor_nonconformity(predicted: Tensor, u: Tensor, sigma: Tensor) -> Tensor:
    """|mean error| / mean sigma (N,) over the predicted floor of shapes (N, 1, H, W)."""
    floor = (predicted > MIN_FLOOR_U).float()
    area = floor.sum((1, 2, 3)).clamp_min(1)
    return (floor * (predicted - u)).sum((1, 2, 3)).abs() / (floor * sigma).sum((1, 2, 3)).clamp_min(1e-9) * (area > 1)


def reduced_chi2(images: Tensor, fitted: Tensor, variance: Tensor) -> Tensor:
    """Reduced chi-square (N,) of image minus rendering (N, 1, H, W) on 3x3 means; 1 is noise of `variance` only.

    A wrong shape shows in means more than in single pixels.
    """
    mean_variance = F.avg_pool2d(variance, 3, stride=1) / 9
    return (F.avg_pool2d(images - fitted, 3, stride=1).square() / mean_variance).mean((1, 2, 3))


def quantile(scores: Tensor, fraction: float) -> Tensor:
    """Quantile () of scores of any shape, without interpolation; `fraction` [0..1]."""
    ordered = scores.flatten().sort().values
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]


def sigma_from_log(log_sigma: Tensor) -> Tensor:
    """Sigma of u from the network's output, within LOG_SIGMA_RANGE."""
    return log_sigma.clamp(*LOG_SIGMA_RANGE).exp()


def gaussian_nll(error: Tensor, log_sigma: Tensor) -> Tensor:
    """Mean negative log-likelihood () of errors under a normal distribution, without its constant."""
    return (0.5 * (error / sigma_from_log(log_sigma)).square() + log_sigma.clamp(*LOG_SIGMA_RANGE)).mean()
