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

    def sample_shapes(self, batch: dict[str, Tensor], seed: int) -> tuple[Tensor, Tensor, Tensor]:
        """u and images (N, 1, H, W), and the level indices (M,) of the last M of them, which the renderer drew with the
        renderings' `seed`. The others are simulated pairs if these look like real images, else what the fitted
        instrument renders."""
        appearance, device = self.renderer.appearance, self.renderer.background_levels.device
        if appearance.is_same_domain:
            count = round(PAIRS_SHARE * len(batch["sem"]))
            sem, depth, level = (batch[key][:count].to(device) for key in ("sem", "depth", "level"))
            other_u = normalised_depth(depth, per_image(level))
        else:
            share = MATCHED_FITTED_SHARE if self.pairs.is_real else FITTED_SHARE
            share = 1.0 if appearance.is_reshaped else share  # the library's shapes would mislead
            count = round(share * len(batch["fitted"]))
            sem, other_u = (batch[key][:count].to(device) for key in ("fitted", "fitted_u"))
            sem = self.renderer.augment(sem, self.strength, is_noisy=True)
        u, level_index, rendered = self.renderer.sample_batch(len(batch["sem"]) - count, seed, self.strength)
        return torch.cat((other_u, u)), torch.cat((sem, rendered)), level_index

    def select_levels(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Images (N, 1, H, W) that tell levels beside real ones: simulated pairs if these look like them, else what the
        fitted instrument renders. With their level indices (N,), and 1 or, where real images have no such level, 0:
        float (N,). N is 0 if none has."""
        levels = self.renderer.background_levels
        keys = ("sem", "level") if self.renderer.appearance.is_same_domain else ("fitted", "fitted_level")
        sem, level = (batch[key] for key in keys)
        is_level = level[:, None] == levels.to(level.device)
        count = len(level) if is_level.any() else 0  # all or none: the size of a step stays the same
        sem, is_level = (x[:count].to(levels.device) for x in (sem, is_level))
        return sem, is_level.int().argmax(1), is_level.any(1).float()
