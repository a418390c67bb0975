"""Every approach on one data set, ranked: python benchmarks/ladder.py [--quick]

Trains each system with its budget (leaderboard.yaml) and each seed, two programs at once on one core each, joins them to the
combinations, tests all, and writes the table (ladder.md) and the page (index.html) into --work. What is finished is not
repeated when the command is typed again; what was interrupted goes on.
"""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))  # the rooms lie beside this folder

from benchmarks import leaderboard_page
from benchmarks.leaderboard_row import ROWS, Row, figures

ROOT = Path(__file__).parents[1]
MEMBERS = ("unet_regressor", "background_classifier", "hole_segmenter")  # three of each are trained a seed
JOBS = 2


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--work", type=Path, default=ROOT / "benchmarks/runs/ladder", help="data set, runs, results")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--quick", action="store_true", help="tiny data and networks, one seed: minutes, poor figures")
    given = parser.parse_args()
    work = given.work / "quick" if given.quick else given.work
    seeds = given.seeds[:1] if given.quick else given.seeds
    plan = yaml.safe_load(Path(__file__).with_name("leaderboard.yaml").read_text())
    began = time.monotonic()

    program("-m", "data.simulate", "--dataroot", work / "sem", *plan["data_quick" if given.quick else "data"].split())
    trainings = [
        (name, seed + 10 * n) for seed in seeds for name in plan["systems"] for n in range(3 if name in MEMBERS else 1)
    ]
    quick = plan["quick"] if given.quick else {}
    with ThreadPoolExecutor(JOBS) as pool:
        for done in [pool.submit(train, work, name, seed, plan["systems"][name], quick) for name, seed in trainings]:
            done.result()
        for done in [pool.submit(test, work, row, seed) for seed in seeds for row in ROWS]:
            done.result()

    found = {row.title: [figures(work, row, seed) for seed in seeds] for row in ROWS}
    note = (work / "minutes.txt").open("a")  # of each call: an interrupted ladder has several
    note.write(f"{(time.monotonic() - began) / 60:.1f}\n")
    note.close()
    minutes = sum(map(float, (work / "minutes.txt").read_text().split()))
    table = leaderboard_page.table(found, len(seeds), minutes, plan["data_quick" if given.quick else "data"])
    (work / "ladder.md").write_text(table)
    leaderboard_page.write(work, found, seeds, table)
    print(table)
    print(f"the page: {work / 'index.html'}")
    return 0


def run_name(system: str, seed: int) -> str:
    return f"{system}_{seed}"


def train(work: Path, name: str, seed: int, budget: dict[str, object], quick: dict[str, object]) -> None:
    """Trains one system, or goes on with it; nothing to do if it is finished."""
    options = {**budget, **{key: value for key, value in quick.items() if key not in PART_OF or name in PART_OF[key]}}
    where = {"dataroot": work / "sem", "checkpoints_dir": work / "checkpoints", "name": run_name(name, seed)}
    last = options["n_epochs"] + options["n_epochs_decay"]
    if any((work / "checkpoints" / run_name(name, seed)).glob(f"{last}_net_*.pth")):
        return
    words = [word for key, value in {**options, **where, "seed": seed}.items() for word in (f"--{key}", value)]
    program("train.py", *words, "--continue_train", "--display_id", "0", "--gpu_ids", "-1")


PART_OF = {  # options of the quick form that only some systems have
    "width": ("unet_regressor", "scale_invariant_depth", "hole_segmenter", "autoencoder_convolutional"),
    "ngf": ("cycle_gan",),
    "ndf": ("cycle_gan",),
}


def test(work: Path, row: Row, seed: int) -> None:
    """Tests one row, after joining its members if it has several."""
    name = row.run(seed)
    where = ("--checkpoints_dir", work / "checkpoints", "--name", name)
    if (work / "results" / name / "test_latest/metrics.json").exists():
        return
    if row.vote:
        members = ",".join(row.members(seed))
        join = ("--model", "fusion", "--members", members, "--vote", row.vote, "--dataroot", work / "sem")
        program("train.py", *where, *join, "--continue_train", *row.more)
    program("test.py", *where, "--dataroot", work / "sem", "--results_dir", work / "results", "--gpu_ids", "-1")


def program(*words: object) -> None:
    """A command of the checkout on one core; its output goes to the terminal, its failure ends the ladder."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *map(str, words)], cwd=ROOT, check=True, env=environment)


if __name__ == "__main__":
    sys.exit(main())
