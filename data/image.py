"""Reading one image file as grey levels, and writing one."""

from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from skimage.transform import resize

from .errors import DataError

SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg")


def read_grey(path: Path, grey_range: tuple[int, ...] = ()) -> NDArray:
    """Grey image (H, W), [grey level 0..255]: uint8 from 8-bit files, float32 from deeper ones.

    Colour files must hold three identical channels. Files of more than 8 bits need `grey_range`, the two values that
    mean black and white: without it a scale would have to be guessed, and outside it values would have to be clipped.
    """
    pixels = _pixels(path)
    if pixels.ndim == 3:
        if pixels.shape[2] not in (3, 4) or (pixels[..., :3] != pixels[..., :1]).any():
            raise DataError(f"{path}: a colour image; convert it to grey first")
        if pixels.shape[2] == 4 and (pixels[..., 3] != 255).any():
            raise DataError(f"{path}: has transparent pixels; flatten it to grey first")
        pixels = pixels[..., 0]
    if pixels.ndim != 2:
        raise DataError(f"{path}: an array of shape {pixels.shape}; expected one grey image")
    if pixels.dtype == np.uint8:
        return pixels
    if len(grey_range) != 2:
        raise DataError(
            f"{path}: {pixels.dtype} pixels; say --grey_range LOW,HIGH (the values that mean black and white)"
        )
    low, high = grey_range
    if low >= high:
        raise DataError(f"--grey_range {low},{high}: LOW must be below HIGH")
    values = pixels.astype(np.float64)
    if not np.isfinite(values).all() or values.min() < low or values.max() > high:
        raise DataError(f"{path}: values {values.min():g}..{values.max():g} lie outside --grey_range {low},{high}")
    return ((values - low) * (255.0 / (high - low))).astype(np.float32)


def resized(image: NDArray, size: tuple[int, int]) -> NDArray[np.float32]:
    """Image (H, W) of any size as float32 `size` (H', W'), [grey level], smoothed before it shrinks."""
    return resize(image.astype(np.float32), size, order=1, preserve_range=True, anti_aliasing=True).astype(np.float32)


def _pixels(path: Path) -> NDArray:
    try:
        if path.suffix.lower() in (".tif", ".tiff"):
            return np.asarray(tifffile.imread(path))
        with Image.open(path) as image:
            flat = {"1": "L", "P": "RGB"}.get(image.mode)
            return np.asarray(image.convert(flat) if flat else image)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (
        UnidentifiedImageError,
        tifffile.TiffFileError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
    ):
        raise DataError(f"{path}: not a readable image (damaged, or another kind of file)") from None
