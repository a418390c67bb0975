"""What live plots cost a training: python benchmarks/plot_overhead.py

The demo's training step, a line of the loss log every 10 steps and images every 50, in blocks in random order of no
plots and plots with a server that is good, dead, or accepts and never answers. Prints the median of each block's time a
step, its share above the one without plots, and the processor time of the plotting thread as a share of its blocks:
on a noisy machine the last says more, though it leaves out what the server itself takes.
"""

import argparse
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import requests
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from models import MODELS, build
from util.monitor.live_plots import LivePlots

BLOCK = 20  # steps
LINES = 2000  # of the loss log, as after a long run
NAMES = ("G_A", "G_B", "cycle_A", "cycle_B", "idt_A", "idt_B", "D_A", "D_B")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=15, help="blocks of each kind (15)")
    rounds = parser.parse_args().rounds
    options = MODELS["cycle_gan"].Options(netG="resnet_6blocks", ngf=8, ndf=16, netD="n_layers", n_layers_D=2)
    system = build("cycle_gan", options, torch.device("cpu"))
    batch = {name: torch.rand(4, 1, 72, 48) * 200 for name in ("sem", "depth")}
    good, stuck, dead = free_port(), socket.create_server(("127.0.0.1", 0)), free_port()
    with tempfile.TemporaryDirectory() as folder, server(good, folder):
        plots = {
            "no plots": None,
            "no plots, again": None,  # what the machine's noise alone makes of it
            "good server": drawing(good),
            "dead server": drawing(dead),
            "stuck server": drawing(stuck.getsockname()[1]),
        }
        times = {name: [] for name in plots}
        losses = {name: list(np.random.default_rng(0).random(LINES)) for name in ("epoch", "step", "seconds", *NAMES)}
        order = np.random.default_rng(1)
        for _ in range(rounds):
            for name, one in [(name, plots[name]) for name in order.permutation(list(plots)).tolist()]:
                began = time.perf_counter()
                for step in range(BLOCK):
                    system.step(batch)
                    if one and step % 10 == 0:
                        images = (
                            {key: value[0, 0].numpy() for key, value in system.get_visuals().items()} if step else None
                        )
                        one.show(losses, images)
                times[name].append((time.perf_counter() - began) / BLOCK)
        busy = {name: cpu_seconds(one) / (BLOCK * sum(times[name])) for name, one in plots.items() if one}
        for one in plots.values():
            if one:
                one.close()
    print(f"{platform.machine()}, {os.cpu_count()} cores, {rounds} blocks of {BLOCK} steps each\n")
    base = np.array(times["no plots"])
    print("| | ms a step | above no plots | plotting thread |\n|---|---|---|---|")
    for name, values in times.items():
        above, thread = np.median(np.array(values) / base) - 1, busy.get(name, 0)
        print(f"| {name} | {1000 * np.median(values):.1f} | {above:+.1%} | {thread:.1%} |")
    return 0


def drawing(port: int) -> LivePlots:
    return LivePlots("http://127.0.0.1", port, "main", f"port {port}", 1, 4, "", MODELS["cycle_gan"].plot_layout)


def cpu_seconds(plots: LivePlots) -> float:
    """Processor time [s] that the plotting thread has taken so far (Linux)."""
    return time.clock_gettime(time.pthread_getcpuclockid(plots._thread.ident))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def server(port: int, folder: str) -> Iterator[None]:
    """A visdom server for the time of a `with`."""
    command = [sys.executable, "-m", "util.visdom_server", "--port", str(port), "--env_path", folder]
    with subprocess.Popen(command, cwd=Path(__file__).parents[1], stderr=subprocess.DEVNULL) as process:
        for _ in range(200):
            try:
                requests.get(f"http://127.0.0.1:{port}", timeout=1)
                break
            except requests.RequestException:
                time.sleep(0.3)
        yield
        process.terminate()


if __name__ == "__main__":
    sys.exit(main())
