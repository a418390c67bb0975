"""Brings stored samples into one layout: upright, channels last, 0..255 where fewer than 8 bits are stored."""

import numpy as np
from numpy.typing import NDArray


def split_samples(pixels: NDArray, axes: str) -> NDArray:
    """Pixels (H, W) or (H, W, samples) of an array with axes such as YX, YXS or SYX."""
    return np.moveaxis(pixels, axes.index("S"), -1) if "S" in axes else pixels


def full_scale(pixels: NDArray, bits: int) -> NDArray:
    """Pixels of `bits` bits; uint8 [0..255] if they are less than 8: the largest value is white."""
    if pixels.dtype.kind != "u" or not 1 < bits < 8:
        return pixels
    return np.rint(np.arange(1 << bits) * (255 / ((1 << bits) - 1))).astype(np.uint8)[pixels]


def upright(pixels: NDArray, orientation: int) -> NDArray:
    """The image turned upright (TIFF 6.0, section 8: position of the first row and column)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels[::-1] if orientation in (3, 4, 7, 8) else pixels
