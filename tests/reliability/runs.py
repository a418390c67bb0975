"""Runs of train.py and test.py as processes of their own, forked from one that has imported them already."""

import importlib
import multiprocessing
import os
import signal
import time
from pathlib import Path

import torch

from benchmarks.leaderboard_programs import FORKSERVER

LIMIT = 120.0  # [s]
TINY = "--netG resnet_6blocks --ngf 2 --ndf 2 --pool_size 3 --gpu_ids -1 --display_id 0 --batch_size 2 --lr 0.001"
SHORT = "--n_epochs 3 --n_epochs_decay 0 --print_freq 2 --save_latest_freq 1 --save_epoch_freq 1"


def _main(program, arguments, log, before):
    os.setpgid(0, 0)  # a kill then takes the processes that it started, too
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    multiprocessing.set_start_method("fork", force=True)  # as in a program of its own
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    torch.set_num_threads(1)
    if before:
        before()
    raise SystemExit(importlib.import_module(program).main(arguments))


class Run:
    """`with Run("train", arguments, folder) as run:` starts it; `wait` gives its exit status, `said` its output."""

    def __init__(self, program, arguments, folder, before=None):
        self.log = Path(folder) / f"{time.monotonic_ns()}.log"
        self.process = FORKSERVER.Process(
            target=_main, args=(program, [str(one) for one in arguments], str(self.log), before)
        )

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        if self.process.is_alive():
            self.send(signal.SIGKILL)
        self.process.join()

    @property
    def said(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_for(self, text, limit=LIMIT):
        deadline = time.monotonic() + limit
        while text not in self.said and self.process.is_alive() and time.monotonic() < deadline:
            time.sleep(0.005)
        return text in self.said

    def send(self, signum):
        try:
            os.killpg(self.process.pid, signum)
        except ProcessLookupError:
            self.process.kill() if signum == signal.SIGKILL else None

    def wait(self, limit=LIMIT):
        self.process.join(limit)
        assert self.process.exitcode is not None, f"still running after {limit} s:\n{self.said[-2000:]}"
        return self.process.exitcode


def finished(program, arguments, folder, before=None):
    """Exit status and output of a whole run."""
    with Run(program, arguments, folder, before) as run:
        return run.wait(), run.said


def weights(folder, tag="latest"):
    """All weights of a checkpoint."""
    found = {}
    for path in sorted(Path(folder).glob(f"{tag}_net_*.pth")):
        found |= {f"{path.stem}.{key}": value for key, value in torch.load(path, weights_only=True).items()}
    return found


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)
