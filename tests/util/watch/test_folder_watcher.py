"""Which files count as finished, on a clock that the tests turn."""

import os
from types import SimpleNamespace

import pytest

from util.watch import folder_watcher
from util.watch.folder_watcher import BUSY, MAX_WAITING, PATIENCE, QUIET, RESCAN, FolderWatcher
from util.watch.number_set import NumberSet

SOON = 1.01 * QUIET


class Clock:
    """Stands still until it is turned."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(folder_watcher, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


def watcher(folder, ignored=()):
    return FolderWatcher(folder, (".png", ".tif"), list(ignored), NumberSet())


def names(watch, clock, seconds=SOON, **options):
    """Names of the files that are finished after some seconds."""
    watch.finished(MAX_WAITING)
    clock.now += seconds
    return [file.name for file in watch.finished(MAX_WAITING, **options)]


def test_a_file_that_is_written_in_parts_is_waited_for(tmp_path, clock):
    watch = watcher(tmp_path)
    for _ in range(20):
        with (tmp_path / "a.png").open("ab") as file:
            file.write(b"part")
        assert names(watch, clock, SOON / 2) == []
        clock.now += SOON  # it was quiet, and has changed again when one looks
        with (tmp_path / "a.png").open("ab") as file:
            file.write(b"part")
        assert watch.finished(9) == []
    assert names(watch, clock) == ["a.png"]


def test_a_file_whose_time_alone_changes_is_waited_for(tmp_path, clock):
    (tmp_path / "a.png").write_bytes(b"as long as it will be")
    watch = watcher(tmp_path)
    watch.finished(9)
    clock.now += SOON
    os.utime(tmp_path / "a.png", ns=(5, 5))
    assert watch.finished(9) == [] and names(watch, clock) == ["a.png"]


def test_names_that_are_no_images_hidden_files_and_results_are_left_alone(tmp_path, clock):
    for name in ("b.png", "B.TIF", ".hidden.png", "a.txt", "a.png.part", "lot/site/c.png", "results/d.png", ".x/e.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    watch = watcher(tmp_path, [tmp_path / "results"])
    for _ in range(3):  # a look for each depth of sub-folders
        watch.finished(9)
    assert names(watch, clock) == ["B.TIF", "b.png", "lot/site/c.png"]


def test_a_file_that_is_renamed_while_it_is_waited_for_comes_once(tmp_path, clock):
    (tmp_path / "unfinished.png").write_bytes(b"image")
    watch = watcher(tmp_path)
    watch.finished(9)
    (tmp_path / "unfinished.png").rename(tmp_path / "a.png")
    assert names(watch, clock) == ["a.png"]


def test_a_file_that_was_used_does_not_come_again_but_another_of_its_name_does(tmp_path, clock):
    (tmp_path / "a.png").write_bytes(b"image")
    watch = watcher(tmp_path)
    watch.finished(9)
    clock.now += SOON
    (file,) = watch.finished(9)
    watch.close(file)
    assert names(watch, clock, RESCAN) == []
    (tmp_path / "new").write_bytes(b"other")
    (tmp_path / "new").replace(tmp_path / "a.png")
    assert names(watch, clock) == ["a.png"]


def test_a_file_that_cannot_be_read_comes_once_more_and_when_it_changes(tmp_path, clock):
    (tmp_path / "a.png").write_bytes(b"half")
    watch = watcher(tmp_path)
    watch.finished(9)
    clock.now += SOON
    (file,) = watch.finished(9)
    watch.wait_longer(file)
    assert names(watch, clock, PATIENCE / 2) == []
    assert names(watch, clock, 0, is_last=True) == ["a.png"]
    clock.now += PATIENCE
    (file,) = watch.finished(9)
    assert file.age > PATIENCE
    watch.close(file, is_refused=True)
    assert names(watch, clock, 2 * PATIENCE) == []
    (tmp_path / "a.png").write_bytes(b"whole")
    assert names(watch, clock) == ["a.png"]


def test_a_refused_file_may_be_removed_and_come_back(tmp_path, clock):
    """Its number in the file system is often the same again."""
    for _ in range(3):
        (tmp_path / "a.png").write_bytes(b"half")
        watch = watcher(tmp_path)
        watch.finished(9)
        clock.now += SOON
        (file,) = watch.finished(9)
        watch.close(file, is_refused=True)
        (tmp_path / "a.png").unlink()
        assert names(watch, clock, RESCAN) == []
        (tmp_path / "a.png").write_bytes(b"whole")
        assert names(watch, clock) == ["a.png"]


def test_a_pipe_is_not_opened(tmp_path, clock):
    os.mkfifo(tmp_path / "a.png")
    watch = watcher(tmp_path)
    watch.finished(9)
    clock.now += SOON
    (file,) = watch.finished(9)
    assert file.digest == ""


def test_thousands_of_files_come_in_portions_and_all_of_them(tmp_path, clock):
    expected = {f"{n:05d}.png" for n in range(3 * MAX_WAITING + 5)}
    for name in expected:
        (tmp_path / name).write_bytes(name.encode())
    watch, seen = watcher(tmp_path), []
    for _ in range(60):
        clock.now += SOON
        for file in watch.finished(100):
            seen.append(file.name)
            watch.close(file)
        assert len(watch.waiting) <= MAX_WAITING
    assert sorted(seen) == sorted(expected) and seen[:50] == sorted(expected)[:50]


def test_a_folder_in_which_nothing_happens_is_rarely_listed(tmp_path, clock, monkeypatch):
    watch, listed, scandir = watcher(tmp_path), [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: listed.append(folder) or scandir(folder))
    clock.now += BUSY
    for _ in range(100):
        clock.now += 0.05
        watch.finished(9)
    assert len(listed) <= BUSY / 0.05 + 5 / RESCAN + 2


def test_a_folder_that_is_away_for_a_time_is_waited_for(tmp_path, clock):
    root = tmp_path / "share"
    root.mkdir()
    watch = watcher(root)
    assert names(watch, clock) == [] and not watch.is_lost
    root.rename(tmp_path / "away")
    assert names(watch, clock, RESCAN) == [] and watch.is_lost
    (tmp_path / "away").rename(root)
    (root / "a.png").write_bytes(b"image")
    assert names(watch, clock) == ["a.png"] and not watch.is_lost
