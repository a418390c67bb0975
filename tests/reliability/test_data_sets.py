"""Data sets that are odd: each is a clear line, or does what docs/data.md says."""

import csv
import shutil
import time

import numpy as np
import pytest
from PIL import Image

from data import DataError, DatasetLayout
from data.simulate import main as simulate
from tests.reliability.promise import SOAK, promise
from tests.reliability.runs import SHORT, TINY, finished

PAIRED = "--model unet_regressor --width 2 --num_downs 2 --batch_size 2 --gpu_ids -1 --display_id 0"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    made = tmp_path_factory.mktemp("made")
    assert simulate(["--dataroot", str(made / "sem"), "--num_shapes", "2", "--num_real", "8", "--num_test", "2"]) == 0
    return made / "sem"


@pytest.fixture
def sem(made, tmp_path):
    return shutil.copytree(made, tmp_path / "sem", ignore=shutil.ignore_patterns(".semdepth_cache"))


def trained(sem, flags=TINY):
    where = ["--dataroot", sem, "--checkpoints_dir", sem.parent, "--name", "run"]
    code, said = finished("train", [*where, *flags.split(), *SHORT.split(), "--n_epochs", "1"], sem.parent)
    assert "Traceback" not in said, said
    return code, said


def all_but(count, folder):
    for path in sorted(path for path in folder.rglob("*.png"))[count:]:
        path.unlink()


def no_depth_for_a_stem(sem):
    next((sem / "simulation_data/Depth").rglob("*.png")).unlink()
    return PAIRED, 2, "has no depth map"


def no_case(sem):
    shutil.rmtree(sem / "simulation_data/Depth/Case_2")
    return PAIRED, 2, "has no depth map"


def no_case_at_all(sem):
    for kind in ("Depth", "SEM"):
        shutil.rmtree(sem / f"simulation_data/{kind}/Case_2")
    return PAIRED, 0, "finished"  # three cases teach the shape as four do


def an_empty_folder(sem):
    all_but(0, sem / "train/SEM")
    return TINY, 2, "holds no image"


def one_image(sem):
    all_but(1, sem / "train/SEM")
    all_but(1, sem / "simulation_data/Depth")
    return TINY, 0, "finished"


def one_pair(sem):
    all_but(1, sem / "simulation_data/Depth")
    stem = next((sem / "simulation_data/Depth").rglob("*.png"))
    for path in (sem / "simulation_data/SEM").rglob("*.png"):
        if not path.stem.startswith(f"{stem.stem}_") or path.parent.parent.name != stem.parent.parent.name:
            path.unlink()
    return PAIRED, 2, "a second is needed for validation"


def two_images(sem):
    all_but(2, sem / "train/SEM")
    return TINY, 0, "finished"


def one_labelled_image(sem):
    all_but(1, sem / "train/SEM")
    return (
        "--model background_classifier --batch_size 2 --gpu_ids -1 --display_id 0",
        2,
        "a second one is needed for validation",
    )


def duplicates(sem):
    for path in list((sem / "train/SEM").rglob("*.png")):
        shutil.copy(path, path.with_name(f"copy_{path.name}"))
    return TINY, 0, "finished"


def files_of_other_kinds(sem):
    for name in ("Thumbs.db", "notes.txt", ".DS_Store", "._000000.png"):
        next((sem / "train/SEM").rglob("*.png")).with_name(name).write_bytes(b"\0\1")
    return TINY, 0, "finished"


def a_folder_that_is_a_file(sem):
    shutil.rmtree(sem / "train/SEM")
    (sem / "train/SEM").write_text("")
    return TINY, 2, "no such folder"


def a_folder_of_no_depth(sem):
    (sem / "train/SEM").rename(sem / "train/was")
    shutil.copytree(sem / "train/was", sem / "train/SEM/unsorted")
    return "--model background_classifier --batch_size 2 --gpu_ids -1 --display_id 0", 2, "is not in a folder Depth_110"


ODD = (
    no_depth_for_a_stem, no_case, no_case_at_all, an_empty_folder, one_image, one_pair, two_images, one_labelled_image,
    duplicates, files_of_other_kinds, a_folder_that_is_a_file, a_folder_of_no_depth,
)  # fmt: skip


@pytest.mark.slow
@promise(
    "Odd data sets (no depth for a stem, a case missing, one image, duplicates, ...): a clear line or a training",
    12,
    12,
)
def test_an_odd_data_set_is_one_clear_line_or_works(made, tmp_path, count):
    assert len(ODD) == count
    for odd in ODD:
        sem = shutil.copytree(made, tmp_path / odd.__name__ / "sem", ignore=shutil.ignore_patterns(".semdepth_cache"))
        flags, wanted, line = odd(sem)
        code, said = trained(sem, flags)
        assert code == wanted and line in said, f"{odd.__name__}: {said}"
        if wanted:
            errors = [one for one in said.splitlines() if one.startswith("train.py: ")]
            assert len(errors) == 1 and not (sem.parent / "run").exists(), f"{odd.__name__}: {said}"


TABLES = {
    "missing": None, "empty": "", "header alone": "site,depth\n", "one column": "site\nx\n",
    "text": "site,depth\nx,deep\n",
       "nan": "site,depth\nx,nan\n", "infinite": "site,depth\nx,1e999\n", "three columns": "site,depth\nx,1,2\n",
    "twice": "site,depth\nx,1\nx,2\n", "binary": "\0\1\2\xff", "negative": "site,depth\nx,-1\n",
}  # fmt: skip


@promise("Bad average_depth.csv: one line that names the file", 11, 11)
def test_a_bad_table_of_depths_is_one_line(sem, count):
    assert len(TABLES) == count
    path = sem / "train/average_depth.csv"
    for name, content in TABLES.items():
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content.encode("latin-1"))
        with pytest.raises(DataError, match=r"average_depth\.csv: ") as caught:
            DatasetLayout(sem).average_depth()
        assert "\n" not in str(caught.value), name


@pytest.mark.slow
@promise("Files in one folder: read with a progress bar, in less than a minute for 100,000", 2_000, 100_000)
def test_a_folder_of_many_files_is_read(tmp_path, count):
    for name in ("trainA", "trainB"):
        (tmp_path / "sem" / name).mkdir(parents=True)
    Image.fromarray(np.arange(3456, dtype=np.uint8).reshape(72, 48)).save(tmp_path / "sem/trainB/0.png")
    for start in range(0, count, 5000):  # a file takes so many links on common file systems
        first = tmp_path / f"sem/trainA/{start:06d}.png"
        shutil.copy(tmp_path / "sem/trainB/0.png", first)
        for n in range(start + 1, min(count, start + 5000)):
            (tmp_path / f"sem/trainA/{n:06d}.png").hardlink_to(first)
    began = time.monotonic()
    code, said = finished(
        "train", ["--dataroot", tmp_path / "sem", "--checkpoints_dir", tmp_path, *TINY.split(), "--dry_run"], tmp_path
    )
    assert code == 0 and f"dry run: {count // 2:,} batches an epoch" in said, said[-500:]
    assert time.monotonic() - began < (300 if SOAK else 60)  # 60 s on a quiet machine


def test_two_test_images_of_one_name_are_refused(sem, tmp_path):
    code, said = trained(sem)
    assert code == 0, said
    image = sorted((sem / "test/SEM").iterdir())[0]
    Image.open(image).save(image.with_suffix(".bmp"))
    code, said = finished("test", ["--dataroot", sem, "--checkpoints_dir", sem.parent, "--name", "run"], tmp_path)
    assert code == 2 and "two images of one name" in said and "Traceback" not in said
    with (sem / "train/average_depth.csv").open() as file:
        assert len(list(csv.reader(file))) > 1
