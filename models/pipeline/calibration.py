"""Calibrates what a depth pipeline says of its own predictions, on renderings and on real images."""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ..base_model import KnownOutput, ModelOutput
from ..grey_levels import FLOOR, background_prob, expected_depth
from .domain_renderer import N_VALIDATION, DomainRenderer, even_indices
from .held_out_maps import Known
from .renderer_pairs import RendererPairs
from .shape_library import per_image
from .shape_lookup import ShapeLookup
from .uncertainty import (
    N_THRESHOLDS,
    Answer,
    Misfit,
    OodFeatures,
    Population,
    UncertaintyCalibration,
    ValidationRenderings,
    average_floor,
    compute_level_u90,
    describe_population,
    measure_size,
)

MAX_SHAPES = 256  # of the library that describe its population
MAX_REAL = 256  # real images of either kind, learned and held out, that levels and OOD thresholds are set from


class Inferred(NamedTuple):
    """What images show: the network's u, its sigma and the final u, all (N, 1, H, W); the final one's match probability
    (N, 1, 1, 1); probabilities (N, K) of the levels."""

    network_u: Tensor
    sigma: Tensor
    u: Tensor
    match_probability: Tensor
    level_probs: Tensor


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
        self.validation: ValidationRenderings | None = None  # the first of the last evaluation

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
    def evaluate(self, real: NDArray, level_index: Tensor, held_out: Tensor, strength: float) -> tuple[float, float]:
        """RMSE [grey level] on renderings of held-out shapes with the true level; accuracy of the level [0..1] on the
        real images (N, H, W) [grey level] that are `held_out`, bool (N,), with level indices (N,)."""
        validation = self.validate(True, strength)
        self.validation = ValidationRenderings(*(values[:1] for values in validation))
        plateau_depth = per_image(self.renderer.background_levels[validation.level_index] - FLOOR)
        rmse = ((validation.predicted - validation.u) * plateau_depth).square().mean().sqrt()
        images = torch.from_numpy(real)[held_out, None].to(self.renderer.background_levels.device)
        predicted = torch.cat([self.predict_level(part.float()).argmax(1) for part in images.split(64)]).cpu()
        return float(rmse), float((predicted == level_index[held_out]).float().mean())

    def preview(self, has_learned: bool) -> dict[str, Tensor]:
        """The rendering of a held-out shape that the last evaluation began with, its true shape, and the predicted one
        if the shape network `has_learned`; (1, 1, H, W) [grey level 0..255]."""
        if self.validation is None:
            return {}
        u, _, sem, predicted, _ = self.validation
        shapes = {"shape": predicted, "truth": u} if has_learned else {"truth": u}
        return {"look": sem} | {name: 255 * shape.clamp(0, 1) for name, shape in shapes.items()}

    def infer(self, sem: Tensor, level_probs: Tensor | None = None, exclude_held_out: bool = False) -> Inferred:
        """What images (N, 1, H, W) [grey level] show; `level_probs` (N, K) are predicted if not given."""
        network_u, sigma = self.predict_shape(sem)
        probs = self.predict_level(sem) if level_probs is None else level_probs
        u, match_probability = self.lookup.blend(sem, network_u, probs.argmax(1), exclude_held_out)
        if level_probs is None:
            probs = self._compare_levels(sem, u, probs)
        return Inferred(network_u, sigma, u, match_probability, probs)

    def _compare_levels(self, sem: Tensor, u: Tensor, probs: Tensor) -> Tensor:
        """The classifier's probabilities (N, K) after the brightness of images of holes u was looked at."""
        brightness, levels = self.renderer.measure_brightness(sem, u), self.renderer.background_levels
        return self.uncertainty.level_comparison.combine(brightness, probs, levels)

    @torch.no_grad()
    def calibrate(self, real: NDArray, level_index: Tensor, held_out: Tensor, strength: float) -> None:
        """Sets all; `real` (N, H, W) [grey level] are real images with level indices (N,), of which the classifier has
        not learned those `held_out`, bool (N,).

        Intervals use deformed shapes, because real holes need not belong to the simulated population.
        """
        device = self.renderer.background_levels.device
        subset = torch.cat([_thin_out(torch.nonzero(mask)[:, 0], MAX_REAL) for mask in (~held_out, held_out)])
        sem, level_index, held_out = (x[subset].to(device) for x in (torch.from_numpy(real), level_index, held_out))
        self.calibrate_lookup(strength)
        deformed = self.validate(held_out=True, strength=strength, deformed=True)
        misfit = self.renderer.measure_misfit(deformed.sem, deformed.predicted, deformed.level_index)
        self.uncertainty.calibrate_intervals(deformed.predicted, deformed.u, deformed.sigma, misfit.trimmed_chi2)
        self.calibrate_ood(deformed, sem[:, None], self._calibrate_levels(sem[:, None], level_index, held_out))
        self._keep_known(deformed)

    def _calibrate_levels(self, sem: Tensor, level_index: Tensor, held_out: Tensor) -> Inferred:
        """Sets how brightness tells the level, and by how much the probabilities overstate themselves, from real images
        (N, 1, H, W) [grey level]. Returns what they show."""
        levels, parts = self.renderer.background_levels, []
        for part in sem.split(64):
            image = part.float()
            inferred = self.infer(image, self.predict_level(image))
            parts.append((*inferred, self.renderer.measure_brightness(image, inferred.u)))
        *columns, brightness = (torch.cat(column) for column in zip(*parts, strict=True))
        inferred, comparison = Inferred(*columns), self.uncertainty.level_comparison
        comparison.calibrate(brightness, level_index, levels, inferred.level_probs, held_out)
        combined = comparison.combine(brightness, inferred.level_probs, levels)
        self.uncertainty.calibrate_level(combined[held_out], level_index[held_out])
        return inferred._replace(level_probs=combined)

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
    def calibrate_ood(self, deformed: ValidationRenderings, real: Tensor, inferred: Inferred) -> None:
        """Sets the OOD thresholds from renderings of deformed shapes, from real images that matched a shape, and from
        real training images (N, 1, H, W) [grey level] and what they show."""
        levels = F.one_hot(deformed.level_index, len(self.renderer.background_levels)).float()
        self.uncertainty.ood_thresholds = torch.full((N_THRESHOLDS,), torch.inf)  # of answers
        rendered = self._measure(deformed.sem, self._infer_all(deformed.sem, levels))
        matched = rendered
        if self.pairs.is_real:
            sem = self._select_pairs()[0]
            matched = self._measure(sem, self._infer_all(sem))
        is_verified = bool(self.pairs.is_real | self.renderer.appearance.is_same_domain)
        self.uncertainty.calibrate_ood(rendered, matched, self._measure(real, inferred), is_verified)

    def _infer_all(self, sem: Tensor, level_probs: Tensor | None = None) -> Inferred:
        """`infer` of images (N, 1, H, W) [grey level], by 64; with `level_probs` (N, K) without held-out shapes."""
        probs = [None] * len(sem) if level_probs is None else level_probs.split(64)
        parts = [self.infer(part.float(), p, p is not None) for part, p in zip(sem.split(64), probs, strict=False)]
        return Inferred(*(torch.cat(column) for column in zip(*parts, strict=True)))

    def _measure(self, sem: Tensor, inferred: Inferred) -> OodFeatures:
        """OodFeatures of images (N, 1, H, W) [grey level] and what they show, by 64."""
        parts = []
        for image, *columns in zip(*(x.split(64) for x in (sem, *inferred)), strict=True):
            part = Inferred(*columns)
            parts.append(self._state(image.float(), part, self._answer(part))[0])
        return OodFeatures(*(torch.cat(column) for column in zip(*parts, strict=True)))

    def _keep_known(self, deformed: ValidationRenderings) -> None:
        """Stores predictions for renderings of deformed shapes and for the matched real images."""
        known = [self._predict_known(deformed.sem, deformed.u, deformed.level_index, False)]
        if self.pairs.is_real:
            known.append(self._predict_known(*self._select_pairs()[:3], True))
        self.uncertainty.held_out_maps.store(Known(*(torch.cat(column) for column in zip(*known, strict=True))))

    def _predict_known(self, sem: Tensor, u: Tensor, level_index: Tensor, is_real: bool) -> Known:
        """Predictions without look-up for images (N, 1, H, W) [grey level] of shapes u with level indices (N,). The
        OOD score widens no interval: renderings need not look like the domain."""
        parts = []
        for part in sem.split(64):
            image = part.float()
            predicted, sigma = self.predict_shape(image)
            probs = self._compare_levels(image, predicted, self.predict_level(image))
            inferred = Inferred(predicted, sigma, predicted, torch.zeros_like(predicted[:, :, :1, :1]), probs)
            parts.append((predicted, self._state(image, inferred, self._answer(inferred))[1][0], probs))
        level = per_image(self.renderer.background_levels[level_index])
        is_real_image = torch.full((len(u),), is_real, device=u.device)
        predicted, depth_u90, probs = map(torch.cat, zip(*parts, strict=True))
        return Known(predicted, depth_u90, probs, level - (level - FLOOR) * u, is_real_image)

    def recall_known(self) -> KnownOutput | None:
        """What was last stored to calibrate measures with; None for older weights."""
        known = self.uncertainty.held_out_maps.restore()
        if known is None:
            return None
        depth = expected_depth(known.u, known.level_probs, self.renderer.background_levels)
        output = ModelOutput(depth, known.level_probs, background_prob(known.u), known.depth_u90)
        return KnownOutput(output, known.truth, known.is_real)

    def judge(self, sem: Tensor, inferred: Inferred) -> tuple[Tensor, Tensor, Tensor]:
        """U90 (N, 1, H, W) of the depth; mean depth of the floor and its U90 (N, 2), both [grey level]; OOD score (N,).

        Of what was inferred from images (N, 1, H, W) [grey level].
        """
        answer = self._answer(inferred)
        features, stated = self._state(sem, inferred, answer)
        score = self.uncertainty.ood_score(features)
        levels, population = self.renderer.background_levels, self._describe_library(inferred.u)
        depth_u90, floor_u90 = self.uncertainty.widen(answer, stated, score, population, levels.max() - levels.min())
        floor_depth = average_floor(inferred.u, inferred.sigma)[0] * answer.plateau_depth.flatten()
        return depth_u90, torch.stack((floor_depth, floor_u90), 1), score

    def _answer(self, inferred: Inferred) -> Answer:
        levels = self.renderer.background_levels.float()
        plateau_depth = (inferred.level_probs @ (levels - FLOOR))[:, None, None, None]
        level_u90 = compute_level_u90(self.uncertainty.soften(inferred.level_probs), levels)
        return Answer(inferred.u, inferred.sigma, inferred.match_probability, plateau_depth, level_u90)

    def _state(self, sem: Tensor, inferred: Inferred, answer: Answer) -> tuple[OodFeatures, tuple[Tensor, Tensor]]:
        """The OodFeatures of answers, and the U90 that they have within the distribution."""
        is_new, level_probs = self.uncertainty.judges_answers, inferred.level_probs
        judged_u = answer.u if is_new else inferred.network_u
        misfit = self.renderer.measure_misfit(sem, judged_u, level_probs.argmax(1))
        u90 = self.uncertainty.compute_u90(answer, misfit.trimmed_chi2)
        stated = self._stated(answer, level_probs, misfit) if is_new else average_floor(judged_u, answer.sigma)[1]
        size = measure_size(answer.u, self._describe_library(answer.u))
        return OodFeatures(misfit.chi2, stated, misfit.trimmed_chi2, size, misfit.differences), u90

    def _stated(self, answer: Answer, level_probs: Tensor, misfit: Misfit) -> Tensor:
        """Root mean square (N,) of the U90 [grey level], without what is not known of the classifier as such."""
        level_u90 = compute_level_u90(level_probs, self.renderer.background_levels.float())
        u90, _ = self.uncertainty.compute_u90(answer._replace(level_u90=level_u90), misfit.trimmed_chi2)
        return u90.square().mean((1, 2, 3)).sqrt()

    def _describe_library(self, u: Tensor) -> Population:
        """The population of the library's shapes; of u (N, 1, H, W) where these have another size."""
        library = self.lookup.library
        if library.maps.shape[1:] != u.shape[2:] or len(library.level) < 2:
            return describe_population(u)
        return describe_population(library.get_shapes(torch.from_numpy(even_indices(len(library.level), MAX_SHAPES))))

    def _select_pairs(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        indices = torch.from_numpy(even_indices(len(self.pairs), N_VALIDATION)).to(self.pairs.level_index.device)
        return self.pairs.select(indices)


def _thin_out(indices: Tensor, maximum: int) -> Tensor:
    """At most `maximum` of indices (N,), evenly spaced."""
    return indices[torch.from_numpy(even_indices(len(indices), maximum))]
