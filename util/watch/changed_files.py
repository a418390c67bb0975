"""Whether files that were predicted are still what they were: asked of a few at a time, round and round."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from .folder_watcher import digest_of, state_of
from .journal import Journal, Line

PER_LOOK = 20  # files


class ChangedFiles:
    """The files of a `journal`, which lie below `root`."""

    def __init__(self, journal: Journal, root: Path) -> None:
        self.journal, self.root = journal, root
        self.lines: Iterator[Line] = iter(())

    def next(self) -> list[str]:
        """The names of those of the next files that have another content than when they were predicted."""
        lines = list(islice(self.lines, PER_LOOK))
        if not lines:
            self.lines = self.journal.lines()
        return [line["file"] for line in lines if "images" in line and self._has_changed(line)]

    def _has_changed(self, line: Line) -> bool:
        path = os.path.join(self.root, line["file"])
        state = state_of(path)
        if state is None or list(state[-2:]) == [line["size"], line["mtime_ns"]]:
            return False
        return digest_of(path, state) not in (line["sha256"], None)
