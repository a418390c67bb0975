"""A file of rows that is only appended to: each row carries the SHA-256 of its content and of the row before.

The file is an SQLite database in WAL mode. Beside it, `.anchor` holds the number of rows, the last row's SHA-256 and
that of the file, so that a cut end, an older copy and a changed byte outside of the rows are found, too.
"""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import UtilError
from ..files import write_bytes
from .chain_check import FIRST, Anchor, StoredRow, find_faults, link

BUSY_S = 60.0  # [s] how long a program waits for another one that writes to the same record
RETRY_S = 0.05
SCHEMA = (
    "CREATE TABLE record (number INTEGER PRIMARY KEY AUTOINCREMENT, content TEXT NOT NULL, previous TEXT NOT NULL, "
    "digest TEXT NOT NULL)",
    *(
        f"CREATE TRIGGER no_{word.lower()} BEFORE {word} ON record BEGIN SELECT RAISE(ABORT, 'only appended to'); END"
        for word in ("UPDATE", "DELETE")
    ),
)
ROWS = "SELECT number, content, previous, digest FROM record ORDER BY number"


class Row(NamedTuple):
    """One row: its number from 1 on, what it holds, and its SHA-256."""

    number: int
    content: dict[str, Any]
    digest: str


class Chain:
    """`with Chain(path) as chain:` a record that may be appended to; it is made where there is none.

    Raises UtilError if the file is no record, cannot be written, or is kept locked by another program for a minute.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> "Chain":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _explained(self.path):
            self._database = _connect(self.path, "rwc")
            try:
                self._prepare()
            except BaseException:
                self._database.close()
                raise
        return self

    def __exit__(self, *error: object) -> None:
        with _explained(self.path):
            self._database.close()

    def _prepare(self) -> None:
        if _tables(self._database) - {"record"}:
            raise UtilError(f"{self.path}: a database of something else; choose another --record FILE")
        _set_wal(self._database)
        self._database.execute("PRAGMA synchronous = FULL")  # a row that was reported survives a power failure
        with self.locked():
            if not _tables(self._database):
                self._create()

    def _create(self) -> None:
        """An empty record; its anchor comes first, so that one without an anchor has lost it."""
        anchor = _read_anchor(self.path)
        if anchor and anchor.rows:
            raise UtilError(f"{self.path}: its rows are gone: {_anchor_path(self.path).name} beside it has known some")
        self._write_anchor([], "")
        for statement in SCHEMA:
            self._database.execute(statement)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else appends meanwhile; what is appended inside is kept all together or not at all."""
        with _explained(self.path):
            self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._database.in_transaction:  # SQLite itself ends it where the disk is full
                self._database.execute("ROLLBACK")
            raise
        with _explained(self.path):
            self._database.execute("COMMIT")

    def rows(self) -> list[Row]:
        """All rows. Raises UtilError, which names the first fault, if a row was changed, moved or removed."""
        with _explained(self.path):
            stored = _read(self._database)
            faults = find_faults(stored, _last_number(self._database), _read_anchor(self.path), _file_digest(self.path))
        if faults:
            more = f" (and {len(faults) - 1} more: --verify)" if len(faults) > 1 else ""
            raise UtilError(f"{self.path}: {faults[0]}{more}; keep it as it is, and start another with --record FILE")
        return [Row(row.number, json.loads(row.content), row.digest.decode()) for row in stored]

    def append(self, content: dict[str, Any]) -> None:
        """Appends a row to those that `rows` gives; only inside of `locked`."""
        with _explained(self.path):
            last = self._database.execute("SELECT max(number) FROM record").fetchone()[0] or 0
            before = self._database.execute("SELECT digest FROM record WHERE number = ?", (last,)).fetchone()
            previous = before[0] if before else FIRST
            text = json.dumps({"row": last + 1, **content}, ensure_ascii=False, allow_nan=False).encode()
            values = (last + 1, text.decode(), previous.decode(), link(previous, text).decode())
            self._database.execute("INSERT INTO record VALUES (?, ?, ?, ?)", values)

    def seal(self) -> None:
        """Writes the anchor: after what was appended is kept, because a row must never be missing that it names."""
        with _explained(self.path):
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        with self.locked():
            self._write_anchor(self.rows(), _file_digest(self.path))

    def _write_anchor(self, rows: list[Row], file_sha256: str) -> None:
        digest = rows[-1].digest if rows else FIRST.decode()
        anchor = {"rows": len(rows), "digest": digest, "file_sha256": file_sha256}
        write_bytes(_anchor_path(self.path), (json.dumps(anchor, indent=1) + "\n").encode())


def verify(path: Path) -> tuple[int, list[str]]:
    """The number of rows of a record, and a line for each fault that is found in it; changes nothing.

    Raises UtilError if the file is no record, or so damaged that it cannot be read.
    """
    if not path.is_file():
        raise UtilError(f"{path}: no such record")
    with _explained(path):
        anchor, digest = _read_anchor(path), _file_digest(path)  # before the rows: another program may append
        with closing(_connect(path, "ro")) as database:
            if _tables(database) != {"record"}:
                raise UtilError(f"{path}: not a record of a golden sample")
            rows = _read(database)
            faults = find_faults(rows, _last_number(database), anchor, digest)
            (check,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    if check != b"ok":
        faults.append(f"the database is damaged: {' '.join(str(check, 'utf-8', 'replace').split())}")
    return len(rows), faults


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", BUSY_S, isolation_level=None, uri=True)
    database.text_factory = bytes  # also text that a changed byte has made unreadable
    return database


def _set_wal(database: sqlite3.Connection) -> None:
    """WAL mode; of this one change SQLite does not wait for others itself."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(RETRY_S)


def _tables(database: sqlite3.Connection) -> set[str]:
    names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {str(name, "utf-8", "replace") for (name,) in names}


def _read(database: sqlite3.Connection) -> list[StoredRow]:
    return [StoredRow(number, *map(_to_bytes, values)) for number, *values in database.execute(ROWS)]


def _to_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _last_number(database: sqlite3.Connection) -> int:
    """The number of the last row that was ever appended, which SQLite itself keeps."""
    row = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'record'").fetchone()
    return row[0] if row and isinstance(row[0], int) else 0


def _anchor_path(path: Path) -> Path:
    return path.with_suffix(".anchor")


def _read_anchor(path: Path) -> Anchor | None:
    place = _anchor_path(path)
    try:
        anchor = json.loads(place.read_bytes())
        return Anchor(int(anchor["rows"]), str(anchor["digest"]).encode(), str(anchor["file_sha256"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return Anchor(-1, b"", "")


def _file_digest(path: Path) -> str:
    """SHA-256 of the file; empty while rows are in the log beside it, from which SQLite will bring them over."""
    log = path.with_name(f"{path.name}-wal")
    return "" if log.exists() and log.stat().st_size else sha256(path.read_bytes()).hexdigest()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Errors of SQLite and of the disk as one line."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extension that says which call failed
        if code == sqlite3.SQLITE_BUSY:
            raise UtilError(f"{path}: another program has kept it locked for {BUSY_S:.0f} s; try again") from None
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR):
            raise UtilError(f"{path}: no record, or a damaged one ({error}); choose another --record FILE") from None
        raise UtilError(f"{path}: {error}; mend that and run it again, nothing is recorded twice") from None
    except UnicodeDecodeError:  # in SQLite's own message about a changed name
        raise UtilError(f"{path}: a damaged record; choose another --record FILE") from None
    except OSError as error:
        raise UtilError(f"{error.filename or path}: {error.strerror or error}") from None
