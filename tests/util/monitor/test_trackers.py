"""What TensorBoard and Weights & Biases are told, and that neither is needed."""

import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from util.errors import UtilError
from util.monitor import trackers
from util.monitor.trackers import Trackers, require_trackers

ROOT = Path(__file__).parents[3]
LOG = {"epoch": [1.0, 1.0, 2.0], "step": [10.0, 20.0, 30.0], "seconds": [0.1] * 3, "G_A": [3.0, 2.0, 1.0]}


def test_neither_is_imported_unasked():
    code = "import sys, util.monitor.training_monitor; sys.exit(bool({'wandb', 'tensorboard'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_a_missing_one_is_one_line(monkeypatch):
    monkeypatch.setattr(trackers, "find_spec", lambda name: None)
    with pytest.raises(UtilError, match="--track wandb: wandb is not installed; pip install wandb"):
        require_trackers(["wandb"])


def shown(names, run, start, stop, step=0):
    told = Trackers(names, run, "name", step, {"lr": 0.1})
    told.show({name: values[:start] for name, values in LOG.items()})
    told.show({name: values[:stop] for name, values in LOG.items()}, {"real_A": np.full((72, 48), 300.0)})
    told.end_epoch(10 * stop, {"epoch": [1], "step": [10 * stop], "seconds": [1], "lr": [0.1], "w1_distance": [0.5]})
    told.close()


def test_tensorboard_has_every_line_once_and_the_images(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    shown(["tensorboard"], tmp_path, 1, 2)
    shown(["tensorboard"], tmp_path, 2, 3, step=20)  # goes on
    found = EventAccumulator(str(tmp_path / "tensorboard"))
    found.Reload()
    assert [(one.step, one.value) for one in found.Scalars("G_A")] == [(10, 3), (20, 2), (30, 1)]
    assert sorted(found.Tags()["scalars"]) == ["G_A", "lr", "w1_distance"]
    image = found.Images("real_A")[0]
    assert (image.width, image.height) == (48, 72)


def test_wandb_stays_offline_and_in_the_run(tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    shown(["wandb"], tmp_path / "run", 1, 3)
    (run,) = (tmp_path / "run/wandb").glob("offline-run-*")
    assert next(run.glob("*.wandb")).stat().st_size > 0


def test_wandb_is_sent_every_line_once_the_images_and_the_validation(tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    started, logged, ended = [], [], []

    def init(**settings):
        started.append(settings)
        return types.SimpleNamespace(
            log=lambda values, step: logged.append((step, values)), finish=lambda: ended.append(len(logged))
        )

    fake = types.SimpleNamespace(init=init, Image=lambda image: image, Settings=lambda **settings: settings)
    monkeypatch.setitem(sys.modules, "wandb", fake)
    shown(["wandb"], tmp_path, 1, 3, step=0)
    (settings,) = started
    assert (settings["mode"], settings["dir"], settings["name"]) == ("offline", str(tmp_path), "name")
    assert settings["config"] == {"lr": 0.1, "first_step": 0}
    (image,) = [values.pop("real_A") for _, values in logged if "real_A" in values]
    assert image.dtype == np.uint8 and image.shape == (72, 48) and (image == 255).all()
    losses = [(10, {"G_A": 3.0}), (20, {"G_A": 2.0}), (30, {"G_A": 1.0})]
    assert logged == [*losses, (30, {}), (30, {"lr": 0.1, "w1_distance": 0.5})]
    assert ended == [len(logged)]
