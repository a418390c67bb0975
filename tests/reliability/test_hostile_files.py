"""Loading a run runs no code, whatever its files hold; what does not fit is one line."""

import json
import os
import pickle
import random
import shutil
import zipfile

import pytest
import torch

import test as testing
import train
from data.simulate import main as simulate
from tests.reliability.promise import promise
from tests.reliability.runs import SHORT, TINY

MARK = "ran"


class Payload:
    """Runs a command when it is unpickled."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("hostile")
    assert simulate(["--dataroot", str(place / "sem"), "--num_shapes", "2", "--num_real", "8", "--num_test", "2"]) == 0
    assert train.main(arguments(place, place)) == 0
    return place


def arguments(place, checkpoints, *more):
    where = ["--dataroot", str(place / "sem"), "--checkpoints_dir", str(checkpoints), "--name", "run"]
    return [*where, *TINY.split(), *SHORT.split(), "--n_epochs", "1", *more]


def payload(folder):
    return Payload(f"touch {folder.parent / MARK}")


def pickled(folder, name):
    (folder / name).write_bytes(pickle.dumps(payload(folder)))


def saved(folder, name):
    torch.save({"w": payload(folder)}, folder / name)


def archived(folder, name):
    """A torch archive whose pickle is another than the one that torch wrote."""
    unpacked = {}
    with zipfile.ZipFile(folder / name) as archive:
        unpacked = {one: archive.read(one) for one in archive.namelist()}
    with zipfile.ZipFile(folder / name, "w") as archive:
        for one, content in unpacked.items():
            archive.writestr(one, pickle.dumps(payload(folder), 2) if one.endswith("data.pkl") else content)


def truncated(folder, name):
    os.truncate(folder / name, (folder / name).stat().st_size // 2)


def foreign(folder, name):
    torch.save({"another": torch.zeros(3)}, folder / name)


def not_a_dict(folder, name):
    torch.save([torch.zeros(3)], folder / name)


def not_tensors(folder, name):
    torch.save({"a": {"b": 1}}, folder / name)


def other_shapes(folder, name):
    state = torch.load(folder / name, weights_only=True)
    torch.save({key: torch.zeros(2, 3) for key in state}, folder / name)


def other_contents(folder, name):
    state = torch.load(folder / name, weights_only=True)
    torch.save(state | {"system": {"optimisers": {"G": 3}}, "position": {"epoch": "x"}}, folder / name)


def random_bytes(folder, name):
    (folder / name).write_bytes(random.Random(1).randbytes(3000))


def edited(**changes):
    def way(folder, name):
        saved = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(saved | changes))

    way.__name__ = f"edited {changes}"[:60]
    return way


def yaml_of(text):
    def way(folder, name):
        (folder.parent / "settings.yaml").write_text(text.format(command=f"touch {folder.parent / MARK}"))

    way.__name__ = text[:60]
    return way


NETWORK, STATE, OPTIONS = "latest_net_G_A.pth", "state.pt", "opt.json"
HOSTILE = [
    *((way, NETWORK) for way in (pickled, saved, archived, truncated, foreign, not_a_dict, not_tensors, other_shapes)),
    *((way, STATE) for way in (pickled, saved, archived, truncated, foreign, not_a_dict, other_contents)),
    (random_bytes, NETWORK),
    (random_bytes, STATE),
    (random_bytes, OPTIONS),
    (pickled, OPTIONS),
    (edited(model="os.system"), OPTIONS),
    (edited(model="unet_regressor"), OPTIONS),
    (edited(netG="__import__('os').system('true')"), OPTIONS),
    (edited(ngf="64; import os"), OPTIONS),
    (edited(ngf=10**9), OPTIONS),
    (edited(ngf=None), OPTIONS),
    (edited(ngf=-3), OPTIONS),
    (edited(input_nc={"a": 1}), OPTIONS),
    (edited(hole_centre=["x", "y"]), OPTIONS),
    (edited(load_size=[]), OPTIONS),
    (edited(model="ensemble", members=["../../etc"]), OPTIONS),
    (yaml_of("lr: !!python/object/apply:os.system ['{command}']"), ""),
    (yaml_of("!!python/object/new:os.system ['{command}']"), ""),
    (yaml_of("a: &a [x]\nb: &b [*a, *a, *a, *a, *a, *a, *a]\nlr: [*b, *b, *b, *b, *b, *b, *b]"), ""),
]


@pytest.mark.slow
@promise(
    "Malicious or foreign checkpoints, states, options and configuration files: nothing executed, one line each", 33, 33
)
def test_no_file_of_a_run_runs_code(place, tmp_path, count, capsys):
    assert len(HOSTILE) == count
    for number, (way, name) in enumerate(HOSTILE):
        folder = shutil.copytree(place / "run", tmp_path / f"{number}/run")
        way(folder, name)
        config = ["--config", str(folder.parent / "settings.yaml")] if not name else []
        label = f"{way.__name__} {name}"
        capsys.readouterr()
        codes = [train.main(arguments(place, folder.parent, "--continue_train", "--n_epochs", "2", *config))]
        where = ["--dataroot", str(place / "sem"), "--checkpoints_dir", str(folder.parent), "--name", "run"]
        results = ["--results_dir", str(tmp_path / "results"), "--gpu_ids", "-1"]
        tested = testing.main([*where, *results, *config])
        said = capsys.readouterr().err
        lines = [line for line in said.splitlines() if line.startswith(("train.py: ", "test.py: "))]
        assert not (folder.parent / MARK).exists(), label
        assert codes[0] in (1, 2), f"{label}: went on\n{said}"
        assert tested in (0, 1, 2) and (tested == 0) <= (name != NETWORK), f"{label}: {said}"
        assert len(lines) == 1 + (tested != 0) and len(said.splitlines()) == len(lines), f"{label}: {said}"


def test_a_checkpoint_of_another_system_is_one_line(place, tmp_path, capsys):
    folder = shutil.copytree(place / "run", tmp_path / "run")
    for path in folder.glob("*_net_*"):
        path.unlink()
    other = [
        "--model",
        "unet_regressor",
        "--width",
        "2",
        "--num_downs",
        "2",
        "--n_epochs",
        "1",
        "--n_epochs_decay",
        "0",
    ]
    where = [
        "--dataroot",
        str(place / "sem"),
        "--checkpoints_dir",
        str(tmp_path),
        "--display_id",
        "0",
        "--gpu_ids",
        "-1",
    ]
    assert train.main([*where, "--name", "other", *other]) == 0
    for path in (tmp_path / "other").glob("latest_net_*"):
        shutil.copy(path, folder / "latest_net_G_A.pth")
    capsys.readouterr()
    assert testing.main(["--dataroot", str(place / "sem"), "--checkpoints_dir", str(tmp_path), "--name", "run"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
