"""Finds what was changed in a chain of rows: each row's SHA-256 is that of its content and of the row before."""

import json
from hashlib import sha256
from typing import NamedTuple

FIRST = b"0" * 64  # in the place of the SHA-256 of the row before the first


class StoredRow(NamedTuple):
    """A row as the file holds it, whatever was done to it."""

    number: int
    content: bytes
    previous: bytes
    digest: bytes


class Anchor(NamedTuple):
    """What was written beside the file after its last row; `file_sha256` is empty where it was not known."""

    rows: int  # -1: cannot be read
    digest: bytes
    file_sha256: str


def link(previous: bytes, content: bytes) -> bytes:
    """The SHA-256 of a row, in hexadecimal digits."""
    return sha256(previous + b"\n" + content).hexdigest().encode()


def find_faults(rows: list[StoredRow], last: int, anchor: Anchor | None, file_sha256: str) -> list[str]:
    """A line for each fault of the rows (by number).

    `last` is the number of the last row that was ever appended. `file_sha256` is the file's, empty while it cannot be
    compared.
    """
    faults, before, expected = [], FIRST, 1
    for row in rows:
        if row.number > expected:
            faults.append(_name_missing(expected, row.number - 1))
            before = row.previous  # what it was cannot be told
        if fault := _find_fault(row, before):
            faults.append(fault)
            before = b""  # the next row is not compared with this one
        else:
            before = row.digest
        expected = max(expected, row.number + 1)
    if expected <= last:
        faults.append(f"{_name_missing(expected, last)} at the end")
    return faults + _compare_with_anchor(rows, anchor, file_sha256, bool(faults))


def _find_fault(row: StoredRow, before: bytes) -> str:
    """What is wrong with a row; `before` is the SHA-256 of the row before, empty where that row is faulty itself."""
    if link(row.previous, row.content) != row.digest:
        return f"row {row.number} was changed: its SHA-256 is not that of its content"
    try:
        written_as = json.loads(row.content)["row"]
    except (ValueError, KeyError, TypeError):
        written_as = None
    if written_as != row.number:
        return f"row {row.number} was moved here: it was written as row {written_as}"
    if before and row.previous != before:
        return f"row {row.number} does not follow row {row.number - 1}: one of them was replaced"
    return ""


def _name_missing(first: int, last: int) -> str:
    return f"row {first} is missing" if first == last else f"rows {first} to {last} are missing"


def _compare_with_anchor(rows: list[StoredRow], anchor: Anchor | None, file_sha256: str, faulty: bool) -> list[str]:
    """Faults that the rows themselves do not show, such as an older copy of the whole file."""
    if anchor is None:
        return ["the file .anchor beside it is missing: rows may have been cut off"]
    if anchor.rows < 0:
        return ["the file .anchor beside it cannot be read: rows may have been cut off"]
    if faulty:
        return []
    if len(rows) < anchor.rows:
        return [f"{_name_missing(len(rows) + 1, anchor.rows)} at the end: it is an older copy, or was cut"]
    if anchor.rows and rows[anchor.rows - 1].digest != anchor.digest:
        return [f"row {anchor.rows} is not the one that the file .anchor names: the record was written anew"]
    if len(rows) == anchor.rows and file_sha256 and anchor.file_sha256 not in ("", file_sha256):
        return ["the file was changed outside of its rows, which are whole"]
    return []
