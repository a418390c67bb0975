"""Reads one image file as grey levels."""

import stat
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ..errors import DataError, counted
from .annotation import Area, check_annotation, check_colours, describe_annotation, fill, find_colours
from .gatan_file import is_gatan, read_gatan
from .grey_range import scale
from .gwyddion_file import GWYDDION, read_gwyddion
from .header_checks import DAMAGED, TOO_MANY_PIXELS, ContentError
from .multi_image import file_of, page_of
from .numpy_file import NPY, NPZ, read_npy, read_npz
from .raster import JPEG, read_raster
from .simple_field_file import SIMPLE_FIELD, read_simple_field
from .tiff import is_lossy_tiff, read_tiff
from .tiff_pages import TIFF

SUFFIXES = (
    ".png", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg", ".jp2", ".j2k", ".jxl", ".webp", ".gif", ".npy", ".npz", ".dm3",
    ".dm4", ".gwy", ".gsf",
)  # fmt: skip
MAGIC_BYTES = 12  # at the start of a file, which tell its format

# Our own error message reports such a file; the warning would repeat it.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


@dataclass(frozen=True)
class GreyImage:
    """One image: `levels` (H, W), [grey level 0..255]: uint8 from 8-bit files, float32 from deeper ones.

    `annotation`: mask (H, W), True where the levels were filled, because the file has annotation in colour there; None
    without it. `name` is the image's.
    """

    name: str
    levels: NDArray
    annotation: NDArray[np.bool_] | None = None

    def check(self, area: Area | None = None, pictures: Path | None = None) -> None:
        """Raises DataError if annotation covers 1 % of an area (rows, columns), such as a hole's crop, or more.

        Without an area it is the image; there, annotation that looks like a data bar's does not count. A PNG in the
        folder `pictures`, None is a temporary one, shows where it is.
        """
        if self.annotation is not None:
            check_annotation(self.name, self.levels, self.annotation, area, pictures)

    def notes(self) -> list[str]:
        """Lines about what the levels are not: annotation that was filled, a lossy packing."""
        notes, mask = [], self.annotation
        if mask is not None and mask.any():  # a data bar that was cut may have held it all
            notes.append(f"{self.name}: {describe_annotation(mask)}")
        if _is_lossy(self.name):
            notes.append(f"{self.name}: JPEG is lossy; its levels are not the instrument's, save TIFF or PNG there")
        return notes


def read_grey(path: str | Path, grey_range: tuple[float, ...] = ()) -> NDArray:
    """Grey image (H, W), [grey level 0..255]: uint8 from 8-bit files, float32 from deeper ones.

    `path` is a file of one image, or FILE::p003 for one image of a multi-image file. An image that is stored rotated or
    mirrored (Orientation tag of TIFF or EXIF) is turned upright. Colour files must hold three identical channels, or
    less than 1 % of annotation in colour, which is filled from its neighbours. Files of more than 8 bits need
    `grey_range`, the values of black and white: the scale is never guessed, and values outside it are never clipped.
    Raises DataError, which names the file and the problem.
    """
    image = read_image(path, grey_range)
    image.check()
    return image.levels


def read_image(path: str | Path, grey_range: tuple[float, ...] = ()) -> GreyImage:
    """The image as from `read_grey`, with the mask of its annotation, which may cover more than 1 %."""
    return as_image(path, read_pixels(path), grey_range)


def as_image(path: str | Path, pixels: NDArray, grey_range: tuple[float, ...] = ()) -> GreyImage:
    """The image as from `read_image`, of pixels that were already read from `path`."""
    pixels, mask = _grey_values(path, pixels)
    if pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8) * np.uint8(255)
    if pixels.dtype == np.uint8:
        return GreyImage(str(path), pixels, mask)
    if pixels.dtype.kind not in "uif":
        raise DataError(f"{path}: {pixels.dtype} pixels; expected whole or floating-point numbers")
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        bad = counted(int(np.sum(~np.isfinite(pixels))), "pixel")
        raise DataError(f"{path}: {bad} of value NaN or infinite; replace them first")
    return GreyImage(str(path), scale(path, pixels, grey_range), mask)


def _grey_values(path: str | Path, pixels: NDArray) -> tuple[NDArray, NDArray[np.bool_] | None]:
    """Values (H, W) of grey or equal channels, annotation filled; and the mask of the annotation, if there is any."""
    mask = None
    if pixels.ndim == 3:
        *channels, alpha = (
            np.moveaxis(pixels, 2, 0) if pixels.shape[2] in (2, 4) else (*np.moveaxis(pixels, 2, 0), None)
        )
        if len(channels) not in (1, 3):
            raise DataError(f"{path}: {pixels.shape[2]} channels; expected one grey image, or three equal channels")
        opaque = np.iinfo(pixels.dtype).max if pixels.dtype.kind in "ui" else 1
        if alpha is not None and (alpha != opaque).any():
            raise DataError(f"{path}: has transparent pixels; flatten it to grey first")
        pixels = channels[0]
        mask = find_colours(channels) if len(channels) == 3 else None
    if pixels.ndim != 2 or not pixels.size:
        raise DataError(f"{path}: an array of shape {pixels.shape}; expected one grey image")
    if isinstance(pixels, np.ma.MaskedArray):
        pixels, mask = pixels.data, np.ma.getmaskarray(pixels)
    if mask is None:
        return pixels, None
    check_colours(path, mask)
    return fill(pixels, mask), mask


def resized(image: NDArray, size: tuple[int, int]) -> NDArray[np.float32]:
    """Image (H, W) resized to `size` (H', W'), float32 [grey level]; it is smoothed before it is made smaller."""
    from skimage.transform import resize  # here, because importing it is slow

    return resize(image.astype(np.float32), size, order=1, preserve_range=True, anti_aliasing=True).astype(np.float32)


def read_pixels(name: str | Path) -> NDArray:
    """Pixels (H, W) or (H, W, channels) of an image: white is the largest value; raises DataError if it cannot be read.

    A MaskedArray (H, W) where annotation in colour is drawn on a grey image.
    """
    name = str(name)
    path, page, n_bytes = Path(file_of(name)), page_of(name), 0
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):  # opening a pipe would block for ever
            raise ContentError("not a file")
        n_bytes = info.st_size
        return _decode(path, page)
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
        elif isinstance(error, ImportError) or "'imagecodecs' package" in str(error):
            reason = f"needs the package imagecodecs: pip install imagecodecs ({str(error).strip(chr(34))})"
        else:
            reason = DAMAGED if n_bytes else "empty"
    raise DataError(f"{name}: {reason}")


def _decode(path: Path, page: int | None) -> NDArray:
    magic = _read_magic(path)
    if magic[:4] in TIFF:
        return read_tiff(path, page)
    if magic[:4] in (NPY, NPZ):
        return read_npy(path, page) if magic[:4] == NPY else read_npz(path, page)
    if magic.startswith(GWYDDION):
        return read_gwyddion(path, page)
    if magic.startswith(SIMPLE_FIELD[:MAGIC_BYTES]):
        return read_simple_field(path, page)
    if is_gatan(magic):
        return read_gatan(path, page)
    return read_raster(path, magic)


def _read_magic(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAGIC_BYTES)


def _is_lossy(name: str) -> bool:
    path = Path(file_of(name))
    magic = _read_magic(path)
    return magic.startswith(JPEG) or (magic[:4] in TIFF and is_lossy_tiff(path, page_of(name)))
