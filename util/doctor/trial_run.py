"""Runs the programs as a user does, on tiny data for seconds, with time limits, in a temporary folder."""

import csv
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from ..errors import UtilError

ROOT = Path(__file__).parents[2]
TIME_LIMIT = 180.0  # [s] for each program; the first one may also load torch from a slow disk
PATIENT = {"OMP_WAIT_POLICY": "PASSIVE"}  # beside another job, threads that wait by spinning take ten times as long
TINY_OPTIONS = (
    "--netG resnet_6blocks --ngf 8 --netD basic --ndf 8 --n_epochs 6 --n_epochs_decay 0 --display_id 0 --no_html "
    "--print_freq 16"
)


def has_programs() -> bool:
    """Whether train.py and test.py are beside this package: true in a checkout, false in an installed wheel."""
    return (ROOT / "train.py").is_file() and (ROOT / "test.py").is_file()


def try_training(limit: float = TIME_LIMIT) -> float:
    """Trains tiny networks, then tests them; returns the training speed [steps per second].

    Raises UtilError with the last line of a program that fails or takes longer than `limit` [s].
    """
    with tempfile.TemporaryDirectory(prefix="semdepth-doctor-") as name:
        folder = Path(name)
        data = ["--dataroot", str(folder / "sem")]
        run = [*data, "--name", "doctor", "--checkpoints_dir", str(folder / "checkpoints")]
        run_program(
            "-m", "data.simulate", *data, "--num_shapes", "4", "--num_real", "16", "--num_test", "4", limit=limit
        )
        run_program("train.py", *run, *TINY_OPTIONS.split(), limit=limit)
        run_program("test.py", *run, "--results_dir", str(folder / "results"), limit=limit)
        with (folder / "checkpoints/doctor/losses.csv").open(newline="") as file:
            return 1 / float(list(csv.DictReader(file))[-1]["seconds"])


def run_program(*command: str, limit: float) -> None:
    """Runs a program without output; raises UtilError if it fails or takes longer than `limit` [s].

    After the time limit it is killed together with all processes that it started.
    """
    title = command[1] if command[0] == "-m" else command[0]
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
            start_new_session=True, env=PATIENT | os.environ,
        )  # fmt: skip
        try:
            status = child.wait(limit)
        except subprocess.TimeoutExpired:
            raise UtilError(f"{title}: not finished after {limit:g} s; is the machine busy?") from None
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        if status < 0:
            raise UtilError(f"{title}: ended by signal {-status}, often because memory ran out")
        if status:
            output.seek(0)
            lines = output.read().decode("utf-8", "replace").strip().splitlines()
            raise UtilError(f"{title}: exit status {status}: {lines[-1].strip() if lines else 'no output'}")
