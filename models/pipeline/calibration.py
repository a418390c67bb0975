"""Calibrates what a depth pipeline says of its own predictions, on renderings and on real images."""

from collections.abc import Callable

import torch
from numpy.typing import NDArray
from torch import Tensor

from .domain_renderer import N_VALIDATION, DomainRenderer, even_indices
from .renderer_pairs import RendererPairs
from .shape_lookup import ShapeLookup
from .uncertainty import UncertaintyCalibration, ValidationRenderings

MAX_REAL = 1024  # real images that the OOD thresholds are set from; of 200, two would decide the 99 % quantile


class Calibration:
    """Sets the match probability of a look-up, and the intervals and OOD thresholds of `uncertainty`.

    `predict_shape` gives u and its sigma (N, 1, H, W) of images (N, 1, H, W) [grey level], `predict_level` the
    probabilities (N, K) of their level.
    """

    def __init__(
        self,
        lookup: ShapeLookup,
        pairs: RendererPairs,
        uncertainty: UncertaintyCalibration,
        predict_shape: Callable[[Tensor], tuple[Tensor, Tensor]],
        predict_level: Callable[[Tensor], Tensor],
    ) -> None:
        self.lookup, self.pairs, self.uncertainty = lookup, pairs, uncertainty
        self.predict_shape, self.predict_level = predict_shape, predict_level

    @property
    def renderer(self) -> DomainRenderer:
        """Renders shapes as the real domain shows them."""
        return self.lookup.renderer

    @torch.no_grad()
    def validate(self, held_out: bool, strength: float, deformed: bool = False) -> ValidationRenderings:
        """Predictions for renderings of held-out shapes, or of the others; `strength` of their augmentation."""
        u, level_index, sem = self.renderer.render_validation(held_out, deformed, strength)
        return ValidationRenderings(u, level_index, sem, *self.predict_shape(sem))

    @torch.no_grad()
    def calibrate(self, real: NDArray, strength: float) -> None:
        """Sets all; `real` (N, H, W) [grey level] are the real training images.

        Intervals use deformed shapes, because real holes need not belong to the simulated population.
        """
        self.calibrate_lookup(strength)
        in_library = self.validate(held_out=False, strength=strength)
        deformed = self.validate(held_out=True, strength=strength, deformed=True)
        shapes = [(renderings.predicted, renderings.u, renderings.sigma) for renderings in (deformed, in_library)]
        if self.pairs.is_real:
            sem, u, *_ = self._select_pairs()
            predicted, sigma = self.predict_shape(sem)
            shapes.append((predicted, u, sigma))
        self.uncertainty.calibrate_intervals(*shapes)
        self.calibrate_ood(real, strength)

    @torch.no_grad()
    def calibrate_lookup(self, strength: float) -> None:
        """Sets the match probability from renderings, and from real images that matched a shape of the library."""
        unknown, known = self.find_renderings(True, strength), self.find_renderings(False, strength)
        if self.pairs.is_real:
            sem, _, level_index, _ = self._select_pairs()
            known = torch.cat((known, self.lookup.find(sem, self.predict_shape(sem)[0], level_index, exact=False)[1]))
        self.lookup.library.calibrate(unknown.cpu(), known.cpu())

    def find_renderings(self, held_out: bool, strength: float, exact: bool = False) -> Tensor:
        """Features (N, 4) of the matches of renderings: held-out shapes, which the library then lacks, or others."""
        _, level_index, sem, predicted, _ = self.validate(held_out, strength)
        return self.lookup.find(sem, predicted, level_index, exact, exclude_held_out=True)[1]

    @torch.no_grad()
    def calibrate_ood(self, real: NDArray, strength: float) -> None:
        """Sets the OOD thresholds from renderings of deformed shapes and real training images (N, H, W)."""
        _, level_index, sem, predicted, sigma = self.validate(held_out=True, strength=strength, deformed=True)
        measure = self.renderer.ood_features
        images = torch.from_numpy(real[even_indices(len(real), MAX_REAL)])[:, None].split(64)
        parts = [part.to(sem.device, torch.float32) for part in images]
        features = [measure(x, *self.predict_shape(x), self.predict_level(x).argmax(1)) for x in parts]
        real_features = [torch.cat(column) for column in zip(*features, strict=True)]
        self.uncertainty.calibrate_ood(measure(sem, predicted, sigma, level_index), real_features)

    def _select_pairs(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        indices = torch.from_numpy(even_indices(len(self.pairs), N_VALIDATION)).to(self.pairs.level_index.device)
        return self.pairs.select(indices)
