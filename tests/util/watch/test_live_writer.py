"""The order of writing: a kill after any step leaves what a restart makes whole."""

import csv
import json

import numpy as np
import pytest

from util.errors import UtilError
from util.results import ImageResult, ResultsWriter
from util.watch import live_writer
from util.watch.folder_watcher import NewFile
from util.watch.live_writer import LiveWriter

HEAD = {"data": "there"}


class KillError(BaseException):
    """As if the program ended here."""


def result(stem, **measured):
    depth = np.full((9, 7), 150, np.float32)
    depth[3:6, 2:5] = 30
    measured = {"depth_mean_nm": 120.0} | measured
    return ImageResult(stem, depth, raw_depth=depth, snapped=depth, level=150, measurements=measured, ood_score=2.0)


def file(stem):
    return NewFile(f"/in/{stem}.png", f"{stem}.png", 1, 10, 20, f"digest of {stem}", 1.0)


def write(folder, *stems, is_killed=False, overwrite=False, **measured):
    """Opens the results and adds some; a killed writer leaves everything as it is. Returns the journal's count."""
    writer = LiveWriter(folder, 1.0)
    try:
        with writer:
            journal = writer.open(HEAD, overwrite, {"dataroot": "there"})
            for stem in stems:
                writer.add([result(stem, **measured)])
                writer.commit([(file(stem), [stem])], {})
            return journal.count
    except KillError:
        assert is_killed


def names(folder):
    return [row["image"] for row in csv.DictReader((folder / "holes.csv").open())]


def kill_at(monkeypatch, place, name):
    def kill(*_, **__):
        raise KillError

    monkeypatch.setattr(place, name, kill)
    monkeypatch.setattr(LiveWriter, "_finish", lambda *_: None)  # a killed program tidies nothing up


@pytest.mark.parametrize("place, name", [(live_writer, "_append"), (live_writer.Journal, "append")])
def test_a_row_is_neither_lost_nor_doubled(tmp_path, monkeypatch, place, name):
    folder = tmp_path / "results"
    assert write(folder, "a", "b") == 2
    with monkeypatch.context() as patch:
        patch.setattr(LiveWriter, "_write_tables", lambda *_: None)
        kill_at(patch, place, name)
        write(folder, "c", is_killed=True)
    is_known = name == "_append"  # the journal comes before the tables
    assert names(folder) == ["a", "b"] and (folder / "depth/c.png").exists()
    assert write(folder) == 2 + is_known
    assert names(folder) == ["a", "b", "c"][: 2 + is_known]
    if not is_known:
        write(folder, "c")
    assert names(folder) == ["a", "b", "c"] and not list(tmp_path.glob(".*unfinished"))


def test_a_torn_row_is_written_anew(tmp_path):
    folder = tmp_path / "results"
    write(folder, "a", "b")
    whole = (folder / "holes.csv").read_bytes()
    (folder / "holes.csv").write_bytes(whole[:-9])
    write(folder)
    assert (folder / "holes.csv").read_bytes() == whole


@pytest.mark.parametrize("place, name", [(live_writer.Journal, "create"), (LiveWriter, "_replace_folder")])
def test_the_results_of_a_test_stay_until_the_watch_has_begun(tmp_path, monkeypatch, place, name):
    folder = tmp_path / "results"
    with ResultsWriter(folder, 1.0) as writer:
        writer.add([result("old")])
        writer.write_metrics({"dataroot": "there"})
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with monkeypatch.context() as patch:
        kill_at(patch, place, name)
        write(folder, is_killed=True)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    write(folder, "new")
    assert names(folder) == ["new"] and json.loads((folder / "metrics.json").read_text()) == {"dataroot": "there"}


def test_tables_of_other_columns_are_not_continued(tmp_path):
    folder = tmp_path / "results"
    write(folder, "a")
    with pytest.raises(UtilError, match=r"holes\.csv: has other columns than these results"):
        write(folder, "b", another_nm=5.0)
    assert names(folder) == ["a"]
    write(folder, "b", overwrite=True, another_nm=5.0)
    assert names(folder) == ["b"]


def test_two_watches_do_not_write_one_folder(tmp_path):
    with LiveWriter(tmp_path / "results", 1.0), pytest.raises(UtilError, match=r"another test\.py writes there"):
        write(tmp_path / "results", "a")
