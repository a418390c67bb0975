"""Closed pipes, stray environment variables, damaged logs and journals, folders that are links: nothing is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import test as testing
import train
from data.simulate import main as simulate
from models.export.__main__ import main as export
from util.results.results_writer import ResultsWriter

ROOT = Path(__file__).parents[2]
TINY = ["--model", "unet_regressor", "--width", "4", "--num_downs", "1", "--n_epochs_decay", "0", "--display_id", "0"]
TINY += ["--gpu_ids", "-1", "--batch_size", "8"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "sem"
    assert simulate(["--dataroot", str(folder), "--num_shapes", "2", "--num_real", "4", "--num_test", "3"]) == 0
    return folder


def words(data, place, *more, epochs=1):
    named = ["--dataroot", str(data), "--name", "run", "--checkpoints_dir", str(place / "ck")]
    return [*named, *TINY, "--n_epochs", str(epochs), *more]


def predicted(data, place, *more):
    named = ["--dataroot", str(data), "--name", "run", "--checkpoints_dir", str(place / "ck")]
    return testing.main([*named, "--results_dir", str(place / "results"), *more])


@pytest.mark.parametrize("ending", ["| head -1", ">/dev/full", ">&- 2>&-", "| head -1 2>&1"])
def test_a_training_that_nobody_reads_is_saved(data, tmp_path, ending):
    command = " ".join(["set -o pipefail;", sys.executable, "train.py", *words(data, tmp_path, epochs=2), ending])
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "ck/run/2_net_R.pth").exists() and "Traceback" not in done.stderr


def test_a_terminal_without_the_letters_of_a_name(data, tmp_path):
    place = tmp_path / "daten ä 深"
    place.mkdir()
    (place / "sem").symlink_to(data)
    environment = os.environ | {
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "ascii",
    }
    for program, more in (("train.py", words(place / "sem", place)), ("test.py", ["--results_dir", str(place / "r")])):
        if program == "test.py":
            more += ["--dataroot", str(place / "sem"), "--name", "run", "--checkpoints_dir", str(place / "ck")]
        done = subprocess.run(
            [sys.executable, program, *more], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr


def test_a_stray_rank_is_no_second_process(data, tmp_path, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert train.main(words(data, tmp_path)) == 0
    assert (tmp_path / "ck/run/latest_net_R.pth").exists()


@pytest.mark.parametrize("count, rank", [("abc", "0"), ("2", None), ("2", "x")])
def test_half_of_torchruns_variables_are_one_line(data, tmp_path, monkeypatch, capsys, count, rank):
    monkeypatch.setenv("WORLD_SIZE", count)
    monkeypatch.delenv("RANK", raising=False) if rank is None else monkeypatch.setenv("RANK", rank)
    assert train.main(words(data, tmp_path)) == 2
    assert "as torchrun sets them" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name, content",
    [
        ("epochs.csv", "epoch,step,seconds,lr,other\n1,2,1,1,5\n"),
        ("losses.csv", "epoch,step,seconds\n1,1,0.1\n"),
        (".checkpoint.json", ""),
        (".checkpoint.json", "[1, 2]"),
        (".checkpoint.json", "7"),
    ],
)
def test_damaged_files_of_a_run_do_not_stop_it(data, tmp_path, name, content):
    assert train.main(words(data, tmp_path, "--print_freq", "1")) == 0
    (tmp_path / "ck/run" / name).write_text(content)
    assert train.main(words(data, tmp_path, "--continue_train", "--print_freq", "1", epochs=2)) == 0
    assert (tmp_path / "ck/run/2_net_R.pth").exists() and predicted(data, tmp_path) == 0


def test_a_page_that_cannot_be_does_not_stop_a_training(data, tmp_path):
    (tmp_path / "ck/run").mkdir(parents=True)
    (tmp_path / "ck/run/web").write_text("in the way")
    assert train.main(words(data, tmp_path)) == 0


def test_weights_without_their_options_say_what_to_do(data, tmp_path, capsys):
    assert train.main(words(data, tmp_path)) == 0
    (tmp_path / "ck/run/opt.json").unlink()
    assert train.main(words(data, tmp_path, "--continue_train", epochs=2)) == 2
    assert "holds weights without the opt.json that describes them" in capsys.readouterr().err


def test_a_combination_that_was_cut_short_is_gathered_again(data, tmp_path):
    assert train.main(words(data, tmp_path)) == 0
    joined = ["--model", "ensemble", "--members", "run", "--name", "both", "--checkpoints_dir", str(tmp_path / "ck")]
    assert train.main([*joined, "--dataroot", str(data)]) == 0
    (tmp_path / "ck/both/members/run/opt.json").unlink()
    assert train.main([*joined, "--dataroot", str(data), "--continue_train"]) == 0
    where = ["--dataroot", str(data), "--name", "both", "--checkpoints_dir", str(tmp_path / "ck")]
    assert testing.main([*where, "--results_dir", str(tmp_path / "results")]) == 0


def test_what_lies_beside_results_survives_a_kill_between_two_moves(tmp_path):
    folder = tmp_path / "r/test_latest"
    with ResultsWriter(folder, 1.0) as writer:
        writer.write_metrics({})
    (folder.with_name(".test_latest.unfinished")).mkdir()
    (folder.with_name(".test_latest.unfinished") / "notes.txt").write_text("mine")
    with ResultsWriter(folder, 1.0) as writer:
        writer.write_metrics({})
    assert (folder / "notes.txt").read_text() == "mine"


def test_results_behind_a_link_stay_behind_it(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "r").mkdir()
    (tmp_path / "r/test_latest").symlink_to(tmp_path / "elsewhere")
    for _ in range(2):
        with ResultsWriter(tmp_path / "r/test_latest", 1.0) as writer:
            writer.write_metrics({})
    assert (tmp_path / "r/test_latest").is_symlink() and (tmp_path / "elsewhere/metrics.json").exists()


def test_training_maps_that_are_damaged_or_gone_cost_the_mean_map_alone(data, tmp_path, capsys):
    copy = tmp_path / "sem"
    subprocess.run(["cp", "-r", str(data), str(copy)], check=True)
    assert train.main(words(copy, tmp_path)) == 0
    next((copy / "simulation_data/Depth").rglob("*.png")).write_bytes(b"damaged")
    assert predicted(copy, tmp_path) == 0
    assert "no mean map to compare with" in capsys.readouterr().out
    score = json.loads((tmp_path / "results/run/test_latest/metrics.json").read_text())["score"]
    assert not {"mean_map_baseline", "mean_map_oracle_level"} & score.keys() and score["snapped"]["rmse"] > 0
    subprocess.run(["rm", "-r", str(copy / "simulation_data")], check=True)
    assert predicted(copy, tmp_path) == 0


@pytest.mark.parametrize(
    "text", ["[]", "null", "[" * 5000, '{"model": "unet_regressor", "preprocess": 3}',
             '{"model": "unet_regressor", "preprocess": "resize", "load_size": []}',
             '{"model": "unet_regressor", "hole_centre": 5}']
)  # fmt: skip
def test_options_of_an_export_that_are_none(tmp_path, data, text, capsys):
    assert train.main(words(data, tmp_path)) == 0
    saved = json.loads((tmp_path / "ck/run/opt.json").read_text())
    other = json.loads(text) if text.startswith("{") else None
    (tmp_path / "ck/run/opt.json").write_text(text if other is None else json.dumps(saved | other))
    assert export([str(tmp_path / "ck/run"), "--out", str(tmp_path / "x.onnx")]) == 2
    assert "opt.json" in capsys.readouterr().err


@pytest.mark.parametrize("size", ["0,0", "-1,5", "100000,100000", "72"])
def test_sizes_that_cannot_be_exported(tmp_path, size, capsys):
    assert export([str(tmp_path), f"--size={size}"]) == 2
    assert f"--size {size}: must be H,W" in capsys.readouterr().err


def test_a_configuration_nested_without_end(data, tmp_path, capsys):
    (tmp_path / "c.yaml").write_text("a: " + "[" * 5000)
    assert train.main(words(data, tmp_path, "--config", str(tmp_path / "c.yaml"))) == 2
    assert "c.yaml" in capsys.readouterr().err
