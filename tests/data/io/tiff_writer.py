"""Writes TIFF files of 1, 4 and 12 bits, which tifffile does not write, for the tests of the reader."""

import struct

import imagecodecs
import numpy as np

CODES = {None: 1, "lzw": 5, "zlib": 8, "packbits": 32773, "zstd": 50000, "jpeg2000": 34712}
TYPES = {"H": 3, "I": 4, "Q": 16}
STRIP_ROWS, TILE = 5, 16


def write_packed(path, pages, bits, photometric, packing=None, order="<", layout="strips", big=False, colours=None):
    """Writes `pages`, each (numbers (H, W) or (H, W, 3), NewSubfileType, smaller version for a SubIFD or None).

    `colours` is a palette (3, N) of 16 bits; `layout` is strips, tiles or planar (strips of each of three planes).
    """
    file = _File(order, big)
    settings = bits, photometric, packing, layout, colours
    start = None
    for numbers, subfile_type, smaller in pages:
        subifd = None if smaller is None else file.directory(smaller, 1, None, *settings)[0]
        place, next_field = file.directory(numbers, subfile_type, subifd, *settings)
        file.point(start or file.first, place)
        start = next_field
    path.write_bytes(file.content)


class _File:
    def __init__(self, order, big):
        self.order, self.big = order, big
        self.pointer, self.n_bytes = ("Q", 8) if big else ("I", 4)
        numbers = struct.pack(order + "HHH", 43, 8, 0) if big else struct.pack(order + "H", 42)
        self.content = bytearray((b"II" if order == "<" else b"MM") + numbers)
        self.first = self.append(bytes(self.n_bytes))

    def append(self, data):
        self.content += bytes(len(self.content) % 2)
        place = len(self.content)
        self.content += data
        return place

    def point(self, field, place):
        struct.pack_into(self.order + self.pointer, self.content, field, place)

    def directory(self, numbers, subfile_type, subifd, bits, photometric, packing, layout, colours):
        """Appends a page; its place, and that of its pointer to the next page."""
        height, width = numbers.shape[:2]
        samples = 1 if numbers.ndim == 2 else numbers.shape[2]
        segments = [encode(segment, bits, packing) for segment in cut(numbers, layout)]
        offsets, counts = [self.append(segment) for segment in segments], [len(segment) for segment in segments]
        place, size = (324, 325) if layout == "tiles" else (273, 279)
        tags = [
            (254, "I", [subfile_type]), (256, "I", [width]), (257, "I", [height]), (258, "H", [bits] * samples),
            (259, "H", [CODES[packing]]), (262, "H", [photometric]), (277, "H", [samples]), (place, "I", offsets),
            (size, "I", counts), (284, "H", [2 if layout == "planar" else 1]),
        ]  # fmt: skip
        tags += [(322, "I", [TILE]), (323, "I", [TILE])] if layout == "tiles" else [(278, "I", [STRIP_ROWS])]
        tags += [] if colours is None else [(320, "H", colours.ravel().tolist())]
        tags += [] if subifd is None else [(330, "I", [subifd])]
        entries = b""
        for tag, kind, values in sorted(tags):
            data = struct.pack(f"{self.order}{len(values)}{kind}", *values)
            if len(data) > self.n_bytes:
                data = struct.pack(self.order + self.pointer, self.append(data))
            entries += struct.pack(f"{self.order}HH{self.pointer}", tag, TYPES[kind], len(values))
            entries += data.ljust(self.n_bytes, b"\0")
        count = struct.pack(self.order + ("Q" if self.big else "H"), len(tags))
        start = self.append(count + entries + bytes(self.n_bytes))
        return start, len(self.content) - self.n_bytes


def cut(numbers, layout):
    """The strips or tiles of an image; tiles at the edge are filled with zeros."""
    if layout == "planar":
        return [strip for plane in np.moveaxis(numbers, -1, 0) for strip in cut(plane, "strips")]
    height, width = numbers.shape[:2]
    if layout == "strips":
        return [numbers[row : row + STRIP_ROWS] for row in range(0, height, STRIP_ROWS)]
    tiles = []
    for row in range(0, height, TILE):
        for column in range(0, width, TILE):
            tile = np.zeros((TILE, TILE, *numbers.shape[2:]), numbers.dtype)
            part = numbers[row : row + TILE, column : column + TILE]
            tile[: part.shape[0], : part.shape[1]] = part
            tiles.append(tile)
    return tiles


def encode(segment, bits, packing):
    """Bytes of a segment: numbers of `bits` bits, the highest first; each row begins with a new byte."""
    if packing == "jpeg2000":
        deep = np.ascontiguousarray(segment, np.uint8 if bits <= 8 else np.uint16)
        return imagecodecs.jpeg2k_encode(deep, level=0, codecformat="j2k", bitspersample=bits, mct=False)
    rows = segment.reshape(len(segment), -1).astype(np.uint16)
    places = np.arange(bits - 1, -1, -1, dtype=np.uint16)
    data = np.packbits((rows[..., None] >> places & 1).reshape(len(rows), -1).astype(bool), axis=1).tobytes()
    if packing == "packbits":  # each row is packed alone (TIFF 6.0, section 9)
        n = len(data) // len(rows)
        return b"".join(imagecodecs.packbits_encode(data[row * n : (row + 1) * n]) for row in range(len(rows)))
    return {None: bytes, "lzw": imagecodecs.lzw_encode, "zlib": imagecodecs.zlib_encode}.get(
        packing, imagecodecs.zstd_encode
    )(data)
