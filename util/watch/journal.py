"""What a watch has done, a line a file, on the disk before anything else says so: after a kill it is the truth."""

import json
import os
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import UtilError
from ..files import write_bytes
from ..metrology import SEPARATOR, FlagCount
from .folder_watcher import file_key
from .number_set import NumberSet

MAX_LATEST = 200  # files of earlier watches that a page shows
Line = dict[str, Any]


class Journal:
    """The lines of the file at `path`, which is there.

    The first line is the head. One with `table` and `columns` comes before the first row of a table, one with
    `pixel_nm` before the first image where images state it. A line of a `file` has its `inode`, `size` [bytes],
    `mtime_ns`, `sha256` and `images`, the rows of the tables by the stem of each image; or a `problem`, why it has
    none, and `is_done` where the file needs no further look. `head`, `columns` and `pixel_nm` are what lines say,
    `count`, `n_ood` and `flagged` count images. Raises UtilError if the file is damaged elsewhere than at its end.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files, self.contents, self.digests, self.stems, self.named = (NumberSet() for _ in range(5))
        self.columns: dict[str, list[str]] = {}
        self.pixel_nm: float | None = None
        self.count = self.n_ood = 0
        self.flagged = FlagCount()
        self.latest: deque[str] = deque(maxlen=MAX_LATEST)  # names of files whose images have rows
        self.size = self._whole_size()
        self.disk = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.ftruncate(self.disk, self.size)  # what a kill left at the end is no line
        lines = self.lines()
        self.head = next(lines, {})
        for line in lines:
            self._remember(line)

    @staticmethod
    def create(path: Path, head: Line) -> None:
        """Writes a journal without files."""
        write_bytes(path, _to_bytes(head))

    def lines(self) -> Iterator[Line]:
        """All lines, from the disk."""
        yield from map(json.loads, self._whole_lines())

    def append(self, lines: Iterable[Line]) -> None:
        """Adds lines; they are on the disk when this returns, or none of them is."""
        lines = list(lines)
        content = b"".join(map(_to_bytes, lines))
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(self.disk, rest) :]
            os.fsync(self.disk)
        except OSError as error:
            os.ftruncate(self.disk, self.size)
            raise OSError(error.errno, error.strerror, str(self.path)) from None
        self.size += len(content)
        for line in lines:
            self._remember(line)

    def has(self, name: str, digest: str) -> bool:
        """Whether a file of this name and content has rows; on some shares its inode is another at every start."""
        return hash((name, digest)) in self.contents

    def known_as(self, name: str, digest: str, stems: set[str]) -> tuple[str, str] | None:
        """A file of this content, `name` itself if it is one, else one whose results have one of the `stems` (in lower
        case), and which of the two, `content` or `name`; None without one."""
        if self.has(name, digest):
            return name, "content"
        if hash(digest) in self.digests:
            for content in self._whole_lines():
                if digest.encode() in content:  # quick; most lines need no reading
                    line = json.loads(content)
                    if "images" in line and line["sha256"] == digest:
                        return line["file"], "content"
        if any(hash(stem) in self.stems for stem in stems):
            for line in self.lines():
                if "images" in line and not stems.isdisjoint(map(str.casefold, line["images"])):
                    return line["file"], "name"
        return None

    def is_named(self, name: str, problem: str) -> bool:
        """Whether a line says this of this file."""
        return hash((name, problem)) in self.named

    def problems(self) -> list[str]:
        """What was said last of each file that has no rows."""
        problems: dict[str, str] = {}
        for line in self.lines():
            if "problem" in line:
                problems[line["file"]] = line["problem"]
            elif "images" in line:
                problems.pop(line["file"], None)
                problems |= {stem: rows["problem"] for stem, rows in line["images"].items() if "problem" in rows}
        return list(problems.values())

    def close(self) -> None:
        """Closes the file."""
        os.close(self.disk)

    def _whole_lines(self) -> Iterator[bytes]:
        position = 0
        with self.path.open("rb") as file:
            for content in file:
                position += len(content)
                if position > self.size:  # it is being written
                    return
                yield content

    def _remember(self, line: Line) -> None:
        if "table" in line:
            self.columns[line["table"]] = line["columns"]
        if "pixel_nm" in line:
            self.pixel_nm = line["pixel_nm"]
        if "problem" in line:
            self.named.add(hash((line["file"], line["problem"])))
        if line.get("is_done") or "images" in line:
            self.files.add(file_key(line["file"], line["inode"]))
        if "images" in line:
            self.latest.append(line["file"])
            self.digests.add(hash(line["sha256"]))
            self.contents.add(hash((line["file"], line["sha256"])))
            for stem, rows in line["images"].items():
                self.stems.add(hash(stem.casefold()))
                self.count += "problem" not in rows
                holes = dict(zip(self.columns.get("holes.csv", ()), rows.get("holes.csv", ()), strict=False))
                self.n_ood += holes.get("is_ood") == "1"
                self.flagged.add(stem, filter(None, holes.get("flags", "").split(SEPARATOR)))

    def _whole_size(self) -> int:
        """The size [bytes] up to the end of the last whole line; only what follows may be damaged."""
        size, bad = 0, 0
        with self.path.open("rb") as file:
            for number, content in enumerate(file, 1):
                if bad:
                    raise UtilError(f"{self.path}: line {bad} is damaged; remove it, or use --overwrite to begin anew")
                if content.endswith(b"\n") and _is_line(content):
                    size += len(content)
                else:
                    bad = number
        return size


def _is_line(content: bytes) -> bool:
    try:
        return isinstance(json.loads(content), dict)
    except ValueError:
        return False


def _to_bytes(line: Line) -> bytes:
    return (json.dumps(line) + "\n").encode()
