"""Reads the tags of one directory of a TIFF file, those that say something about the image."""

import math
import struct
from typing import BinaryIO

MAX_TAGS = 4096
MAX_BYTES = 1 << 23  # of one tag: TESCAN's holds a thumbnail
TYPES = {1: "B", 2: "B", 3: "H", 4: "I", 5: "II", 6: "b", 7: "B", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d"}
TYPES |= {13: "I", 16: "Q", 17: "q", 18: "Q"}  # BigTIFF
RATIONAL = (5, 10)

WIDTH, HEIGHT, BITS, DESCRIPTION, MAKE, MODEL = 256, 257, 258, 270, 271, 272
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT, XMP = 282, 283, 296, 700
SIS, ZEISS, ZEISS_UTF16, FEI_SFEG, FEI, FEI_XML, TVIPS = 33560, 34118, 34119, 34680, 34682, 34683, 37706
TESCAN, FIBICS, ORION, NIKON, NIKON_MORE = 50431, 51023, 65000, 65332, 65333
GATAN = (65003, 65004, 65009, 65010)  # units and scales, x and y
USED = {WIDTH, HEIGHT, BITS, DESCRIPTION, MAKE, MODEL, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT, XMP}
USED |= {SIS, ZEISS, ZEISS_UTF16, FEI_SFEG, FEI, FEI_XML, TVIPS, TESCAN, FIBICS, ORION, NIKON, NIKON_MORE, *GATAN}


class TiffTags:
    """Tags of one directory as bytes, as numbers, or as text in `data`."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        """Reads the directory at `offset` [byte]; a tag that points outside the file is left out."""
        file.seek(0)
        head = file.read(4)
        self.order, big = "<" if head[:2] == b"II" else ">", b"+" in head
        self.data: dict[int, bytes] = {}
        self.types: dict[int, int] = {}
        entry_bytes, value_bytes = (20, 8) if big else (12, 4)
        file.seek(offset)
        (n_tags,) = struct.unpack(self.order + ("Q" if big else "H"), file.read(8 if big else 2))
        entries = file.read(min(n_tags, MAX_TAGS) * entry_bytes)
        for start in range(0, len(entries) - entry_bytes + 1, entry_bytes):
            code, value_type = struct.unpack_from(self.order + "HH", entries, start)
            if code not in USED or value_type not in TYPES:
                continue
            counter, at = self.order + ("Q" if big else "I"), start + entry_bytes - value_bytes
            (n_values,) = struct.unpack_from(counter, entries, start + 4)
            n_bytes = min(n_values * struct.calcsize("=" + TYPES[value_type]), MAX_BYTES)
            raw = entries[at : at + n_bytes]
            if n_bytes > value_bytes:
                file.seek(struct.unpack_from(counter, entries, at)[0])
                raw = file.read(n_bytes)
            if raw and (code not in self.data):
                self.data[code], self.types[code] = raw, value_type

    def numbers(self, code: int) -> list[float]:
        """The numbers of a tag, at most 16; fractions are divided. Values that are not finite are left out."""
        value_type = self.types.get(code, 0)
        if value_type not in TYPES:
            return []
        form, raw = self.order + TYPES[value_type], self.data[code]
        size = struct.calcsize(form)
        values = [struct.unpack_from(form, raw, at) for at in range(0, min(len(raw), 16 * size) - size + 1, size)]
        if value_type in RATIONAL:
            return [top / bottom if bottom else 0.0 for top, bottom in values]
        return [value for (value,) in values if math.isfinite(value)]

    def whole(self, code: int) -> int | None:
        """The first number of a tag as a whole number above zero."""
        value = next(iter(self.numbers(code)), 0)
        return int(value) if value > 0 else None
