"""Shards on Ray workers: whole, once, whatever dies on the way."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

import test as testing
import train
from data import simulate
from util.results import ray_shards
from util.results.shards import as_row, shards_of, write_manifest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def files(tmp_path):
    (tmp_path / "in").mkdir()
    names = {name: name for name in (str(tmp_path / "in" / f"{n}.png") for n in range(7))}
    for n, name in enumerate(names):
        Path(name).write_bytes(bytes([n]))
    return names


def maps(shard):
    return [(Path(name).stem, np.full((8, 6), 100.0 + shard.number)) for name in shard.files]


def test_a_shard_is_done_when_it_is_whole_and_of_these_files(tmp_path, files):
    weights = tmp_path / "weights"
    weights.write_bytes(b"w")
    shards = shards_of(files, 3, [weights], ("options",))
    assert [len(shard.files) for shard in shards] == [3, 3, 1]
    assert not any(shard.is_done(tmp_path) for shard in shards)
    for shard in shards:
        shard.write(tmp_path, maps(shard))
    assert all(shard.is_done(tmp_path) for shard in shards)
    assert not any(shard.is_done(tmp_path) for shard in shards_of(files, 3, [weights], ("others",)))
    Path([*files][4]).write_bytes(b"another image")
    assert [shard.is_done(tmp_path) for shard in shards_of(files, 3, [weights], ("options",))] == [True, False, True]
    shards[2].path(tmp_path).write_bytes(b"cut")
    assert not shards[2].is_done(tmp_path)
    weights.write_bytes(b"trained on")
    assert not any(shard.is_done(tmp_path) for shard in shards_of(files, 3, [weights], ("options",)))


def test_a_shard_made_twice_is_the_same_and_a_failed_one_leaves_nothing(tmp_path, files):
    (shard,) = shards_of(files, 10, [], ())
    shard.write(tmp_path, maps(shard))
    before = shard.path(tmp_path).read_bytes()
    shard.write(tmp_path, maps(shard))
    assert shard.path(tmp_path).read_bytes() == before
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(ZeroDivisionError):
        shard.write(other, ((str(n), np.full((2, 2), 1 // (3 - n))) for n in range(5)))
    assert not list(other.iterdir())


def test_the_manifest_names_every_shard_and_forgets_older_ones(tmp_path, files):
    for size in (2, 4):
        shards = shards_of(files, size, [], ())
        for shard in shards:
            shard.write(tmp_path, maps(shard))
        assert write_manifest(tmp_path, shards, {"run": "r"}) == 7
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert [one["file"] for one in manifest["shards"]] == ["000000.zip", "000001.zip"]
    assert sorted(path.name for path in tmp_path.glob("0*")) == [
        "000000.json", "000000.zip", "000001.json", "000001.zip"
    ]  # fmt: skip


def test_images_of_equal_names_have_maps_of_their_own(tmp_path, monkeypatch):
    """Without Ray: its workers' rows are handled in this process."""
    root = tmp_path / "images"
    simulate.main(["--dataroot", str(tmp_path / "sem"), "--num_shapes", "1", "--num_real", "4", "--num_test", "3"])
    images = sorted((tmp_path / "sem/test/SEM").glob("*.png"))
    for place, image in zip(("a/hole.png", "b/hole.png", "b/other.png"), images, strict=True):
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        image.rename(root / place)

    def in_this_process(shards, worker, arguments, address, workers):
        made = worker(*arguments)
        return [made(as_row(shard)) for shard in shards]

    monkeypatch.setattr(ray_shards, "run", in_this_process)
    fixed = ["--dataroot", str(root), "--name", "holes", "--gpu_ids", "-1", "--results_dir", str(tmp_path / "results")]
    assert testing.main([*fixed, "--ray", "local", "--shard_size", "2"]) == 0
    assert testing.main(fixed) == 0
    (plain,) = (tmp_path / "results/holes").glob("test_latest/depth")
    archives = [zipfile.ZipFile(path) for path in sorted((tmp_path / "results/holes").glob("test_latest_shards/*.zip"))]
    names = [archive.namelist() for archive in archives]
    assert names == [["a_hole.png", "b_hole.png"], ["other.png"]]
    for archive in archives:
        for name in archive.namelist():
            assert archive.read(name) == (plain / name).read_bytes()


def test_a_shard_of_other_prefixes_is_another_one(files):
    one, other = (shards_of(files, 10, [], (), {name: prefix for name in files}) for prefix in ("a_", "b_"))
    assert one[0].digest != other[0].digest and one[0].prefixes == ("a_",) * 7
    assert shards_of(files, 10, [], (), {})[0].digest == shards_of(files, 10, [], ())[0].digest


def workers():
    """The processes of Ray's workers that hold a predictor, by what they call themselves."""
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if place.read_bytes().startswith(b"ray::MapWorker"):
                yield int(place.parent.name)
        except OSError:
            continue


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(tmp_path):
    pytest.importorskip("ray")
    root = tmp_path / "sem"
    simulate.main(["--dataroot", str(root), "--num_shapes", "4", "--num_real", "8", "--num_test", "60"])
    small = (
        "--model unet_regressor --width 4 --num_downs 2 --n_epochs 1 --n_epochs_decay 0 --display_id 0 --batch_size 8"
    )
    base = ["--dataroot", str(root), "--checkpoints_dir", str(tmp_path), "--name", "run"]
    assert train.main([*base, *small.split()]) == 0
    (image,) = list((root / "test/SEM").glob("*"))[:1]
    for n in range(2000):
        (image.parent / f"more_{n:04}.png").hardlink_to(image)
    for path in (root / "test/Depth").glob("*"):
        path.unlink()
    test = [sys.executable, "test.py", *base, "--results_dir", str(tmp_path / "results"), "--shard_size", "50"]
    folder = tmp_path / "results/run/test_latest_shards"
    with subprocess.Popen([*test, "--ray", "local"], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while not list(folder.glob("*.json")) and time.monotonic() < deadline:
            time.sleep(0.02)
        victims = list(workers())
        assert victims, "no worker was found while shards were being made"
        os.kill(victims[0], signal.SIGKILL)
        assert len(list(folder.glob("*.json"))) < 42, "the work was over before the kill"
        _, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["images"] == 2060
    names = []
    for shard in manifest["shards"]:
        assert sha256((folder / shard["file"]).read_bytes()).hexdigest() == shard["sha256"]
        names += zipfile.ZipFile(folder / shard["file"]).namelist()
    assert sorted(names) == sorted(f"{path.stem}.png" for path in (root / "test/SEM").glob("*"))

    # The same depth maps as without Ray; and once more, with one image damaged: it is named, and skipped.
    assert testing.main([*base, "--results_dir", str(tmp_path / "plain"), "--how_many", "50"]) == 0
    with zipfile.ZipFile(folder / "000000.zip") as archive:
        for name in archive.namelist():
            assert archive.read(name) == (tmp_path / "plain/run/test_latest/depth" / name).read_bytes()
    image = root / "test/SEM" / names[-1]
    image.unlink()
    image.write_bytes(b"no image")
    done = subprocess.run([*test, "--ray", "local"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and f"{image.name}: not an image in a known format" in done.stderr
    assert "41 of 42 shards are there already" in done.stdout
    assert json.loads((folder / "manifest.json").read_text())["images"] == 2059
    done = subprocess.run([*test, "--ray", "local"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and f"{image.name}: not an image in a known format" in done.stderr
