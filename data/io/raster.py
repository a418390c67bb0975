"""Reads one image of a raster format that is no TIFF: PNG, JPEG, BMP, WebP, GIF, JPEG 2000, JPEG XL."""

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ..foreign_formats import describe_foreign
from .codestream import JPEG_2000, JPEG_XL, image_size, is_whole_jpeg, jpeg_2000_header
from .header_checks import DAMAGED, ContentError, check_size
from .palette import jpeg_levels, look_up
from .sample_layout import full_scale, upright

PILLOW_FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF")  # others may start programs, as PostScript does
COLOUR_MODES = ("RGB", "RGBA", "LA")
GREY_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I;16B", "I", "F")
ORIENTATION = 274  # in EXIF
JPEG = b"\xff\xd8\xff"
KEY_SCALE = {"1": 255, "L;2": 85, "L;4": 17}  # level of a stored 1, by the raw mode of a PNG of less than 8 bits


def read_raster(path: Path, magic: bytes) -> NDArray:
    """Pixels (H, W) or (H, W, channels) of a file that begins with `magic`; a grey palette is looked up."""
    if magic.startswith((*JPEG_2000, *JPEG_XL)):
        return _read_codestream(path.read_bytes())
    with _open(path) as image:
        check_size(image.size)
        if getattr(image, "n_frames", 1) > 1:
            raise ContentError(f"an animation of {image.n_frames} frames; save one image per file")  # type: ignore[attr-defined]
        if image.mode not in GREY_MODES:
            raise ContentError(f"{image.mode} pixels; convert it to grey first")
        if image.format == "JPEG" and not is_whole_jpeg(path.read_bytes()):
            raise ContentError(DAMAGED)
        if image.format == "BMP":
            _check_bmp(path, image)
        key = _transparent_level(image)
        pixels = _deep_colours(path, image) if _has_deep_colours(image) else _pixels(image)
        if key is not None and (np.atleast_3d(pixels)[..., : len(key)] == key).all(axis=2).any():
            raise ContentError("has transparent pixels; flatten it to grey first")
        return upright(pixels, image.getexif().get(ORIENTATION, 1))


def _open(path: Path) -> Image.Image:
    """The opened image; raises ContentError for a format that is known, but not read here."""
    try:
        return Image.open(path, formats=PILLOW_FORMATS)
    except UnidentifiedImageError:
        if reason := describe_foreign(path):
            raise ContentError(reason) from None
        raise


def _check_bmp(path: Path, image: Image.Image) -> None:
    """Raises ContentError where Pillow takes pixels of 4 or 8 bits for others, because their palette is black and
    white, or begins as the levels 0, 1, 2, ... do."""
    with path.open("rb") as file:
        head = file.read(30)
    header_size = int.from_bytes(head[14:18], "little")
    bits = int.from_bytes(head[24:26] if header_size == 12 else head[28:30], "little")
    if (image.mode == "1" and bits != 1) or (image.mode == "L" and bits != 8):
        raise ContentError(
            f"a BMP of {bits} bits with a short palette of greys, which is not read here; save it as PNG"
        )


def _transparent_level(image: Image.Image) -> NDArray | None:
    """The grey level, or the three, of pixels that a PNG or GIF without alpha channel calls transparent."""
    key = image.info.get("transparency")
    if key is None or image.mode == "P":
        return None
    raw_mode = next((tile[3] for tile in getattr(image, "tile", ())), "")
    return np.atleast_1d(key) * KEY_SCALE.get(str(raw_mode), 1)


def _pixels(image: Image.Image) -> NDArray:
    if image.mode == "P":
        indices = np.asarray(image)
        colours = np.zeros((256, 3), np.uint8)
        entries = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
        if indices.max() >= len(entries):
            raise ContentError(f"pixels of entry {indices.max()} in a palette of {len(entries)}: {DAMAGED}")
        if "transparency" in image.info:
            return np.asarray(image.convert("RGBA"))
        colours[: len(entries)] = entries
        return look_up(indices, colours[: 256 if len(entries) > 16 else 16])
    pixels = np.asarray(image.convert("L") if image.mode == "1" else image)
    return jpeg_levels(pixels) if image.format == "JPEG" else pixels


def _has_deep_colours(image: Image.Image) -> bool:
    """Whether a PNG has colours of 16 bits, of which Pillow reads only 8."""
    tiles = getattr(image, "tile", ()) if image.format == "PNG" and image.mode in COLOUR_MODES else ()
    return any("16" in str(tile[3]) for tile in tiles)


def _deep_colours(path: Path, image: Image.Image) -> NDArray:
    import imagecodecs  # here, because most data sets need it for no image

    return imagecodecs.png_decode(path.read_bytes())


def _read_codestream(content: bytes) -> NDArray:
    """Pixels of a JPEG 2000 or JPEG XL."""
    import imagecodecs

    check_size(image_size(BytesIO(content)))
    if content.startswith(JPEG_XL):
        return imagecodecs.jpegxl_decode(content)
    pixels = imagecodecs.jpeg2k_decode(content)
    return full_scale(pixels, jpeg_2000_header(content)[2])
