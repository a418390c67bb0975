"""The record's file: every changed, missing, moved or cut row is found and named; bad files are refused."""

import json
import sqlite3
import stat
import time
from contextlib import closing
from hashlib import sha256

import pytest

from util.errors import UtilError
from util.record.chain import Chain, verify
from util.record.chain_check import link


def append(path, *contents):
    with Chain(path) as chain:
        with chain.locked():
            chain.rows()
            for content in contents:
                chain.append(content)
        chain.seal()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "record.sqlite"
    for n in range(9):
        append(path, {"value": n, "text": "Höhe"})
    return path


def edit(path, *statements):
    """What somebody does who knows SQLite: the triggers are gone for a moment."""
    with closing(sqlite3.connect(path)) as database:
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f"DROP TRIGGER {name}")
        for statement, *values in statements:
            database.execute(statement, *values)
        for _, sql in triggers:
            database.execute(sql)
        database.commit()


def refused(path):
    """The line with which a broken record refuses another row; nothing is written to it."""
    with pytest.raises(UtilError) as error:
        append(path, {"value": 99})
    with closing(sqlite3.connect(path)) as database:
        assert not database.execute("SELECT 1 FROM record WHERE content LIKE '%99%'").fetchall()
    return str(error.value)


def test_rows_are_kept_with_the_hash_of_the_row_before(path):
    assert verify(path) == (9, [])
    with Chain(path) as chain:
        rows = chain.rows()
    assert [row.number for row in rows] == list(range(1, 10))
    assert rows[3].content == {"row": 4, "value": 3, "text": "Höhe"}
    with closing(sqlite3.connect(path)) as database:
        stored = database.execute("SELECT content, previous, digest FROM record ORDER BY number").fetchall()
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    before = "0" * 64
    for content, previous, digest in stored:
        assert previous == before and digest == sha256(f"{previous}\n{content}".encode()).hexdigest()
        before = digest


@pytest.mark.parametrize("statement", ["UPDATE record SET content = ''", "DELETE FROM record WHERE number = 9"])
def test_sqlite_itself_refuses_to_change_a_row(path, statement):
    with closing(sqlite3.connect(path)) as database, pytest.raises(sqlite3.IntegrityError, match="only appended to"):
        database.execute(statement)


SWAP = [
    ("UPDATE record SET number = -1 WHERE number = 3",),
    ("UPDATE record SET number = 3 WHERE number = 6",),
    ("UPDATE record SET number = 6 WHERE number = -1",),
]


@pytest.mark.parametrize(
    ("statements", "faults"),
    [
        ([("UPDATE record SET content = replace(content, '4', '5') WHERE number = 5",)], ["row 5 was changed"]),
        ([("UPDATE record SET digest = upper(digest) WHERE number = 5",)], ["row 5 was changed"]),
        ([("UPDATE record SET previous = digest WHERE number = 5",)], ["row 5 was changed"]),
        ([("DELETE FROM record WHERE number = 5",)], ["row 5 is missing"]),
        ([("DELETE FROM record WHERE number < 3",)], ["rows 1 to 2 are missing"]),
        ([("DELETE FROM record WHERE number > 7",)], ["rows 8 to 9 are missing at the end"]),
        ([("DELETE FROM record",)], ["rows 1 to 9 are missing at the end"]),
        (
            [("DELETE FROM record WHERE number > 7",), ("UPDATE sqlite_sequence SET seq = 7",)],
            ["rows 8 to 9 are missing at the end: it is an older copy, or was cut"],
        ),
        (SWAP, ["row 3 was moved here: it was written as row 6", "row 6 was moved here: it was written as row 3"]),
        ([("UPDATE record SET number = 20 WHERE number = 4",)],
         ["row 4 is missing", "rows 10 to 19 are missing", "row 20 was moved here"]),
        ([("UPDATE record SET number = -4 WHERE number = 4",)], ["row -4 was moved here", "row 4 is missing"]),
        ([("CREATE TABLE other (value)",), ("DROP TABLE other",)], ["the file was changed outside of its rows"]),
    ],
)  # fmt: skip
def test_every_fault_is_found_and_its_row_is_named(path, statements, faults):
    edit(path, *statements)
    _, lines = verify(path)
    assert len(lines) == len(faults), lines
    assert all(line.startswith(fault) for line, fault in zip(lines, faults, strict=True)), lines
    assert faults[0] in refused(path)


def forge(path, number, until):
    """Changes a row and computes the hashes of the rows up to `until` again."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT number, content, previous, digest FROM record ORDER BY number").fetchall()
    statements, previous = [], rows[number - 1][2]
    for n, content, *_ in rows[number - 1 : until]:
        if n == number:
            content = json.dumps(json.loads(content) | {"value": 1000})
        digest = link(previous.encode(), content.encode()).decode()
        text = "UPDATE record SET content = ?, previous = ?, digest = ? WHERE number = ?"
        statements.append((text, (content, previous, digest, n)))
        previous = digest
    edit(path, *statements)


def test_a_forged_row_does_not_fit_to_the_next_one(path):
    forge(path, 4, 4)
    assert verify(path)[1] == ["row 5 does not follow row 4: one of them was replaced"]


def test_a_record_that_was_written_anew_differs_from_its_anchor(path):
    forge(path, 4, 9)
    assert verify(path)[1] == [
        "row 9 is not the one that the file .anchor names: the record was written anew"
    ] and "written anew" in refused(path)


def test_an_older_copy_of_the_file_and_a_lost_anchor_are_found(path):
    older = path.read_bytes()
    append(path, {"value": 9})
    path.write_bytes(older)
    assert verify(path)[1] == ["row 10 is missing at the end: it is an older copy, or was cut"]
    anchor = path.with_suffix(".anchor")
    anchor.write_text("{")
    assert "cannot be read" in verify(path)[1][0] and "cannot be read" in refused(path)
    anchor.unlink()
    assert "missing" in verify(path)[1][0] and "missing" in refused(path)


def test_a_record_whose_file_was_removed_does_not_begin_again_in_silence(path):
    path.unlink()
    with pytest.raises(UtilError, match=r"its rows are gone: record\.anchor"):
        append(path, {"value": 1})
    with pytest.raises(UtilError):
        verify(path)


@pytest.mark.parametrize("content", [b"", b"row,value\n" * 900, b"SQLite format 3\0" + bytes(5000), bytes(9000)])
def test_a_file_that_is_no_record_is_refused_in_one_line_and_left_alone(tmp_path, content):
    path = tmp_path / "record.sqlite"
    path.write_bytes(content)
    with pytest.raises(UtilError) as error:
        verify(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)
    if content:  # an empty file is what a kill at the first moment leaves
        with pytest.raises(UtilError, match=r"record\.sqlite"):
            append(path, {"value": 1})
        assert path.read_bytes() == content


def test_another_programs_database_is_left_alone(tmp_path):
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE wafers (name)")
    before = path.read_bytes()
    with pytest.raises(UtilError, match="a database of something else"):
        append(path, {"value": 1})
    with pytest.raises(UtilError, match="not a record"):
        verify(path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_verifying_changes_nothing(path):
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    mode = stat.S_IMODE(path.stat().st_mode)
    verify(path)
    after = {each.name: each.read_bytes() for each in path.parent.iterdir() if not each.name.endswith(("-shm", "-wal"))}
    assert after == before and stat.S_IMODE(path.stat().st_mode) == mode


def test_a_program_that_keeps_the_record_locked_is_waited_for_and_then_named(path, monkeypatch):
    monkeypatch.setattr("util.record.chain.BUSY_S", 0.2)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        start = time.monotonic()
        with pytest.raises(UtilError, match="another program has kept it locked"):
            append(path, {"value": 1})
        assert time.monotonic() - start > 0.15
    append(path, {"value": 1})
    assert verify(path) == (10, [])
