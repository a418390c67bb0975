"""Small scenes for the pipeline's tests: round holes, and their images in a simple instrument."""

import torch


def holes(count=8, height=40, width=32, seed=0):
    """Normalised depths u (N, 1, H, W): soft discs of different sizes, near the middle."""
    generator = torch.Generator().manual_seed(seed)
    size, y, x = (torch.rand(count, 1, 1, generator=generator) for _ in range(3))
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    distance = ((rows - height / 2 - 2 * y) ** 2 + (columns - width / 2 - 2 * x) ** 2).sqrt()
    return ((7 + 4 * size - distance) / 3).clamp(0, 1)[:, None]


def render_holes(u, bright=180.0, dark=40.0):
    """Images (N, 1, H, W) [grey level] of normalised depths u: deep is dark, with a bright rim."""
    rim = 4 * u * (1 - u)
    return bright - (bright - dark) * u + 25 * rim
