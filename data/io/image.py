"""One image file as grey levels."""

import stat
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from skimage.transform import resize

from ..errors import DataError, GreyRangeError
from .header_checks import DAMAGED, TOO_MANY_PIXELS, ContentError, check_size
from .multi_image import file_of, page_of
from .numpy_file import NPY, NPZ, read_npy, read_npz
from .tiff import TIFF, read_tiff

SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg", ".npy", ".npz")
KINDS = ("PNG", "JPEG", "BMP", "TIFF")  # others may start programs, as PostScript does
COLOURS = ("RGB", "RGBA", "LA")
GREY_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I;16B", "I", "F")

# What is wrong with a file is said once, by us.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def read_grey(path: str | Path, grey_range: tuple[int, ...] = ()) -> NDArray:
    """Grey image (H, W), [grey level 0..255]: uint8 from 8-bit files, float32 from deeper ones.

    `path` is a file of one image, or FILE::p003, one of a file of several (pages of a TIFF, arrays of NumPy). An image
    that is stored turned or mirrored (TIFF's and EXIF's Orientation) is turned back.
    Colour files must hold three identical channels. Files of more than 8 bits need `grey_range`, the two values that
    mean black and white: without it a scale would have to be guessed, and outside it values would have to be clipped.
    Raises DataError, which names the file and what is wrong with it.
    """
    return as_grey(path, read_pixels(path), grey_range)


def as_grey(path: str | Path, pixels: NDArray, grey_range: tuple[int, ...] = ()) -> NDArray:
    """`read_grey` of pixels that were read from `path` before."""
    if pixels.ndim == 3:
        *colours, opacity = (
            np.moveaxis(pixels, 2, 0) if pixels.shape[2] in (2, 4) else (*np.moveaxis(pixels, 2, 0), None)
        )
        if len(colours) not in (1, 3) or any((colour != colours[0]).any() for colour in colours):
            raise DataError(f"{path}: a colour image; convert it to grey first")
        opaque = np.iinfo(pixels.dtype).max if pixels.dtype.kind in "ui" else 1
        if opacity is not None and (opacity != opaque).any():
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
        raise GreyRangeError(
            f"{path}: {pixels.dtype} pixels; say --grey_range LOW,HIGH (the values that mean black and white)"
        )
    low, high = grey_range
    if low >= high:
        raise DataError(f"--grey_range {low},{high}: LOW must be below HIGH")
    values = pixels.astype(np.float64)
    if values.min() < low or values.max() > high:
        raise GreyRangeError(f"{path}: values {values.min():g}..{values.max():g} lie outside --grey_range {low},{high}")
    return ((values - low) * (255.0 / (high - low))).astype(np.float32)


def resized(image: NDArray, size: tuple[int, int]) -> NDArray[np.float32]:
    """Image (H, W) of any size as float32 `size` (H', W'), [grey level], smoothed before it shrinks."""
    return resize(image.astype(np.float32), size, order=1, preserve_range=True, anti_aliasing=True).astype(np.float32)


def read_pixels(name: str | Path) -> NDArray:
    """The pixels (H, W) or (H, W, channels) as the file holds them; raises DataError if it cannot be read."""
    name = str(name)
    path, page, size = Path(file_of(name)), page_of(name), 0
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):  # opening a pipe would wait for ever
            raise ContentError("not a file")
        size = about.st_size
        with path.open("rb") as file:
            begins = file.read(4)
        if begins in TIFF:
            pixels, frame = read_tiff(path, page)
            return _picture(path, frame) if pixels is None else pixels
        if begins in (NPY, NPZ):
            return read_npy(path, page) if begins == NPY else read_npz(path, page)
        return _picture(path)
    except ContentError as error:
        reason = str(error)
    except FileNotFoundError:
        reason = "a link that leads nowhere" if path.is_symlink() else "no such file"
    except MemoryError:
        reason = "more than this machine's memory holds"
    except Image.DecompressionBombError:
        reason = f"claims {TOO_MANY_PIXELS}"
    except UnidentifiedImageError:
        reason = "not an image of a known kind" if size else "empty"
    except Exception as error:  # decoders raise many kinds for damaged files; all mean the same to the user
        if isinstance(error, OSError) and error.errno:
            reason = f"cannot be read ({error.strerror})"
        else:
            reason = DAMAGED if size else "empty"
    raise DataError(f"{name}: {reason}")


def _picture(path: Path, frame: int | None = None) -> NDArray:
    """What Pillow reads: all but TIFF, and the page `frame` of that."""
    with Image.open(path, formats=KINDS) as image:
        if image.mode in COLOURS and any("16" in str(tile[3]) for tile in image.tile):
            raise ContentError("16-bit colours, of which only 8 bits could be read; convert it to grey first")
        if frame:
            image.seek(frame)
        check_size(image.size)
        if frame is None and getattr(image, "n_frames", 1) > 1:
            raise ContentError(f"an animation of {image.n_frames} frames; save one image a file")  # type: ignore[attr-defined]
        if image.mode not in GREY_MODES:
            raise ContentError(f"{image.mode} pixels; convert it to grey first")
        ImageOps.exif_transpose(image, in_place=True)
        flat = {"1": "L", "P": "RGBA"}.get(image.mode)
        return np.asarray(image.convert(flat) if flat else image)
