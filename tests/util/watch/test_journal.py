"""The journal survives what a kill or a full disk leaves."""

import errno
import os

import pytest

from util.errors import UtilError
from util.watch.journal import Journal


def line(name, content="x", **rows):
    return {"file": name, "inode": 1, "sha256": content, "images": {name.split(".")[0]: rows}}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "watch.jsonl"
    Journal.create(path, {"data": "there"})
    journal = Journal(path)
    table = {"table": "holes.csv", "columns": ["image", "is_ood"]}
    journal.append([table, line("a.png", "1", **{"holes.csv": ["a", "1"]}), line("b.png", "2")])
    journal.append([{"pixel_nm": 2.5}, {"file": "c.png", "inode": 3, "sha256": "", "problem": "c.png: damaged"}])
    journal.close()
    return path


def test_it_reads_what_it_wrote(path):
    journal = Journal(path)
    assert journal.head == {"data": "there"} and journal.pixel_nm == 2.5
    assert (journal.count, journal.n_ood, list(journal.latest)) == (2, 1, ["a.png", "b.png"])
    assert journal.columns == {"holes.csv": ["image", "is_ood"]}
    assert journal.is_named("c.png", "c.png: damaged") and not journal.is_named("c.png", "c.png: empty")
    assert journal.problems() == ["c.png: damaged"]
    journal.append([line("c.png", "3")])
    assert journal.problems() == [] and journal.count == 3


def test_it_knows_contents_and_names_in_any_case(path):
    journal = Journal(path)
    assert journal.known_as("new.png", "1", {"other"}) == ("a.png", "content")
    assert journal.known_as("new.png", "9", {"a"}) == ("a.png", "name")
    assert journal.known_as("new.png", "2", {"a"}) == ("b.png", "content")
    assert journal.known_as("new.png", "9", {"c"}) is None
    journal.append([line("HOLE.png", "4")])
    assert journal.known_as("new.png", "9", {"hole"}) == ("HOLE.png", "name")


def test_a_known_file_costs_no_search(path, monkeypatch):
    """A share may give every file another number after a restart."""
    journal = Journal(path)
    monkeypatch.setattr(journal, "_whole_lines", None)
    assert journal.known_as("b.png", "2", {"b"}) == ("b.png", "content")


def test_every_torn_end_is_cut(path):
    whole = path.read_bytes()
    start = len(whole.splitlines(keepends=True)[0])
    ends = [n for n in range(start, len(whole)) if whole[n - 1 : n] == b"\n"]
    for size in range(start, len(whole)):
        path.write_bytes(whole[:size])
        journal = Journal(path)
        journal.append([line("new.png", "9")])
        journal.close()
        kept = max(end for end in ends if end <= size)
        assert path.read_bytes().startswith(whole[:kept]) and list(journal.lines())[-1]["file"] == "new.png"
        assert len(list(journal.lines())) == whole[:kept].count(b"\n") + 1
    path.write_bytes(whole + b"\0" * 100)  # as a power failure leaves it
    assert Journal(path).count == 2


def test_damage_before_the_end_is_named(path):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b"{garbage\n", *lines[3:]]))
    with pytest.raises(UtilError, match=r"watch\.jsonl: line 3 is damaged; .*--overwrite"):
        Journal(path)


def test_a_full_disk_leaves_no_part_of_a_line(path, monkeypatch):
    journal, before, write = Journal(path), path.read_bytes(), os.write
    parts = iter([7])

    def fill(file, content):
        if (part := next(parts, None)) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, content[:part])

    monkeypatch.setattr(os, "write", fill)
    with pytest.raises(OSError, match=r"No space left on device: '.*watch\.jsonl'"):
        journal.append([line("new.png", "9")])
    monkeypatch.undo()
    assert path.read_bytes() == before and journal.count == 2
    journal.append([line("new.png", "9")])
    assert Journal(path).count == 3
