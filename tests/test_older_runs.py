"""Runs that an older version saved, under the names of then, are continued, combined and tested by this one."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

import test as testing
import train
from data.simulate import main as simulate

SMALL = ["--gpu_ids", "-1", "--display_id", "0", "--batch_size", "8", "--width", "4", "--n_epochs_decay", "0"]
FORMER_OPTIONS = {"num_downs": "depth", "architecture": "layers", "snap_background": "quantise"}
MODELS = {
    "unet": ["--model", "unet_regressor", "--num_downs", "1"],
    "coder": ["--model", "autoencoder", "--architecture", "convolutional"],
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("older")
    sizes = ["--num_shapes", "2", "--num_real", "4", "--num_test", "3"]
    assert simulate(["--dataroot", str(place / "sem"), *sizes]) == 0
    for run, model in MODELS.items():
        assert learn(place, "new", run, *model, "--n_epochs", "1") == 0
        assert learn(place, "old", run, *model, "--n_epochs", "1") == 0
        make_old(place / "old" / run)
    for folder in ("new", "old"):
        assert learn(place, folder, "both", "--model", "ensemble", "--members", "unet,coder", small=[]) == 0
    make_old(place / "old/both")
    for run in MODELS:
        make_old(place / "old/both/members" / run)
    return place


def learn(place, folder, run, *more, small=SMALL):
    where = ["--dataroot", str(place / "sem"), "--checkpoints_dir", str(place / folder), "--name", run]
    return train.main([*where, *small, *more])


def predicted(place, folder, run):
    """The depth maps of a run."""
    where = ["--dataroot", str(place / "sem"), "--checkpoints_dir", str(place / folder), "--name", run]
    assert testing.main([*where, "--gpu_ids", "-1", "--results_dir", str(place / f"results_{folder}")]) == 0
    maps = sorted((place / f"results_{folder}" / run / "test_latest/depth").iterdir())
    return np.stack([np.asarray(Image.open(path)) for path in maps])


def make_old(folder):
    """Writes the files of a run as versions before the names of today wrote them."""
    options = json.loads((folder / "opt.json").read_text())
    options = {FORMER_OPTIONS.get(name, name): value for name, value in options.items()}
    if options["model"] == "ensemble":
        options["model"] = "fusion"
    (folder / "opt.json").unlink()  # a hard link in a folder of members
    (folder / "opt.json").write_text(json.dumps(options))
    if (folder / "state.pt").exists():
        state = torch.load(folder / "state.pt", weights_only=True)
        state["position"]["length"] = state["position"].pop("steps_per_epoch")
        torch.save(state, folder / "state.pt")
        log = folder / "epochs.csv"
        assert "val_rmse" in log.read_text()
        log.write_text(log.read_text().replace("val_rmse", "held-out RMSE"))


def test_the_older_runs_hold_the_names_of_then(place):
    saved = {run: json.loads((place / f"old/{run}/opt.json").read_text()) for run in (*MODELS, "both")}
    assert saved["unet"]["depth"] == 1 and saved["coder"]["layers"] == "convolutional"
    assert saved["both"]["model"] == "fusion"
    assert not any(FORMER_OPTIONS.keys() & options.keys() for options in saved.values())


@pytest.mark.parametrize("run", [*MODELS, "both"])
def test_an_older_run_predicts_what_it_predicted(place, run):
    assert np.array_equal(predicted(place, "old", run), predicted(place, "new", run))


@pytest.mark.parametrize("run", MODELS)
def test_an_older_run_continues_as_one_of_today(place, run, capsys):
    for folder in ("new", "old"):
        assert learn(place, folder, run, *MODELS[run], "--n_epochs", "2", "--continue_train") == 0
    changed = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("changed", "note"))]
    assert changed == ["changed since the run began: --n_epochs: 1 in opt.json, 2 now"] * 2
    new, old = (torch.load(place / folder / run / "latest_net_R.pth", weights_only=True) for folder in ("new", "old"))
    assert new.keys() == old.keys() and all(torch.equal(new[key], old[key]) for key in new)
    logs = [(place / folder / run / "epochs.csv").read_text().splitlines() for folder in ("new", "old")]
    logs = [[[row.split(",")[n] for n in (0, 1, 3, 4)] for row in log] for log in logs]
    assert logs[0] == logs[1] and len(logs[0]) == 3


def test_an_older_ensemble_is_finished(place, capsys):
    more = ["--model", "ensemble", "--members", "unet,coder", "--continue_train"]
    assert learn(place, "old", "both", *more, small=[]) == 0
    assert "is finished: an ensemble has nothing to learn" in capsys.readouterr().out
