"""Reads one image file as grey levels."""

import stat
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import DataError, GreyRangeError
from .header_checks import DAMAGED, TOO_MANY_PIXELS, ContentError, check_size
from .multi_image import file_of, page_of
from .numpy_file import NPY, NPZ, read_npy, read_npz
from .tiff import TIFF, read_tiff

SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg", ".npy", ".npz")
PILLOW_FORMATS = ("PNG", "JPEG", "BMP", "TIFF")  # others may start programs, as PostScript does
COLOUR_MODES = ("RGB", "RGBA", "LA")
GREY_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I;16B", "I", "F")

# Our own error message reports such a file; the warning would repeat it.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def read_grey(path: str | Path, grey_range: tuple[int, ...] = ()) -> NDArray:
    """Grey image (H, W), [grey level 0..255]: uint8 from 8-bit files, float32 from deeper ones.

    `path` is a file of one image, or FILE::p003 for one image of a multi-image file (TIFF pages, NumPy arrays). An
    image that is stored rotated or mirrored (Orientation tag of TIFF or EXIF) is turned upright.
    Colour files must hold three identical channels. Files of more than 8 bits need `grey_range`, the values of black
    and white: the scale is never guessed, and values outside it are never clipped.
    Raises DataError, which names the file and the problem.
    """
    return as_grey(path, read_pixels(path), grey_range)


def as_grey(path: str | Path, pixels: NDArray, grey_range: tuple[int, ...] = ()) -> NDArray:
    """Grey image (H, W), [grey level 0..255], as from `read_grey`, of pixels that were already read from `path`."""
    if pixels.ndim == 3:
        *channels, alpha = (
            np.moveaxis(pixels, 2, 0) if pixels.shape[2] in (2, 4) else (*np.moveaxis(pixels, 2, 0), None)
        )
        if len(channels) not in (1, 3) or any((channel != channels[0]).any() for channel in channels):
            raise DataError(f"{path}: a colour image; convert it to grey first")
        opaque = np.iinfo(pixels.dtype).max if pixels.dtype.kind in "ui" else 1
        if alpha is not None and (alpha != opaque).any():
            raise DataError(f"{path}: has transparent pixels; flatten it to grey first")
        pixels = channels[0]
    if pixels.ndim != 2 or not pixels.size:
        raise DataError(f"{path}: an array of shape {pixels.shape}; expected one grey image")
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * np.uint8(255)
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind not in "uif":
        raise DataError(f"{path}: {pixels.dtype} pixels; expected whole or floating-point numbers")
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise DataError(f"{path}: {np.sum(~np.isfinite(pixels))} pixels are NaN or infinite; replace them first")
    if len(grey_range) != 2:
        raise GreyRangeError(
            f"{path}: {pixels.dtype} pixels; use --grey_range LOW,HIGH (the values of black and white)"
        )
    low, high = grey_range
    if low >= high:
        raise DataError(f"--grey_range {low},{high}: LOW must be below HIGH")
    values = pixels.astype(np.float64)
    if values.min() < low or values.max() > high:
        raise GreyRangeError(f"{path}: values {values.min():g}..{values.max():g} lie outside --grey_range {low},{high}")
    return ((values - low) * (255.0 / (high - low))).astype(np.float32)


def resized(image: NDArray, size: tuple[int, int]) -> NDArray[np.float32]:
    """Image (H, W) resized to `size` (H', W'), float32 [grey level]; it is smoothed before it is made smaller."""
    from skimage.transform import resize  # here, because importing it is slow

    return resize(image.astype(np.float32), size, order=1, preserve_range=True, anti_aliasing=True).astype(np.float32)


def read_pixels(name: str | Path) -> NDArray:
    """Pixels (H, W) or (H, W, channels) as stored in the file; raises DataError if it cannot be read."""
    name = str(name)
    path, page, n_bytes = Path(file_of(name)), page_of(name), 0
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):  # opening a pipe would block for ever
            raise ContentError("not a file")
        n_bytes = info.st_size
        with path.open("rb") as file:
            magic = file.read(4)
        if magic in TIFF:
            pixels, frame = read_tiff(path, page)
            return _read_with_pillow(path, frame) if pixels is None else pixels
        if magic in (NPY, NPZ):
            return read_npy(path, page) if magic == NPY else read_npz(path, page)
        return _read_with_pillow(path)
    except ContentError as error:
        reason = str(error)
    except FileNotFoundError:
        reason = "a link to a file that does not exist" if path.is_symlink() else "no such file"
    except MemoryError:
        reason = "does not fit into this machine's memory"
    except Image.DecompressionBombError:
        reason = f"claims {TOO_MANY_PIXELS}"
    except UnidentifiedImageError:
        reason = "not an image in a known format" if n_bytes else "empty"
    except Exception as error:  # decoders raise many types of errors for damaged files
        if isinstance(error, OSError) and error.errno:
            reason = f"cannot be read ({error.strerror})"
        else:
            reason = DAMAGED if n_bytes else "empty"
    raise DataError(f"{name}: {reason}")


def _read_with_pillow(path: Path, frame: int | None = None) -> NDArray:
    """Pixels of any format but TIFF, or of page `frame` of a TIFF that tifffile cannot decompress."""
    with Image.open(path, formats=PILLOW_FORMATS) as image:
        if image.mode in COLOUR_MODES and any("16" in str(tile[3]) for tile in image.tile):
            raise ContentError("16-bit colours, of which Pillow reads only 8 bits; convert it to grey first")
        if frame:
            image.seek(frame)
        check_size(image.size)
        if frame is None and getattr(image, "n_frames", 1) > 1:
            raise ContentError(f"an animation of {image.n_frames} frames; save one image per file")  # type: ignore[attr-defined]
        if image.mode not in GREY_MODES:
            raise ContentError(f"{image.mode} pixels; convert it to grey first")
        ImageOps.exif_transpose(image, in_place=True)
        target_mode = {"1": "L", "P": "RGBA"}.get(image.mode)
        return np.asarray(image.convert(target_mode) if target_mode else image)
