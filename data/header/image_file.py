"""What is known of an image file before any maker's header is understood: its size, tags and the texts beside it."""

import re
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from ..io import TIFF, file_of, list_pages, page_of
from .sidecar import sidecars
from .tiff_tags import BITS, HEIGHT, WIDTH, TiffTags
from .values import decode

PNG, JPEG = b"\x89PNG", b"\xff\xd8\xff"
PILLOW_FORMATS = ("BMP", "JPEG", "JPEG2000", "WEBP", "GIF")
MODE_BITS = {"1": 1, "I;16": 16, "I;16B": 16, "I": 32, "F": 32}  # of Pillow's other modes: 8
MAX_CHUNKS = 64  # of a PNG before its pixels
MAX_BYTES = 1 << 26  # of a file that is searched for a header
MAX_SIBLINGS = 16  # other pages that are asked


@dataclass
class ImageFile:
    """One image of a file. `width` and `height` [px] and `bits` a value are None where they are not known.

    `page` counts the images of the file, `directory` all directories of a TIFF, with those that are no image.
    """

    path: Path
    magic: bytes = b""
    width: int | None = None
    height: int | None = None
    bits: int | None = None
    page: int = 0
    directory: int = 0
    tiff: TiffTags | None = None
    is_given: bool = False  # whether the user gives the width: the file may contradict itself then
    per_metre: tuple[int, int] = (0, 0)  # pixels, across and down, that a PNG states
    siblings: list[int] = field(default_factory=list)  # offsets of the other pages of a TIFF

    def text(self, *codes: int) -> str:
        """Text of the first of these tags that is there and not empty."""
        if self.tiff is None:
            return ""
        texts = (decode(self.tiff.data[code], ("utf-8-sig",)) for code in codes if code in self.tiff.data)
        return next((text for text in texts if text.strip()), "")

    @property
    def has_texts(self) -> bool:
        """Whether a reader may find anything: in a PNG none reads a text, so that one must be beside it."""
        return self.magic != PNG or bool(self.sidecars)

    @cached_property
    def sidecars(self) -> dict[str, str]:
        """{name: text} of the text files beside the image."""
        return sidecars(self.path)

    @cached_property
    def content(self) -> bytes:
        """The file's bytes, at most MAX_BYTES."""
        with self.path.open("rb") as file:
            return file.read(MAX_BYTES)


def open_image(name: str) -> ImageFile:
    """The image that `name` names: FILE, or FILE::p001 for one page; a damaged file yields what is readable."""
    image = ImageFile(Path(file_of(name)), page=page_of(name) or 0)
    if not image.path.is_file():  # opening a pipe would block
        return image
    with image.path.open("rb") as file:
        head = file.read(24)
        image.magic = head[:4]
        if image.magic == PNG:
            _read_png(image, file)
    if image.magic in TIFF:
        pages = _pages(image.path, head)
        image.directory, offset = pages[min(image.page, len(pages) - 1)]
        image.siblings = [other for _, other in pages[:MAX_SIBLINGS] if other != offset]
        return _with_tags(image, offset)
    if image.magic[:3] == JPEG or image.magic[:2] == b"BM" or image.magic in (b"RIFF", b"GIF8", b"\0\0\0\x0c"):
        _read_with_pillow(image)
    return image


def sibling_pages(image: ImageFile) -> list[ImageFile]:
    """The other pages of a TIFF that are as large as this one: a calibration may stand in one page alone."""
    pages = [_with_tags(ImageFile(image.path, image.magic), offset) for offset in image.siblings]
    return [page for page in pages if (page.width, page.height) == (image.width, image.height)]


def _pages(path: Path, head: bytes) -> list[tuple[int, int]]:
    """(number, offset [byte]) of each page that is an image; of the first page if the chain of pages is damaged."""
    with suppress(Exception):  # reading the pixels reports it
        return list(list_pages(path, path.stat()))
    form, place = ("Q", 8) if b"+" in head[:4] else ("I", 4)
    return [(0, struct.unpack_from(("<" if head[:2] == b"II" else ">") + form, head, place)[0])]


def _with_tags(image: ImageFile, offset: int) -> ImageFile:
    try:
        with image.path.open("rb") as file:
            tiff = TiffTags(file, offset)
    except (OSError, struct.error):
        return image
    image.tiff, image.width, image.height = tiff, tiff.whole(WIDTH), tiff.whole(HEIGHT)
    image.bits = tiff.whole(BITS) or 1  # TIFF 6.0: BitsPerSample is 1 where nothing says it
    return image


def _read_png(image: ImageFile, file: BinaryIO) -> None:
    """Size, bits and resolution from the chunks before the pixels (PNG, sections 11.2.2 and 11.3.5.3)."""
    file.seek(8)
    for _ in range(MAX_CHUNKS):
        length, kind = struct.unpack(">I4s", file.read(8).ljust(8, b"\0"))
        if kind == b"IHDR":
            image.width, image.height, image.bits = struct.unpack(">IIB", file.read(9))
            length -= 9
        elif kind == b"pHYs":
            across, down, unit = struct.unpack(">IIB", file.read(9))
            image.per_metre = (across, down) if unit == 1 else (0, 0)
            length -= 9
        elif not re.fullmatch(rb"[A-Za-z]{4}", kind) or kind in (b"IDAT", b"IEND"):
            return
        file.seek(length + 4, 1)


def _read_with_pillow(image: ImageFile) -> None:
    with suppress(Exception), Image.open(image.path, formats=PILLOW_FORMATS) as picture:
        image.width, image.height = picture.size
        image.bits = MODE_BITS.get(picture.mode, 8)
