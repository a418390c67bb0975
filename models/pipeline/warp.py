"""Translates images, and makes new shapes out of known ones: mirrored, stretched, bent, with other walls and floors."""

import torch
import torch.nn.functional as F
from torch import Tensor


def deform(u: Tensor, centre: tuple[float, float]) -> Tensor:
    """Random smooth deformations of normalised depths u (N, 1, H, W) about `centre` (y, x) [px].

    Each shape is mirrored along each axis with probability 1/2, scaled by 0.9 to 1.1 along each axis, rotated by at
    most 3 degrees, and shifted sideways along a sine, along a parabola and by a waist, by up to 2 px each. Its walls
    are raised to the power of 0.85 to 1.18. Half of the floors get a bump of 3 to 8 px, from 0.12 deeper
    to 0.12 higher.
    """
    count, _, height, width = u.shape
    y = torch.arange(height, dtype=u.dtype, device=u.device)[None, :, None] - centre[0]
    x = torch.arange(width, dtype=u.dtype, device=u.device)[None, None] - centre[1]

    def draw(amplitude: float) -> Tensor:
        return amplitude * (2 * torch.rand(count, 1, 1, device=u.device) - 1)

    angle, relative_y = draw(0.05), y / (0.38 * height)
    new_x = x * (1 + draw(0.1)) + y * angle
    new_y = y * (1 + draw(0.1)) - x * angle
    new_x = new_x + draw(2) * torch.sin(1.57 * relative_y.clamp(-1, 1)) + draw(1) * (relative_y**2 - 0.4)
    new_x = new_x * (1 + draw(0.06) * relative_y + draw(0.06) * torch.exp(-((relative_y / 0.4) ** 2)))
    sign = torch.randint(0, 2, (2, count, 1, 1), device=u.device) * 2 - 1
    grid = torch.stack(
        (
            2 * (new_x * sign[0] + centre[1]) / (width - 1) - 1,
            2 * (new_y * sign[1] + centre[0]) / (height - 1) - 1,
        ),
        -1,
    )
    new = F.grid_sample(u, grid.expand(count, height, width, 2), "bicubic", "zeros", align_corners=True).clamp_min(0)
    wall = new.clamp(1e-6, 1) ** draw(0.165).exp()[:, None]
    new = torch.where(new < 1, torch.where(new > 0, wall, new), new)
    squared_radius = ((y - draw(0.25 * height)) ** 2 + (x - draw(0.12 * width)) ** 2) / (5.5 + draw(2.5)) ** 2
    bump = draw(0.12) * (1 - squared_radius).clamp_min(0) ** 2 * (torch.rand(count, 1, 1, device=u.device) < 0.5)
    return new + bump[:, None] * new**3


def translate(images: Tensor, offset: Tensor) -> Tensor:
    """Images (N, 1, H, W) translated by `offset` (y, x) [px], (N, 2) or, for each row, (N, 2, H); bilinear.

    Border pixels are repeated. One offset an image has gradients that are the same in every run, on a GPU, too.
    """
    height, width = images.shape[2:]
    if offset.ndim == 2:
        rows, columns = (_interpolation(offset[:, n], size) for n, size in enumerate((height, width)))
        return rows @ images @ columns.transpose(2, 3)
    y = torch.arange(height, dtype=images.dtype, device=images.device)[None, :, None] - offset[:, 0, :, None]
    x = torch.arange(width, dtype=images.dtype, device=images.device)[None, None] - offset[:, 1, :, None]
    grid = torch.stack(torch.broadcast_tensors(2 * x / (width - 1) - 1, 2 * y / (height - 1) - 1), -1)
    return F.grid_sample(images, grid, "bilinear", "border", align_corners=True)


def _interpolation(offset: Tensor, size: int) -> Tensor:
    """Matrices (N, 1, size, size) that move columns of `size` pixels by `offset` (N,) [px]."""
    pixel = torch.arange(size, dtype=offset.dtype, device=offset.device)
    position = (pixel - offset[:, None]).clamp(0, size - 1)
    return (1 - (position[:, None, :, None] - pixel).abs()).clamp_min(0)
