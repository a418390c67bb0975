"""Reads one image of a raster format that is no TIFF: PNG, JPEG, BMP, WebP, GIF, JPEG 2000, JPEG XL."""

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .codestream import JPEG_2000, JPEG_XL, image_size, jpeg_2000_header
from .header_checks import ContentError, check_size
from .palette import jpeg_levels, look_up
from .sample_layout import full_scale, upright

PILLOW_FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF")  # others may start programs, as PostScript does
COLOUR_MODES = ("RGB", "RGBA", "LA")
GREY_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I;16B", "I", "F")
ORIENTATION = 274  # in EXIF
JPEG = b"\xff\xd8\xff"


def read_raster(path: Path, magic: bytes) -> NDArray:
    """Pixels (H, W) or (H, W, channels) of a file that begins with `magic`; a grey palette is looked up."""
    if magic.startswith((*JPEG_2000, *JPEG_XL)):
        return _read_codestream(path.read_bytes())
    with Image.open(path, formats=PILLOW_FORMATS) as image:
        check_size(image.size)
        if getattr(image, "n_frames", 1) > 1:
            raise ContentError(f"an animation of {image.n_frames} frames; save one image per file")  # type: ignore[attr-defined]
        if image.mode not in GREY_MODES:
            raise ContentError(f"{image.mode} pixels; convert it to grey first")
        pixels = _deep_colours(path, image) if _has_deep_colours(image) else _pixels(image)
        return upright(pixels, image.getexif().get(ORIENTATION, 1))


def _pixels(image: Image.Image) -> NDArray:
    if image.mode == "P":
        if "transparency" in image.info:
            return np.asarray(image.convert("RGBA"))
        colours = np.zeros((256, 3), np.uint8)
        entries = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
        colours[: len(entries)] = entries
        return look_up(np.asarray(image), colours[: 256 if len(entries) > 16 else 16])
    pixels = np.asarray(image.convert("L") if image.mode == "1" else image)
    return jpeg_levels(pixels) if image.format == "JPEG" else pixels


def _has_deep_colours(image: Image.Image) -> bool:
    """Whether a PNG has colours of 16 bits, of which Pillow reads only 8."""
    return image.mode in COLOUR_MODES and any("16" in str(tile[3]) for tile in getattr(image, "tile", ()))


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
