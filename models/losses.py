"""The losses, each a pure function of network outputs: first those of CycleGAN, then those of scale_invariant_depth.

The losses per pixel are in models/model_options/pixel_losses.py, because they are the values of an option."""

import torch
import torch.nn.functional as F
from torch import Tensor


def adversarial(outputs: Tensor, real: bool, gan_mode: str) -> Tensor:
    """Mean loss () of a discriminator's outputs (N, 1, h, w) against the label `real`.

    `lsgan`: (D(x) - 1)^2 or D(x)^2, Mao et al. 2017, equation 9 with a = c - 1 = 0, b = c = 1.
    `vanilla`: binary cross entropy on logits, Goodfellow et al. 2014, equation 1 (non-saturating for the generator).
    """
    target = torch.full_like(outputs, float(real))
    if gan_mode == "lsgan":
        return F.mse_loss(outputs, target)
    return F.binary_cross_entropy_with_logits(outputs, target)


def discriminator(on_real: Tensor, on_fake: Tensor, gan_mode: str) -> Tensor:
    """Mean loss () of a discriminator on real and translated images, halved (Zhu et al. 2017, section 4)."""
    return 0.5 * (adversarial(on_real, True, gan_mode) + adversarial(on_fake, False, gan_mode))


def cycle(reconstructed: Tensor, original: Tensor, weight: float) -> Tensor:
    """weight * |G_B(G_A(a)) - a|_1, a mean over all pixels: Zhu et al. 2017, equation 2."""
    return weight * F.l1_loss(reconstructed, original)


def identity(mapped: Tensor, original: Tensor, weight: float) -> Tensor:
    """weight * |G_A(b) - b|_1, a mean over all pixels: Zhu et al. 2017, section 5.2."""
    return weight * F.l1_loss(mapped, original)


def normalise(depth: Tensor) -> Tensor:
    """Depth maps (N, 1, H, W) without their scale and shift: (d - median) / mean |d - median|, each map by itself.

    Ranftl et al. 2020 (arXiv:1907.01341), section 5, the robust estimators. A constant map becomes zero.
    """
    flat = depth.flatten(1)
    middle = (flat.shape[1] - 1) // 2  # the lower median; torch.median is not deterministic on a GPU
    shifted = flat - flat.sort(dim=1).values[:, middle : middle + 1]
    return (shifted / shifted.abs().mean(dim=1, keepdim=True).clamp_min(1e-6)).view_as(depth)


def scale_and_shift_invariant(depth: Tensor, target: Tensor) -> Tensor:
    """Half the mean absolute difference of two maps (N, 1, H, W) from `normalise`: Ranftl et al. 2020, section 5.

    It is not trimmed, because simulated depth has no outliers. The idea is the scale-invariant error of Eigen et al.
    2014, section 3.2.
    """
    return 0.5 * F.l1_loss(depth, target)


def multi_scale_gradient(depth: Tensor, target: Tensor, weight: float, scales: int = 4) -> Tensor:
    """weight * the mean absolute gradient of depth - target at full, half, quarter and eighth size.

    The gradient matching term of Ranftl et al. 2020, section 5: it puts edges and walls where the target has them.
    """
    difference = depth - target
    total = difference.new_zeros(())
    for scale in range(scales):
        coarse = difference[..., :: 2**scale, :: 2**scale]
        total = total + coarse.diff(dim=-1).abs().mean() + coarse.diff(dim=-2).abs().mean()
    return weight * total
