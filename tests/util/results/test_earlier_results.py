"""Results of another data set stay beside the new ones, unless --overwrite is typed; images without ground truth are
predicted and named."""

import json

import pytest

import test as program
from data.simulate import main as simulate
from util.results.earlier_results import choose_place


@pytest.fixture
def sem(tmp_path):
    root = tmp_path / "my sem"
    assert simulate(["--dataroot", str(root), "--num_shapes", "1", "--num_real", "4", "--num_test", "3"]) == 0
    return root


def run(sem, *arguments):
    fixed = ["--name", "holes", "--gpu_ids", "-1", "--results_dir", str(sem.parent / "results")]
    return program.main([*fixed, "--dataroot", str(sem), *arguments])


def test_results_of_another_data_set_are_kept(sem, capsys):
    results = sem.parent / "results/holes/test_latest"
    assert run(sem) == 0 and run(sem) == 0  # the same data may be tested again
    before = {path: path.read_bytes() for path in results.rglob("*.png")}
    other = sem.with_name("other")
    sem.rename(other)
    capsys.readouterr()
    for _ in range(2):  # the same data may be tested again
        assert run(other) == 0
        out = capsys.readouterr().out
        assert f"{results} holds results of {sem}; these are in test_latest_other beside it" in out
        assert out.rstrip().endswith(f"the page: {results.with_name('test_latest_other') / 'index.html'}")
    assert before == {path: path.read_bytes() for path in results.rglob("*.png")}
    assert sorted(path.name for path in results.parent.glob("[!.]*")) == ["test_latest", "test_latest_other"]
    assert run(other, "--overwrite") == 0
    assert json.loads((results / "metrics.json").read_text())["dataroot"] == str(other)


def test_other_options_that_replace_results_are_named_in_one_line(sem, capsys):
    folder = sem.parent / "results/holes/test_latest"
    assert run(sem, "--pixel_nm", "2", "--num_test", "2") == 0 and run(sem, "--pixel_nm", "2", "--num_test", "2") == 0
    assert "replaces the results" not in capsys.readouterr().out
    assert json.loads((folder / "metrics.json").read_text())["options"] == {"pixel_nm": 2.0, "num_test": 2}
    assert run(sem, "--data_bar", "0", "--num_test", "2", "--batch_size", "1") == 0
    line = f"{folder}: replaces the results of no --data_bar, --pixel_nm 2 (now --data_bar 0, no --pixel_nm)\n"
    assert line in capsys.readouterr().out


def test_nothing_is_said_of_results_that_are_not_written(sem, capsys):
    assert run(sem) == 0
    other = sem.with_name("other")
    (other / "test/SEM").mkdir(parents=True)
    capsys.readouterr()
    assert run(other) == 2
    out, err = capsys.readouterr()
    assert "beside it" not in out + err and "replaces" not in out + err


def test_every_file_of_the_same_name_keeps_its_results(tmp_path):
    """As many files named image.tif as one likes, each in the folder of its day."""
    folders = []
    for day in ("1", "2", "3", "3/again"):
        file = tmp_path / day / "image.tif"
        file.parent.mkdir()
        file.write_bytes(b"")
        for _ in range(2):
            folders.append(choose_place(tmp_path / "results/test_latest", str(file), False, {}).folder)
            folders[-1].mkdir(parents=True, exist_ok=True)
            (folders[-1] / "metrics.json").write_text(json.dumps({"dataroot": str(file)}))
    names = [folder.name.removeprefix("test_latest") for folder in folders[::2]]
    assert folders[::2] == folders[1::2] and names == ["", "_image", "_3_image", "_again_image"]


def test_a_long_name_is_cut(tmp_path):
    folder, data = tmp_path / "test_latest", tmp_path / ("x" * 250)
    folder.mkdir()
    data.mkdir()
    (folder / "metrics.json").write_text(json.dumps({"data": "another"}))
    choose_place(folder, str(data), False, {}).folder.mkdir()


def test_images_without_ground_truth_are_predicted_and_named(sem, capsys):
    (sem / "test/Depth/000000.png").unlink()
    assert run(sem) == 1
    line = "no ground truth of the same name for 1 of 3 images"
    assert line in (error := capsys.readouterr().err) and "000000.png" in error and "--on_bad_image skip" in error
    results = sem.parent / "results/holes/test_latest"
    metrics = json.loads((results / "metrics.json").read_text())
    assert metrics["images"] == 3 and metrics["score"]["images"] == 2 and (results / "depth/000000.png").exists()
    assert run(sem, "--on_bad_image", "skip") == 0
    assert line in capsys.readouterr().err
