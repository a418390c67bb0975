"""Lists the pages of a TIFF file that are images, from its chain of directories alone."""

import os
import struct
from functools import lru_cache
from pathlib import Path

from .header_checks import DAMAGED, ContentError, check_count

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # the first four bytes of such files
NEW_SUBFILE_TYPE, SUBFILE_TYPE, SUB_PAGES, SIS = 254, 255, 330, 33560  # tags; Olympus SIS marks its data with the last
DERIVED_PAGE = 0b101  # bits of NewSubfileType: a smaller version of another page, or a mask for it
REDUCED = 2  # of the older SubfileType: a smaller version
SHORT = 3  # a type of values
MAX_TAGS = 4096


def list_pages(path: str | Path, info: os.stat_result) -> tuple[tuple[int, int], ...]:
    """(page number, offset [byte]) of each page that is an image; thumbnails, smaller pyramid levels and masks are not.

    Where Olympus SIS wrote data, a page without its tag is a rendering of the data, and no image either. `info` is the
    file's os.stat. Reads only the chain of directories; raises ContentError if it points outside the file or forms a
    circle.
    """
    return _list_pages(os.fspath(path), info.st_size, info.st_mtime_ns)


@lru_cache(maxsize=16)  # without it, each page of a stack would follow the chain again; size and mtime are keys
def _list_pages(name: str, size: int, mtime_ns: int) -> tuple[tuple[int, int], ...]:
    # TIFF 6.0, section 2; BigTIFF counts and points with 64 bits.
    pages: list[tuple[int, int]] = []
    images, with_data, visited, has_sub_pages = [], [], set(), False
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
            tags = _first_values(byte_order, file.read(n_tags * tag_size), tag_size)
            if not tags.get(NEW_SUBFILE_TYPE, 0) & DERIVED_PAGE and tags.get(SUBFILE_TYPE) != REDUCED:
                images.append((len(pages), offset))
                with_data += [images[-1]] if SIS in tags else []
            has_sub_pages |= SUB_PAGES in tags
            pages.append((len(pages), offset))
            check_count(len(pages))
            (offset,) = struct.unpack(pointer, file.read(struct.calcsize(pointer)))
    if pages and not images and has_sub_pages:
        raise ContentError(
            "shows a smaller version alone, its image is in a sub-directory (as in DNG); save it as TIFF"
        )
    return tuple(with_data or images or pages)


def _first_values(byte_order: str, tags: bytes, tag_size: int) -> dict[int, int]:
    """The tags of a directory, each with the first number of its entry; right for values of 16 and 32 bits."""
    values = {}
    for start in range(0, len(tags) - tag_size + 1, tag_size):
        tag, value_type = struct.unpack_from(f"{byte_order}HH", tags, start)
        value_format = byte_order + ("H" if value_type == SHORT else "I")
        values[tag] = struct.unpack_from(value_format, tags, start + (8 if tag_size == 12 else 12))[0]
    return values
