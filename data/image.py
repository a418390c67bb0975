"""One image file as grey levels."""

import logging
import stat
import warnings
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from skimage.transform import resize

from .errors import DataError

SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg")
MOST_PIXELS = 1 << 27  # more is a decompression bomb, not a micrograph
TOO_MANY = "more pixels than any image here has; cut it into several, or remove it"
GREY_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I;16B", "I", "F")
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # what such files begin with
UNPACKED_HERE = (1, 8, 32946)  # none and deflate, of TIFF's compressions; Pillow has LZW and others, of 8 bits
WHITE_IS_ZERO, LAST_GREY_OR_RGB = 0, 2  # TIFF's photometric interpretations

# What is wrong with a file is said once, by us.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def read_grey(path: Path, grey_range: tuple[int, ...] = ()) -> NDArray:
    """Grey image (H, W), [grey level 0..255]: uint8 from 8-bit files, float32 from deeper ones.

    Colour files must hold three identical channels. Files of more than 8 bits need `grey_range`, the two values that
    mean black and white: without it a scale would have to be guessed, and outside it values would have to be clipped.
    Raises DataError, which names the file and what is wrong with it.
    """
    return as_grey(path, read_pixels(path), grey_range)


def as_grey(path: Path, pixels: NDArray, grey_range: tuple[int, ...] = ()) -> NDArray:
    """`read_grey` of pixels that were read from `path` before."""
    if pixels.ndim == 3:
        *colours, opacity = (
            np.moveaxis(pixels, 2, 0) if pixels.shape[2] in (2, 4) else (*np.moveaxis(pixels, 2, 0), None)
        )
        if len(colours) not in (1, 3) or any((colour != colours[0]).any() for colour in colours):
            raise DataError(f"{path}: a colour image; convert it to grey first")
        if opacity is not None and (opacity != np.iinfo(opacity.dtype).max).any():
            raise DataError(f"{path}: has transparent pixels; flatten it to grey first")
        pixels = colours[0]
    if pixels.ndim != 2 or not pixels.size:
        raise DataError(f"{path}: an array of shape {pixels.shape}; expected one grey image")
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * np.uint8(255)
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind not in "uif":
        raise DataError(f"{path}: {pixels.dtype} pixels; expected whole or floating-point numbers")
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise DataError(f"{path}: {np.sum(~np.isfinite(pixels))} pixels are NaN or infinite; fill them in first")
    if len(grey_range) != 2:
        raise DataError(
            f"{path}: {pixels.dtype} pixels; say --grey_range LOW,HIGH (the values that mean black and white)"
        )
    low, high = grey_range
    if low >= high:
        raise DataError(f"--grey_range {low},{high}: LOW must be below HIGH")
    values = pixels.astype(np.float64)
    if values.min() < low or values.max() > high:
        raise DataError(f"{path}: values {values.min():g}..{values.max():g} lie outside --grey_range {low},{high}")
    return ((values - low) * (255.0 / (high - low))).astype(np.float32)


def resized(image: NDArray, size: tuple[int, int]) -> NDArray[np.float32]:
    """Image (H, W) of any size as float32 `size` (H', W'), [grey level], smoothed before it shrinks."""
    return resize(image.astype(np.float32), size, order=1, preserve_range=True, anti_aliasing=True).astype(np.float32)


def read_pixels(path: Path) -> NDArray:
    """The pixels (H, W) or (H, W, channels) as the file holds them; raises DataError if it cannot be read."""
    size = 0
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):  # opening a pipe would wait for ever
            raise DataError(f"{path}: not a file")
        size = about.st_size
        with path.open("rb") as file:
            begins = file.read(4)
        return _tiff(path) if begins in TIFF else _picture(path)
    except DataError:
        raise
    except FileNotFoundError:
        reason = "a link that leads nowhere" if path.is_symlink() else "no such file"
        raise DataError(f"{path}: {reason}") from None
    except MemoryError:
        raise DataError(f"{path}: more than this machine's memory holds") from None
    except Image.DecompressionBombError:
        raise DataError(f"{path}: claims {TOO_MANY}") from None
    except UnidentifiedImageError:
        raise DataError(f"{path}: {'not an image of a known kind' if size else 'empty'}") from None
    except Exception as error:  # decoders raise many kinds for damaged files; all mean the same to the user
        if isinstance(error, OSError) and error.errno:
            raise DataError(f"{path}: cannot be read ({error.strerror})") from None
        raise DataError(f"{path}: {'damaged or cut short' if size else 'empty'}") from None


def _picture(path: Path) -> NDArray:
    with Image.open(path) as image:
        _check_size(path, image.size)
        if getattr(image, "n_frames", 1) > 1:
            raise DataError(f"{path}: an animation of {image.n_frames} frames; save one image a file")  # type: ignore[attr-defined]
        if image.mode not in GREY_MODES:
            raise DataError(f"{path}: {image.mode} pixels; convert it to grey first")
        flat = {"1": "L", "P": "RGBA"}.get(image.mode)
        return np.asarray(image.convert(flat) if flat else image)


def _tiff(path: Path) -> NDArray:
    with tifffile.TiffFile(path) as tiff:
        if len(tiff.pages) != 1:
            raise DataError(f"{path}: holds {len(tiff.pages)} pages; save one image a file")
        page = tiff.pages.first
        if page.compression not in UNPACKED_HERE:
            return _picture(path)
        _check_size(path, page.shape)
        if page.photometric > LAST_GREY_OR_RGB:
            raise DataError(f"{path}: {tifffile.PHOTOMETRIC(page.photometric).name} pixels; convert it to grey first")
        if sum(page.databytecounts) > 2 * page.nbytes + (1 << 16):  # would unfold to no one knows how much
            raise DataError(f"{path}: damaged or cut short")
        pixels = np.asarray(page.asarray())
        if page.photometric == WHITE_IS_ZERO and pixels.dtype.kind in "bu":
            return ~pixels
        return pixels


def _check_size(path: Path, shape: tuple[int, ...]) -> None:
    if np.prod(shape, dtype=np.float64) > MOST_PIXELS:
        raise DataError(f"{path}: claims {TOO_MANY}")
