"""Reads tables as spreadsheets write them: commas, semicolons or tabs, decimal commas, a byte order mark."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")


def read_rows(path: Path, number: Callable[[str], Any] = float) -> tuple[list[list[str]], Callable[[str], Any]]:
    """The rows of a table with its header, without empty ones, and what makes a number of a cell: `number` itself, or
    `number` of the cell with a decimal point.

    A decimal comma is understood where semicolons or tabs separate the cells. Raises OSError, and csv.Error where it is
    no table.
    """
    text = _decode(path.read_bytes())
    first = next(iter(text.splitlines()), "")
    delimiter = next((mark for mark in (";", "\t") if mark in first), ",")
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    return rows, number if delimiter == "," else lambda cell: number(_with_decimal_point(cell))


def _with_decimal_point(cell: str) -> str:
    return cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    for encoding in ENCODINGS[:-1]:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode(ENCODINGS[-1])
