"""A run that was stopped anywhere ends in the weights of the unbroken one, to the bit, and logs every loss once."""

import csv
import itertools
import os
import signal

import pytest
import torch

import train
from data.simulate import main as simulate
from models.cycle_gan import CycleGan

NETWORKS = ("G_A", "G_B", "D_A", "D_B")
NETWORK = ["--netG", "resnet_6blocks", "--ngf", "3", "--ndf", "3", "--dropout", "--pool_size", "3", "--lr", "0.001"]
LOOP = ["--n_epochs", "2", "--n_epochs_decay", "2", "--batch_size", "2", "--print_freq", "3", "--save_epoch_freq", "1"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("resume")
    assert simulate(["--dataroot", str(place / "sem"), "--num_shapes", "2", "--num_real", "8", "--num_test", "0"]) == 0
    return place


def run(place, name, *more):
    where = ["--dataroot", str(place / "sem"), "--checkpoints_dir", str(place), "--name", name]
    return train.main([*where, "--gpu_ids", "-1", "--display_id", "0", *NETWORK, *LOOP, *more])


@pytest.fixture(scope="module")
def whole(place):
    assert run(place, "whole") == 0
    return ended(place, "whole")


def ended(place, name):
    """Weights, what was logged, and the best distance."""
    weights = {}
    for network in NETWORKS:
        state = torch.load(place / name / f"latest_net_{network}.pth", weights_only=True)
        weights |= {f"{network}.{key}": value for key, value in state.items()}
    with (place / name / "losses.csv").open() as file:
        rows = [[value for column, value in row.items() if column != "seconds"] for row in csv.DictReader(file)]
    state = torch.load(place / name / "state.pt", weights_only=True)
    return weights, rows, state["position"]


def interrupt(monkeypatch, step, signum):
    """Sends the signal while the step of that number is computed."""
    count, whole_step = itertools.count(1), CycleGan.step

    def stepping(self, batch):
        if next(count) == step:
            os.kill(os.getpid(), signum)
        return whole_step(self, batch)

    monkeypatch.setattr(CycleGan, "step", stepping)


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("step, signum", [(8, signal.SIGINT), (10, signal.SIGTERM)], ids=["after 2", "amid 3"])
def test_a_stopped_run_ends_like_the_unbroken_one(place, whole, monkeypatch, capsys, step, signum, workers):
    name = f"stopped_{step}_{workers}"
    with monkeypatch.context() as patch:
        interrupt(patch, step, signum)
        assert run(place, name, "--num_threads", workers) == 128 + signum
    assert "continue with --continue_train" in capsys.readouterr().out
    assert run(place, name, "--num_threads", workers, "--continue_train") == 0
    weights, rows, position = ended(place, name)
    assert weights.keys() == whole[0].keys() and all(torch.equal(weights[key], whole[0][key]) for key in weights)
    assert rows == whole[1] and position == whole[2]


def test_a_run_that_goes_on_after_each_step_is_the_same_run(place, whole, monkeypatch):
    for _ in range(40):
        with monkeypatch.context() as patch:
            interrupt(patch, 1, signal.SIGTERM)
            if run(place, "steps", "--continue_train") == 0:
                break
    weights, rows, _ = ended(place, "steps")
    assert all(torch.equal(weights[key], whole[0][key]) for key in weights) and rows == whole[1]


def test_best_is_a_whole_set_and_the_epoch_of_the_least_distance(place, whole, capsys):
    assert run(place, "best") == 0
    said = [line for line in capsys.readouterr().out.splitlines() if "w1_distance" in line]
    distances = [float(line.split("w1_distance ")[1].split()[0]) for line in said]
    marked = [n for n, line in enumerate(said, 1) if "(best)" in line]
    assert distances[marked[-1] - 1] == min(distances)
    for network in NETWORKS:
        best, kept = (
            torch.load(place / "best" / f"{tag}_net_{network}.pth", weights_only=True) for tag in ("best", marked[-1])
        )
        assert all(torch.equal(best[key], kept[key]) for key in kept)
