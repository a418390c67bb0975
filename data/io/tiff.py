"""Reads one image of a TIFF file, of one page or of many."""

import logging
import os
import struct
from functools import lru_cache
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from .header_checks import DAMAGED, ContentError, check_count, check_size, page_index

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # the first four bytes of such files
TIFFFILE_COMPRESSIONS = (1, 8, 32946)  # none and deflate; Pillow reads LZW and others, of 8 bits
WHITE_IS_ZERO, LAST_GREY_OR_RGB = 0, 2  # TIFF's photometric interpretations
NEW_SUBFILE_TYPE, ORIENTATION, SHORT = 254, 274, 3  # tags, and a type of their values
DERIVED_PAGE = 0b101  # bits of NewSubfileType: a smaller version of another page, or a mask for it
MAX_TAGS = 4096

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # our own error message reports a bad file


def list_pages(path: str | Path, info: os.stat_result) -> tuple[tuple[int, int], ...]:
    """(page number, offset [byte]) of each page that is an image; thumbnails, smaller pyramid levels and masks are not.

    `info` is the file's os.stat. Reads only the chain of directories; raises ContentError if it points outside the file
    or forms a circle.
    """
    return _list_pages(os.fspath(path), info.st_size, info.st_mtime_ns)


@lru_cache(maxsize=16)  # without it, each page of a stack would follow the chain again; size and mtime are keys
def _list_pages(name: str, size: int, mtime_ns: int) -> tuple[tuple[int, int], ...]:
    # TIFF 6.0, section 2; BigTIFF counts and points with 64 bits.
    pages: list[tuple[int, int]] = []
    images, visited = [], set()
    with open(name, "rb") as file:
        magic = file.read(4)
        if magic not in TIFF:
            raise ContentError("not a TIFF")
        byte_order, big = "<" if magic.startswith(b"II") else ">", b"+" in magic
        count, pointer, tag_size = (
            (f"{byte_order}Q", f"{byte_order}Q", 20) if big else (f"{byte_order}H", f"{byte_order}I", 12)
        )
        file.seek(8 if big else 4)
        (offset,) = struct.unpack(pointer, file.read(struct.calcsize(pointer)))
        while offset:
            if offset >= size or offset in visited:
                raise ContentError(DAMAGED)
            visited.add(offset)
            file.seek(offset)
            (n_tags,) = struct.unpack(count, file.read(struct.calcsize(count)))
            if n_tags > MAX_TAGS:
                raise ContentError(DAMAGED)
            tags = file.read(n_tags * tag_size)
            if not _subfile_type(byte_order, tags, tag_size) & DERIVED_PAGE:
                images.append((len(pages), offset))
            pages.append((len(pages), offset))
            check_count(len(pages))
            (offset,) = struct.unpack(pointer, file.read(struct.calcsize(pointer)))
    return tuple(images or pages)


def _subfile_type(byte_order: str, tags: bytes, tag_size: int) -> int:
    """NewSubfileType of a directory; 0 if it has no such tag."""
    for start in range(0, len(tags), tag_size):
        tag, value_type = struct.unpack_from(f"{byte_order}HH", tags, start)
        if tag > NEW_SUBFILE_TYPE:  # tags are sorted
            return 0
        if tag == NEW_SUBFILE_TYPE:
            value_format = byte_order + ("H" if value_type == SHORT else "I")
            return struct.unpack_from(value_format, tags, start + (8 if tag_size == 12 else 12))[0]
    return 0


def read_tiff(path: Path, page: int | None) -> tuple[NDArray | None, int]:
    """Pixels (H, W) or (H, W, channels) of one image, and its page number in the file.

    The pixels are None if tifffile without its optional codecs cannot decompress them.
    """
    pages = list_pages(path, path.stat())
    number, offset = pages[page_index(len(pages), page)]
    with tifffile.TiffFile(path) as tiff:
        imagej = tiff.imagej_metadata or {}
        if len(pages) == 1 and imagej.get("images", 1) > 1:  # ImageJ writes this above 4 GB
            raise ContentError(f"holds {imagej['images']} images in one page; save one page per image")
        tiff_page = tiff.pages.first
        if number:
            tiff.filehandle.seek(offset)
            tiff_page = tifffile.TiffPage(tiff, index=number)
        if tiff_page.compression not in TIFFFILE_COMPRESSIONS:
            return None, number
        check_size(tiff_page.shape)
        if tiff_page.photometric > LAST_GREY_OR_RGB:
            raise ContentError(f"{tifffile.PHOTOMETRIC(tiff_page.photometric).name} pixels; convert it to grey first")
        if sum(tiff_page.databytecounts) > 2 * tiff_page.nbytes + (1 << 16):  # might decompress to any size
            raise ContentError(DAMAGED)
        pixels = np.asarray(tiff_page.asarray())
        if tiff_page.photometric == WHITE_IS_ZERO and pixels.dtype.kind in "bu":
            pixels = ~pixels
        return _apply_orientation(pixels, tiff_page.tags.valueof(ORIENTATION, 1)), number


def _apply_orientation(pixels: NDArray, orientation: int) -> NDArray:
    """The image turned upright (TIFF 6.0, section 8: position of the first row and column)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels[::-1] if orientation in (3, 4, 7, 8) else pixels
