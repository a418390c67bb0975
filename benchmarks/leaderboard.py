"""Trains, tests and ranks all models on one data set: python benchmarks/leaderboard.py [--quick]

Trains each model with its budget (leaderboard.yaml) and each seed, two programs at once on one core each. Then it
combines members to ensembles, tests all rows, and writes the table (leaderboard.md) and the page (index.html) into
--work. The same command continues after an interruption, and does not repeat what is complete.
"""

import argparse
import contextlib
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import forkserver
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks import leaderboard_page
from benchmarks.leaderboard_programs import FORKSERVER
from benchmarks.leaderboard_row import ROWS, Row, read_scores
from util.files import make_output_safe

ROOT = Path(__file__).parents[1]
MEMBERS = ("unet_regressor", "background_classifier", "hole_segmenter")  # three of each are trained for each seed
JOBS = 2
ON_CPU = ("--gpu_ids", "-1")
LOCK = threading.Lock()  # of the list of children, which multiprocessing does not guard against other threads


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "--work", type=Path, default=ROOT / "benchmarks/runs/leaderboard", help="folder of the data set, runs, results"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--quick", action="store_true", help="tiny data and networks, one seed: minutes, poor scores")
    args = parser.parse_args()
    work = args.work / "quick" if args.quick else args.work
    seeds = args.seeds[:1] if args.quick else args.seeds
    plan = yaml.safe_load(Path(__file__).with_name("leaderboard.yaml").read_text())
    data = plan["data_quick" if args.quick else "data"]
    start = time.monotonic()

    os.environ["OMP_NUM_THREADS"] = "1"
    with contextlib.chdir(ROOT):  # where the server imports the programs
        forkserver.ensure_running()
    run_command("data.simulate", "--dataroot", work / "sem", *data.split())
    trainings = [
        (name, seed + 10 * n) for seed in seeds for name in plan["models"] for n in range(3 if name in MEMBERS else 1)
    ]
    quick = plan["quick"] if args.quick else {}
    with ThreadPoolExecutor(JOBS) as pool:
        for job in [pool.submit(train, work, name, seed, plan["models"][name], quick) for name, seed in trainings]:
            job.result()
        for job in [pool.submit(test, work, row, seed) for seed in seeds for row in ROWS]:
            job.result()

    scores = {row.title: [read_scores(work, row, seed) for seed in seeds] for row in ROWS}
    with (work / "minutes.txt").open("a") as file:  # one line for each call: an interrupted leaderboard has several
        file.write(f"{(time.monotonic() - start) / 60:.1f}\n")
    minutes = sum(map(float, (work / "minutes.txt").read_text().split()))
    table = leaderboard_page.to_markdown(scores, len(seeds), minutes, data)
    (work / "leaderboard.md").write_text(table)
    leaderboard_page.write(work, scores, seeds, table)
    print(table)
    print(f"the page: {work / 'index.html'}")
    return 0


def run_name(name: str, seed: int) -> str:
    return f"{name}_{seed}"


def train(work: Path, name: str, seed: int, budget: dict[str, Any], quick: dict[str, Any]) -> None:
    """Trains one model, or continues its training; does nothing if it is complete."""
    options = {**budget, **{key: value for key, value in quick.items() if name in ONLY_FOR.get(key, (name,))}}
    paths = {"dataroot": work / "sem", "checkpoints_dir": work / "checkpoints", "name": run_name(name, seed)}
    last = options["n_epochs"] + options["n_epochs_decay"]
    if any((work / "checkpoints" / run_name(name, seed)).glob(f"{last}_net_*.pth")):
        return
    flags = [word for key, value in {**options, **paths, "seed": seed}.items() for word in (f"--{key}", value)]
    run_command("train.py", *flags, "--continue_train", "--display_id", "0", *ON_CPU)


ONLY_FOR = {  # options of the quick form that only these models have
    "width": ("unet_regressor", "scale_invariant_depth", "hole_segmenter", "autoencoder_convolutional"),
    "ngf": ("cycle_gan",),
    "ndf": ("cycle_gan",),
}


def test(work: Path, row: Row, seed: int) -> None:
    """Tests one row; if it is an ensemble, its members are combined first."""
    name = row.run(seed)
    run = ("--checkpoints_dir", work / "checkpoints", "--name", name, "--dataroot", work / "sem")
    if (work / "results" / name / "test_latest/metrics.json").exists():
        return
    if row.vote:
        ensemble = ("--model", "ensemble", "--members", ",".join(row.members(seed)), "--vote", row.vote)
        run_command("train.py", *run, *ensemble, "--continue_train", *row.options)
    run_command("test.py", *run, "--results_dir", work / "results", *ON_CPU)


def run_command(*words: object) -> None:
    """Runs a program of the checkout on one core: a module's name, or train.py or test.py, and its arguments.

    Its output is shown; CalledProcessError if it fails.
    """
    command = [*map(str, words)]
    process = FORKSERVER.Process(target=main_of, args=(command,))
    with LOCK:
        process.start()
    wait([process.sentinel])
    with LOCK:
        process.join()
    if process.exitcode:
        raise subprocess.CalledProcessError(process.exitcode, command)


def main_of(command: list[str]) -> None:
    """The main program of a process: what `python PROGRAM ...` does in the checkout."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.chdir(ROOT)
    sys.argv = command
    make_output_safe()
    sys.exit(importlib.import_module(command[0].removesuffix(".py")).main(command[1:]))


if __name__ == "__main__":
    sys.exit(main())
