"""Reads one image of a TIFF file: what its bytes mean does not depend on how they are packed."""

import logging
from io import BytesIO
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from .codestream import image_size
from .header_checks import DAMAGED, ContentError, check_size, page_index
from .palette import jpeg_levels, look_up
from .sample_layout import full_scale, split_samples, upright
from .tiff_pages import list_pages

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, YCBCR = 0, 1, 2, 3, 6  # TIFF's photometric interpretations
BYTE_PACKINGS = (1, 2, 3, 4, 5, 8, 32946, 32773, 34925, 34926, 50000)  # none, fax, LZW, deflate, PackBits, LZMA, zstd
JPEG = (6, 7, 33007)
# JPEG, JPEG 2000, LERC, PNG, WebP, JPEG XL: each segment is a picture that says its own size.
IMAGE_PACKINGS = (*JPEG, 33003, 33004, 33005, 34712, 34887, 34933, 34927, 50001, 50002, 52546)
ORIENTATION = 274
ALPHA = (1, 2)  # kinds of extra samples that say how opaque a pixel is; 0 is of no known meaning
SPARE_BYTES = 4096  # that the packed segments may need above twice the size of the pixels
SPARE_PIXELS = 1 << 16

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # our own error message reports a bad file


def read_tiff(path: Path, page: int | None) -> NDArray:
    """Pixels (H, W) or (H, W, channels) of one image; white is the largest value, and fewer than 8 bits fill 0..255.

    A grey palette is looked up; its coloured entries are masked (MaskedArray), as `look_up` says.
    """
    with tifffile.TiffFile(path) as tiff:
        tiff_page = _open_page(tiff, path, page)
        _check_page(tiff_page)
        pixels = split_samples(np.asarray(tiff_page.asarray()), tiff_page.axes, _kept_samples(tiff_page))
        pixels = _meaning(pixels, tiff_page)
        return upright(pixels, tiff_page.tags.valueof(ORIENTATION, 1))


def is_lossy_tiff(path: Path, page: int | None) -> bool:
    """Whether the image is packed as JPEG."""
    with tifffile.TiffFile(path) as tiff:
        return _open_page(tiff, path, page).compression in JPEG


def _open_page(tiff: tifffile.TiffFile, path: Path, page: int | None) -> tifffile.TiffPage:
    pages = list_pages(path, path.stat())
    number, offset = pages[page_index(len(pages), page)]
    imagej = tiff.imagej_metadata or {}
    if len(pages) == 1 and imagej.get("images", 1) > 1:  # ImageJ writes this above 4 GB
        raise ContentError(f"holds {imagej['images']} images in one page; save one page per image")
    if not number:
        return tiff.pages.first
    tiff.filehandle.seek(offset)
    return tifffile.TiffPage(tiff, index=number)


def _check_page(page: tifffile.TiffPage) -> None:
    """Raises ContentError for what cannot be read, or might unpack to any size."""
    packing = page.compression
    if packing not in (*BYTE_PACKINGS, *IMAGE_PACKINGS):
        name = getattr(packing, "name", "unknown")
        raise ContentError(f"packed as {name} ({int(packing)}), which is not read here; save it with LZW")
    check_size(page.shape)
    if page.photometric > PALETTE and not (page.photometric == YCBCR and packing in JPEG):
        raise ContentError(f"{tifffile.PHOTOMETRIC(page.photometric).name} pixels; convert it to grey first")
    if page.dtype is None:
        raise ContentError(f"{page.bitspersample}-bit pixels of a type that is not read here; save it with 16 bits")
    if page.photometric == WHITE_IS_ZERO and page.dtype.kind not in "bui":
        raise ContentError(
            "white is 0 (PhotometricInterpretation), but floating-point pixels have no largest value that were black; "
            "invert them and save them as black is 0"
        )
    for packed in (tifffile.TIFF.DECOMPRESSORS, tifffile.TIFF.UNPREDICTORS):
        key = packing if packed is tifffile.TIFF.DECOMPRESSORS else page.predictor
        packed[key]  # raises KeyError that names the missing package
    if packing in IMAGE_PACKINGS:
        _check_segments(page)
    elif sum(page.databytecounts) > 2 * page.nbytes + SPARE_BYTES:
        raise ContentError(DAMAGED)


def _check_segments(page: tifffile.TiffPage) -> None:
    """Raises ContentError if a segment says that it is a picture much larger than its place in the image."""
    largest = 2 * int(np.prod(page.chunks, dtype=np.int64)) + SPARE_PIXELS
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        page.parent.filehandle.seek(offset)
        if count and np.prod(image_size(BytesIO(page.parent.filehandle.read(count))), dtype=np.float64) > largest:
            raise ContentError(DAMAGED)


def _kept_samples(page: tifffile.TiffPage) -> list[int]:
    """Indices of the samples of a pixel that are colours, and of the first that says how opaque it is."""
    extra = page.extrasamples
    n_colours = page.samplesperpixel - len(extra)
    alpha = [n_colours + n for n, kind in enumerate(extra) if kind in ALPHA]
    return [*range(n_colours), *alpha[:1]]


def _meaning(pixels: NDArray, page: tifffile.TiffPage) -> NDArray:
    """Levels of what is stored, by the photometric interpretation (TIFF 6.0, section 8)."""
    if page.photometric == PALETTE:
        if page.colormap is None:
            raise ContentError("a palette image without its palette (ColorMap); save it as grey")
        indices = pixels if pixels.ndim == 2 else pixels[..., 0]
        # Some programs write levels of 8 bits where TIFF wants 16.
        colours = page.colormap.T >> (8 if page.colormap.max() > 255 else 0)
        return look_up(indices, colours.astype(np.uint8))
    bits = page.bitspersample
    if page.photometric == WHITE_IS_ZERO:
        largest = pixels.dtype.type((1 << bits) - 1) if pixels.dtype.kind == "u" else None
        pixels = ~pixels if largest is None else largest - pixels  # of signed numbers, ~ exchanges both ends
    pixels = full_scale(pixels, bits)
    return jpeg_levels(pixels) if page.compression in JPEG else pixels
