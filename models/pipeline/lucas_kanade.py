"""Fits a template to an image: its offset in y and x, its drift, its gain and its offset in grey."""

import torch
from torch import Tensor

from .warp import translate

MAX_OFFSET = 4.0  # [px]
MAX_GAIN = 1.25  # a template with still more or less contrast shows something else: no hole, or an inverted image
MAX_DRIFT = 1.5  # [px] over the image; more would make one shape out of another


def align(images: Tensor, templates: Tensor, steps: int = 6, drifts: bool = False) -> tuple[Tensor, Tensor]:
    """Offset (N, 2), (y, x) [px], that moves `templates` (N, 1, H, W) onto `images`, and the fitted templates
    (N, 1, H, W) [grey level], with the best gain and offset in grey.

    Gauss-Newton steps on the squared difference (Lucas and Kanade, IJCAI 1981). With `drifts` the offset may also
    change evenly from the first row to the last, as a stage that drifts during the scan makes it; the returned one is
    that of the middle row.
    """
    offset, drift = torch.zeros(2, images.shape[0], 2, device=images.device)
    fraction = scan_fraction(images)[2:-2, None]
    for _ in range(steps):
        fitted = _fit_grey(images, _move(templates, offset, drift))
        dy, dx = ((fitted.roll(1, axis) - fitted.roll(-1, axis)) / 2 for axis in (2, 3))
        difference, dy, dx = (part[..., 2:-2, 2:-2] for part in (images - fitted, dy, dx))
        slopes = (dy, dx, dy * fraction, dx * fraction) if drifts else (dy, dx)
        step = _solve(torch.cat(slopes, 1).flatten(2), difference.flatten(2)).clamp(-1, 1)
        offset = (offset + step[:, :2]).clamp(-MAX_OFFSET, MAX_OFFSET)
        drift = (drift + step[:, 2:]).clamp(-MAX_DRIFT, MAX_DRIFT) if drifts else drift
    return offset, _fit_grey(images, _move(templates, offset, drift))


def _move(templates: Tensor, offset: Tensor, drift: Tensor) -> Tensor:
    """Templates (N, 1, H, W) translated by `offset` plus, row by row, their part of `drift`, both (N, 2) [px]."""
    return translate(templates, offset[:, :, None] + drift[:, :, None] * scan_fraction(templates))


def scan_fraction(images: Tensor) -> Tensor:
    """Time (H,) at which each row of images (N, 1, H, W) is scanned: -0.5 for the first, 0.5 for the last."""
    height = images.shape[2]
    return torch.arange(height, dtype=images.dtype, device=images.device) / (height - 1) - 0.5


def _solve(slopes: Tensor, difference: Tensor) -> Tensor:
    """Least-squares coefficients (N, K) of slopes (N, K, P) for a difference (N, 1, P).

    Gauss-Jordan elimination, in operations that ONNX has; normal equations need no pivots.
    """
    count = slopes.shape[1]
    unit = torch.eye(count, device=slopes.device)
    system = slopes @ torch.cat((slopes, difference), 1).transpose(1, 2)
    system = system + 1e-3 * torch.cat((unit, unit[:, :1] * 0), 1)
    for k in range(count):
        row = system[:, k : k + 1] / system[:, k : k + 1, k : k + 1]
        system = system - (system[:, :, k : k + 1] - unit[:, k : k + 1]) * row
    return system[:, :, count]


def _fit_grey(images: Tensor, templates: Tensor) -> Tensor:
    """Templates (N, 1, H, W) with the gain and the offset in grey that fit `images` best, by least squares."""
    image_mean, template_mean = images.mean((1, 2, 3), keepdim=True), templates.mean((1, 2, 3), keepdim=True)
    deviation = templates - template_mean
    covariance, variance = (
        (deviation * factor).mean((1, 2, 3), keepdim=True) for factor in (images - image_mean, deviation)
    )
    gain = (covariance / (variance + 1e-6)).clamp(1 / MAX_GAIN, MAX_GAIN)
    return image_mean + gain * deviation
