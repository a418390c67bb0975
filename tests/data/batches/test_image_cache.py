"""The cache of decoded images: never wrong, never in the way."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data import DataError, DataOptions, DatasetLayout, UnpairedDataset, read_stack
from data.batches.image_stack import CACHE_FOLDER

ROOT = Path(__file__).parents[3]


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 6), value, np.uint8)).save(path)


@pytest.fixture
def root(tmp_path):
    for n in range(6):
        write(tmp_path / "trainA" / f"{n}.png", n)
        write(tmp_path / "trainB" / f"{n}.png", 100 + n)
    time.sleep(0.05)  # files younger than a tick of the clock are not kept
    return tmp_path


def read(root, **options):
    return read_stack(DatasetLayout(root).sem(), DataOptions(dataroot=str(root), **options), "reading")


def packs(root):
    return sorted(path.name for path in (root / CACHE_FOLDER).glob("*"))


def test_a_second_reading_opens_no_image(root, monkeypatch):
    first = read(root)
    assert packs(root) == ["trainA.pack"]
    monkeypatch.setattr("data.batches.image_stack.read_grey", lambda *_: pytest.fail("decoded again"))
    again = read(root)
    assert again.dtype == np.uint8 and (again == first).all() and (again[:, 0, 0] == range(6)).all()
    assert not again.flags.writeable


@pytest.mark.parametrize("change", ["content", "content, its time put back", "new file", "removed", "renamed"])
def test_a_change_of_the_files_is_seen(root, change):
    read(root)
    one = root / "trainA" / "3.png"
    about = one.stat()
    if change.startswith("content"):
        write(one, 250)
        if "time" in change:
            os.utime(one, ns=(about.st_atime_ns, about.st_mtime_ns))
    elif change == "new file":
        write(root / "trainA" / "9.png", 9)
    elif change == "removed":
        one.unlink()
    else:
        one.rename(root / "trainA" / "7.png")
    time.sleep(0.05)
    assert (read(root) == read(root, cache=False)).all()
    assert (read(root) == read(root, cache=False)).all()


@pytest.mark.parametrize("damage", ["empty", "cut", "longer", "a bit", "head", "foreign"])
def test_a_damaged_pack_is_made_anew(root, damage):
    expected = read(root).copy()
    pack = root / CACHE_FOLDER / "trainA.pack"
    content = bytearray(pack.read_bytes())
    if damage == "a bit":
        content[-5] ^= 1
    if damage == "head":
        content[:20] = b"\xff" * 20
    pack.write_bytes(
        {"empty": b"", "cut": content[:-7], "longer": content + b"x", "foreign": b'{"a": 1}'}.get(damage, content)
    )
    assert (read(root) == expected).all()
    assert (read(root) == expected).all()


def test_other_options_have_other_images(root):
    assert read(root).shape == (6, 8, 6)
    assert read(root, preprocess="resize", load_size=(4, 4)).shape == (6, 4, 4)
    wide = read(root, grey_range=(0, 65535))
    assert wide.dtype == np.float32 and (wide == read(root, cache=False)).all()
    assert (read(root) == wide).all()


def test_files_of_this_very_moment_are_not_kept(root):
    write(root / "trainA" / "3.png", 77)
    assert read(root)[3, 0, 0] == 77
    assert packs(root) == []


def test_without_the_cache_nothing_is_written(root):
    read(root, cache=False)
    assert not (root / CACHE_FOLDER).exists()


def test_a_cache_that_cannot_be_written_is_said_once_and_missed_by_nobody(root, capsys):
    (root / CACHE_FOLDER).write_text("a file where the folder should be")
    assert (read(root)[:, 0, 0] == range(6)).all()
    assert "no cache in" in capsys.readouterr().out


def test_a_bad_image_leaves_no_cache(root):
    (root / "trainA" / "4.png").write_bytes(b"no image")
    time.sleep(0.05)
    with pytest.raises(DataError, match=r"4\.png: not an image in a known format"):
        read(root)
    assert packs(root) == []


def test_what_a_kill_left_is_removed_when_it_is_old(root):
    (root / CACHE_FOLDER).mkdir()
    old, new = (root / CACHE_FOLDER / f"{name}.pack.0.unfinished" for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    read(root)
    assert packs(root) == ["new.pack.0.unfinished", "trainA.pack"]


def test_two_programs_may_start_together_and_one_be_killed(root):
    program = (
        "import sys; from data import *; root = sys.argv[1]\n"
        "print(int(read_stack(DatasetLayout(root).sem(), DataOptions(dataroot=root), 'reading').sum()))"
    )
    command = [sys.executable, "-c", program, str(root)]
    several = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    several[0].kill()
    total = str(48 * sum(range(6)))
    assert [process.communicate()[0].strip() for process in several][1:] == [total, total]
    assert (read(root)[:, 0, 0] == range(6)).all()


@pytest.mark.parametrize("preprocess", ["none", "crop"])
def test_batches_are_the_same_with_and_without(root, preprocess):
    for workers in (0, 2):
        both = []
        for cache in (True, False):
            options = DataOptions(
                dataroot=str(root), cache=cache, preprocess=preprocess, crop_size=(6, 4), num_threads=workers
            )
            both.append(list(UnpairedDataset(DatasetLayout(root), options, 4, seed=1).loader(epoch=2)))
        for one, other in zip(*both, strict=True):
            assert all((one[name] == other[name]).all() for name in one)
