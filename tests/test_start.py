"""What a program loads before it starts to work: help and errors about the command line come without torch."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from models.model_options import INITS, NORMS
from models.networks import INITS as INIT_FUNCTIONS
from models.networks import NORMS as NORM_LAYERS

ROOT = Path(__file__).parents[1]
SLOW = ("torch", "torchvision", "matplotlib", "skimage", "scipy.stats", "visdom", "requests", "ray", "wandb")
REPORT = """
import json, runpy, sys
name, *sys.argv = sys.argv[1:]
sys.path.insert(0, "")
try:
    if name.endswith(".py"):
        runpy.run_path(name, run_name="__main__")
    else:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
except SystemExit as end:
    status = end.code
print(json.dumps([status, sorted(sys.modules)]))
"""


def run(program, *arguments):
    """Exit status of a program, and the modules that it has loaded when it ends."""
    command = [sys.executable, "-c", REPORT, program, program, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
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
        ("util.metrology", ["--help"], 0),
        ("util.metrology", ["no/such/folder"], 2),
        ("util.compare", ["--help"], 0),
        ("util.doctor", ["--help"], 0),
        ("util.visdom_server", ["--help"], 0),
        ("models.export", ["--help"], 0),
        ("models.export", ["checkpoints/none", "--size", "big"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_help_and_errors_about_the_command_line_load_nothing_slow(program, arguments, expected):
    status, modules, message = run(program, *arguments)
    assert status == expected, message
    assert not modules & set(SLOW)


def test_a_test_loads_neither_torchvision_nor_dynamo(tmp_path):
    """torch._dynamo takes a second; torchvision and every optimiser import it."""
    status, modules, message = run("data.simulate", "--dataroot", tmp_path, "--num_shapes", 1, "--num_test", 1)
    assert status == 0, message
    status, modules, message = run(
        "test.py", "--name", "holes", "--dataroot", tmp_path, "--gpu_ids", "-1", "--results_dir", tmp_path / "results"
    )
    assert status == 0, message
    assert not modules & {"torchvision", "torch._dynamo", "visdom", "requests", "ray"}


def test_names_that_options_offer_are_those_that_the_networks_know():
    assert (tuple(NORM_LAYERS), tuple(INIT_FUNCTIONS)) == (NORMS, INITS)
