"""The losses of the CycleGAN objective, each a pure function of network outputs."""

import torch
import torch.nn.functional as F
from torch import Tensor


def adversarial(answers: Tensor, real: bool, gan_mode: str) -> Tensor:
    """Mean loss () of a discriminator's answers (N, 1, h, w) against the verdict `real`.

    `lsgan`: (D(x) - 1)^2 or D(x)^2, Mao et al. 2017, equation 9 with a = c - 1 = 0, b = c = 1.
    `vanilla`: binary cross entropy on logits, Goodfellow et al. 2014, equation 1 (non-saturating for the generator).
    """
    target = torch.full_like(answers, float(real))
    if gan_mode == "lsgan":
        return F.mse_loss(answers, target)
    return F.binary_cross_entropy_with_logits(answers, target)


def discriminator(on_real: Tensor, on_fake: Tensor, gan_mode: str) -> Tensor:
    """Mean loss () of a discriminator on real and translated images, halved (Zhu et al. 2017, section 4)."""
    return 0.5 * (adversarial(on_real, True, gan_mode) + adversarial(on_fake, False, gan_mode))


def cycle(reconstructed: Tensor, original: Tensor, weight: float) -> Tensor:
    """weight * |G_B(G_A(a)) - a|_1, a mean over all pixels: Zhu et al. 2017, equation 2."""
    return weight * F.l1_loss(reconstructed, original)


def identity(mapped: Tensor, original: Tensor, weight: float) -> Tensor:
    """weight * |G_A(b) - b|_1, a mean over all pixels: Zhu et al. 2017, section 5.2."""
    return weight * F.l1_loss(mapped, original)
