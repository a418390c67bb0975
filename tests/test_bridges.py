"""train.py and test.py as a user runs them, on a tiny data set."""

import csv
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

import test as testing
import train
from data import read_grey
from data.simulate import main as simulate
from models import Predictor
from models.networks import ResnetGenerator

ROOT = Path(__file__).parents[1]
TINY = [
    "--netG",
    "resnet_6blocks",
    "--ngf",
    "4",
    "--ndf",
    "4",
    "--gpu_ids",
    "-1",
    "--batchSize",
    "4",
    "--print_freq",
    "2",
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("run")
    assert simulate(["--dataroot", str(place / "sem"), "--num_shapes", "2", "--num_real", "8", "--num_test", "6"]) == 0
    return place


def arguments(place, *more):
    return ["--dataroot", str(place / "sem"), "--checkpoints_dir", str(place / "checkpoints"), *more]


def run_train(place, name, *more):
    return train.main(arguments(place, "--name", name, *TINY, *more))


def run_test(place, name, *more):
    return testing.main(
        arguments(place, "--name", name, "--gpu_ids", "-1", "--results_dir", str(place / "results"), *more)
    )


@pytest.fixture(scope="module")
def trained(place):
    assert run_train(place, "metrology", "--niter", "2", "--niter_decay", "1", "--save_epoch_freq", "2") == 0
    return place / "checkpoints/metrology"


def test_a_run_folder_holds_what_the_design_lists(trained):
    for tag in ("2", "3", "latest"):
        assert {path.name for path in trained.glob(f"{tag}_net_*.pth")} == {
            f"{tag}_net_{name}.pth" for name in ("G_A", "G_B", "D_A", "D_B")
        }
    for name in ("opt.json", "command.txt", "loss_log.txt", "losses.csv", "state.pt", "web/index.html"):
        assert (trained / name).is_file(), name
    with (trained / "losses.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [2, 4, 6]
    assert (trained / "loss_log.txt").read_text().startswith("(epoch: 1, iters: 2, time: ")
    assert not list(trained.glob("*unfinished*"))


def test_testing_writes_maps_submission_metrics_and_page(place, trained, capsys):
    assert run_test(place, "metrology", "--which_epoch", "3") == 0
    folder = place / "results/metrology/test_3"
    names = {f"{n:06d}.png" for n in range(6)}
    assert {path.name for path in (folder / "depth").iterdir()} == names
    with zipfile.ZipFile(folder / "submission.zip") as archive:
        assert set(archive.namelist()) == names
    with Image.open(folder / "depth/000000.png") as image:
        assert (image.mode, image.size) == ("L", (48, 72))
    depth_nm = tifffile.imread(folder / "depth_nm/000000.tiff")
    assert depth_nm.dtype == np.float32 and depth_nm.shape == (72, 48)
    score = json.loads((folder / "metrics.json").read_text())["score"]
    errors = json.loads((folder / "metrics.json").read_text())["measurement_errors"]
    assert errors["depth_mean_nm"]["n"] == 6 and errors["depth_mean_nm"]["three_sigma"] > 0
    assert score["images"] == 6 and {"raw", "snapped", "oracle_level", "mean_map_baseline"} <= score.keys()
    page = (folder / "index.html").read_text()
    assert "000000" in page and "mean map" in page and not re.search(r'(?:src|href)="http', page)
    printed = capsys.readouterr().out
    assert "RMSE over all pixels" in printed and "Chance gets 25%" in printed


def test_files_for_other_programs_and_the_pixel_size(place, trained):
    flags = ("--pixel_nm", "2.08", "--export", "gwy,stl,ply", "--how_many", "3")
    assert run_test(place, "metrology", "--which_epoch", "2", *flags) == 0
    folder = place / "results/metrology/test_2"
    for kind in ("gwy", "stl", "ply"):
        assert {path.name for path in (folder / kind).iterdir()} == {f"{n:06d}.{kind}" for n in range(3)}
    with tifffile.TiffFile(folder / "depth_nm/000000.tiff") as file:
        assert file.imagej_metadata["pixel_nm"] == 2.08


def test_the_python_api_gives_what_test_py_writes(place, trained):
    assert run_test(place, "metrology") == 0
    folder = place / "results/metrology/test_latest"
    sem = np.stack([read_grey(path) for path in sorted((place / "sem/test/SEM").iterdir())])
    predictor = Predictor.load(trained)
    predicted = predictor.predict(sem).final
    for n, depth in enumerate(predicted):
        with Image.open(folder / f"depth/{n:06d}.png") as image:
            assert np.array_equal(np.rint(depth).clip(0, 255).astype(np.uint8), np.asarray(image))
    in_fp32 = Predictor.load(trained, precision="fp32")
    assert in_fp32.predict(sem[3:4]).final[0] == pytest.approx(in_fp32.predict(sem).final[3], abs=0.01)


def test_the_other_generator_writes_sem_images(place, trained):
    more = ("--which_direction", "BtoA", "--how_many", "4", "--precision", "fp32")
    assert run_test(place, "metrology", *more) == 0
    folder = place / "results/metrology/test_latest_BtoA"
    assert len(list((folder / "sem").iterdir())) == 4 and (folder / "index.html").is_file()
    expected, of_the_other = (rendered(trained / f"latest_net_{name}.pth", place, folder) for name in ("G_B", "G_A"))
    for path in (folder / "sem").iterdir():
        assert read_grey(path) == pytest.approx(expected[path.name], abs=0.51)
        assert np.abs(read_grey(path) - of_the_other[path.name]).max() > 1


def rendered(weights, place, folder):
    """What the generator of a .pth file makes of each depth map in the test set that has a result in `folder`."""
    network = ResnetGenerator(1, 1, 4, "instance", False, 6)
    network.load_state_dict(torch.load(weights, weights_only=True))
    network.eval()
    images = {}
    for path in (folder / "sem").iterdir():
        depth = torch.from_numpy(read_grey(place / "sem/test/Depth" / path.name).astype(np.float32))
        with torch.inference_mode():
            images[path.name] = ((network(depth[None, None] / 127.5 - 1) + 1) * 127.5)[0, 0].numpy()
    return images


def test_testing_needs_no_truth_and_no_training_folders(place, trained, tmp_path):
    shutil.copytree(place / "sem/test/SEM", tmp_path / "sem/test/SEM")
    flags = [
        "--name",
        "metrology",
        "--checkpoints_dir",
        str(place / "checkpoints"),
        "--results_dir",
        str(tmp_path / "results"),
    ]
    assert testing.main(["--dataroot", str(tmp_path / "sem"), *flags]) == 0
    assert json.loads((tmp_path / "results/metrology/test_latest/metrics.json").read_text())["score"] is None


def test_a_run_is_never_overwritten_unasked(place, trained, capsys):
    before = (trained / "latest_net_G_A.pth").read_bytes()
    assert run_train(place, "metrology", "--niter", "9") == 2
    assert "--continue_train" in capsys.readouterr().err
    assert (trained / "latest_net_G_A.pth").read_bytes() == before


def test_continuing_a_finished_run_says_so(place, trained, capsys):
    more = ("--niter", "2", "--niter_decay", "1", "--save_epoch_freq", "2", "--continue_train")
    assert run_train(place, "metrology", *more) == 0
    assert "is finished" in capsys.readouterr().out


def test_a_resumed_run_equals_an_unbroken_one(place):
    schedule = ("--niter", "4", "--niter_decay", "0", "--pool_size", "3")
    assert run_train(place, "whole", *schedule) == 0
    assert run_train(place, "half", "--niter", "2", "--niter_decay", "0", "--pool_size", "3") == 0
    assert run_train(place, "half", *schedule, "--continue_train") == 0
    for name in ("G_A", "G_B", "D_A", "D_B"):
        one, two = (
            torch.load(place / f"checkpoints/{run}/4_net_{name}.pth", weights_only=True) for run in ("whole", "half")
        )
        assert all(torch.equal(one[key], two[key]) for key in one)
    logs = [(place / f"checkpoints/{run}/losses.csv").read_text().splitlines() for run in ("whole", "half")]
    assert [[row.split(",")[n] for n in (0, 1, 3)] for row in logs[0]] == [
        [row.split(",")[n] for n in (0, 1, 3)] for row in logs[1]
    ]


def test_a_run_may_count_its_epochs_from_another_number(place, capsys):
    epochs = ("--epoch_count", "3", "--n_epochs", "3", "--n_epochs_decay", "1", "--save_epoch_freq", "1")
    assert run_train(place, "counted", *epochs) == 0
    with (place / "checkpoints/counted/epochs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(int(row["epoch"]), int(row["step"])) for row in rows] == [(3, 2), (4, 4)]
    assert [float(row["lr"]) for row in rows] == pytest.approx([2e-4, 1e-4])  # epoch 4 is the one that decays
    tags = {path.name.split("_")[0] for path in (place / "checkpoints/counted").glob("*_net_G_A.pth")}
    assert tags == {"3", "4", "best", "latest"}
    capsys.readouterr()
    assert run_train(place, "counted", *epochs, "--n_epochs_decay", "2", "--continue_train") == 0
    assert "note: --epoch_count 3 is for a new run; this one continues at 5" in capsys.readouterr().out


def test_another_configuration_is_refused_and_the_difference_printed(place, trained, capsys):
    assert run_train(place, "metrology", "--niter", "5", "--ngf", "8", "--continue_train") == 2
    said = capsys.readouterr().err
    assert "--ngf: 4 in opt.json, 8 now: must stay" in said and "n_epochs" not in said
    assert run_train(place, "metrology", "--niter", "5", "--ngf", "8", "--continue_train", "--dry_run") == 2


@pytest.mark.parametrize(
    "program, flags, line",
    [
        ("train.py", ["--batchSize", "0"], "--batchSize 0"),
        ("train.py", ["--lambda_a", "3"], "--lambda_A"),
        ("train.py", ["--dataroot", "./nowhere"], "python -m data.simulate --dataroot ./nowhere"),
        ("train.py", ["--name", "../up"], "--name ../up"),
        ("test.py", ["--name", "nobody"], "nobody"),
        ("test.py", ["--which_epoch", "77"], "no weights of epoch 77; there are: 2, 3, best, latest"),
    ],
)
def test_bad_input_is_one_line_and_status_2(place, trained, monkeypatch, capfd, program, flags, line):
    given = arguments(place) if "--dataroot" not in flags else arguments(place)[2:]
    monkeypatch.chdir(place)
    assert {"train.py": train, "test.py": testing}[program].main([*given, *flags]) == 2
    said = capfd.readouterr().err
    assert line in said and said.count("\n") == 1


@pytest.mark.parametrize("program", ["train.py", "test.py"])
def test_a_program_started_with_bad_input_says_one_line_and_ends_with_2(place, program):
    command = [sys.executable, str(ROOT / program), *arguments(place), "--name", "../up"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=place)
    assert done.returncode == 2, done.stderr
    assert "--name ../up" in done.stderr and done.stderr.count("\n") == 1


def test_a_run_knows_where_its_holes_belong(place):
    epochs = ("--n_epochs", "1", "--n_epochs_decay", "0")
    size = ("--preprocess", "resize", "--load_size", "36,24")
    assert run_train(place, "recentred", *epochs, *size, "--hole_centre", "35.5,22.9") == 0
    assert run_test(place, "recentred") == 0
    score = json.loads((place / "results/recentred/test_latest/metrics.json").read_text())["score"]
    assert "recentred" in score and score["raw"]["rmse"] > 0
    assert run_test(place, "recentred", "--hole_centre", "") == 0
    assert "recentred" not in json.loads((place / "results/recentred/test_latest/metrics.json").read_text())["score"]


def test_bad_data_leaves_no_run_behind(place, tmp_path, capsys):
    for folder in ("trainA", "trainB"):
        (tmp_path / "deep" / folder).mkdir(parents=True)
        tifffile.imwrite(tmp_path / "deep" / folder / "0.tif", np.full((72, 48), 40_000, np.uint16))
    command = ["--dataroot", str(tmp_path / "deep"), "--checkpoints_dir", str(tmp_path), *TINY, "--n_epochs", "1"]
    assert train.main([*command, "--n_epochs_decay", "0"]) == 2
    assert "use --grey_range LOW,HIGH" in capsys.readouterr().err
    assert train.main([*command, "--n_epochs_decay", "0", "--grey_range", "0,65535"]) == 0


def test_a_run_that_was_killed_before_its_first_save_starts_anew(place):
    epochs = ("--n_epochs", "1", "--n_epochs_decay", "0")
    assert run_train(place, "killed", *epochs) == 0
    for path in (place / "checkpoints/killed").glob("*.p[t]*"):
        path.unlink()
    assert run_train(place, "killed", *epochs, "--continue_train") == 0
    assert (place / "checkpoints/killed/latest_net_G_A.pth").exists()


def test_weights_of_another_toolkit_are_not_overwritten(place, capsys):
    (place / "checkpoints/foreign").mkdir(parents=True)
    (place / "checkpoints/foreign/latest_net_G_A.pth").write_bytes(b"dear")
    assert run_train(place, "foreign", "--continue_train") == 2
    assert "holds weights without the opt.json" in capsys.readouterr().err
    assert (place / "checkpoints/foreign/latest_net_G_A.pth").read_bytes() == b"dear"


def test_images_of_any_size_get_maps_of_their_size(place, tmp_path, trained):
    (tmp_path / "sem/testA").mkdir(parents=True)
    sizes = [(72, 48), (72, 48), (60, 41), (72, 48)]
    for n, size in enumerate(sizes):
        Image.fromarray(np.full(size, 90 + n, np.uint8)).save(tmp_path / f"sem/testA/{n}.png")
    flags = ["--checkpoints_dir", str(place / "checkpoints"), "--results_dir", str(tmp_path / "results")]
    assert testing.main(["--dataroot", str(tmp_path / "sem"), "--name", "metrology", *flags]) == 0
    found = [Image.open(tmp_path / f"results/metrology/test_latest/depth/{n}.png").size[::-1] for n in range(4)]
    assert found == sizes
