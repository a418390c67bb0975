"""What live plots cost a training: python benchmarks/plot_overhead.py

Runs the demo's training step in blocks, with one line of the loss log every 10 steps. Blocks in random order have no
plots, or plots with a server that works, that is dead, or that accepts and never answers. For each it prints the median
time of a step, how much that is above the step without plots, and the processor time of the plotting thread as a
fraction of the blocks. On a noisy machine the last is the most accurate; it excludes the time of the server itself.
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
    parser.add_argument("--rounds", type=int, default=15, help="blocks of each sort (15)")
    rounds = parser.parse_args().rounds
    options = MODELS["cycle_gan"].Options(netG="resnet_6blocks", ngf=8, ndf=16, netD="n_layers", n_layers_D=2)
    model = build("cycle_gan", options, torch.device("cpu"))
    batch = {name: torch.rand(4, 1, 72, 48) * 200 for name in ("sem", "depth")}
    good, stuck, dead = free_port(), socket.create_server(("127.0.0.1", 0)), free_port()
    with tempfile.TemporaryDirectory() as folder, server(good, folder):
        plots = {
            "no plots": None,
            "no plots, again": None,  # shows the noise of the machine
            "working server": new_plots(good),
            "dead server": new_plots(dead),
            "stuck server": new_plots(stuck.getsockname()[1]),
        }
        times: dict[str, list[float]] = {name: [] for name in plots}
        losses = {name: list(np.random.default_rng(0).random(LINES)) for name in ("epoch", "step", "seconds", *NAMES)}
        order = np.random.default_rng(1)
        for _ in range(rounds):
            for name in order.permutation(list(plots)).tolist():
                live_plots = plots[name]
                start = time.perf_counter()
                for step in range(BLOCK):
                    model.step(batch)
                    if live_plots and step % 10 == 0:
                        images = (
                            {key: value[0, 0].numpy() for key, value in model.get_visuals().items()} if step else None
                        )
                        live_plots.show(losses, images)
                times[name].append((time.perf_counter() - start) / BLOCK)
        busy = {
            name: cpu_seconds(live_plots) / (BLOCK * sum(times[name]))
            for name, live_plots in plots.items()
            if live_plots
        }
        for live_plots in plots.values():
            if live_plots:
                live_plots.close()
    print(f"{platform.machine()}, {os.cpu_count()} cores, {rounds} blocks of {BLOCK} steps each\n")
    base = np.array(times["no plots"])
    print("| | ms a step | above no plots | plotting thread |\n|---|---|---|---|")
    for name, values in times.items():
        above, thread = np.median(np.array(values) / base) - 1, busy.get(name, 0)
        print(f"| {name} | {1000 * np.median(values):.1f} | {above:+.1%} | {thread:.1%} |")
    return 0


def new_plots(port: int) -> LivePlots:
    return LivePlots(
        "http://127.0.0.1", port, "main", f"port {port}", 1, 4, "", MODELS["cycle_gan"].load_class().plot_layout
    )


def cpu_seconds(plots: LivePlots) -> float:
    """Processor time [s] that the plotting thread has taken so far (Linux)."""
    return time.clock_gettime(time.pthread_getcpuclockid(plots._thread.ident))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def server(port: int, folder: str) -> Iterator[None]:
    """A visdom server that runs during a `with` block."""
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
