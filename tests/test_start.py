"""What a program loads before it starts to work: help and errors about the command line come without torch."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.model_options import INITS, NORMS
from models.networks import INITS as INIT_FUNCTIONS
from models.networks import NORMS as NORM_LAYERS
from util.command_line import main as semdepth

ROOT = Path(__file__).parents[1]
SLOW = (
    "torch",
    "torchvision",
    "matplotlib",
    "skimage",
    "scipy.ndimage",
    "scipy.stats",
    "statsmodels",
    "visdom",
    "requests",
    "ray",
    "wandb",
)
REPORT = f"""
import json, runpy, sys
ROOT = {str(ROOT)!r}
name, *sys.argv = sys.argv[1:]
sys.path.insert(0, ROOT)
try:
    if name == "semdepth":
        from util.command_line import main
        sys.exit(main())
    elif name.endswith(".py"):
        runpy.run_path(name, run_name="__main__")
    else:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
except SystemExit as end:
    status = end.code
print(json.dumps([status, sorted(sys.modules)]))
"""

FIRST_LINE = """
import builtins, json, os, runpy, sys
def stop(line, **_):
    os.write(1, json.dumps([line, sorted(sys.modules)]).encode())
    os._exit(0)
builtins.print = stop
sys.argv = sys.argv[1:]
sys.path.insert(0, os.getcwd())
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run(program, *arguments, folder=ROOT):
    """Exit status of a program in a folder, the modules that it has loaded when it ends, and its messages."""
    path = str(ROOT / program) if program.endswith(".py") else program
    command = [sys.executable, "-c", REPORT, path, program, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    status, modules = json.loads(done.stdout.splitlines()[-1])
    return status, set(modules), done.stderr


@pytest.mark.parametrize(
    ("program", "arguments", "expected"),
    [
        ("train.py", ["--help"], 0),
        ("train.py", ["--help", "--model", "depth_pipeline"], 0),
        ("train.py", ["--n_epoch", "3"], 2),
        ("train.py", ["--lr", "fast"], 2),
        ("train.py", ["--dataroot", "no/such/folder"], 2),
        ("train.py", ["--continue_train", "--dataroot", "no/such/folder"], 2),
        ("test.py", ["--help"], 0),
        ("test.py", ["--whichepoch", "3"], 2),
        ("test.py", ["--name", "no_such_run"], 2),
        ("test.py", ["--name", "holes", "--dataroot", "no/such/folder"], 2),
        ("data.simulate", ["--help"], 0),
        ("data.check", ["--help"], 0),
        ("data.check", ["--dataroot", "no/such/folder"], 2),
        ("data.fit_instrument", ["--help"], 0),
        ("data.fit_instrument", ["no/such/folder", "--out", "no/such/folder"], 2),
        ("util.metrology", ["--help"], 0),
        ("util.metrology", ["no/such/folder"], 2),
        ("util.metrology", ["no/such/folder", "--golden", "A"], 2),
        ("util.metrology", ["--golden", "A", "--verify"], 2),
        ("util.metrology", ["--table", "no_such.csv", "--value", "y", "--nested", "a", "--out", "no/such/folder"], 2),
        ("util.compare", ["--help"], 0),
        ("util.doctor", ["--help"], 0),
        ("util.visdom_server", ["--help"], 0),
        ("models.export", ["--help"], 0),
        ("models.export", ["checkpoints/none", "--size", "big"], 2),
        ("models.export", ["no/such/run", "--size", "72,48"], 2),
        ("data.simulate", ["--num_shapes", "many"], 2),
        ("util.compare", ["no_such_run", "no_such_run"], 2),
        ("util.doctor", ["--port", "far"], 2),
        ("util.visdom_server", ["--port", "far"], 2),
        ("semdepth", ["--help"], 0),
        ("semdepth", ["trian"], 2),
        ("semdepth", ["train", "--help"], 0),
        ("semdepth", ["test", "--whichepoch", "3"], 2),
        ("semdepth", ["check", "no/such/folder"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_help_and_errors_about_the_command_line_load_nothing_slow(program, arguments, expected):
    status, modules, message = run(program, *arguments)
    assert status == expected, message
    assert not modules & set(SLOW)


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    """Data sets by name, each with one mistake that can be seen before anything is computed."""
    folder = tmp_path_factory.mktemp("roots")
    levels = np.random.default_rng(0).normal(120, 12, (8, 72, 48)).clip(0, 255).astype(np.uint8)
    plateau = np.full((72, 48), 140, np.uint8)
    plateau[20:50, 10:40] = 30
    images = {
        "no_sem": {"trainB": plateau},
        "empty_sem": {"trainA": None, "trainB": plateau},
        "exchanged": {"trainA": plateau, "trainB": levels},
        "exchanged contest": {"train/SEM/Depth_110": plateau, "simulation_data/Depth/Case_1": levels},
        "contest depth": {"simulation_data/Depth/Case_1": plateau},
        "images": {"": levels},
        "empty": {"": None},
    }
    for root, folders in images.items():
        for name, stack in folders.items():
            (folder / root / name).mkdir(parents=True)
            for n, image in enumerate(np.broadcast_to(stack, levels.shape) if stack is not None else ()):
                Image.fromarray(image).save(folder / root / name / f"{n}.png")
    return folder


@pytest.mark.parametrize(
    ("program", "arguments", "parts"),
    [
        ("train.py", ["--dataroot", "no_sem"], ["no_sem/trainA: no such folder"]),
        ("train.py", ["--dataroot", "empty_sem"], ["empty_sem/trainA: holds no image, it is empty"]),
        ("train.py", ["--dataroot", "exchanged"], ["trainA looks like depth maps", "exchanged"]),
        ("train.py", ["--dataroot", "exchanged", "--dry_run"], ["trainA looks like depth maps", "exchanged"]),
        ("train.py", ["--dataroot", "exchanged contest"], ["train/SEM looks like depth maps", "exchanged"]),
        ("train.py", ["--dataroot", "contest depth"], ["contest depth/train/SEM: no such folder"]),
        ("train.py", ["--dataroot", "images"], ["images: SEM images alone", "test.py"]),
        ("train.py", ["--dataroot", "empty"], ["empty: the folder is empty"]),
        ("train.py", ["--dataroot", "image"], ["image: no such folder"]),
        ("test.py", ["--name", "holes", "--dataroot", "empty"], ["empty: the folder is empty"]),
        ("test.py", ["--dataroot", "images"], ["metrology", "--name holes", "pretrained"]),
        ("data.check", ["empty"], ["empty: the folder is empty"]),
        ("data.simulate", ["images"], ["--dataroot images"]),
        ("models.export", ["images", "--sizes", "72,48"], ["--sizes", "did you mean --size?"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_errors_about_the_data_set_come_before_anything_slow(roots, program, arguments, parts):
    before = sorted(roots.rglob("*"))
    status, modules, message = run(program, *arguments, folder=roots)
    assert status == 2 and message.count("\n") == 1 and all(part in message for part in parts), message
    assert not modules & set(SLOW)
    assert sorted(roots.rglob("*")) == before


@pytest.mark.parametrize(
    ("program", "typed", "meant"),
    [
        ("data.check", "--signall", "--signal"),
        ("data.check", "-signal", "--signal"),
        ("data.simulate", "--num-shapes", "--num_shapes"),
        ("data.simulate", "-num_shapes", "--num_shapes"),
        ("util.metrology", "--exlude_ood", "--exclude_ood"),
        ("util.metrology", "-reference", "--reference"),
        ("util.metrology", "--tabel", "--table"),
        ("util.compare", "-truth", "--truth"),
        ("util.doctor", "-help", "--help"),
        ("util.visdom_server", "-PORT", "--port"),
        ("models.export", "-epoch", "--epoch"),
    ],
)
def test_a_misspelt_option_names_the_nearest(program, typed, meant):
    status, _, message = run(program, typed, "1")
    assert status == 2 and message.count("\n") == 1 and message.endswith(f"did you mean {meant}?\n"), message


@pytest.mark.parametrize(("typed", "meant"), [("trian", "train"), ("visdom_server", "visdom-server")])
def test_a_misspelt_program_names_the_nearest(monkeypatch, capsys, typed, meant):
    monkeypatch.setattr(sys, "argv", ["semdepth", typed])
    assert semdepth() == 2
    assert capsys.readouterr().err == f"semdepth: unknown program {typed!r}; did you mean {meant}?\n"


def test_a_test_loads_neither_torchvision_nor_dynamo(tmp_path):
    """torch._dynamo takes a second; torchvision and every optimiser import it."""
    status, modules, message = run("data.simulate", "--dataroot", tmp_path, "--num_shapes", 1, "--num_test", 1)
    assert status == 0, message
    status, modules, message = run(
        "test.py", "--name", "holes", "--dataroot", tmp_path, "--gpu_ids", "-1", "--results_dir", tmp_path / "results"
    )
    assert status == 0, message
    assert not modules & {"torchvision", "torch._dynamo", "visdom", "requests", "ray"}


@pytest.mark.parametrize("program", ["train.py", "test.py"])
def test_the_first_line_comes_before_torch_is_loaded(tmp_path, program):
    """torch takes seconds to load, and torch._dynamo, which every optimiser imports, as many again."""
    status, _, message = run(
        "data.simulate", "--dataroot", tmp_path, "--num_shapes", 1, "--num_real", 4, "--num_test", 1
    )
    assert status == 0, message
    command = [sys.executable, "-c", FIRST_LINE, str(ROOT / program), "--dataroot", str(tmp_path), "--name", "holes"]
    command += ["--checkpoints_dir", str(tmp_path)] if program == "train.py" else []
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    line, modules = json.loads(done.stdout)
    assert "holes" in line and str(tmp_path) in line
    assert not set(modules) & set(SLOW)


def test_names_that_options_offer_are_those_that_the_networks_know():
    assert (tuple(NORM_LAYERS), tuple(INIT_FUNCTIONS)) == (NORMS, INITS)
