"""The size that a packed picture claims, from its first bytes: checked before a decoder takes memory for it."""

import struct
from typing import BinaryIO

from PIL import Image

from .header_checks import DAMAGED, ContentError

JPEG_2000 = (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")  # the first bytes: in boxes, or bare
JPEG_XL = (b"\0\0\0\x0cJXL ", b"\xff\x0a")
LERC = b"Lerc2 "
# Width is a multiple of height by these ratios (JPEG XL, ISO/IEC 18181-1, SizeHeader).
JPEG_XL_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
JPEG_SIZE_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def image_size(file: BinaryIO) -> tuple[int, int]:
    """(H, W) that a JPEG, JPEG 2000, JPEG XL, LERC, PNG or WebP claims; raises ContentError if it claims none."""
    content = file.read()
    try:
        if content.startswith(JPEG_2000):
            return jpeg_2000_header(content)[:2]
        if content.startswith(JPEG_XL):
            return _jpeg_xl_size(content)
        if content.startswith(LERC):
            version = int.from_bytes(content[6:10], "little", signed=True)
            height, width = struct.unpack_from("<2i", content, 14 if version >= 3 else 10)
            return height, width
        if content.startswith(b"\xff\xd8"):
            return _jpeg_size(content)
        file.seek(0)
        with Image.open(file, formats=("PNG", "WEBP")) as image:
            return image.height, image.width
    except (IndexError, struct.error, ValueError, OSError):
        raise ContentError(DAMAGED) from None


def jpeg_2000_header(content: bytes) -> tuple[int, int, int]:
    """(H, W, bits of the first component) of a JPEG 2000 (ISO/IEC 15444-1, SIZ marker)."""
    start = content.index(JPEG_2000[1]) + 4
    right, bottom, left, top = struct.unpack_from(">4I", content, start + 4)
    return bottom - top, right - left, (content[start + 38] & 0x7F) + 1


def is_whole_jpeg(content: bytes) -> bool:
    """Whether a JPEG has its end behind its pixels; a decoder fills the rest of a picture that was cut short."""
    return content.rfind(b"\xff\xd9") > content.rfind(b"\xff\xda")


def _jpeg_size(content: bytes) -> tuple[int, int]:
    # ISO/IEC 10918-1, B.1.1.4: each segment has its length, and a frame header the size.
    place = 2
    while True:
        while content[place] == 0xFF:
            place += 1
        marker, place = content[place], place + 1
        if marker in JPEG_SIZE_MARKERS:
            height, width = struct.unpack_from(">2H", content, place + 3)
            return height, width
        if marker == 0xDA:  # the pixels begin, and no size came before
            raise ValueError
        place += int.from_bytes(content[place : place + 2], "big")
        content[place]  # raises IndexError behind the end


def _jpeg_xl_size(content: bytes) -> tuple[int, int]:
    if content.startswith(JPEG_XL[0]):
        content = content[_jpeg_xl_codestream(content) :]
    if not content.startswith(JPEG_XL[1]):
        raise ValueError
    bits = _Bits(content[2:32])
    is_small = bits.take(1)
    height = bits.side(is_small)
    ratio = bits.take(3)
    if ratio:
        numerator, denominator = JPEG_XL_RATIOS[ratio]
        return height, height * numerator // denominator
    return height, bits.side(is_small)


def _jpeg_xl_codestream(content: bytes) -> int:
    """Offset of the codestream in the boxes of a JPEG XL."""
    place = 0
    while True:
        length, name = struct.unpack_from(">I4s", content, place)
        head = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", content, place + 8)
            head = 16
        if name == b"jxlc":
            return place + head
        if name == b"jxlp":
            return place + head + 4
        if length < head:
            raise ValueError
        place += length


class _Bits:
    """Bits from the least significant on, as JPEG XL stores them."""

    def __init__(self, content: bytes) -> None:
        self.value = int.from_bytes(content, "little")

    def take(self, count: int) -> int:
        result = self.value & ((1 << count) - 1)
        self.value >>= count
        return result

    def side(self, is_small: int) -> int:
        if is_small:
            return (self.take(5) + 1) * 8
        return self.take((9, 13, 18, 30)[self.take(2)]) + 1
