"""Writes TIFF, PNG and BMP files byte by byte, with the slips that programs make, for the tests of the readers."""

import struct
import zlib

import numpy as np

FORMATS = {2: "B", 3: "H", 4: "I", 5: "I"}
DATA = "the place of the data"


def write_tiff(path, pixels, tags=(), data=None):
    """A TIFF of one strip; `tags` {code: (type, values)} are added, or left out where the value is None."""
    height, width = pixels.shape[:2]
    data = np.ascontiguousarray(pixels).tobytes() if data is None else data
    entries = {
        256: (4, [width]), 257: (4, [height]), 258: (3, [8 * pixels.itemsize]), 259: (3, [1]), 262: (3, [1]),
        273: (4, [DATA]), 277: (3, [1]), 278: (4, [height]), 279: (4, [len(data)]),
    } | dict(tags)  # fmt: skip
    entries = {code: entry for code, entry in sorted(entries.items()) if entry is not None}
    place = 8 + 2 + 12 * len(entries) + 4
    start = place + sum(2 * len(values) * struct.calcsize(FORMATS[kind]) for kind, values in entries.values())
    head, more = struct.pack("<2sHIH", b"II", 42, 8, len(entries)), b""
    for code, (kind, values) in entries.items():
        values = [start if value is DATA else value for value in values]
        content = struct.pack(f"<{len(values)}{FORMATS[kind]}", *values)
        count = len(values) // 2 if kind == 5 else len(values)
        if len(content) > 4:
            more += content
            content = struct.pack("<I", place + len(more) - len(content))
        head += struct.pack("<HHI", code, kind, count) + content.ljust(4, b"\0")
    path.write_bytes((head + bytes(4) + more).ljust(start, b"\0") + data)


def png(pixels, kind, bits=8, chunks=(), interlaced=False):
    """A PNG of colour type `kind`: pixels (H, W) or (H, W, channels); `chunks` (name, content) come before them."""
    height, width = pixels.shape[:2]
    samples = pixels.reshape(height, width, -1).astype(">u2" if bits == 16 else "u1")
    steps = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    passes = [samples[y::down, x::across] for x, y, across, down in (steps if interlaced else [(0, 0, 1, 1)])]
    rows = [row.tobytes() if bits >= 8 else packed(row.reshape(1, -1), bits) for part in passes for row in part]
    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlaced)
    everything = [
        ("IHDR", head),
        *chunks,
        ("IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))),
        ("IEND", b""),
    ]
    content = b"\x89PNG\r\n\x1a\n"
    for name, data in everything:
        named = name.encode() + data
        content += struct.pack(">I", len(data)) + named + struct.pack(">I", zlib.crc32(named))
    return content


def bmp(pixels, bits, palette=(), compression=0, data=None):
    """A BMP of palette entries (H, W), with the palette's grey levels."""
    height, width = pixels.shape
    colours = b"".join(bytes([level] * 3 + [0]) for level in palette)
    data = packed(pixels[::-1], bits) if data is None else data
    start = 54 + len(colours)
    used = 0 if len(palette) == 1 << bits else len(palette)  # 0: all
    head = b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start)
    about = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(data), 0, 0, used, 0)
    return head + about + colours + data


def run_lengths(pixels):
    """Palette entries (H, W) as a BMP packs them (RLE8)."""
    rows = [b"".join(bytes([1, entry]) for entry in row) + b"\0\0" for row in pixels[::-1].tolist()]
    return b"".join(rows) + b"\0\1"


def packed(numbers, bits):
    """Bytes of numbers (H, W) of `bits` bits, the highest first; each row begins with a new byte."""
    places = np.arange(bits - 1, -1, -1, dtype=numbers.dtype)
    return np.packbits((numbers[..., None] >> places & 1).reshape(len(numbers), -1), axis=1).tobytes()
