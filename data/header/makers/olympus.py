"""Olympus Soft Imaging Solutions (SIS): tag 33560 is the offset of a structure in the file."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from ..image_file import ImageFile
from ..image_header import ImageHeader, first_width
from ..tiff_tags import SIS
from ..values import word

HEAD_BYTES, ENTRY_BYTES, CALIBRATION_BYTES = 60, 8, 112
CALIBRATION = 1  # kind of the entry that holds the size of a pixel


def read_olympus(image: ImageFile) -> ImageHeader | None:
    """What the structure says: 10^exponent x size [m], the date, the camera."""
    offset = image.tiff.whole(SIS) if image.tiff else None
    if offset is None:
        return None
    with image.path.open("rb") as file:
        file.seek(offset)
        head = file.read(HEAD_BYTES)
        if len(head) < HEAD_BYTES or head[:4] != b"SIS0":
            return None
        # Facts of tifffile (BSD): minute, hour, day, month from 0, year from 1900; then the number of entries.
        minute, hour, day, month, year = struct.unpack_from("<5h", head, 10)
        entries = file.read(ENTRY_BYTES * struct.unpack_from("<H", head, HEAD_BYTES - 2)[0])
        blocks = list(_calibrations(file, entries))
    sizes = (("SIS pixel size", *_sides(block)) for block in blocks)
    return ImageHeader(
        maker="Olympus",
        model=word(*(block[46:80].split(b"\0")[0].decode("cp1252", "replace") for block in blocks)),
        **first_width(sizes),
        date=f"{1900 + year:04}-{month + 1:02}-{day:02} {hour:02}:{minute:02}" if 0 <= month < 12 else None,
    )


def _calibrations(file: BinaryIO, entries: bytes) -> Iterator[bytes]:
    """The blocks that state the size of a pixel."""
    for at in range(0, len(entries) - ENTRY_BYTES + 1, ENTRY_BYTES):
        kind, _, offset = struct.unpack_from("<hhI", entries, at)
        if kind == CALIBRATION:
            file.seek(offset)
            block = file.read(CALIBRATION_BYTES)
            if len(block) == CALIBRATION_BYTES:
                yield block


def _sides(block: bytes) -> tuple[float, float]:
    """Width and height [nm] of a pixel."""
    exponent, across, down = struct.unpack_from("<hdd", block, 10)
    factor = 10.0 ** max(-30, min(exponent, 9)) * 1e9
    return abs(across) * factor, abs(down) * factor
