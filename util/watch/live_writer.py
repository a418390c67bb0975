"""The results of a watch on disk: each image's files in place, then its line in the journal, then its rows."""

import csv
import io
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import UtilError
from ..files import append_bytes, write_bytes, write_files
from ..results import JOURNAL, ImageResult, ResultsWriter, check_pixel_nm
from .folder_watcher import NewFile
from .journal import Journal, Line

Rows = dict[str, Any]  # of one image: its cells by table, or its `problem`


class LiveWriter(ResultsWriter):
    """`with LiveWriter(...) as writer: writer.open(head, overwrite, metrics)` goes on with the results of a watch.

    Of each image come `add`, then `commit`: before it nothing counts, after it nothing is lost. There is no
    submission.zip.
    """

    def __enter__(self) -> "LiveWriter":
        self._claim()
        self.files: dict[str, list[Any]] = {}
        self.images: dict[str, Rows] = {}  # whose files are in place, by stem
        self.new_columns: dict[str, list[str]] = {}
        self.journal: Journal | None = None
        return self

    def open(self, head: Line, overwrite: bool, metrics: dict[str, Any]) -> Journal:
        """The journal of the folder, and its tables as the journal says; where it has none, the results of a test that
        was no watch are replaced. Raises UtilError if the results are of another watch than `head` says."""
        path = self.folder / JOURNAL
        if overwrite or not path.exists():
            Journal.create(self.unfinished / JOURNAL, head)
            self.write_metrics(metrics)
            self._replace_folder()
            self.unfinished.mkdir()
        self.journal = Journal(path)
        for key, value in head.items():
            if (earlier := self.journal.head.get(key)) != value:
                raise UtilError(
                    f"{self.folder}: holds the results of another watch ({key} {earlier}, now {value}); "
                    "use another --results_dir, or --overwrite to begin anew"
                )
        self._write_tables(self.journal)
        return self.journal

    def set_pixel_nm(self, pixel_nm: float) -> None:
        """The pixel size [nm] of the images from now on; raises UtilError for one that no TIFF holds."""
        check_pixel_nm(pixel_nm)
        self.pixel_nm = pixel_nm

    def add(self, results: Iterable[ImageResult]) -> None:
        """Writes the files of some images; returns when they are on the disk."""
        for result in results:
            self.rows_of_image = self.images[result.stem] = {}
            self._write(result)
        files, self.files = self.files, {}
        pending = [self.disk.submit(write_files, self.folder / name, some, True) for name, some in files.items()]
        for written in pending:
            written.result()

    def commit(self, files: Iterable[tuple[NewFile, list[str]]], problems: dict[str, str]) -> None:
        """Files with the stems of their images count from now on; `problems` says by stem why one has no results."""
        assert self.journal
        lines: list[Line] = [{"table": name, "columns": columns} for name, columns in self.new_columns.items()]
        tables: dict[str, list[list[str]]] = {name: [columns] for name, columns in self.new_columns.items()}
        for file, stems in files:
            images: dict[str, Rows] = {
                stem: {"problem": problems[stem]} if stem in problems else self.images[stem] for stem in stems
            }
            state = {"inode": file.inode, "size": file.size, "mtime_ns": file.mtime_ns, "sha256": file.digest}
            lines.append({"file": file.name} | state | {"images": images})
            for cells in images.values():
                for name in cells.keys() - {"problem"}:
                    tables.setdefault(name, []).append(cells[name])
        self.journal.append(lines)
        self.images, self.new_columns = {}, {}
        for name, rows in tables.items():
            _append(self.folder / name, rows)

    def _submit(self, stem: str, png: bytes) -> None:
        """An archive cannot grow safely."""

    def _file(self, folder: str, name: str, content: Any) -> None:
        self.files.setdefault(folder, []).append((name, content))

    def _row(self, name: str, header: list[Any], values: list[Any]) -> None:
        assert self.journal
        known = self.journal.columns.get(name) or self.new_columns.setdefault(name, header)
        if known != header:
            raise UtilError(
                f"{self.folder / name}: has other columns than these results; use another --results_dir, or --overwrite"
            )
        self.rows_of_image[name] = ["" if value is None else str(value) for value in values]

    def _write_tables(self, journal: Journal) -> None:
        """Writes every table anew: a kill may have come before its last row."""
        for name, columns in journal.columns.items():
            path = self.unfinished / name
            _append(path, [columns])
            rows = (rows for line in journal.lines() for rows in line.get("images", {}).values())
            with path.open("a", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows(cells[name] for cells in rows if name in cells)
            path.replace(self.folder / name)

    def _finish(self, kind: type | None) -> None:
        self.disk.shutdown(cancel_futures=kind is not None)
        if self.journal:
            self.journal.close()
        if kind is None:
            for path in self.unfinished.iterdir():
                write_bytes(self.folder / path.name, path.read_bytes())
        shutil.rmtree(self.unfinished, ignore_errors=True)


def _append(path: Path, rows: list[list[str]]) -> None:
    """Adds rows to a table in one go, so that a reader never sees a part of one."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    append_bytes(path, text.getvalue().encode())
