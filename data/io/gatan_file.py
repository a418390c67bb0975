"""Reads images of Gatan's DigitalMicrograph: .dm3 and .dm4, trees of tags with an array for each image."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .byte_reader import ByteReader
from .header_checks import DAMAGED, ContentError, check_count, check_size, page_index

NUMBERS = {2: "i2", 3: "i4", 4: "u2", 5: "u4", 6: "f4", 7: "f8", 8: "u1", 9: "i1", 10: "u1", 11: "i8", 12: "u8"}
STRUCTURE, TEXT, ARRAY = 15, 18, 20  # codes of the other types of values
PIXELS = {1: "i2", 2: "f4", 6: "u1", 7: "i4", 9: "i1", 10: "u2", 11: "u4", 12: "f8", 14: "u1"}  # by DataType
MAX_DEPTH, MAX_TAGS, MAX_FIELDS = 32, 1 << 18, 1 << 10

Tree = dict[str, Any]


@dataclass(frozen=True)
class GatanArray:
    """An array of numbers, as bytes of the file that are read when they are used."""

    content: NDArray[np.uint8]
    dtype: np.dtype

    @property
    def text(self) -> str:
        """The array as text, which is stored as numbers of 16 bits."""
        encoding = "utf-16-le" if self.dtype.newbyteorder("=") == self.dtype else "utf-16-be"
        return self.content.tobytes().decode(encoding, "replace")


@dataclass(frozen=True)
class GatanImage:
    """One entry of ImageList: `shape` (images, H, W), its pixels, and all its tags."""

    shape: tuple[int, int, int]
    dtype: np.dtype
    content: NDArray[np.uint8]
    tags: Tree


def is_gatan(magic: bytes) -> bool:
    """Whether a file begins as a .dm3 or .dm4 does, with version, length and byte order."""
    if magic[:4] == b"\0\0\0\3":
        return magic[8:12] in (b"\0\0\0\0", b"\0\0\0\1")
    return magic[:6] == b"\0\0\0\4\0\0"


def list_gatan_images(path: str | Path) -> list[GatanImage]:
    """The images of a file; thumbnails, renderings in colour and spectra are none. Raises ContentError if damaged."""
    tree = read_gatan_tree(path)
    thumbnails = {entry.get("ImageIndex") for entry in _entries(tree, "Thumbnails")}
    images = []
    for index, entry in enumerate(_entries(tree, "ImageList")):
        data = entry.get("ImageData")
        if isinstance(data, dict) and index not in thumbnails and (image := _image(data, entry)):
            images.append(image)
    check_count(sum(image.shape[0] for image in images))
    return images


def read_gatan(path: Path, page: int | None) -> NDArray:
    """Pixels (H, W) of one image."""
    images = list_gatan_images(path)
    index = page_index(sum(image.shape[0] for image in images), page)
    image, index = [(image, n) for image in images for n in range(image.shape[0])][index]
    check_size(image.shape[1:])
    n_bytes = image.shape[1] * image.shape[2] * image.dtype.itemsize
    pixels = np.frombuffer(image.content[index * n_bytes : (index + 1) * n_bytes].tobytes(), image.dtype)
    return pixels.reshape(image.shape[1:]).astype(image.dtype.newbyteorder("="))


def read_gatan_tree(path: str | Path) -> Tree:
    """All tags of a file as nested dicts; a group's nameless entries are called 0, 1, ... Arrays are GatanArray."""
    content = np.memmap(path, np.uint8, "r")
    if not is_gatan(content[:12].tobytes()):
        raise ContentError("not a DigitalMicrograph file")
    try:
        return _Reader(content).group()
    except (struct.error, LookupError, ValueError, OverflowError):
        raise ContentError(DAMAGED) from None


def _entries(tree: Tree, name: str) -> Iterator[Tree]:
    group = tree.get(name)
    for entry in group.values() if isinstance(group, dict) else ():
        yield entry if isinstance(entry, dict) else {}


def _image(data: Tree, tags: Tree) -> GatanImage | None:
    """The image of ImageData; None if its numbers or dimensions are not those of grey images."""
    dimensions, array, pixel_type = (data.get(name) for name in ("Dimensions", "Data", "DataType"))
    lengths = [*dimensions.values()] if isinstance(dimensions, dict) else []
    if not isinstance(array, GatanArray) or pixel_type not in PIXELS or len(lengths) not in (2, 3):
        return None
    if not all(isinstance(length, int) and length > 0 for length in lengths):
        return None
    width, height, depth = (*lengths, 1)[:3]
    dtype = np.dtype(PIXELS[pixel_type]).newbyteorder(array.dtype.byteorder)
    if len(array.content) < width * height * depth * dtype.itemsize:
        raise ContentError(DAMAGED)
    return GatanImage((depth, height, width), dtype, array.content, tags)


class _Reader(ByteReader):
    """Reads the tags one after another; each length is checked before it is used."""

    def __init__(self, content: NDArray[np.uint8]) -> None:
        self.n_tags = 0
        self.is_dm4 = content[3] == 4  # it counts with 64 bits, and each tag says its length
        super().__init__(content, 12 if self.is_dm4 else 8)
        self.order = "<" if self._number(">I") == 1 else ">"

    def _count(self) -> int:
        return self._number(">Q" if self.is_dm4 else ">I")

    def group(self, depth: int = 0) -> Tree:
        """The tags of a group, whose head begins here."""
        self._take(2)  # whether it is sorted, and open
        tags: Tree = {}
        for _ in range(self._count()):
            self.n_tags += 1
            kind, name_length = self._number(">B"), self._number(">H")
            if depth > MAX_DEPTH or self.n_tags > MAX_TAGS or kind not in (20, 21):
                raise ContentError(DAMAGED)
            name = self._take(name_length).tobytes().decode("latin-1") or str(len(tags))
            if self.is_dm4:
                self._take(8)
            tags[name] = self.group(depth + 1) if kind == 20 else self._value()
        return tags

    def _value(self) -> Any:
        if self._take(4).tobytes() != b"%%%%":
            raise ContentError(DAMAGED)
        n_fields = self._count()
        if not 0 < n_fields <= MAX_FIELDS:
            raise ContentError(DAMAGED)
        kind, *fields = [self._count() for _ in range(n_fields)]
        if kind in NUMBERS:
            return self._numbers(kind)
        if kind == STRUCTURE:
            return [self._numbers(field) for field in fields[3::2]]
        if kind == TEXT:
            return GatanArray(self._take(fields[0]), np.dtype(f"{self.order}u2")).text
        if kind != ARRAY:
            raise ContentError(DAMAGED)
        if fields[0] == STRUCTURE:
            self._take(fields[-1] * sum(np.dtype(NUMBERS[field]).itemsize for field in fields[4:-1:2]))
            return None
        dtype = np.dtype(self.order + NUMBERS[fields[0]])
        return GatanArray(self._take(fields[1] * dtype.itemsize), dtype)

    def _numbers(self, kind: int) -> int | float:
        dtype = np.dtype(self.order + NUMBERS[kind])
        return np.frombuffer(self._take(dtype.itemsize).tobytes(), dtype)[0].item()
