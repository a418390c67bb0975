"""What the Python API is given: grey levels 0..255 as an array of images, or one line that says what is wrong."""

from typing import Any

import numpy as np

from ..errors import ModelError

MAX_GREY = 255
ROUNDING = 0.5  # [grey level] outside 0..255 that rounding and resizing may cause


def check_grey_levels(images: Any) -> None:
    """Raises a `ModelError` unless `images` are an array (N, H, W) [grey level 0..255] of finite numbers.

    Floats from 0 to 1, or from -1 to 1, are other units of the same picture: they are refused, not scaled.
    """
    if not isinstance(images, np.ndarray):
        how = "read the file with data.read_grey" if isinstance(images, str | bytes) else "use numpy.asarray(images)"
        raise ModelError(f"images are of type {type(images).__name__}: expected an array (N, H, W); {how}")
    if images.ndim != 3:
        raise ModelError(f"images of shape {images.shape}: expected (N, H, W)")
    if images.dtype == bool or not np.issubdtype(images.dtype, np.number) or np.iscomplexobj(images):
        raise ModelError(f"images are of type {images.dtype}: expected grey levels 0..{MAX_GREY}, uint8 or float")
    if not images.size:
        raise ModelError(f"images of shape {images.shape}: there is no pixel")
    low, high = float(images.min()), float(images.max())
    if not np.isfinite([low, high]).all():
        bad = np.flatnonzero(~np.isfinite(images).all(axis=(1, 2)))
        kind = "NaN" if np.isnan(images[bad[0]]).any() else "infinite"
        raise ModelError(
            f"image {bad[0]} of {len(images)} has pixels that are {kind}; replace or leave out such images"
        )
    expected = f"images have values from {low:g} to {high:g}: expected grey levels 0..{MAX_GREY}"
    if np.issubdtype(images.dtype, np.floating) and -1 <= low <= high <= 1 and (low or high):
        scaling = f"multiply them by {MAX_GREY}" if low >= 0 else f"use (images + 1) * {MAX_GREY / 2}"
        raise ModelError(f"{expected}; {scaling}")
    if low < -ROUNDING or high > MAX_GREY + ROUNDING:
        raise ModelError(f"{expected}; scale them, as --grey_range LOW,HIGH does for files")
