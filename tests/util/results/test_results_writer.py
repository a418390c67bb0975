"""The files of results: whole, and the same for every size of batch."""

import csv
import errno
import os
from pathlib import Path

import numpy as np
import pytest

from util.results import ImageResult, ResultsWriter


def results(count=5):
    """Results with all that is written."""
    rng = np.random.default_rng(0)
    for n in range(count):
        depth = rng.uniform(20, 150, (9, 7)).astype(np.float32)
        measured = {"depth_mean_nm": 80.0 + n, "cd_half_nm": np.nan if n == 1 else 40.5, "swa_left_deg": 88.0}
        yield ImageResult(
            f"hole_{n}", depth, raw_depth=depth, snapped=depth, hole_mask=depth < 90, level=150,
            level_probs=np.array([0.25, 0.75]), depth_u90=depth / 20, ood_score=0.4 * n, measurements=measured,
        )  # fmt: skip


def write(folder, batch_size):
    """The files of the results by name, written in batches."""
    images = list(results())
    with ResultsWriter(folder, 1.5, (140, 150), pixel_nm=2.08, export=("gwy", "stl", "ply")) as writer:
        for start in range(0, len(images), batch_size):
            writer.add(images[start : start + batch_size])
        writer.write_metrics({})
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("batch_size", [2, 5])
def test_files_do_not_depend_on_the_batches(tmp_path, batch_size):
    files = write(tmp_path / "a", 1)
    assert len(files) == 5 * 7 + 4 and write(tmp_path / "b", batch_size) == files
    header, *rows = csv.reader((tmp_path / "a/holes.csv").read_text().splitlines())
    assert header[0] == "image" and [row[0] for row in rows] == [f"hole_{n}" for n in range(5)]


def test_a_file_is_whole_where_the_system_writes_a_part_at_a_time(tmp_path, monkeypatch):
    """As at the end of a quota, or for a file of gigabytes."""
    files = write(tmp_path / "a", 5)
    write_all = os.write
    monkeypatch.setattr(os, "write", lambda file, content: write_all(file, content[:1000]))
    assert write(tmp_path / "b", 5) == files


@pytest.mark.parametrize("failing", [1, 2])
def test_results_that_cannot_be_moved_into_place_leave_the_earlier_ones(tmp_path, monkeypatch, failing):
    folder = tmp_path / "test_latest"
    files = write(folder, 5)
    (folder / "notes.txt").write_text("mine")
    replace, moves = os.replace, []

    def fail(source, target, **options):
        if os.path.isdir(source):
            moves.append(source)
            if len(moves) == failing:
                raise OSError(errno.EIO, "Input/output error", str(source), None, str(target))
        return replace(source, target, **options)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError) as error:
        write(folder, 2)
    assert str(error.value.filename) == str(folder)
    there = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert there == files | {Path("notes.txt"): b"mine"}
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["test_latest"]
