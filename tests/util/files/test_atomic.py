"""A file is replaced, or added to, completely or not at all; an error names the file that a user knows."""

import errno
import os

import pytest

from util.files import UNFINISHED, append_bytes, write_bytes, write_files


def failing(monkeypatch, name, written=0):
    """Lets a call of `os` fail as on a full disk, `write` after some bytes."""
    call = getattr(os, name)

    def fail(file, content=b"", *_, **__):
        if name == "write" and written:
            monkeypatch.setattr(os, "write", lambda *_: fail_now())
            return call(file, content[:written])
        fail_now()

    def fail_now():
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, name, fail)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_replacement_that_fails_leaves_the_earlier_file_alone(tmp_path, monkeypatch, call):
    path = tmp_path / "table.csv"
    write_bytes(path, b"earlier")
    failing(monkeypatch, call)
    with pytest.raises(OSError) as error:
        write_bytes(path, b"new")
    assert error.value.filename == str(path) and path.read_bytes() == b"earlier"
    assert os.listdir(tmp_path) == ["table.csv"]


def test_the_first_error_is_told_where_the_temporary_file_cannot_be_removed_either(tmp_path, monkeypatch):
    failing(monkeypatch, "fsync")
    monkeypatch.setattr(os, "unlink", lambda *_, **__: os.rmdir(tmp_path / "none"))
    with pytest.raises(OSError, match="No space left") as error:
        write_bytes(tmp_path / "table.csv", b"new")
    assert error.value.filename == str(tmp_path / "table.csv")
    assert os.listdir(tmp_path) == [f".table.csv{UNFINISHED}"]


@pytest.mark.parametrize("written", [0, 4])
def test_an_addition_that_fails_is_undone(tmp_path, monkeypatch, written):
    path = tmp_path / "log.txt"
    append_bytes(path, b"first\n")
    failing(monkeypatch, "write", written)
    with pytest.raises(OSError) as error:
        append_bytes(path, b"second\n")
    assert error.value.filename == str(path) and path.read_bytes() == b"first\n"
    monkeypatch.undo()
    append_bytes(path, b"second\n")
    assert path.read_bytes() == b"first\nsecond\n"


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_one_of_many_files_that_cannot_be_written_is_named(tmp_path, monkeypatch, call):
    failing(monkeypatch, call)
    with pytest.raises(OSError) as error:
        write_files(tmp_path / "depth", [("1.png", b"content")], is_durable=True)
    assert error.value.filename == str(tmp_path / "depth/1.png")
