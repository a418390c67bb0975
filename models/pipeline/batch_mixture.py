"""What the shape network and the classifier learn from: renderings, simulated pairs, a fitted instrument's images."""

import torch
from torch import Tensor

from ..grey_levels import normalised_depth
from .domain_renderer import DomainRenderer
from .renderer_pairs import RendererPairs
from .shape_library import per_image

MATCHED_AUGMENTATION = 0.3  # strength once the renderer has learned real images; 1 if only their statistics are known
PAIRS_SHARE = 0.5  # of the images in a shape step that are simulated pairs, where these look like real images
FITTED_SHARE, MATCHED_FITTED_SHARE = 0.5, 0.25  # that are renderings by a fitted instrument, without and with matches


class BatchMixture:
    """Composes the images of a step from a batch of kind "sim_to_real" and from a domain's renderings."""

    def __init__(self, renderer: DomainRenderer, pairs: RendererPairs) -> None:
        self.renderer, self.pairs = renderer, pairs

    @property
    def strength(self) -> float:
        """Strength of the augmentation [0..1]."""
        return MATCHED_AUGMENTATION if self.pairs.is_real else 1.0

    def mix_shapes(self, batch: dict[str, Tensor], u: Tensor, sem: Tensor) -> tuple[Tensor, Tensor]:
        """u and images (N, 1, H, W), some replaced by simulated pairs if these look like real images, else by what
        the fitted instrument renders."""
        appearance, device = self.renderer.appearance, u.device
        if appearance.is_same_domain:
            other_sem, depth, level = (batch[key].to(device) for key in ("sem", "depth", "level"))
            other_u, share = normalised_depth(depth, per_image(level)), PAIRS_SHARE
        else:
            other_sem, other_u = (batch[key].to(device) for key in ("fitted", "fitted_u"))
            other_sem = self.renderer.augment(other_sem, self.strength, is_noisy=True)
            share = MATCHED_FITTED_SHARE if self.pairs.is_real else FITTED_SHARE
            share = 1.0 if appearance.is_reshaped else share  # the library's shapes would mislead
        count = round(share * len(other_u))
        return torch.cat((other_u[:count], u[count:])), torch.cat((other_sem[:count], sem[count:]))

    def select_levels(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Images (N, 1, H, W) and their levels (N,) [grey level], all of them levels that real images have: simulated
        pairs if these look like real images, else what the fitted instrument renders."""
        levels = self.renderer.background_levels
        keys = ("sem", "level") if self.renderer.appearance.is_same_domain else ("fitted", "fitted_level")
        sem, level = (batch[key].to(levels.device) for key in keys)
        is_known = torch.isin(level, levels)
        return sem[is_known], level[is_known]
