"""Reads images of a Gwyddion file (.gwy): a container with a field of doubles for each channel."""

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .byte_reader import ByteReader
from .header_checks import DAMAGED, ContentError, check_count, check_size, page_index

GWYDDION = b"GWYP"  # the first four bytes of such files
FIELD = "GwyDataField"
NUMBERS = {"b": "?", "c": "b", "i": "<i", "q": "<q", "d": "<d"}
ARRAYS = {"C": "u1", "I": "<i4", "Q": "<i8", "D": "<f8"}
CHANNEL = re.compile(r"/(\d+)/data$")
MAX_DEPTH, MAX_ITEMS = 16, 1 << 18

Item = dict[str, Any]


@dataclass(frozen=True)
class GwyddionField:
    """One channel: `shape` (H, W), its values as bytes of the file, its lengths in `unit`, and its name."""

    shape: tuple[int, int]
    content: NDArray[np.uint8]
    width: float
    height: float
    unit: str
    title: str


def list_gwyddion_fields(path: str | Path) -> list[GwyddionField]:
    """The channels of a file in the order of their numbers. Raises ContentError for a damaged file."""
    content = np.memmap(path, np.uint8, "r")
    try:
        if content[:4].tobytes() != GWYDDION:
            raise ContentError("not a Gwyddion file")
        container = _Reader(content, 4).object()
        channels = sorted((int(match[1]), name) for name in container if (match := CHANNEL.match(name)))
        fields = [_field(container[name], container.get(f"{name}/title")) for _, name in channels]
    except (struct.error, LookupError, ValueError, OverflowError, TypeError, AttributeError):
        raise ContentError(DAMAGED) from None
    check_count(len(fields))
    return fields


def read_gwyddion(path: Path, page: int | None) -> NDArray[np.float64]:
    """Values (H, W) of one channel."""
    fields = list_gwyddion_fields(path)
    field = fields[page_index(len(fields), page)]
    check_size(field.shape)
    return np.frombuffer(field.content.tobytes(), "<f8").reshape(field.shape).astype(np.float64)


def _field(item: Item, title: object) -> GwyddionField:
    height, width = int(item["yres"]), int(item["xres"])
    values = item["data"]
    if min(height, width) < 1 or len(values) != height * width * 8:
        raise ContentError(DAMAGED)
    unit = item.get("si_unit_xy") or {}
    x_length, y_length = (float(item.get(name, 0.0)) for name in ("xreal", "yreal"))
    return GwyddionField((height, width), values, x_length, y_length, str(unit.get("unitstr", "")), str(title or ""))


class _Reader(ByteReader):
    """Reads objects one after another; each length is checked before it is used."""

    def __init__(self, content: NDArray[np.uint8], place: int) -> None:
        super().__init__(content, place)
        self.n_items = 0

    def object(self, depth: int = 0) -> Item:
        """The components of an object, which begins here with its name and its length."""
        self._text()
        end = self._number("<I") + self.place
        if end > len(self.content) or depth > MAX_DEPTH:
            raise ContentError(DAMAGED)
        item: Item = {}
        while self.place < end:
            self.n_items += 1
            if self.n_items > MAX_ITEMS:
                raise ContentError(DAMAGED)
            name = self._text()
            item[name] = self._component(chr(self._number("B")), depth)
        if self.place != end:
            raise ContentError(DAMAGED)
        return item

    def _component(self, kind: str, depth: int) -> Any:
        if kind in NUMBERS:
            return self._number(NUMBERS[kind])
        if kind == "s":
            return self._text()
        if kind == "o":
            return self.object(depth + 1)
        count = self._number("<I")
        if kind in ARRAYS:
            return self._take(count * np.dtype(ARRAYS[kind]).itemsize)
        if kind not in "SO" or count > MAX_ITEMS:
            raise ContentError(DAMAGED)
        return [self._text() if kind == "S" else self.object(depth + 1) for _ in range(count)]

    def _text(self) -> str:
        """Text up to its end mark; a name or a unit is short, notes may be long."""
        block, start = 256, self.place
        while start < len(self.content):
            (ends,) = np.nonzero(self.content[start : start + block] == 0)
            if len(ends):
                text = self.content[self.place : start + int(ends[0])].tobytes().decode("utf-8", "replace")
                self.place = start + int(ends[0]) + 1
                return text
            start, block = start + block, block * 2
        raise ContentError(DAMAGED)
