"""Every system behind the same two commands: trained, resumed to the bit, joined, tested."""

import csv
import json

import pytest
import torch

import test as testing
import train
from data.simulate import main as simulate
from util.metrology.quantity_names import QUANTITIES
from util.results.results_writer import in_pixels

NARROW = {"unet_regressor": ["--width", "4"], "autoencoder": ["--layers", "convolutional", "--width", "4"]}
NARROW |= {name: ["--width", "4"] for name in ("scale_invariant_depth", "hole_segmenter")}
NARROW["depth_pipeline"] = ["--width", "4", "--renderer_epochs", "1", "--match_epochs", "", "--batch_size", "32"]
NARROW["depth_pipeline"] += ["--lr_policy", "linear"]  # a cosine knows from its first epoch on how many will come
LAST = {"depth_pipeline": 3}  # epochs; the others learn for two
SUPERVISED = (
    "autoencoder",
    "depth_pipeline",
    "scale_invariant_depth",
    "unet_regressor",
    "background_classifier",
    "hole_segmenter",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("systems")
    assert simulate(["--dataroot", str(place / "sem"), "--stems", "2", "--real", "16", "--test", "6"]) == 0
    return place


def trained(place, name, *words):
    where = ["--dataroot", str(place / "sem"), "--checkpoints_dir", str(place / "ck"), "--name", name]
    return train.main([*where, "--display_id", "0", "--gpu_ids", "-1", *words])


def outcome(place, name, *words):
    where = ["--dataroot", str(place / "sem"), "--checkpoints_dir", str(place / "ck"), "--name", name]
    status = testing.main([*where, "--results_dir", str(place / "results"), "--gpu_ids", "-1", *words])
    folder = place / "results" / name / "test_latest"
    return status, folder, json.loads((folder / "metrics.json").read_text()) if status == 0 else None


def learn(place, model, name, epochs, *words):
    schedule = ["--batch_size", "8", "--n_epochs", str(epochs), "--n_epochs_decay", "0"]
    return trained(place, name, "--model", model, *schedule, *NARROW.get(model, []), *words)


@pytest.fixture(scope="module")
def runs(place):
    for model in SUPERVISED:
        assert learn(place, model, model, LAST.get(model, 2)) == 0
    return place


@pytest.mark.parametrize("model", SUPERVISED)
def test_a_resumed_run_equals_an_unbroken_one(runs, model):
    last = LAST.get(model, 2)
    assert learn(runs, model, f"half_{model}", last - 1) == 0
    assert trained(runs, f"half_{model}", "--continue_train", "--n_epochs", str(last)) == 0
    whole, half = (
        {path.name: torch.load(path, weights_only=True) for path in (runs / "ck" / name).glob(f"{last}_net_*.pth")}
        for name in (model, f"half_{model}")
    )
    assert whole and whole.keys() == half.keys()
    for name, state in whole.items():
        assert all(torch.equal(value, half[name][key]) for key, value in state.items())


@pytest.mark.parametrize("model", SUPERVISED)
def test_a_run_is_shown_and_tested(runs, model):
    page = (runs / "ck" / model / "web/index.html").read_text()
    assert "Judged after every epoch" in page and "data:image/png" in page
    status, folder, metrics = outcome(runs, model)
    assert status == 0 and metrics["parameters"] > 1000 and (folder / "index.html").is_file()
    knows = {"background_classifier": {"levels"}, "hole_segmenter": {"mask"}}.get(model, {"raw", "quantised"})
    assert knows <= metrics["score"].keys()
    assert ("aligned" in metrics["score"]) == (model == "scale_invariant_depth")
    assert (folder / "depth").is_dir() == ("raw" in knows)
    doubts = model == "depth_pipeline"
    assert (folder / "interval_nm").is_dir() == doubts
    assert (folder / "holes.csv").is_file() == ("raw" in knows)
    assert ("intervals" in metrics["score"]) == doubts
    if doubts:
        page = (folder / "index.html").read_text()
        assert "90 % intervals hold" in page and "half the 90 % interval" in page
        rows = list(csv.DictReader((folder / "holes.csv").open()))
        assert len(rows) == 6 and set(in_pixels(dict.fromkeys(QUANTITIES, 0.0))) < set(rows[0])
        assert all(row["depth_mean_u90_nm"] and row["strangeness"] and row["outside_known"] in "01" for row in rows)


@pytest.mark.parametrize("vote", ["soft", "hard"])
def test_members_are_joined_to_a_run_that_is_tested(runs, vote):
    members = "unet_regressor,autoencoder,background_classifier,hole_segmenter"
    assert trained(runs, vote, "--model", "fusion", "--members", members, "--vote", vote) == 0
    status, folder, metrics = outcome(runs, vote)
    assert status == 0 and {"raw", "quantised", "levels", "mask"} <= metrics["score"].keys()
    assert (folder / "levels.csv").is_file() and len(list((folder / "mask").iterdir())) == 6


def test_a_joined_run_keeps_its_members_when_they_train_on(runs):
    assert learn(runs, "unet_regressor", "member", 1) == 0
    assert trained(runs, "joined", "--model", "fusion", "--members", "member") == 0
    _, _, before = outcome(runs, "joined")
    assert trained(runs, "member", "--continue_train", "--n_epochs", "3") == 0
    _, _, after = outcome(runs, "joined")
    assert before["score"] == after["score"] != outcome(runs, "member")[2]["score"]


@pytest.mark.parametrize(
    "members, line",
    [
        ("", "--members: name the runs"),
        ("nobody", "no weights of epoch latest"),
        ("scale_invariant_depth,unet_regressor", "member scale_invariant_depth: its depth has no scale"),
    ],
)
def test_members_that_cannot_be_joined_are_named_and_leave_nothing(runs, members, line, capsys):
    assert trained(runs, "bad", "--model", "fusion", "--members", members) == 2
    assert line in capsys.readouterr().err and not (runs / "ck/bad").exists()


def test_images_prepared_in_another_way_are_no_members(runs, capsys):
    assert learn(runs, "unet_regressor", "small", 1, "--preprocess", "resize", "--load_size", "40,32") == 0
    assert trained(runs, "bad", "--model", "fusion", "--members", "small") == 2
    assert "member small: learned with --preprocess resize" in capsys.readouterr().err


def test_dense_layers_say_which_size_they_are_made_for(runs, capsys):
    assert learn(runs, "autoencoder", "dense", 1, "--layers", "dense", "--image_size", "36,24") == 2
    assert "--image_size 72,48" in capsys.readouterr().err
