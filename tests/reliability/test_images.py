"""No image file crashes a batch: each bad one is named with its reason, and the good ones are done."""

import shutil
import time

import numpy as np
import pytest
from PIL import Image

from data.simulate import main as simulate
from tests.reliability.damage import damage
from tests.reliability.promise import promise
from tests.reliability.runs import SHORT, TINY, finished

GOOD = 40


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("images")
    assert simulate(["--dataroot", str(place / "sem"), "--num_shapes", "2", "--num_real", "8", "--num_test", "4"]) == 0
    arguments = [
        "--dataroot",
        place / "sem",
        "--checkpoints_dir",
        place,
        "--name",
        "run",
        *TINY.split(),
        *SHORT.split(),
    ]
    code, said = finished("train", [*arguments, "--n_epochs", "1"], place)
    assert code == 0, said
    return place


def images(folder, count):
    """Good images, evenly between which bad ones are to stand."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(3)
    for n in range(count):
        Image.fromarray(rng.integers(0, 212, (72, 48), dtype=np.uint8)).save(folder / f"{n:06d}.png")
    return sorted(folder.iterdir())


def is_named(path, said):
    return sum(f"{path}: " in line for line in said.splitlines()) == 1


@pytest.mark.slow
@promise("Damaged images in a training set: each named with its reason before training starts, or left out", 76, 1000)
def test_bad_training_images_are_named_or_left_out(place, tmp_path, count):
    sem, depth = (images(tmp_path / f"set/{name}", count // 2 + GOOD) for name in ("trainA", "trainB"))
    rng = np.random.default_rng(4)
    bad = damage(sem[: count // 2], rng) + damage(depth[GOOD:][: count // 2], rng)
    arguments = ["--dataroot", tmp_path / "set", "--checkpoints_dir", tmp_path, "--name", "run", *TINY.split()]
    arguments += [*SHORT.split(), "--n_epochs", "1"]
    began = time.monotonic()
    code, said = finished("train", arguments, tmp_path)
    assert code == 2 and "Traceback" not in said and "End of epoch" not in said, said[-2000:]
    assert [path for path in bad if not is_named(path, said)] == []
    assert not (tmp_path / "run").exists()
    code, said = finished("train", [*arguments, "--on_bad_image", "skip"], tmp_path)
    assert code == 0 and "Traceback" not in said, said[-2000:]
    assert [path for path in bad if not is_named(path, said)] == []
    assert f"epochs 1 to 1, {GOOD // 2} steps each" in said
    assert time.monotonic() - began < 60 + 0.1 * count


@pytest.mark.slow
@promise(
    "Damaged images among those to be predicted: each named, exit status 1, the good ones' maps the same bytes",
    76,
    1000,
)
def test_bad_test_images_cost_no_other(place, tmp_path, count):
    folder = tmp_path / "set"
    every = images(folder, count + GOOD)
    arguments = ["--dataroot", folder, "--checkpoints_dir", place, "--name", "run", "--gpu_ids", "-1"]
    assert finished("test", [*arguments, "--results_dir", tmp_path / "clean"], tmp_path)[0] == 0
    bad = damage(every[:: len(every) // count][:count], np.random.default_rng(5))
    began = time.monotonic()
    code, said = finished("test", [*arguments, "--results_dir", tmp_path / "with_bad"], tmp_path)
    assert time.monotonic() - began < 60 + 0.1 * count
    assert code == 1 and "Traceback" not in said, said[-2000:]
    # An image of another size is no bad one here: its map has its size.
    sized = {path for path in bad if path.suffix == ".png" and path.is_file() and _readable(path)}
    assert [path for path in bad if path not in sized and not is_named(path, said)] == []
    stems = {path.stem for path in every} - {path.stem for path in bad}
    for kind, ending in (("depth", "png"), ("depth_nm", "tiff")):
        one, other = (tmp_path / name / f"run/test_latest/{kind}" for name in ("clean", "with_bad"))
        assert {path.stem for path in other.iterdir()} == stems | {path.stem for path in sized}
        assert all(
            (one / f"{stem}.{ending}").read_bytes() == (other / f"{stem}.{ending}").read_bytes() for stem in stems
        )
    shutil.rmtree(tmp_path / "with_bad")


def _readable(path):
    try:
        with Image.open(path) as image:
            return (
                image.mode == "L"
                and getattr(image, "n_frames", 1) == 1
                and min(image.size) >= 16
                and np.asarray(image).size < 10_000
            )
    except Exception:
        return False
