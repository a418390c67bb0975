"""How far a prediction can be trusted: 90 % intervals, and whether an image is outside what the pipeline knows."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Scored = tuple[Tensor, Tensor, Tensor]  # unit shapes found, true ones, and the spread of those found (N, 1, H, W)

SHARE = 0.9  # of the truth that an interval is to hold
FLOOR_FROM = 0.9  # u of the floor
LOGARITHMS = -8.0, 2.0  # least and greatest of a spread of u
COMMON = 0.99  # share of the images of known kinds that are not called strange
WORST = 3.0  # how much worse than renderings real images may be, in spreads
COMMON_REAL = 0.95  # and of real training images


class Judged(NamedTuple):
    """Unit shapes u (N, 1, H, W), the numbers of their levels (N,), images of them, and what was found in those."""

    u: Tensor
    level: Tensor
    sem: Tensor
    found: Tensor
    spread: Tensor


class Trust(nn.Module):
    """Factors by which the network's own spread becomes an interval, and limits of what is common.

    Split conformal prediction (Lei et al., JASA 113, 2018): the 90 % quantile of errors over spreads where the truth is
    known, which is on renderings of held-out shapes, times how much worse it is on matched real images than on
    renderings of the same kind.
    """

    pixel: Tensor
    floor: Tensor
    limits: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("pixel", torch.ones(()))
        self.register_buffer("floor", torch.ones(()))
        self.register_buffer("limits", torch.full((2,), torch.inf))  # of the residual and of the spread

    def learn_intervals(self, new: Scored, known: Scored, matched: Scored | None = None) -> None:
        """From what was found in renderings of new and of known shapes, and in real images of known shapes."""
        worse = 1.0
        if matched is not None:
            theirs, mine = (quantile(pixel_scores(*some), SHARE) for some in (matched, known))
            worse = float((theirs / mine).clamp(1, WORST))
        self.pixel.copy_(worse * quantile(pixel_scores(*new), SHARE))
        self.floor.copy_(worse * quantile(floor_scores(*new), SHARE))

    def learn_limits(self, rendered: tuple[Tensor, Tensor], real: tuple[Tensor, Tensor]) -> None:
        """From residuals and spreads (N,) of renderings, and of real training images, which may well hold some that
        are strange."""
        pairs = zip(rendered, real, strict=True)
        self.limits.copy_(
            torch.stack([torch.maximum(quantile(one, COMMON), quantile(other, COMMON_REAL)) for one, other in pairs])
        )

    def strangeness(self, residual: Tensor, spread: Tensor) -> Tensor:
        """How strange images (N,) are; above 1 they are outside what the pipeline knows."""
        return torch.maximum(residual / self.limits[0], spread / self.limits[1])


def pixel_scores(found: Tensor, u: Tensor, spread: Tensor) -> Tensor:
    """Errors over spreads (n,) of the pixels in the holes of shapes (N, 1, H, W)."""
    hole = (u > 0) | (found > 0.01)
    return ((found - u).abs() / spread)[hole]


def floor_of(u: Tensor, spread: Tensor) -> tuple[Tensor, Tensor]:
    """Mean of u over the floor (N,), and of its spread there; where there is none over the whole image."""
    floor = (u > FLOOR_FROM).float()
    floor = torch.where(floor.sum((1, 2, 3), keepdim=True) > 0, floor, torch.ones_like(floor))
    area = floor.sum((1, 2, 3))
    return (floor * u).sum((1, 2, 3)) / area, (floor * spread).sum((1, 2, 3)) / area


def floor_scores(found: Tensor, u: Tensor, spread: Tensor) -> Tensor:
    """Error of the mean over the found floor, over the spread there (N,)."""
    floor = (found > FLOOR_FROM).float()
    area = floor.sum((1, 2, 3)).clamp_min(1)
    return (floor * (found - u)).sum((1, 2, 3)).abs() / (floor * spread).sum((1, 2, 3)).clamp_min(1e-9) * (area > 1)


def residual(images: Tensor, fitted: Tensor, variance: Tensor) -> Tensor:
    """How much less alike images and what was fitted to them (N, 1, H, W) are than noise of `variance` alone makes
    them (N,), 1 is as alike: of 3x3 means, in which a wrong shape shows."""
    noise = F.avg_pool2d(variance, 3, stride=1) / 9
    return (F.avg_pool2d(images - fitted, 3, stride=1).square() / noise).mean((1, 2, 3))


def quantile(scores: Tensor, share: float) -> Tensor:
    """The quantile of many scores (n,)."""
    ordered = scores.flatten().sort().values
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread_of(logarithm: Tensor) -> Tensor:
    """Spread of u out of a network's answer, within limits."""
    return logarithm.clamp(*LOGARITHMS).exp()


def surprise(error: Tensor, logarithm: Tensor) -> Tensor:
    """Negative logarithm of a normal distribution's density whose deviation is `spread_of`; () without constant."""
    return (0.5 * (error / spread_of(logarithm)).square() + logarithm.clamp(*LOGARITHMS)).mean()
