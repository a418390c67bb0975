"""The wheel installs the rooms as semdepth.*, and nothing under their bare names."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_wheel_holds_semdepth_alone_and_imports(tmp_path):
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "-w", str(tmp_path)]
    copy = tmp_path / "checkout"
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in listed.stdout.split("\n"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run([*build, str(copy)], check=True)
    (wheel,) = tmp_path.glob("semdepth-*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    assert {path.name.split("-")[0] for path in site.iterdir()} == {"semdepth"}
    program = (
        "from semdepth.models import Predictor, SYSTEMS; from semdepth.data import Layout; "
        "from semdepth.util import results_page; import semdepth.options, sys; "
        "print(semdepth.models.__file__); assert 'models' not in sys.modules"
    ).replace("print(semdepth", "import semdepth.models; print(semdepth")
    run = [sys.executable, "-c", program]
    done = subprocess.run(run, cwd=tmp_path, env={"PYTHONPATH": str(site)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert str(site) in done.stdout
