"""Reads one image of a TIFF file: what its bytes mean does not depend on how they are packed."""

import logging
from io import BytesIO
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from .codestream import image_size, is_whole_jpeg
from .header_checks import DAMAGED, ContentError, check_size, page_index
from .palette import jpeg_levels, look_up
from .sample_layout import full_scale, split_samples, upright
from .tiff_pages import list_pages

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, YCBCR = 0, 1, 2, 3, 6  # TIFF's photometric interpretations
BYTE_PACKINGS = (1, 2, 3, 4, 5, 8, 32946, 32773, 34925, 34926, 50000)  # none, fax, LZW, deflate, PackBits, LZMA, zstd
PREDICTED_PACKINGS = (5, 8, 32946, 34925, 50000)  # LZW, deflate, LZMA, zstd: what libtiff predicts
UNPACKED, WHOLE_JPEG = 1, 7  # packings: none; JPEGs that each have their own beginning and end
JPEG = (6, 7, 33007)
# JPEG, JPEG 2000, LERC, PNG, WebP, JPEG XL: each segment is a picture that says its own size.
IMAGE_PACKINGS = (*JPEG, 33003, 33004, 33005, 34712, 34887, 34933, 34927, 50001, 50002, 52546)
PHOTOMETRIC, ORIENTATION, METAMORPH_PLANES = 262, 274, 33629  # tags
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
        pixels = _kept_samples(split_samples(np.asarray(tiff_page.asarray()), tiff_page.axes), tiff_page)
        pixels = _meaning(pixels, tiff_page)
        return upright(pixels, tiff_page.tags.valueof(ORIENTATION, 1))


def is_lossy_tiff(path: Path, page: int | None) -> bool:
    """Whether the image is packed as JPEG."""
    with tifffile.TiffFile(path) as tiff:
        return _open_page(tiff, path, page).compression in JPEG


def _open_page(tiff: tifffile.TiffFile, path: Path, page: int | None) -> tifffile.TiffPage:
    pages = list_pages(path, path.stat())
    number, offset = pages[page_index(len(pages), page)]
    if number:
        tiff.filehandle.seek(offset)
        return tifffile.TiffPage(tiff, index=number)
    first = tiff.pages.first
    if len(pages) == 1 and (count := _stack_size(tiff, first)) > 1:
        raise ContentError(f"holds {count} images in one page; save one page per image")
    return first


def _stack_size(tiff: tifffile.TiffFile, page: tifffile.TiffPage) -> int:
    """Images that lie behind each other where the only page says one: stacks of ImageJ above 4 GB, MetaMorph (.stk),
    and tifffile's `truncate`."""
    images = (tiff.imagej_metadata or {}).get("images", 1)
    planes = page.tags.get(METAMORPH_PLANES)
    written = (tiff.shaped_metadata or ({},))[0]
    n_values = np.prod(written["shape"], dtype=np.int64) if written.get("truncated") else page.size
    return max(images if isinstance(images, int) else 1, planes.count if planes else 1, int(n_values // page.size))


def _check_page(page: tifffile.TiffPage) -> None:
    """Raises ContentError for what cannot be read, or might unpack to any size."""
    packing = page.compression
    if packing not in (*BYTE_PACKINGS, *IMAGE_PACKINGS):
        name = getattr(packing, "name", "unknown")
        raise ContentError(f"packed as {name} ({int(packing)}), which is not read here; save it with LZW")
    check_size(page.shape)
    if PHOTOMETRIC not in page.tags:
        raise ContentError(
            "does not say whether 0 is black or white (no PhotometricInterpretation), and programs show it either way; "
            "save it as PNG where it looks right"
        )
    if page.photometric > PALETTE and not (page.photometric == YCBCR and packing in JPEG):
        raise ContentError(f"{tifffile.PHOTOMETRIC(page.photometric).name} pixels; convert it to grey first")
    if page.dtype is None:
        raise ContentError(f"{page.bitspersample}-bit pixels of a type that is not read here; save it with 16 bits")
    if page.photometric == WHITE_IS_ZERO and page.dtype.kind not in "bui":
        raise ContentError(
            "white is 0 (PhotometricInterpretation), but floating-point pixels have no largest value that were black; "
            "invert them and save them as black is 0"
        )
    if page.predictor != 1 and packing in BYTE_PACKINGS and packing not in PREDICTED_PACKINGS:
        if packing != UNPACKED:
            raise ContentError("a predictor that does not belong to its compression; save it with LZW")
        page.predictor = 1  # left over from a packed file; libtiff ignores it, too
    for packed in (tifffile.TIFF.DECOMPRESSORS, tifffile.TIFF.UNPREDICTORS):
        key = packing if packed is tifffile.TIFF.DECOMPRESSORS else page.predictor
        packed[key]  # raises KeyError that names the missing package
    if 0 in page.databytecounts and not page.is_contiguous:
        raise ContentError("has parts without content; it is damaged, or was not written to its end")
    if packing in IMAGE_PACKINGS:
        _check_segments(page)
    elif sum(page.databytecounts) > 2 * page.nbytes + SPARE_BYTES:
        raise ContentError(DAMAGED)


def _check_segments(page: tifffile.TiffPage) -> None:
    """Raises ContentError if a segment says that it is a picture much larger than its place in the image."""
    largest = 2 * int(np.prod(page.chunks, dtype=np.int64)) + SPARE_PIXELS
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        page.parent.filehandle.seek(offset)
        content = page.parent.filehandle.read(count)
        if np.prod(image_size(BytesIO(content)), dtype=np.float64) > largest:
            raise ContentError(DAMAGED)
        if page.compression == WHOLE_JPEG and not is_whole_jpeg(content):
            raise ContentError(DAMAGED)


def _kept_samples(pixels: NDArray, page: tifffile.TiffPage) -> NDArray:
    """Pixels (H, W) or (H, W, channels): the colours, and the first sample that says how opaque a pixel is.

    Raises ContentError if a pixel has one grey level and, without saying what it is, another that differs.
    """
    if pixels.ndim != 3 or "S" not in page.axes:
        return pixels
    is_grey = page.photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO)
    n_colours = 1 if is_grey else page.samplesperpixel - len(page.extrasamples)
    kinds = [*page.extrasamples, *[0] * page.samplesperpixel][: page.samplesperpixel - n_colours]
    alpha = [n_colours + n for n, kind in enumerate(kinds) if kind in ALPHA]
    for n, kind in enumerate(kinds, n_colours):
        sample = pixels[..., n]
        if is_grey and kind not in ALPHA and np.ptp(sample) and not np.array_equal(sample, pixels[..., 0]):
            raise ContentError(
                f"holds {page.samplesperpixel} grey levels a pixel, which differ; save one page for each"
            )
    kept = [*range(n_colours), *alpha[:1]]
    return pixels[..., 0] if kept == [0] else pixels[..., kept]


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
