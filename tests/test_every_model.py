"""Every model with the same two commands: it is trained, resumed to the bit, combined and tested."""

import csv
import json

import pytest
import torch

import test as testing
import train
from data.batches import sim_to_real
from data.simulate import main as simulate
from models.pipeline import domain_renderer
from util.metrology.quantity_names import QUANTITIES
from util.results.results_writer import in_pixels

pytestmark = pytest.mark.slow
NARROW = {"unet_regressor": ["--width", "4"], "autoencoder": ["--architecture", "convolutional", "--width", "4"]}
NARROW |= {name: ["--width", "4"] for name in ("scale_invariant_depth", "hole_segmenter")}
NARROW["depth_pipeline"] = ["--width", "4", "--renderer_epochs", "1", "--match_after_epochs", "", "--batch_size", "32"]
NARROW["depth_pipeline"] += ["--lr_policy", "linear"]  # a cosine depends on the number of epochs from the first one on
LAST = {"depth_pipeline": 3}  # last epoch; all other models train for two
SUPERVISED = (
    "autoencoder",
    "depth_pipeline",
    "scale_invariant_depth",
    "unet_regressor",
    "background_classifier",
    "hole_segmenter",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    size = ["--num_shapes", "2", "--num_real", "16", "--num_test", "6"]
    assert simulate(["--dataroot", str(folder / "sem"), *size]) == 0
    return folder


def run_training(root, name, *flags):
    paths = ["--dataroot", str(root / "sem"), "--checkpoints_dir", str(root / "ck"), "--name", name]
    return train.main([*paths, "--display_id", "0", "--gpu_ids", "-1", *flags])


def run_test(root, name, *flags):
    paths = ["--dataroot", str(root / "sem"), "--checkpoints_dir", str(root / "ck"), "--name", name]
    status = testing.main([*paths, "--results_dir", str(root / "results"), "--gpu_ids", "-1", *flags])
    folder = root / "results" / name / "test_latest"
    return status, folder, json.loads((folder / "metrics.json").read_text()) if status == 0 else None


def train_model(root, model, name, epochs, *flags):
    schedule = ["--batch_size", "8", "--n_epochs", str(epochs), "--n_epochs_decay", "0"]
    return run_training(root, name, "--model", model, *schedule, *NARROW.get(model, []), *flags)


@pytest.fixture(scope="module")
def short_epochs():
    """A sixteenth of the steps for depth_pipeline, whose epochs do not depend on the size of the data set."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim_to_real, "IMAGES_PER_EPOCH", 200)
        patch.setattr(domain_renderer, "N_RENDERINGS", 100)
        patch.setattr(domain_renderer, "N_FIT", 96)
        yield


@pytest.fixture(scope="module")
def runs(folder, short_epochs):
    for model in SUPERVISED:
        assert train_model(folder, model, model, LAST.get(model, 2)) == 0
    return folder


@pytest.mark.parametrize("model", SUPERVISED)
def test_a_resumed_run_equals_an_unbroken_one(runs, model):
    last = LAST.get(model, 2)
    assert train_model(runs, model, f"half_{model}", last - 1) == 0
    assert run_training(runs, f"half_{model}", "--continue_train", "--n_epochs", str(last)) == 0
    whole, half = (
        {path.name: torch.load(path, weights_only=True) for path in (runs / "ck" / name).glob(f"{last}_net_*.pth")}
        for name in (model, f"half_{model}")
    )
    assert whole and whole.keys() == half.keys()
    for name, state in whole.items():
        assert all(torch.equal(value, half[name][key]) for key, value in state.items())


@pytest.mark.parametrize("model", SUPERVISED)
def test_a_run_has_its_page_and_its_results(runs, model):
    page = (runs / "ck" / model / "web/index.html").read_text()
    assert "<h2>Validation</h2>" in page and "data:image/png" in page
    status, folder, metrics = run_test(runs, model)
    assert status == 0 and metrics["n_parameters"] > 0 and (folder / "index.html").is_file()
    expected = {"background_classifier": {"levels"}, "hole_segmenter": {"mask"}}.get(model, {"raw", "snapped"})
    assert expected <= metrics["score"].keys()
    assert ("scale_shift_aligned" in metrics["score"]) == (model == "scale_invariant_depth")
    assert (folder / "depth").is_dir() == ("raw" in expected)
    has_uncertainty = model == "depth_pipeline"
    assert (folder / "depth_u90_nm").is_dir() == has_uncertainty
    assert (folder / "holes.csv").is_file() == ("raw" in expected)
    assert ("intervals" in metrics["score"]) == has_uncertainty
    if has_uncertainty:
        page = (folder / "index.html").read_text()
        assert "90 % intervals hold" in page and "half the 90 % interval" in page
        rows = list(csv.DictReader((folder / "holes.csv").open()))
        assert len(rows) == 6 and set(in_pixels(dict.fromkeys(QUANTITIES, 0.0))) < set(rows[0])
        assert all(row["depth_mean_u90_nm"] and row["ood_score"] and row["is_ood"] in "01" for row in rows)


@pytest.mark.parametrize("vote", ["soft", "hard"])
def test_an_ensemble_is_made_and_tested(runs, vote):
    members = "unet_regressor,autoencoder,background_classifier,hole_segmenter"
    assert run_training(runs, vote, "--model", "ensemble", "--members", members, "--vote", vote) == 0
    status, folder, metrics = run_test(runs, vote)
    assert status == 0 and {"raw", "snapped", "levels", "mask"} <= metrics["score"].keys()
    assert (folder / "background_levels.csv").is_file() and len(list((folder / "hole_mask").iterdir())) == 6


def test_an_ensemble_keeps_its_members_when_they_continue_training(runs):
    assert train_model(runs, "unet_regressor", "member", 1) == 0
    assert run_training(runs, "combined", "--model", "ensemble", "--members", "member") == 0
    _, _, before = run_test(runs, "combined")
    assert run_training(runs, "member", "--continue_train", "--n_epochs", "3") == 0
    _, _, after = run_test(runs, "combined")
    assert before["score"] == after["score"] != run_test(runs, "member")[2]["score"]


@pytest.mark.parametrize(
    "members, line",
    [
        ("", "--members: name the runs to combine"),
        ("nobody", "no weights of epoch latest"),
        ("scale_invariant_depth,unet_regressor", "member scale_invariant_depth: its depth has no scale"),
    ],
)
def test_members_that_do_not_fit_are_named_and_leave_no_run(runs, members, line, capsys):
    assert run_training(runs, "bad", "--model", "ensemble", "--members", members) == 2
    assert line in capsys.readouterr().err and not (runs / "ck/bad").exists()


def test_runs_on_images_of_another_preprocessing_are_no_members(runs, capsys):
    assert train_model(runs, "unet_regressor", "small", 1, "--preprocess", "resize", "--load_size", "40,32") == 0
    assert run_training(runs, "bad", "--model", "ensemble", "--members", "small") == 2
    assert "member small: was trained with --preprocess resize" in capsys.readouterr().err


def test_dense_layers_name_the_size_that_they_need(runs, capsys):
    assert train_model(runs, "autoencoder", "dense", 1, "--architecture", "dense", "--image_size", "36,24") == 2
    assert "--image_size 72,48" in capsys.readouterr().err
