"""Renders normalised depths as images of the real domain: clean, then with stage jitter and noise."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..grey_levels import FLOOR
from .appearance import Appearance, diffuse
from .appearance_fit import fit_appearance
from .domain_statistics import DomainStatistics, is_same_domain
from .grey_difference import measure_brightness, measure_differences
from .lucas_kanade import align
from .sem_contour import measure_contour_distance
from .shape_library import ShapeLibrary
from .uncertainty import Misfit, reduced_chi2
from .warp import deform, translate

N_FIT = 384  # renderings to fit an appearance with; fewer do not represent the population
N_RENDERINGS = 1600  # drawn at once; each is used some three times, with other jitter and noise
DEFORMED_FRACTION = 0.6  # of those renderings
N_VALIDATION = 128  # renderings


class DomainRenderer:
    """A renderer, the appearance that maps its images to the real domain, and the library of simulated shapes.

    `background_levels` (K,) [grey level]; every `level_index` (N,) is an index into it.
    """

    def __init__(
        self, renderer: nn.Module, appearance: Appearance, library: ShapeLibrary, background_levels: Tensor
    ) -> None:
        self.renderer, self.appearance, self.library = renderer, appearance, library
        self.background_levels = background_levels
        self._renderings: tuple[int, Tensor, Tensor, Tensor] | None = None  # their seed, and the renderings

    def render_clean(self, u: Tensor, level_index: Tensor) -> Tensor:
        """The renderer's images (N, 1, H, W) [grey level] of normalised depths u (N, 1, H, W), in evaluation mode."""
        training = self.renderer.training
        self.renderer.train(False)
        level = self.background_levels[level_index]
        exporting = torch.compiler.is_exporting()  # a file has batches of any size
        parts = [(u, level)] if exporting else zip(u.split(64), level.split(64), strict=True)
        image = torch.cat([self.renderer(renderer_input(*part)).float() for part in parts])
        self.renderer.train(training)
        return 255 * image

    def render(self, u: Tensor, level_index: Tensor, exact: bool = True) -> Tensor:
        """Images (N, 1, H, W) [grey level] of normalised depths u, with the real domain's appearance, without noise.

        Not `exact` leaves out the edge correction. It needs the contour of each hole, which takes time, and operations
        that an ONNX file does not have.
        """
        clean = self.render_clean(u, level_index)
        if not torch.compiler.is_exporting() and self.appearance.is_identity:  # a file has no branches
            return clean
        if not exact:
            return self.appearance(clean, level_index)
        contour = measure_contour_distance(clean[:, 0].cpu().numpy())
        return self.appearance(clean, level_index, torch.from_numpy(contour.profile_bin()).to(clean.device))

    def augment(self, image: Tensor, strength: float = 1.0, is_noisy: bool = False) -> Tensor:
        """Rendered images (N, 1, H, W) [grey level] with jitter, small random changes, and noise unless `is_noisy`.

        The ranges state how well statistics of a few hundred images determine each quantity: 1.1 times the jitter of
        the real images, a gain of 3 %, an offset of 2 grey levels, a blur of -0.1 to 0.2 px^2, 0.8 to 1.2 times the
        noise variance. `strength` [0..1] scales the ranges of gain, offset and blur.
        """

        def draw(*size: int) -> Tensor:
            return 2 * torch.rand(len(image), *size, device=image.device) - 1

        image = translate(image, self.appearance.offset + 1.1 * self.appearance.jitter * draw(2))
        image = image * (1 + 0.03 * strength * draw(1, 1, 1)) + 2 * strength * draw(1, 1, 1)
        for axis in (0, 1):
            image = diffuse(image, strength * (0.3 * torch.rand((), device=image.device) - 0.1), axis)
        if is_noisy:
            return image.clamp(0, 255)
        return self.appearance.add_noise(image, (0.2 * draw(1, 1, 1)).exp())

    @torch.no_grad()
    def sample_renderings(self) -> tuple[Tensor, Tensor, Tensor]:
        """N_RENDERINGS random u (N, 1, H, W), known and deformed, their level indices (N,) and noise-free images."""
        indices, device = self.library.get_indices(held_out=False), self.background_levels.device
        centre, parts = self.library.centre, []
        for _ in range(N_RENDERINGS // 100):
            u = self.library.get_shapes(indices[torch.randint(len(indices), (100,), device=device)])
            is_deformed = torch.rand(100, 1, 1, 1, device=device) < DEFORMED_FRACTION
            u = torch.where(is_deformed, deform(u, centre), u)
            level_index = torch.randint(len(self.background_levels), (100,), device=device)
            parts.append((u, level_index, self.render(u, level_index)))
        u, level_index, image = (torch.cat(column) for column in zip(*parts, strict=True))
        return u, level_index, image

    def sample_batch(self, count: int, seed: int, strength: float) -> tuple[Tensor, Tensor, Tensor]:
        """u (N, 1, H, W), level indices (N,) and augmented images (N, 1, H, W): `count` of the renderings of a seed.

        A resumed run, which has not kept the renderings, draws the same ones by the same seed.
        """
        if self._renderings is None or self._renderings[0] != seed:
            with fork_rng(seed, self.background_levels.device):
                self._renderings = seed, *self.sample_renderings()
        _, u, level_index, image = self._renderings
        indices = torch.randint(len(u), (count,), device=u.device)
        return u[indices], level_index[indices], self.augment(image[indices], strength)

    def render_validation(self, held_out: bool, deformed: bool, strength: float) -> tuple[Tensor, Tensor, Tensor]:
        """u (N, 1, H, W), level indices (N,) and augmented images (N, 1, H, W) of N_VALIDATION held-out shapes, or of
        others, with the same noise at every call."""
        indices = self.library.get_indices(held_out)
        n = torch.arange(N_VALIDATION, device=self.background_levels.device)
        u, level_index = self.library.get_shapes(indices[n % len(indices)]), n % len(self.background_levels)
        with fork_rng(0, u.device):
            if deformed:
                u = deform(u, self.library.centre)
            return u, level_index, self.augment(self.render(u, level_index), strength)

    def fit_domain(self, real: tuple[NDArray, NDArray], simulated: tuple[NDArray, NDArray]) -> None:
        """Fits the appearance to statistics of real images (N, H, W) [grey level] with their level indices (N,), and
        compares them with simulated ones, of which there may be none."""
        has_pairs = len(simulated[0]) > 1
        is_same = has_pairs and is_same_domain(real, simulated, len(self.background_levels))
        self.appearance.is_same_domain.fill_(is_same)
        images, level_index = real
        statistics = DomainStatistics(images, level_index, len(self.background_levels))
        u, rendered_index = self._get_even_shapes(N_FIT)
        clean = self.render_clean(u, rendered_index).cpu()
        fit_appearance(self.appearance, clean, rendered_index.cpu().numpy(), statistics)
        contour = measure_contour_distance(self.render(u, rendered_index)[:, 0].cpu().numpy())
        # Depth maps have their holes at one position. So have images, unless their mean differs significantly.
        difference = statistics.centroid.mean(0) - contour.centroid.mean(0)
        standard_error = np.sqrt(
            statistics.centroid.var(0) / len(statistics.centroid) + contour.centroid.var(0) / len(contour.centroid)
        )
        offset = np.where(np.abs(difference) > 4 * standard_error, difference, 0)
        self.appearance.offset.copy_(torch.from_numpy(offset))

    def measure_misfit(self, sem: Tensor, u: Tensor, level_index: Tensor) -> Misfit:
        """How images (N, 1, H, W) [grey level] differ from the renderings of u, moved to fit."""
        rendering = self.render(u, level_index)
        offset, fitted = align(sem, rendering)
        chi2 = reduced_chi2(sem, fitted, self.appearance.variance_at(fitted))
        return Misfit(*chi2, measure_differences(sem, translate(rendering, offset), fitted, translate(u, offset)))

    def measure_brightness(self, sem: Tensor, u: Tensor) -> Tensor:
        """`measure_brightness` (N, 5) of images (N, 1, H, W) [grey level] against renderings of u at one level."""
        middle = torch.full((sem.shape[0],), len(self.background_levels) // 2, device=sem.device)
        rendering = self.render(u, middle, exact=False)
        offset, _ = align(sem, rendering)
        return measure_brightness(sem, translate(rendering, offset), translate(u, offset))

    def measure_chi2(self, sem: Tensor, u: Tensor, level_index: Tensor, exact: bool) -> Tensor:
        """`reduced_chi2` (N,) of images (N, 1, H, W) [grey level] against the renderings of u, moved to fit.

        A rendering may also be stretched or slanted, as by a drift of the stage, which makes no other shape.
        """
        _, fitted = align(sem, self.render(u, level_index, exact), drifts=True)
        return reduced_chi2(sem, fitted, self.appearance.variance_at(fitted))[0]

    def _get_even_shapes(self, count: int) -> tuple[Tensor, Tensor]:
        """u (N, 1, H, W) of shapes evenly spaced in the library, and level indices (N,) that cover all levels."""
        n = torch.arange(count, device=self.background_levels.device)
        return self.library.get_shapes(n * len(self.library.level) // count), n % len(self.background_levels)


@contextmanager
def fork_rng(seed: int, device: torch.device) -> Iterator[None]:
    """Seeds torch's random numbers, and restores their former state at the end."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def renderer_input(u: Tensor, level: Tensor) -> Tensor:
    """Input of the renderer, (N, 2, H, W): depth [100 grey levels] and u (N, 1, H, W); `level` (N,) [grey level]."""
    return torch.cat((u * (level - FLOOR).float()[:, None, None, None] / 100, u), 1)


def even_indices(count: int, maximum: int) -> NDArray[np.int64]:
    """At most `maximum` of the indices 0..count-1, evenly spaced."""
    return np.arange(count)[:: max(1, -(-count // maximum))]
