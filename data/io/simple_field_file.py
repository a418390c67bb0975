"""Reads a Gwyddion Simple Field (.gsf): lines of text, then float32, little endian.

Gwyddion's user guide describes it: a first line, `name = value` lines, 1 to 4 NULs up to a multiple of 4 bytes, and the
rows from the top.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .header_checks import DAMAGED, ContentError, check_size, page_index

SIMPLE_FIELD = b"Gwyddion Simple Field 1.0\n"
MAX_HEADER_BYTES = 1 << 20


@dataclass(frozen=True)
class SimpleField:
    """`shape` (H, W), lengths in `unit` (0 where the file does not say), and the `start` [byte] of the values."""

    shape: tuple[int, int]
    width: float
    height: float
    unit: str
    start: int


def read_field_header(path: str | Path) -> SimpleField:
    """What the lines of text say. Raises ContentError for a damaged file."""
    with open(path, "rb") as file:
        head = file.read(MAX_HEADER_BYTES)
    end = head.find(b"\0")
    if not head.startswith(SIMPLE_FIELD) or end < 0:
        raise ContentError(DAMAGED)
    lines = head[len(SIMPLE_FIELD) : end].decode("utf-8", "replace").split("\n")
    entries = {name.strip(): value.strip() for name, sign, value in (line.partition("=") for line in lines) if sign}
    try:
        shape = int(entries["YRes"]), int(entries["XRes"])
    except (KeyError, ValueError):
        raise ContentError(DAMAGED) from None
    if min(shape) < 1:
        raise ContentError(DAMAGED)
    width, height = (_length(entries.get(name, "")) for name in ("XReal", "YReal"))
    return SimpleField(shape, width, height, entries.get("XYUnits", ""), end + 4 - end % 4)


def read_simple_field(path: Path, page: int | None) -> NDArray[np.float32]:
    """Values (H, W)."""
    page_index(1, page)
    field = read_field_header(path)
    check_size(field.shape)
    if path.stat().st_size != field.start + 4 * math.prod(field.shape):
        raise ContentError(DAMAGED)
    values = np.fromfile(path, "<f4", offset=field.start)
    return values.reshape(field.shape).astype(np.float32)


def _length(text: str) -> float:
    """A length above zero; 0 without one."""
    try:
        length = float(text.replace(",", "."))
    except ValueError:
        return 0.0
    return length if math.isfinite(length) and length > 0 else 0.0
