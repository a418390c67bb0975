"""What `python -m util.doctor` says of machines that are well, and of some that are not."""

import contextlib
import importlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from util.doctor import __main__ as doctor
from util.doctor import hardware, requirements, trial_run
from util.errors import UtilError

ROOT = Path(__file__).parents[3]


@contextlib.contextmanager
def listening(status=200):
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """Has setup.py ask for other packages."""

    def ask(*lines, python=">=3.11"):
        (tmp_path / "setup.py").write_text(f"setup(install_requires={list(lines)}, python_requires={python!r})")
        monkeypatch.setattr(requirements, "SETUP", tmp_path / "setup.py")

    return ask


def lines_of(capsys, *argv):
    status = doctor.main(list(argv))
    return status, capsys.readouterr().out.splitlines()


@pytest.mark.slow
def test_a_training_works_here_and_leaves_nothing(tmp_path):
    before = {path.name for path in ROOT.iterdir()}
    command = [sys.executable, "-m", "util.doctor", "--display_port", "1"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "training       works: " in done.stdout and done.stdout.splitlines()[-1] == "nothing is broken"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("semdepth")]
    assert {path.name for path in ROOT.iterdir()} == before


def test_without_the_programs_nothing_is_trained(tmp_path):
    shutil.copytree(ROOT / "util", tmp_path / "semdepth/util")
    command = [sys.executable, "-m", "semdepth.util.doctor", "--display_port", "1"]
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not tried: train.py and test.py are in the checkout" in done.stdout and "torch " in done.stdout


def test_a_missing_package_is_broken_and_one_outside_the_range_is_marked(asked, capsys):
    asked("numpy>=999", "no-such-package-here>=1", "tornado>=999", "tqdm")
    status, lines = lines_of(capsys, "--display_port", "1")
    assert status == 1 and lines[-1] == "1 broken: see above"
    found = {line[7:22].strip(): line for line in lines}
    broken = [line for line in lines if line.startswith("BROKEN")]
    assert len(broken) == 1 and "no-such-package-here missing; `make setup` installs it" in broken[0]
    assert found["numpy"].startswith("note") and ">=999 is required" in found["numpy"]
    assert found["tornado"].startswith("note") and found["tqdm"].startswith("ok")
    assert "not tried: a package that it needs is missing" in found["training"]


def test_another_python_is_marked(asked):
    asked(python=">=99")
    (python,) = requirements.required_packages()
    assert python.name == "Python" and not python.fits


def test_setup_py_and_what_was_installed_ask_for_the_same(monkeypatch):
    here = [(one.name, one.required) for one in requirements.required_packages()]
    assert {"Python", "torch", "visdom", "tornado"} <= {name for name, _ in here}
    monkeypatch.setattr(requirements, "SETUP", Path("nowhere"))
    assert {name for name, _ in here} <= {one.name for one in requirements.required_packages()} | {"packaging"}


def test_a_torch_that_cannot_be_loaded_is_one_line(monkeypatch, capsys):
    genuine = importlib.import_module

    def load(name, *rest):
        if name == "torch":
            raise OSError("first\nlibtorch.so: wrong \x1b[31mELF")
        return genuine(name, *rest)

    monkeypatch.setattr(importlib, "import_module", load)
    status, lines = lines_of(capsys, "--display_port", "1")
    broken = [line for line in lines if line.startswith("BROKEN")]
    assert status == 1 and len(broken) == 1 and "libtorch.so: wrong \\x1b[31mELF" in broken[0]


def test_a_server_that_answers_is_seen_and_others_are_not():
    with listening() as port:
        assert doctor.check_plots("http://127.0.0.1", port).message.endswith("a server answers")
    for there, reason in (
        (doctor.check_plots("http://127.0.0.1", 1), "no answer"),
        (doctor.check_plots("nonsense\n://", 80), "expected http://HOST"),
    ):
        assert reason in there.message and there.advice and not there.failed and "\n" not in str(there)
    with listening(403) as port:
        assert "no answer" in doctor.check_plots("http://127.0.0.1", port).message


def test_a_server_that_never_answers_holds_nothing_up():
    with socket.socket() as stuck:
        stuck.bind(("127.0.0.1", 0))
        stuck.listen()
        began = time.monotonic()
        assert "no answer" in doctor.check_plots("http://127.0.0.1", stuck.getsockname()[1]).message
        assert time.monotonic() - began < 10


def test_a_program_that_fails_is_quoted_and_one_that_is_killed_is_named():
    with pytest.raises(UtilError, match=r"exit status 3: train\.py: no room"):
        trial_run.run_program("-c", "import sys; print('train.py: no room', file=sys.stderr); sys.exit(3)", limit=60)
    with pytest.raises(UtilError, match="signal 9, often because memory"):
        trial_run.run_program("-c", "import os; os.kill(os.getpid(), 9)", limit=60)


def test_a_program_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path):
    note = tmp_path / "pid"
    sleeper = (
        "import subprocess, pathlib, time; one = subprocess.Popen(['sleep', '60']); "
        f"pathlib.Path({str(note)!r}).write_text(str(one.pid)); time.sleep(60)"
    )
    with pytest.raises(UtilError, match="not finished after 5 s"):
        trial_run.run_program("-c", sleeper, limit=5)
    for _ in range(100):
        state = Path(f"/proc/{note.read_text()}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the sleeper lives on")


def test_a_training_that_takes_too_long_is_broken_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(trial_run, "try_training", lambda genuine=trial_run.try_training: genuine(0.01))
    found = doctor.check_training()
    assert found.failed and "data.simulate: not finished" in found.message and not list(tmp_path.iterdir())


def test_no_place_for_the_training_is_broken(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    found = doctor.check_training()
    assert found.failed and "gone" in found.message and "TMPDIR" in found.advice


def test_the_machine_is_described(tmp_path, monkeypatch):
    assert hardware.processor() and 1 <= hardware.cores() <= os.cpu_count()
    total, free = hardware.memory()
    assert free is None or 0 < free <= total
    for name, value in (("LIMIT", "1000000"), ("USED", "400000")):
        (tmp_path / name).write_text(value + "\n")
        monkeypatch.setattr(hardware, name, tmp_path / name)
    assert hardware.memory()[0] == 1_000_000 and hardware.memory()[1] in (600_000, None)
    assert "torch" in hardware.machine()


def test_little_room_is_said():
    assert doctor.check_space("disk", 10**12, 10**6, "free disk space").advice == "free disk space"
    assert not doctor.check_space("disk", 10**12, 10**11, "free disk space").advice


@pytest.mark.parametrize("bad", [["--display_port", "0"], ["--display_port", "x"], ["--no_train"], ["more"]])
def test_bad_usage_exits_with_2(bad, capsys):
    with pytest.raises(SystemExit) as stop:
        doctor.main(bad)
    assert stop.value.code == 2 and bad[-1] in capsys.readouterr().err


def test_help_names_the_options(capsys):
    with pytest.raises(SystemExit) as stop:
        doctor.main(["-h"])
    said = capsys.readouterr().out
    assert stop.value.code == 0 and "--no_training" in said and "--display_server" in said


@pytest.mark.parametrize(("given", "expected"), [("", "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_programs_wait_without_spinning_unless_the_user_says_otherwise(monkeypatch, given, expected):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if given:
        monkeypatch.setenv("OMP_WAIT_POLICY", given)
    code = f"import os, sys; sys.exit(os.environ['OMP_WAIT_POLICY'] != {expected!r})"
    trial_run.run_program("-c", code, limit=60)
