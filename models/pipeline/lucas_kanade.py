"""Fitting a template to an image: by how much it is moved, its gain and its offset in grey."""

import torch
from torch import Tensor

from .warp import translate

FARTHEST = 4.0  # [px]


def align(images: Tensor, templates: Tensor, steps: int = 6) -> tuple[Tensor, Tensor]:
    """Offset (N, 2), (y, x) [px], by which `templates` (N, 1, H, W) must be moved to fit `images`, and how they look
    then, with the gain and the offset in grey that fit best.

    Gauss and Newton's steps on the squared difference (Lucas and Kanade, IJCAI 1981).
    """
    offset = torch.zeros(len(images), 2, device=images.device)
    for _ in range(steps):
        seen = _in_grey(images, translate(templates, offset))
        down, across = ((seen.roll(1, axis) - seen.roll(-1, axis)) / 2 for axis in (2, 3))
        left = (images - seen)[..., 2:-2, 2:-2]
        down, across = down[..., 2:-2, 2:-2], across[..., 2:-2, 2:-2]
        yy, xx, yx = (_sum(one * other) for one, other in ((down, down), (across, across), (down, across)))
        y, x = _sum(down * left), _sum(across * left)
        step = torch.stack((xx * y - yx * x, yy * x - yx * y), 1) / (yy * xx - yx * yx + 1e-6)[:, None]
        offset = (offset + step.clamp(-1, 1)).clamp(-FARTHEST, FARTHEST)
    return offset, _in_grey(images, translate(templates, offset))


def _in_grey(images: Tensor, templates: Tensor) -> Tensor:
    """Templates with the gain and the offset in grey that bring them closest, by least squares."""
    mean, middle = images.mean((1, 2, 3), keepdim=True), templates.mean((1, 2, 3), keepdim=True)
    apart = templates - middle
    together, spread = ((apart * one).mean((1, 2, 3), keepdim=True) for one in (images - mean, apart))
    return mean + together / (spread + 1e-6) * apart


def _sum(image: Tensor) -> Tensor:
    return image.sum((1, 2, 3))
