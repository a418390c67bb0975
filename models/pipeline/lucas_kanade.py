"""Fits a template to an image: its offset in y and x, its gain and its offset in grey."""

import torch
from torch import Tensor

from .warp import translate

MAX_OFFSET = 4.0  # [px]


def align(images: Tensor, templates: Tensor, steps: int = 6) -> tuple[Tensor, Tensor]:
    """Offset (N, 2), (y, x) [px], that moves `templates` (N, 1, H, W) onto `images`, and the fitted templates
    (N, 1, H, W) [grey level], with the best gain and offset in grey.

    Gauss-Newton steps on the squared difference (Lucas and Kanade, IJCAI 1981).
    """
    offset = torch.zeros(len(images), 2, device=images.device)
    for _ in range(steps):
        fitted = _fit_grey(images, translate(templates, offset))
        dy, dx = ((fitted.roll(1, axis) - fitted.roll(-1, axis)) / 2 for axis in (2, 3))
        difference = (images - fitted)[..., 2:-2, 2:-2]
        dy, dx = dy[..., 2:-2, 2:-2], dx[..., 2:-2, 2:-2]
        yy, xx, yx = (_sum(first * second) for first, second in ((dy, dy), (dx, dx), (dy, dx)))
        y, x = _sum(dy * difference), _sum(dx * difference)
        step = torch.stack((xx * y - yx * x, yy * x - yx * y), 1) / (yy * xx - yx * yx + 1e-6)[:, None]
        offset = (offset + step.clamp(-1, 1)).clamp(-MAX_OFFSET, MAX_OFFSET)
    return offset, _fit_grey(images, translate(templates, offset))


def _fit_grey(images: Tensor, templates: Tensor) -> Tensor:
    """Templates (N, 1, H, W) with the gain and the offset in grey that fit `images` best, by least squares."""
    image_mean, template_mean = images.mean((1, 2, 3), keepdim=True), templates.mean((1, 2, 3), keepdim=True)
    deviation = templates - template_mean
    covariance, variance = (
        (deviation * factor).mean((1, 2, 3), keepdim=True) for factor in (images - image_mean, deviation)
    )
    return image_mean + covariance / (variance + 1e-6) * deviation


def _sum(image: Tensor) -> Tensor:
    return image.sum((1, 2, 3))
