"""Where unit shapes are rendered as the real domain shows them: clean, moved by a stage, exposed to a dose."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..grey_levels import FLOOR
from .appearance import Appearance, blurred
from .appearance_fit import fit
from .domain_statistics import DomainStatistics
from .sem_contour import surroundings
from .shape_library import ShapeLibrary
from .warp import deform, translate

FITTED = 384  # renderings that an appearance is fitted with: fewer are another population
GALLERY = 1600  # renderings of an epoch; each is seen twice, moved and with noise of its own
NEW = 0.6  # share of deformed shapes among them


class DomainRenderer:
    """A renderer, what a real domain makes of its images, and the shapes that are known.

    `grey` (K,) are the background levels [grey level]; all that is called `level` (N,) are numbers of them.
    """

    def __init__(self, renderer: nn.Module, appearance: Appearance, library: ShapeLibrary, grey: Tensor) -> None:
        self.renderer, self.appearance, self.library, self.grey = renderer, appearance, library, grey

    def render_clean(self, u: Tensor, level: Tensor) -> Tensor:
        """What the renderer makes of unit shapes (N, 1, H, W), in evaluation mode [grey level]."""
        training = self.renderer.training
        self.renderer.train(False)
        parts = zip(u.split(64), self.grey[level].split(64), strict=True)
        image = torch.cat([self.renderer(renderer_input(*some)).float() for some in parts])
        self.renderer.train(training)
        return 255 * image

    def render(self, u: Tensor, level: Tensor) -> Tensor:
        """Images (N, 1, H, W) [grey level] of unit shapes as the real domain shows them, without noise."""
        clean = self.render_clean(u, level)
        if self.appearance.is_identity:
            return clean
        contour = torch.from_numpy(surroundings(clean[:, 0].cpu().numpy()).profile_bin()).to(clean.device)
        return self.appearance(clean, level, contour)

    def augment(self, image: Tensor, unsure: float = 1.0) -> Tensor:
        """Rendered images (N, 1, H, W) [grey level] as a stage and a dose give them, and a little otherwise.

        The ranges, which stand for how well each is known from the statistics of a few hundred images: a stage that is
        off by a tenth more than the real images' holes scatter, a gain of 3 %, an offset of 2 grey levels, a blur of
        -0.1 to 0.2 px^2, noise of 0.8 to 1.2 times the variance. `unsure` [0..1] is the share of them that is used.
        """

        def draw(*size: int) -> Tensor:
            return 2 * torch.rand(len(image), *size, device=image.device) - 1

        image = translate(image, self.appearance.offset + 1.1 * self.appearance.jitter * draw(2))
        image = image * (1 + 0.03 * unsure * draw(1, 1, 1)) + 2 * unsure * draw(1, 1, 1)
        for axis in (0, 1):
            image = blurred(image, unsure * (0.3 * torch.rand((), device=image.device) - 0.1), axis)
        return self.appearance.add_noise(image, (0.2 * draw(1, 1, 1)).exp())

    @torch.no_grad()
    def sample_renderings(self) -> tuple[Tensor, Tensor, Tensor]:
        """Unit shapes, known and deformed ones, their levels, and their images without noise."""
        known, device = self.library.places(held_out=False), self.grey.device
        centre, parts = self.library.centre, []
        for _ in range(GALLERY // 100):
            u = self.library.shapes(known[torch.randint(len(known), (100,), device=device)])
            new = torch.rand(100, 1, 1, 1, device=device) < NEW
            u = torch.where(new, deform(u, centre), u)
            level = torch.randint(len(self.grey), (100,), device=device)
            parts.append((u, level, self.render(u, level)))
        u, level, image = (torch.cat(some) for some in zip(*parts, strict=True))
        return u, level, image

    def fit_domain(self, real: NDArray, level: NDArray) -> None:
        """Fits the appearance to the statistics of real images (N, H, W) with the numbers of their levels (N,)."""
        known = DomainStatistics(real, level, len(self.grey))
        u, of = self._spread_out(FITTED)
        fit(self.appearance, self.render_clean(u, of).cpu(), of.cpu().numpy(), known)
        looks = surroundings(self.render(u, of)[:, 0].cpu().numpy())
        # Depth maps have their holes in one place; so have the images, unless their mean is surely off.
        apart = known.centroid.mean(0) - looks.centroid.mean(0)
        chance = np.sqrt(known.centroid.var(0) / len(known.centroid) + looks.centroid.var(0) / len(looks.centroid))
        self.appearance.offset.copy_(torch.from_numpy(np.where(np.abs(apart) > 4 * chance, apart, 0)))

    def _spread_out(self, count: int) -> tuple[Tensor, Tensor]:
        """Shapes evenly over the library, at all levels."""
        some = torch.arange(count, device=self.grey.device)
        return self.library.shapes(some * len(self.library.level) // count), some % len(self.grey)


@contextmanager
def fork_rng(seed: int, device: torch.device) -> Iterator[None]:
    """Draws as from this seed, and goes on afterwards as if nothing had been drawn."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def renderer_input(u: Tensor, grey: Tensor) -> Tensor:
    """What the renderer sees: depth [100 grey levels] and unit shape, (N, 2, H, W)."""
    return torch.cat((u * (grey - FLOOR).float()[:, None, None, None] / 100, u), 1)


def even_indices(count: int, most: int) -> NDArray[np.int64]:
    """At most `most` of the places 0..count-1, evenly spread."""
    return np.arange(count)[:: max(1, -(-count // most))]
