"""One image of a TIFF file, of one page or of many."""

import logging
import os
import struct
from functools import lru_cache
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from .header_checks import DAMAGED, ContentError, check_count, check_size, one_of

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # what such files begin with
UNPACKED_HERE = (1, 8, 32946)  # none and deflate, of TIFF's compressions; Pillow has LZW and others, of 8 bits
WHITE_IS_ZERO, LAST_GREY_OR_RGB = 0, 2  # TIFF's photometric interpretations
NEW_SUBFILE_TYPE, ORIENTATION, SHORT = 254, 274, 3  # tags, and a type of their values
NO_IMAGE = 0b101  # of NewSubfileType: a smaller version of another page, or a mask for it
MOST_TAGS = 4096

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what is wrong with a file is said once, by us


def directories(path: str | Path, about: os.stat_result) -> tuple[tuple[int, int], ...]:
    """(number, offset [byte]) of each page that is an image of its own: thumbnails, the smaller levels of a pyramid
    and masks are none. `about` is the file's os.stat. Follows the chain of directories, no more; refuses one that leads
    nowhere or in a circle."""
    return _directories(os.fspath(path), about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=16)  # or each page of a stack would follow the chain anew
def _directories(name: str, size: int, changed: int) -> tuple[tuple[int, int], ...]:
    # TIFF 6.0, section 2; BigTIFF counts and points with 64 bits.
    every: list[tuple[int, int]] = []
    images, seen = [], set()
    with open(name, "rb") as file:
        begins = file.read(4)
        if begins not in TIFF:
            raise ContentError("not a TIFF")
        order, big = "<" if begins.startswith(b"II") else ">", b"+" in begins
        count, pointer, tag_size = (f"{order}Q", f"{order}Q", 20) if big else (f"{order}H", f"{order}I", 12)
        file.seek(8 if big else 4)
        (offset,) = struct.unpack(pointer, file.read(struct.calcsize(pointer)))
        while offset:
            if offset >= size or offset in seen:
                raise ContentError(DAMAGED)
            seen.add(offset)
            file.seek(offset)
            (tags,) = struct.unpack(count, file.read(struct.calcsize(count)))
            if tags > MOST_TAGS:
                raise ContentError(DAMAGED)
            content = file.read(tags * tag_size)
            if not _kind(order, content, tag_size) & NO_IMAGE:
                images.append((len(every), offset))
            every.append((len(every), offset))
            check_count(len(every))
            (offset,) = struct.unpack(pointer, file.read(struct.calcsize(pointer)))
    return tuple(images or every)


def _kind(order: str, content: bytes, tag_size: int) -> int:
    """NewSubfileType of a directory's tags."""
    for at in range(0, len(content), tag_size):
        tag, kind = struct.unpack_from(f"{order}HH", content, at)
        if tag >= NEW_SUBFILE_TYPE:  # they are sorted
            value = at + (8 if tag_size == 12 else 12)
            known = tag == NEW_SUBFILE_TYPE
            return struct.unpack_from(order + ("H" if kind == SHORT else "I"), content, value)[0] if known else 0
    return 0


def read_tiff(path: Path, page: int | None) -> tuple[NDArray | None, int]:
    """The pixels (H, W) or (H, W, channels) of one image, and the number of its page in the file.

    No pixels where they are packed in a way that tifffile alone does not know.
    """
    found = directories(path, path.stat())
    number, offset = found[one_of(len(found), page)]
    with tifffile.TiffFile(path) as tiff:
        whole = tiff.imagej_metadata or {}
        if len(found) == 1 and whole.get("images", 1) > 1:  # as ImageJ does above 4 GB
            raise ContentError(f"holds {whole['images']} images in one page; save a page for each")
        about = tiff.pages.first
        if number:
            tiff.filehandle.seek(offset)
            about = tifffile.TiffPage(tiff, index=number)
        if about.compression not in UNPACKED_HERE:
            return None, number
        check_size(about.shape)
        if about.photometric > LAST_GREY_OR_RGB:
            raise ContentError(f"{tifffile.PHOTOMETRIC(about.photometric).name} pixels; convert it to grey first")
        if sum(about.databytecounts) > 2 * about.nbytes + (1 << 16):  # would unfold to no one knows how much
            raise ContentError(DAMAGED)
        pixels = np.asarray(about.asarray())
        if about.photometric == WHITE_IS_ZERO and pixels.dtype.kind in "bu":
            pixels = ~pixels
        return _upright(pixels, about.tags.valueof(ORIENTATION, 1)), number


def _upright(pixels: NDArray, orientation: int) -> NDArray:
    """The image as it is to be seen (TIFF 6.0, section 8: where the first row and column lie)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels[::-1] if orientation in (3, 4, 7, 8) else pixels
