"""The wheel installs the packages as semdepth.*, with the programs and the pretrained model, and nothing else."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from data.simulate import main as simulate
from util.command_line import PROGRAMS

ROOT = Path(__file__).parents[1]
COMMAND = "import sys; from semdepth.util.command_line import main; sys.argv[0] = 'semdepth'; sys.exit(main())"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder that holds what the wheel of this checkout installs."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "checkout"
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in listed.stdout.split("\n"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "-w", str(folder)]
    subprocess.run([*build, str(copy)], check=True)
    (wheel,) = folder.glob("semdepth-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(site, folder, program, *arguments):
    """A Python program that finds the installed packages, and runs in `folder`."""
    environment = {"PYTHONPATH": str(site), "PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def semdepth(site, folder, *arguments):
    """The command `semdepth` of the wheel."""
    return run(site, folder, COMMAND, *arguments)


def test_the_wheel_holds_semdepth_alone_and_imports(site, tmp_path):
    assert {path.name.split("-")[0] for path in site.iterdir()} == {"semdepth"}
    program = (
        "from semdepth.models import Predictor, MODELS; from semdepth.data import DatasetLayout; "
        "from semdepth.util.page import results_page; import semdepth.options, semdepth.models, sys; "
        "print(semdepth.models.__file__); assert not {'models', 'data', 'options', 'util'} & set(sys.modules)"
    )
    done = run(site, tmp_path, program)
    assert done.returncode == 0, done.stderr
    assert str(site) in done.stdout


def test_the_wheel_holds_the_programs_the_pretrained_model_and_the_types(site):
    for name in ("train.py", "test.py"):
        assert (site / "semdepth" / name).read_bytes() == (ROOT / name).read_bytes()
    pretrained = {path.name for path in (ROOT / "pretrained/holes").iterdir()} - {".lock"}
    assert {path.name for path in (site / "semdepth/pretrained/holes").iterdir()} == pretrained
    for package in ("models", "data", "options", "util"):
        assert (site / "semdepth" / package / "py.typed").is_file(), package
        for path in (ROOT / package).rglob("*"):
            if path.suffix in (".py", ".css", ".js"):
                assert (site / "semdepth" / path.relative_to(ROOT)).is_file(), path
    (entry_points,) = site.glob("semdepth-*.dist-info/entry_points.txt")
    assert "semdepth = semdepth.util.command_line:main" in entry_points.read_text().splitlines()


def test_the_command_tests_the_pretrained_model_in_an_empty_folder(site, tmp_path):
    sizes = ["--num_shapes", "1", "--num_real", "4", "--num_test", "2"]
    assert simulate(["--dataroot", str(tmp_path / "sem"), *sizes]) == 0
    image = sorted((tmp_path / "sem/test/SEM").iterdir())[0].rename(tmp_path / "image.png")
    (tmp_path / "empty").mkdir()
    where = ["--dataroot", image, "--name", "holes", "--results_dir", tmp_path / "results"]
    done = semdepth(site, tmp_path / "empty", "test", *where)
    assert done.returncode == 0, done.stderr
    assert f"{site / 'semdepth/pretrained/holes'}, epoch latest: 1 image of" in done.stdout
    results = tmp_path / "results/holes/test_latest"
    assert (results / "index.html").is_file() and (results / "depth/image.png").is_file()
    assert not list((tmp_path / "empty").iterdir())


def test_the_command_lists_all_programs_and_refuses_others(site, tmp_path):
    done = semdepth(site, tmp_path, "--help")
    assert done.returncode == 0
    listed = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")]
    assert listed == list(PROGRAMS)
    assert semdepth(site, tmp_path).stdout == done.stdout
    done = semdepth(site, tmp_path, "nonsense")
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "'nonsense'" in done.stderr
    done = semdepth(site, tmp_path, "--version")
    assert done.returncode == 0 and done.stdout.startswith("semdepth ")


def test_the_command_makes_and_checks_a_data_set(site, tmp_path):
    done = semdepth(site, tmp_path, "check", "-h")
    assert done.returncode == 0 and "--sheet" in done.stdout
    sizes = ["--num_shapes", "2", "--num_real", "4", "--num_test", "0"]
    done = semdepth(site, tmp_path, "simulate", "--dataroot", "sem", *sizes)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "sem/train/SEM").rglob("*.png"))) == 4
    done = semdepth(site, tmp_path, "check", "sem")
    assert done.returncode == 0 and "ready to train: " in done.stdout, done.stderr
    done = semdepth(site, tmp_path, "simulate", "--num_real", "x")
    assert done.returncode == 2 and "--num_real" in done.stderr
