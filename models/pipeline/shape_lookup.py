"""Looks up which shape of the library an image shows, and asks the image itself whether it is that shape."""

import torch
from torch import Tensor

from .domain_renderer import DomainRenderer
from .shape_library import ShapeLibrary

N_CANDIDATES = 3  # shapes nearest to a predicted one that are rendered; the right one is among them
SMALL_EXCESS = 0.5  # of reduced chi-square: a smaller difference is the renderer's own error
MIN_MATCHES = 48  # fewer matched images describe a domain worse than its statistics do
MIN_MATCH_FRACTION = 0.05  # of the images; fewer may match by chance
RATIO_QUANTILE = 0.99  # fraction of unknown shapes whose ratio is below the threshold of a match


class ShapeLookup:
    """The shape of a library whose rendering fits an image best.

    The distance between a predicted shape and its nearest one depends on how well the network predicts. The image
    decides better: the right shape fits it nearly as well as the predicted shape, and a wrong one does not. Differences
    of chi-square count, because what is wrong with all renderings of a domain cancels out in them.
    """

    def __init__(self, library: ShapeLibrary, renderer: DomainRenderer) -> None:
        self.library, self.renderer = library, renderer

    def find(
        self, sem: Tensor, u: Tensor, level_index: Tensor, exact: bool, exclude_held_out: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Index (N,) of the library's shape that fits images (N, 1, H, W) [grey level] best, and features (N, 4) of the
        match, from predicted u (N, 1, H, W) and level indices (N,). `exact` as in `DomainRenderer.render`.

        The features are 1; by how much the shape fits worse than u (chi-square, asinh); the logarithm of how much worse
        than the shape the second one fits, relative to that; the logarithm of the ratio of the two smallest distances
        between shapes and u.
        """
        nearest, distance = self.library.find_nearest(u, N_CANDIDATES, exclude_held_out)
        shapes = [u, *map(self.library.get_shapes, nearest.T)]
        own, *candidates = (self.renderer.measure_chi2(sem, x, level_index, exact) for x in shapes)
        chi2, order = torch.stack(candidates, 1).sort(dim=1)
        excess, gap = chi2[:, 0] - own, chi2[:, min(1, len(candidates) - 1)] - chi2[:, 0]
        ratio = (gap + SMALL_EXCESS) / (excess.clamp_min(0) + SMALL_EXCESS)
        distance_ratio = distance[:, min(1, len(candidates) - 1)] / distance[:, 0]
        features = torch.stack((torch.ones_like(ratio), excess.asinh(), ratio.log(), distance_ratio.log()), 1)
        return nearest.gather(1, order[:, :1])[:, 0], features

    def blend(
        self, sem: Tensor, u: Tensor, level_index: Tensor, exclude_held_out: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Mean of the shape found and u (N, 1, H, W), and the weight of the shape: its match probability (N, 1, 1, 1).

        Without shapes of the same size, u and 0.
        """
        if not len(self.library.level) or self.library.maps.shape[1:] != u.shape[2:]:
            return u, torch.zeros_like(u[:, :, :1, :1])
        index, features = self.find(sem, u, level_index, False, exclude_held_out)
        probability = self.library.match_probability(features)[:, None, None, None]
        return probability * self.library.get_shapes(index) + (1 - probability) * u, probability


def find_matches(features: Tensor, unknown: Tensor) -> Tensor:
    """Which matches with `features` (N, 4) stand out of their competitors more than those of unknown shapes (M, 4),
    which are chance; bool (N,). None if they are few. The ratio alone decides (as in Lowe, IJCV 60, 2004)."""
    is_match = features[:, 2] > torch.quantile(unknown[:, 2], RATIO_QUANTILE)
    return is_match & (is_match.sum() >= max(MIN_MATCHES, MIN_MATCH_FRACTION * len(features)))
