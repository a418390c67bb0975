"""A training of seconds, run as a user would: the programs, each with a time limit, in a folder that is removed."""

import csv
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from ..errors import UtilError

ROOT = Path(__file__).parents[2]
LIMIT = 180.0  # [s] a program; the first one also waits for torch to come from a cold disk
TINY = (
    "--netG resnet_6blocks --ngf 8 --netD basic --ndf 8 --n_epochs 6 --n_epochs_decay 0 --display_id 0 --no_html "
    "--print_freq 16"
)


def checkout() -> bool:
    """Whether the two programs lie beside this room; a wheel has not got them."""
    return (ROOT / "train.py").is_file() and (ROOT / "test.py").is_file()


def try_training(limit: float = LIMIT) -> float:
    """Steps a second of a tiny training, after which its result was tested, too.

    Raises UtilError with the program's last words if one fails or takes longer than `limit` [s].
    """
    with tempfile.TemporaryDirectory(prefix="semdepth-doctor-") as name:
        folder = Path(name)
        data = ["--dataroot", str(folder / "sem")]
        run = [*data, "--name", "doctor", "--checkpoints_dir", str(folder / "checkpoints")]
        program("-m", "data.simulate", *data, "--stems", "4", "--real", "16", "--test", "4", limit=limit)
        program("train.py", *run, *TINY.split(), limit=limit)
        program("test.py", *run, "--results_dir", str(folder / "results"), limit=limit)
        with (folder / "checkpoints/doctor/losses.csv").open(newline="") as file:
            return 1 / float(list(csv.DictReader(file))[-1]["seconds"])


def program(*command: str, limit: float) -> None:
    """Runs one of the programs in silence; raises UtilError if it fails or takes longer than `limit` [s].

    It is ended with all that it started, so that nothing outlives this call.
    """
    title = command[1] if command[0] == "-m" else command[0]
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdout=said, stderr=said, stdin=subprocess.DEVNULL,
            start_new_session=True,
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
            said.seek(0)
            lines = said.read().decode("utf-8", "replace").strip().splitlines()
            raise UtilError(f"{title}: exit status {status}: {lines[-1].strip() if lines else 'it said nothing'}")
