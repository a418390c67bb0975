"""Atomic writes: a file exists completely or not at all."""

import os
from collections.abc import Callable
from pathlib import Path

UNFINISHED = ".unfinished"


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces `path` by `content` in one atomic rename."""
    write(path, lambda unfinished: unfinished.write_bytes(content))


def write(path: Path, writer: Callable[[Path], object]) -> None:
    """Replaces `path` in one atomic rename by the file that `writer` writes to the path that it receives."""
    prepare(path, writer).replace(path)


def prepare(path: Path, writer: Callable[[Path], object]) -> Path:
    """Lets `writer` write a temporary file beside `path` and flushes it to the disk; returns its path."""
    unfinished = path.with_name(f".{path.name}{UNFINISHED}")
    try:
        writer(unfinished)
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
    except BaseException as error:
        unfinished.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename is None:  # a failed write names no file
            error.filename = str(path)
        raise
    return unfinished
