"""The simulated shapes, and the probability that a predicted shape is one of them."""

from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..grey_levels import normalised_depth
from .buffers import BufferModule

RATIO_QUANTILE = 0.99  # fraction of unknown shapes whose distance ratio is below the threshold


class ShapeLibrary(BufferModule):
    """Nearest-neighbour search among normalised depths u (N, 1, H, W), 0 on the background, 1 on the plateau.

    A prediction is close to its own shape, if the library has it, and farther from all others. Two features tell
    whether the library has it: the distance to the nearest shape, and the ratio of the second distance to the first.
    A logistic regression on their logarithms gives a probability. It is calibrated on held-out shapes (the library
    lacks them) and on others (the library has them).
    """

    RESIZED = ("maps", "level", "held_out")
    FORMER_NAMES: ClassVar[dict[str, str]] = {"farthest": "ratio_threshold"}

    maps: Tensor
    level: Tensor
    held_out: Tensor
    weights: Tensor
    ratio_threshold: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("maps", torch.zeros(0, 1, 1, dtype=torch.uint8))
        self.register_buffer("level", torch.zeros(0, dtype=torch.int64))  # [grey level]
        self.register_buffer("held_out", torch.zeros(0, dtype=torch.bool))
        # Of the regression: constant, distance, ratio; the last is 1 after calibration.
        self.register_buffer("weights", torch.zeros(4, dtype=torch.float64))
        self.register_buffer("ratio_threshold", torch.full((), torch.inf, dtype=torch.float64))

    def store(self, maps: NDArray, level: NDArray, held_out: NDArray) -> None:
        """Stores depth maps uint8 (N, H, W) and their levels (N,), both [grey level]; `held_out` bool (N,)."""
        device = self.level.device
        self.maps = torch.from_numpy(np.ascontiguousarray(maps)).to(device)
        self.level, self.held_out = torch.from_numpy(level).to(device), torch.from_numpy(held_out).to(device)

    def get_indices(self, held_out: bool) -> Tensor:
        """Indices (N,) of the shapes that are held out, or of the others."""
        return torch.nonzero(self.held_out == held_out)[:, 0]

    @property
    def centre(self) -> tuple[float, float]:
        """Centroid (y, x) [px] of the holes in the depth maps."""
        mean = self.get_shapes(torch.arange(len(self.level), device=self.level.device)[:256]).mean((0, 1))
        rows, columns = (torch.arange(length, dtype=mean.dtype, device=mean.device) for length in mean.shape)
        return float((mean.sum(1) * rows).sum() / mean.sum()), float((mean.sum(0) * columns).sum() / mean.sum())

    def get_shapes(self, indices: Tensor) -> Tensor:
        """Normalised depths u, float32 (N, 1, H, W), of the shapes `indices` (N,)."""
        return normalised_depth(self.maps[indices][:, None].float(), per_image(self.level[indices]))

    def find_nearest(self, u: Tensor, exclude_held_out: bool = False) -> tuple[Tensor, Tensor]:
        """Index (N,) of the shape nearest to each u (N, 1, H, W), and features, float64 (N, 3), of the match."""
        if exclude_held_out:
            candidates = self.get_indices(held_out=False)
        else:
            candidates = torch.arange(len(self.maps), device=self.level.device)
        flat = u.flatten(1).double()
        parts = [_distance(flat, self.get_shapes(part).flatten(1)) for part in candidates.split(1024)]
        distance = torch.cat(parts, 1)
        nearest = distance.topk(min(2, distance.shape[1]), largest=False)
        first, second = nearest.values[:, 0].clamp_min(1e-5), nearest.values[:, -1].clamp_min(1e-5)
        features = torch.stack((torch.ones_like(first), first.log() + 4, (second / first).log()), 1)
        return candidates[nearest.indices[:, 0]], features

    def match_probability(self, features: Tensor) -> Tensor:
        """Probability (N,) that a shape is its nearest one, from `features` (N, 3); 0 before calibration."""
        if not self.weights[3]:
            return torch.zeros(len(features), dtype=torch.float64, device=features.device)
        return (features @ self.weights[:3]).sigmoid()

    def blend(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """Mean of the nearest shape and u (N, 1, H, W), and the weight of the nearest shape: its match probability
        (N, 1, 1, 1). Without shapes of the same size, u and 0."""
        if not len(self.level) or self.maps.shape[1:] != u.shape[2:]:
            return u, torch.zeros_like(u[:, :, :1, :1])
        index, features = self.find_nearest(u)
        probability = self.match_probability(features).float()[:, None, None, None]
        return probability * self.get_shapes(index) + (1 - probability) * u, probability

    def passes_ratio_test(self, features: Tensor) -> Tensor:
        """Whether the distance ratio is too high for a match by chance, bool (N,) (Lowe, IJCV 60, 2004).

        The ratio alone: the distance grows if images look different from renderings, the ratio does not.
        """
        return features[:, 2] > self.ratio_threshold

    def calibrate(self, unknown: Tensor, in_library: Tensor) -> None:
        """Fits the logistic regression by Newton's method, with a weak prior on its weights.

        Features (N, 3) of shapes that the library lacks (`unknown`) and that it has (`in_library`).
        """
        features = torch.cat((unknown, in_library))
        weights = torch.zeros(3, dtype=torch.float64)
        target = (torch.arange(len(features)) >= len(unknown)).double()
        for _ in range(30):
            probability = (features @ weights).sigmoid()
            slope = features.T @ (target - probability) - 0.01 * weights
            curvature = (features * (probability * (1 - probability))[:, None]).T @ features
            curvature = curvature + 0.01 * torch.eye(3, dtype=torch.float64)
            weights = weights + torch.linalg.solve(curvature, slope).clamp(-3, 3)
        self.ratio_threshold.copy_(torch.quantile(unknown[:, 2], RATIO_QUANTILE))
        self.weights = torch.cat((weights, torch.ones(1, dtype=torch.float64))).to(self.level.device)


def _distance(flat: Tensor, shapes: Tensor) -> Tensor:
    """Root mean square difference (N, M) of each row (N, pixels) from each shape (M, pixels)."""
    return torch.cdist(flat, shapes.double()) / flat.shape[1] ** 0.5


def per_image(level: Tensor) -> Tensor:
    """Levels (N,) as float32 (N, 1, 1, 1), for arithmetic with images (N, 1, H, W)."""
    return level.float()[:, None, None, None]
