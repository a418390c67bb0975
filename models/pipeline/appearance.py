"""How real images look, compared with clean simulated ones: a model with few parameters that cannot move contours."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from .buffers import BufferModule
from .sem_contour import PROFILE_BINS

KNOTS = 17  # of the gain curve, over the grey levels 0..255
NOISE_BINS = 16  # of the noise's variance, over the grey levels 0..255
STEPS = 6  # of diffusion, which approximate a Gaussian blur
MIN_JITTER, MAX_JITTER = 0.2, 5.0  # [px]; a smaller one is an error of measurement


class Appearance(BufferModule):
    """Maps clean simulated images to images of a real domain, both (N, 1, H, W) [grey level].

    Its parameters come from statistics of the real images alone: mean profiles across the contour of a hole, noise, and
    the scatter of the holes' positions. It is a Gaussian blur along each axis, a gain curve for every level, and an
    edge correction by distance and direction from the contour (a halo or a charging tail needs it).
    """

    FORMER_NAMES: ClassVar[dict[str, str]] = {"residual": "edge_correction", "brightest": "max_grey"}
    ADDED = ("is_same_domain", "is_reshaped")

    blur: Tensor
    curve: Tensor
    edge_correction: Tensor
    variance: Tensor
    jitter: Tensor
    offset: Tensor
    max_grey: Tensor
    is_same_domain: Tensor
    is_reshaped: Tensor

    def __init__(self, n_levels: int) -> None:
        super().__init__()
        self.register_buffer("blur", torch.zeros(2))  # of y and x: added to the variance [px^2] of the Gaussian
        self.register_buffer("curve", torch.zeros(n_levels, KNOTS))  # [grey level] added to the grey at each knot
        self.register_buffer("edge_correction", torch.zeros(PROFILE_BINS))  # [grey level]
        self.register_buffer("variance", torch.ones(NOISE_BINS))  # [grey level^2]
        self.register_buffer("jitter", torch.ones(2))  # [px] largest offset of y and x
        self.register_buffer("offset", torch.zeros(2))  # [px] mean offset of y and x
        self.register_buffer("max_grey", torch.zeros(()))  # all images are rescaled to it; 0 if they are not rescaled
        no = torch.zeros((), dtype=torch.bool)
        self.register_buffer("is_same_domain", no.clone())  # simulated images look like real ones
        self.register_buffer("is_reshaped", no.clone())  # real holes have other walls or sizes than simulated ones

    def forward(self, clean: Tensor, level_index: Tensor, profile_bin: Tensor | None = None) -> Tensor:
        """Images without noise; `level_index` (N,), `profile_bin` (N, H, W) as `ContourDistance.profile_bin` gives.

        Without profile bins there is no edge correction.
        """
        for axis in (0, 1):
            clean = diffuse(clean, self.blur[axis], axis)
        knot = (clean / 255 * (KNOTS - 1)).clamp(0.0, KNOTS - 1.001)
        low = knot.detach().long()
        curve_index = level_index[:, None, None, None] * KNOTS + low
        below, above = (self.curve.flatten()[curve_index + n] for n in (0, 1))
        image = clean + below + (knot - low) * (above - below)
        if profile_bin is None:
            return image
        low = profile_bin.long()
        below, above = self.edge_correction[low], self.edge_correction[low + 1]
        return image + (below + (profile_bin - low) * (above - below))[:, None]

    def set_jitter(self, offset: Tensor) -> None:
        """Sets the jitter from measured offsets (N, 2), (y, x) [px]. Keeps the mean, which all images gave."""
        jitter = 3**0.5 * offset.std(0)  # half width of a uniform distribution
        self.jitter.copy_(torch.where(jitter < MIN_JITTER, 0, jitter.clamp(max=MAX_JITTER)))

    def reset_to_identity(self) -> None:
        """Leaves clean images as they are, because the renderer itself now draws real ones."""
        for parameter in (self.blur, self.curve, self.edge_correction):
            parameter.zero_()

    @property
    def is_identity(self) -> bool:
        """Whether clean images stay as they are."""
        return not (self.blur.any() or self.curve.any() or self.edge_correction.any())

    def variance_at(self, image: Tensor) -> Tensor:
        """Variance of the noise [grey level^2] of images (N, 1, H, W) [grey level]."""
        noise_bin = (image / 255 * NOISE_BINS - 0.5).clamp(0.0, NOISE_BINS - 1.001)
        low = noise_bin.long()
        return self.variance[low] + (noise_bin - low) * (self.variance[low + 1] - self.variance[low])

    def add_noise(self, image: Tensor, factor: Tensor) -> Tensor:
        """Adds noise of `factor` (N, 1, 1, 1) times the domain's variance, and rescales images to its `max_grey`."""
        image = image + (factor * self.variance_at(image)).sqrt() * torch.randn_like(image)
        if self.max_grey > 0:
            image = image * (self.max_grey / image.amax((1, 2, 3), keepdim=True).clamp_min(1))
        return image.clamp(0, 255)


def diffuse(image: Tensor, variance: Tensor, axis: int) -> Tensor:
    """Gaussian blur of images (N, 1, H, W) along an axis (0: y, 1: x) by `variance` [px^2]; sharpens if it is negative.

    Six diffusion steps of at most 0.5 px^2 each, as one convolution. Sharpening is the inverse to first order.
    """
    weight = (variance / STEPS / 2).clamp(-0.12, 0.25)
    step = torch.stack((weight, 1 - 2 * weight, weight)).view(1, 1, 3)
    kernel = step
    for _ in range(STEPS - 1):
        kernel = F.conv1d(kernel, step, padding=2)
    if axis == 0:
        return F.conv2d(F.pad(image, (0, 0, STEPS, STEPS), mode="replicate"), kernel[..., None])
    return F.conv2d(F.pad(image, (STEPS, STEPS, 0, 0), mode="replicate"), kernel[:, :, None])
