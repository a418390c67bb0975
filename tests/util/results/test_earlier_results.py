"""Results of another data set stay unless --overwrite is typed; images without ground truth are predicted and named."""

import json

import pytest

import test as program
from data.simulate import main as simulate


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
    assert run(other) == 2
    assert f"holds the results of {sem}" in (error := capsys.readouterr().err) and "--overwrite" in error
    assert before == {path: path.read_bytes() for path in results.rglob("*.png")}
    assert run(other, "--overwrite") == 0
    assert json.loads((results / "metrics.json").read_text())["dataroot"] == str(other)


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
