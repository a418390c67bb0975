"""Which files of a folder are new and finished, asked again and again: network shares send no notices."""

import hashlib
import heapq
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .number_set import NumberSet

QUIET = 0.05  # [s] without a change of size and time after which a file is finished
PATIENCE = 3.0  # [s] without a change after which a file that cannot be read is not being written any more
BUSY, RESCAN = 1.0, 2.0  # [s] a folder is listed at every look that long after a change, later once in that time
MAX_WAITING = 256  # files that are looked at at once; the others stay in their folder
CHUNK = 4096  # names that are compared at once
NEVER = -1, -RESCAN, -RESCAN  # a folder that was not listed


class NewFile(NamedTuple):
    """A finished file: its path, its name below the folder, its number in the file system, size [bytes] and time [ns],
    its SHA-256 ('' where it cannot be read), and for how long it has been as it is [s]."""

    path: str
    name: str
    inode: int
    size: int
    mtime_ns: int
    digest: str
    age: float

    @property
    def key(self) -> int:
        """The number of the file in a set."""
        return file_key(self.name, self.inode)


def file_key(name: str, inode: int) -> int:
    """A number for a name and the file that has it."""
    return hash((name, inode))


class _Waiting:
    """A file that may still be written, and since when [s] it has been in its state."""

    def __init__(self, inode: int, state: tuple[int, ...], now: float) -> None:
        self.inode, self.state, self.since = inode, state, now
        self.is_refused = False  # it was read in vain


class FolderWatcher:
    """The files below `root` whose names end in `suffixes`, without hidden ones and without the folders `ignored`.

    `done` holds the keys of those of no interest.
    """

    def __init__(self, root: Path, suffixes: tuple[str, ...], ignored: list[Path], done: NumberSet) -> None:
        self.root, self.suffixes, self.done = str(root), suffixes, done
        self.ignored = {os.path.realpath(path) for path in ignored}
        self.waiting: dict[str, _Waiting] = {}  # by path
        self.given_up: dict[str, _Waiting] = {}  # the latest that were refused; read again where they change
        self.folders = {self.root: NEVER}  # time [ns], and when it changed and was listed [s]
        self.has_more = False  # whether the last list was cut
        self.is_lost = False  # whether the folder cannot be reached

    def finished(self, maximum: int, is_last: bool = False) -> list[NewFile]:
        """At most `maximum` of the files that have not changed for QUIET seconds, by name; one that could not be read
        only after PATIENCE, or with `is_last`."""
        now = time.monotonic()
        if len(self.waiting) < MAX_WAITING:
            self._look(now)
        ready: list[NewFile] = []
        for path, file in sorted(self.waiting.items()):
            if (state := state_of(path)) != file.state:
                self._replace(path, file, state, now)
                continue
            age = now - file.since
            is_due = age >= QUIET and (is_last or not file.is_refused or age > PATIENCE)
            if is_due and len(ready) < maximum and (digest := digest_of(path, state)) is not None:
                ready.append(NewFile(path, self._name(path), file.inode, state[-2], state[-1], digest, age))
        for path, file in list(self.given_up.items()):
            if (state := state_of(path)) != file.state:
                del self.given_up[path]
                self._replace(path, file, state, now)
        return ready

    def wait_longer(self, file: NewFile) -> None:
        """Says that a file could not be read; it is read again when it changes, and once more after PATIENCE."""
        self.waiting[file.path].is_refused = True

    def is_refused(self, file: NewFile) -> bool:
        """Whether a file could not be read so far."""
        return self.waiting[file.path].is_refused

    def close(self, file: NewFile, is_refused: bool = False) -> None:
        """Says that a file was used, or is given up until it changes."""
        waiting = self.waiting.pop(file.path)
        if not is_refused:
            self.done.add(file.key)
            return
        self.given_up[file.path] = waiting
        if len(self.given_up) > MAX_WAITING:
            path = next(iter(self.given_up))
            self.done.add(file_key(self._name(path), self.given_up.pop(path).inode))

    def _name(self, path: str) -> str:
        return path[len(self.root) + 1 :]

    def _replace(self, path: str, file: _Waiting, state: tuple[int, ...] | None, now: float) -> None:
        """A file has changed; without a state it is renamed or removed."""
        self.waiting.pop(path, None)
        if state is not None:
            self.waiting[path] = _Waiting(file.inode, state, now)

    def _look(self, now: float) -> None:
        """Lists the folders that may have changed, and takes up new files, the first by name where they are many."""
        room = MAX_WAITING - len(self.waiting)
        is_cut, self.has_more, self.is_lost = self.has_more, False, False
        due = [folder for folder in list(self.folders) if self._is_due(folder, now) or is_cut]
        files = (file for folder in due for file in self._list(folder))
        new = heapq.nsmallest(
            room + 1, (file for file in files if file[0] not in self.waiting and file[0] not in self.given_up)
        )
        self.has_more = len(new) > room
        for path, inode in new[:room]:
            if (state := state_of(path)) is not None:
                self.waiting[path] = _Waiting(inode, state, now)

    def _is_due(self, folder: str, now: float) -> bool:
        try:
            mtime_ns = os.stat(folder).st_mtime_ns
        except OSError:
            self.is_lost = self.is_lost or folder == self.root
            if folder != self.root:
                del self.folders[folder]
            return False
        known_ns, changed, listed = self.folders[folder]
        if mtime_ns != known_ns:
            changed = now
        if is_due := now - changed < BUSY or now - listed > RESCAN:
            listed = now
        self.folders[folder] = mtime_ns, changed, listed
        return is_due

    def _list(self, folder: str) -> Iterator[tuple[str, int]]:
        """Path and inode of the files of a folder that are not done."""
        chunk: list[tuple[str, int]] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.name.lower().endswith(self.suffixes):
                        chunk.append((entry.path, entry.inode()))
                    elif entry.is_dir(follow_symlinks=False) and os.path.realpath(entry.path) not in self.ignored:
                        self.folders.setdefault(entry.path, NEVER)
                    if len(chunk) == CHUNK:
                        yield from self._without_done(chunk)
                        chunk = []
        except OSError:  # the share is away; it is asked again
            return
        yield from self._without_done(chunk)

    def _without_done(self, files: list[tuple[str, int]]) -> Iterator[tuple[str, int]]:
        keys = np.fromiter((file_key(self._name(path), inode) for path, inode in files), np.int64, len(files))
        return (file for file, is_done in zip(files, self.done.contains(keys), strict=True) if not is_done)


def state_of(path: str) -> tuple[int, ...] | None:
    """Mode, number, size [bytes] and time [ns] of a file; None where it is gone."""
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_mode, info.st_ino, info.st_size, info.st_mtime_ns


def digest_of(path: str, state: tuple[int, ...]) -> str | None:
    """SHA-256 of a file in this state, '' where it cannot be read; None where it changes meanwhile."""
    if not stat.S_ISREG(state[0]):  # opening a pipe would block for ever
        return ""
    try:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "" if state_of(path) == state else None
    return digest if state_of(path) == state else None
