"""A checkpoint is whole or not there, whenever the program dies and whoever reads."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import torch

from util.errors import RunError, UtilError
from util.files.atomic import UNFINISHED, prepare
from util.run import DistributedContext, LossLog, checkpoint
from util.run.run_folder import RunFolder
from util.run.training_state import TrainingProgress, restore_training, save_training

NAMES = ("G_A", "G_B")


def save(folder, value, tags=("latest",)):
    checkpoint.save(folder, tags, {name: {"w": torch.full((3,), float(value))} for name in NAMES}, {"step": value})


def values(folder, tag="latest"):
    nets = [torch.load(folder / f"{tag}_net_{name}.pth", weights_only=True)["w"][0].item() for name in NAMES]
    return [*nets, checkpoint.load_state(folder)["step"]]


def test_networks_are_plain_state_dicts_under_every_tag(tmp_path):
    save(tmp_path, 7, ("latest", "20"))
    assert values(tmp_path) == values(tmp_path, "20") == [7, 7, 7]
    assert set(torch.load(tmp_path / "20_net_G_A.pth", weights_only=True)) == {"w"}
    assert not list(tmp_path.glob(f".*{UNFINISHED}")) and not (tmp_path / checkpoint.JOURNAL).exists()


class Killed(BaseException):
    """Stands for a kill: nothing in the code under test may catch it."""


@pytest.mark.parametrize("moment", range(8))
def test_a_kill_at_any_move_leaves_the_old_set_or_the_new_one(tmp_path, monkeypatch, moment):
    save(tmp_path, 1)
    moves, replace = [], Path.replace

    def dying(self, target):
        if len(moves) == moment:
            raise Killed
        moves.append(target)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", dying)
    try:
        save(tmp_path, 2)
        finished = True
    except Killed:
        finished = False
    monkeypatch.undo()
    checkpoint.recover(tmp_path)
    found = values(tmp_path)
    assert found in ([1, 1, 1], [2, 2, 2])
    assert (found == [2, 2, 2]) == (finished or moment > 0)  # the first move is the journal's: from then on it is new
    assert not list(tmp_path.glob(f".*{UNFINISHED}"))


def test_a_failed_write_leaves_the_old_set(tmp_path, monkeypatch):
    save(tmp_path, 1)
    written, real = [], torch.save

    def full_disk(content, path):
        if len(written) == 2:
            raise OSError("no space left")
        written.append(path)
        real(content, path)

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(RunError, match=r"no space left; 0\.0 MB are needed"):
        save(tmp_path, 2)
    monkeypatch.undo()
    checkpoint.recover(tmp_path)
    assert values(tmp_path) == [1, 1, 1]


def test_a_reader_leaves_the_files_of_a_living_training_alone(tmp_path):
    with RunFolder(str(tmp_path), "run") as run:
        save(run.path, 1)
        unfinished = prepare(run.path / "latest_net_G_A.pth", partial(torch.save, {"w": torch.zeros(1)}))
        checkpoint.require(run.path, "latest")
        assert unfinished.exists()
    checkpoint.require(run.path, "latest")
    assert not unfinished.exists()


def test_a_reader_ends_what_a_killed_training_began(tmp_path):
    save(tmp_path, 1)
    for name in NAMES:
        prepare(tmp_path / f"latest_net_{name}.pth", partial(torch.save, {"w": torch.full((3,), 2.0)}))
    prepare(tmp_path / "state.pt", partial(torch.save, {"step": 2}))
    files = [*(f"latest_net_{name}.pth" for name in NAMES), "state.pt"]
    (tmp_path / checkpoint.JOURNAL).write_text(json.dumps(files))
    checkpoint.require(tmp_path, "latest")
    assert values(tmp_path) == [2, 2, 2]


def test_a_missing_epoch_names_those_that_are_there(tmp_path):
    save(tmp_path, 1, ("latest", "5", "20", "100"))
    with pytest.raises(UtilError, match="no weights of epoch 200; there are: 5, 20, 100, latest"):
        checkpoint.require(tmp_path, "200")
    with pytest.raises(UtilError, match="none yet"):
        checkpoint.require(tmp_path / "nowhere", "latest")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", None])
def test_a_damaged_state_is_one_line(tmp_path, content):
    save(tmp_path, 1)
    whole = (tmp_path / "state.pt").read_bytes()
    (tmp_path / "state.pt").write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(UtilError) as caught:
        checkpoint.load_state(tmp_path)
    assert "state.pt: damaged" in str(caught.value) and "\n" not in str(caught.value)


def test_a_killed_process_leaves_a_whole_set_and_frees_the_lock(tmp_path):
    program = """
import sys, torch
from util.run import checkpoint
from util.run.run_folder import RunFolder
with RunFolder(sys.argv[1], "run") as run:
    value = 0
    while True:
        value += 1
        nets = {name: {"w": torch.full((3,), float(value))} for name in ("G_A", "G_B")}
        checkpoint.save(run.path, ("latest",), nets, {"step": value})
        print(value, flush=True)
"""
    root = Path(checkpoint.__file__).parents[2]
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, env={**os.environ, "PYTHONPATH": "."}) as child:
        assert child.stdout is not None and child.stdout.readline()
        with pytest.raises(UtilError, match="another training uses it"), RunFolder(str(tmp_path), "run"):
            pass
        time.sleep(0.05)
        child.send_signal(signal.SIGKILL)
    with RunFolder(str(tmp_path), "run") as run:
        assert len(set(values(run.path))) == 1


class Model:
    """As little of a model as a saved training needs."""

    def __init__(self):
        self.networks = {"G_A": torch.nn.Linear(2, 2)}

    def state_dict(self):
        return {}

    rank_state_dict = state_dict

    def load(self, folder, tag):
        self.networks["G_A"].load_state_dict(torch.load(folder / f"{tag}_net_G_A.pth", weights_only=True))

    def load_state_dict(self, state):
        assert state == {}

    load_rank_state_dict = load_state_dict


@pytest.mark.parametrize("key", ["steps_per_epoch", "length"])  # the key of this version, and the one of older runs
def test_a_training_resumes_where_it_was_saved(tmp_path, key):
    progress = TrainingProgress(epoch=3, batches=2, step=26, seconds=1.5, best=0.25, steps_per_epoch=12)
    with DistributedContext() as context, RunFolder(str(tmp_path), "run") as run:
        save_training(run, context, Model(), progress, LossLog(run.path), "latest")
        state = checkpoint.load_state(run.path)
        assert state["position"]["steps_per_epoch"] == 12 and "length" not in state["position"]
        state["position"][key] = state["position"].pop("steps_per_epoch")
        torch.save(state, run.path / "state.pt")
        assert restore_training(run.path, context, Model()) == (progress, {"sums": {}, "count": 0})
        state["position"]["unknown"] = 1
        torch.save(state, run.path / "state.pt")
        with pytest.raises(UtilError, match=r"state\.pt: does not match.*use --overwrite"):
            restore_training(run.path, context, Model())


def test_what_a_kill_left_of_the_page_is_removed(tmp_path):
    (tmp_path / "web").mkdir()
    (tmp_path / f"web/.index.html{UNFINISHED}").write_text("<htm")
    (tmp_path / "web/index.html").write_text("<html>")
    checkpoint.recover(tmp_path)
    assert [path.name for path in (tmp_path / "web").iterdir()] == ["index.html"]


def test_a_failed_save_names_the_file(tmp_path, monkeypatch):
    save(tmp_path, 1)
    monkeypatch.setattr(torch, "save", fail_as_on_a_full_disk)
    with pytest.raises(RunError, match=r"could not save latest_net_G_A\.pth: No space left on device; .* are needed"):
        save(tmp_path, 2)
    assert values(tmp_path) == [1, 1, 1]


def fail_as_on_a_full_disk(*_):
    raise OSError(errno.ENOSPC, "No space left on device")
