"""How the images of a real domain look, beside clean simulated ones: a few parameters that no contour can hide in."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from .buffers import BufferModule
from .sem_contour import BINS

KNOTS = 17  # of the gain curve, over the grey levels 0..255
NOISE_BINS = 16  # of the noise's variance, over the same


class Appearance(BufferModule):
    """From clean simulated images to images of a real domain, both (N, 1, H, W) [grey level], known by statistics of
    its images alone: their mean profiles across the contour of a hole, their noise, how far their holes scatter.

    A Gaussian blur along each axis, a gain curve for every level, and a residual by distance and direction from the
    contour, which a halo or a charging tail needs.
    """

    FORMER_NAMES: ClassVar[dict[str, str]] = {"residual": "edge_correction", "brightest": "max_grey"}

    blur: Tensor
    curve: Tensor
    edge_correction: Tensor
    variance: Tensor
    jitter: Tensor
    offset: Tensor
    max_grey: Tensor

    def __init__(self, levels: int) -> None:
        super().__init__()
        self.register_buffer("blur", torch.zeros(2))  # of y and x: added to the variance [px^2] of the Gaussian
        self.register_buffer("curve", torch.zeros(levels, KNOTS))  # [grey level] added to the grey at each knot
        self.register_buffer("edge_correction", torch.zeros(BINS))  # [grey level]
        self.register_buffer("variance", torch.ones(NOISE_BINS))  # [grey level^2]
        self.register_buffer("jitter", torch.ones(2))  # [px] largest offset of y and x
        self.register_buffer("offset", torch.zeros(2))  # [px] mean offset of y and x
        self.register_buffer("max_grey", torch.zeros(()))  # to which all images are rescaled; 0 where they are not

    def forward(self, clean: Tensor, level: Tensor, contour: Tensor) -> Tensor:
        """Without noise; `level` (N,) is the number of each image's level, `contour` (N, H, W) the `place` of each
        pixel."""
        for axis in (0, 1):
            clean = blurred(clean, self.blur[axis], axis)
        place = (clean / 255 * (KNOTS - 1)).clamp(0, KNOTS - 1.001)
        low = place.detach().long()
        first = level[:, None, None, None] * KNOTS + low
        below, above = (self.curve.flatten()[first + n] for n in (0, 1))
        gained = clean + below + (place - low) * (above - below)
        near = contour.long()
        first, second = self.edge_correction[near], self.edge_correction[near + 1]
        return gained + (first + (contour - near) * (second - first))[:, None]

    def set_jitter(self, offset: Tensor) -> None:
        """Takes how far the stage scattered (N, 2), (y, x) [px]. Its mean is known better from all images."""
        self.jitter.copy_((3**0.5 * offset.std(0)).clamp(0.3, 5))  # of a uniform distribution

    def reset_to_identity(self) -> None:
        """From now on clean images look as real ones do already."""
        for part in (self.blur, self.curve, self.edge_correction):
            part.zero_()

    @property
    def is_identity(self) -> bool:
        """Whether clean images stay as they are."""
        return not (self.blur.any() or self.curve.any() or self.edge_correction.any())

    def variance_at(self, image: Tensor) -> Tensor:
        """Variance of the noise [grey level^2] of images (N, 1, H, W) [grey level]."""
        place = (image / 255 * NOISE_BINS - 0.5).clamp(0, NOISE_BINS - 1.001)
        low = place.long()
        return self.variance[low] + (place - low) * (self.variance[low + 1] - self.variance[low])

    def add_noise(self, image: Tensor, factor: Tensor) -> Tensor:
        """With the domain's noise, `factor` (N, 1, 1, 1) times its variance, and rescaled to its brightest grey."""
        image = image + (factor * self.variance_at(image)).sqrt() * torch.randn_like(image)
        if self.max_grey > 0:
            image = image * (self.max_grey / image.amax((1, 2, 3), keepdim=True).clamp_min(1))
        return image.clamp(0, 255)


def blurred(image: Tensor, variance: Tensor, axis: int) -> Tensor:
    """One step of diffusion by at most 0.5 px^2, repeated: a Gaussian of any variance, and for negative ones its
    opposite to first order."""
    steps = 6
    share = (variance / steps / 2).clamp(-0.12, 0.25)
    kernel = torch.stack((share, 1 - 2 * share, share)).view((1, 1, 3, 1) if axis == 0 else (1, 1, 1, 3))
    pad = (0, 0, 1, 1) if axis == 0 else (1, 1, 0, 0)
    for _ in range(steps):
        image = F.conv2d(F.pad(image, pad, mode="replicate"), kernel)
    return image
