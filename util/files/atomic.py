"""Atomic writes: a file, or what is added to one, exists completely or not at all."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UNFINISHED = ".unfinished"


@contextmanager
def name_file(path: Path) -> Iterator[None]:
    """Errors of the system inside are those of `path`: a failed write names no file, others name a temporary one."""
    try:
        yield
    except OSError as error:
        if error.errno:
            error.filename = str(path)
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces `path` by `content` in one atomic rename."""
    write(path, lambda unfinished: unfinished.write_bytes(content))


def write(path: Path, writer: Callable[[Path], object]) -> None:
    """Replaces `path` in one atomic rename by the file that `writer` writes to the path that it receives."""
    unfinished = prepare(path, writer)
    with _removed_on_error(unfinished), name_file(path):
        unfinished.replace(path)


def prepare(path: Path, writer: Callable[[Path], object]) -> Path:
    """Lets `writer` write a temporary file beside `path` and flushes it to the disk; returns its path."""
    unfinished = path.with_name(f".{path.name}{UNFINISHED}")
    with _removed_on_error(unfinished), name_file(path):
        writer(unfinished)
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
    return unfinished


def append_bytes(path: Path, content: bytes) -> None:
    """Adds `content` to the end of a file, all of it or nothing: a write that a full disk interrupted is undone."""
    with name_file(path):
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            size = os.fstat(file).st_size
            try:
                rest = memoryview(content)
                while rest:
                    rest = rest[os.write(file, rest) :]
            except OSError:
                os.ftruncate(file, size)
                raise
        finally:
            os.close(file)


@contextmanager
def _removed_on_error(unfinished: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):  # the first error is the one that is told
            unfinished.unlink(missing_ok=True)
        raise
