"""Faults of the disk inside a program: its n-th file operation below a folder fails, or the program is killed there.

`Fault` is called in the process of the program (`before` of tests.reliability.runs). It counts what changes the disk or
opens a file: calls of `os`, files that Python opens (torch too, if the path is not ASCII), and the calls of SQLite.
"""

import builtins
import errno
import io
import os
import signal
import threading
from dataclasses import dataclass

from tests.reliability.sqlite_faults import guard_sqlite

SINGLE_PATH = ("mkdir", "rmdir", "unlink", "remove", "truncate", "open")
TWO_PATHS = ("rename", "replace", "link", "symlink")
OPEN_FILE = ("write", "pwrite", "fsync", "fdatasync", "ftruncate", "sendfile", "copy_file_range")
WRITES = os.O_WRONLY | os.O_RDWR
FULL = ("open", "write", "pwrite", "sendfile", "mkdir", "link", "symlink", "rename", "replace")  # what needs room
BUFFER = 1 << 20  # [bytes] so that a file is written at once
PAGE = 4096  # [bytes] that a kill does not divide
KILL = 0  # instead of an error's number
OS_OPEN, FILE_IO, OPEN = os.open, io.FileIO, builtins.open


@dataclass
class Fault:
    """At its `number`-th operation below `folder` a program is killed (`code` KILL), or that one fails with `code`.

    A disk that is full stays full: ENOSPC goes on for all that needs room. `log` gets a line for the operation: its
    name and path. `number` 0 logs all operations and harms none.
    """

    folder: str
    log: str
    number: int = 0
    code: int = KILL
    with_sqlite: bool = False

    def __call__(self) -> None:
        """Begins in this process."""
        self.count, self.lock = 0, threading.Lock()
        self.output = OS_OPEN(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.os_write, self.os_open = os.write, os.open
        for name in SINGLE_PATH:
            self._guard(name, lambda path, *_, dir_fd=None, **__: _joined(path, dir_fd))
        for name in TWO_PATHS:
            self._guard(name, lambda _, path, *__, dst_dir_fd=None, **___: _joined(path, dst_dir_fd))
        for name in OPEN_FILE:
            self._guard(name, lambda file, *_, **__: _path_of(file))
        self._guard_files()
        if self.with_sqlite:
            guard_sqlite(self)

    def reach(self, name: str, path: str) -> None:
        """Counts an operation; at the chosen one raises OSError, or ends the process."""
        if not path.startswith(self.folder):
            return
        with self.lock:
            self.count += 1
            is_due = self.count == self.number
            stays_full = 0 < self.number < self.count and self.code == errno.ENOSPC and name in FULL
            if is_due or stays_full or not self.number:
                self.os_write(self.output, f"{name} {path[len(self.folder) :]}\n".encode())
        if is_due and self.code == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        if is_due or stays_full:
            raise OSError(self.code, os.strerror(self.code), *([path] if name not in OPEN_FILE else []))

    def write(self, name: str, path: str, write, content) -> int:
        """Writes; at the chosen operation only the first half, as on a full disk."""
        try:
            half = memoryview(content).cast("B")[: len(content) // 2]
            is_next = self.count + 1 == self.number and path.startswith(self.folder)
            if is_next and half and (self.code != KILL or len(half) > PAGE):
                write(half)
        finally:
            self.reach(name, path)
        return write(content)

    def _guard(self, name, path_of) -> None:
        call = getattr(os, name)

        def guarded(*arguments, **options):
            path = path_of(*arguments, **options)
            if name == "open" and not arguments[1] & WRITES and os.path.isdir(path):
                return call(*arguments, **options)  # a folder, to make files in it
            if name == "write":
                return self.write(name, path, lambda content: call(arguments[0], content), arguments[1])
            self.reach(name, path)
            return call(*arguments, **options)

        setattr(os, name, guarded)

    def _guard_files(self) -> None:
        fault = self

        class File(FILE_IO):
            def write(self, content):
                return fault.write("write", _path_of(self.fileno()), super().write, content)

        def open_file(
            file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None
        ):
            if isinstance(file, int) or not _joined(file).startswith(fault.folder):
                return OPEN(file, mode, buffering, encoding, errors, newline, closefd, opener)
            fault.reach("open", _joined(file))
            if not set(mode) & set("wax+"):
                return OPEN(file, mode, buffering, encoding, errors, newline, closefd, opener)
            raw = File(file, mode.replace("b", "").replace("t", ""), closefd, opener)
            if buffering == 0:
                return raw
            buffered = (io.BufferedRandom if "+" in mode else io.BufferedWriter)(raw, BUFFER)
            return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)

        builtins.open = io.open = open_file


def _joined(path, dir_fd=None) -> str:
    path = os.fsdecode(path)
    return os.path.join(_path_of(dir_fd), path) if dir_fd is not None else os.path.abspath(path)


def _path_of(file: int) -> str:
    return os.readlink(f"/proc/self/fd/{file}")
