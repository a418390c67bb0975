"""The exam (docs/exam.md): python benchmarks/exam.py [--cells built_in_0 sharp] [--rows pipeline unet best cyclegan]

Makes each cell's data set, trains the pipeline and the ladder's baselines on it, tests them and prints a table. What is
finished is not repeated; what was interrupted goes on. --table trains nothing and shows what there is; --development
runs the development sets (development.yaml) in place of the exam's.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))  # the rooms lie beside this folder

from benchmarks import leaderboard
from benchmarks.leaderboard_row import CENTRE, CLASSIFIER, MASK, REGRESSION, Row, figures
from benchmarks.timing import machine

HERE = Path(__file__).parent
ROWS = {
    "pipeline": Row("depth pipeline", ("depth_pipeline",)),
    "unet": Row("U-Net regression", (REGRESSION,)),
    "best": Row("3 of each, soft votes, centred", (REGRESSION, CLASSIFIER, MASK), "", "soft", 3, CENTRE, "_centred"),
    "cyclegan": Row("CycleGAN, centred", ("cycle_gan",)),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--work", type=Path, default=leaderboard.ROOT / "benchmarks/runs/exam")
    parser.add_argument("--cells", nargs="+")
    parser.add_argument("--rows", nargs="+", choices=tuple(ROWS), default=list(ROWS))
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--development", action="store_true")
    given = parser.parse_args()
    folder = HERE / ("development" if given.development else "exam")
    plan = yaml.safe_load((folder / f"{folder.name}.yaml").read_text())
    budgets = yaml.safe_load((HERE / "ladder.yaml").read_text())["systems"]
    cells = given.cells or list(plan["cells"])
    if not given.table:
        for cell in cells:
            make(given.work / cell, plan["images"] | plan["cells"][cell], folder)
        for name in given.rows:
            for cell in cells:
                run(given.work / cell, ROWS[name], budgets)
    print(table(given.work, list(plan["cells"])))
    return 0


def make(work: Path, cell: dict[str, Any], folder: Path) -> None:
    """The data set of a cell."""
    words = {f"--{key}": value for key, value in cell.items() if key not in ("domain", "renderer")}
    if "domain" in cell:
        words |= {f"--real_{part}": folder / f"{cell['domain']}_{part}.json" for part in ("instrument", "population")}
    program = [folder / cell["renderer"]] if "renderer" in cell else ["-m", "data.simulate"]
    leaderboard.program(*program, "--dataroot", work / "sem", *(word for pair in words.items() for word in pair))


def run(work: Path, row: Row, budgets: dict[str, Any]) -> None:
    """Trains what a row is made of, and tests it."""
    for member in row.members(0):
        system, seed = member.rsplit("_", 1)
        if system in budgets:
            leaderboard.train(work, system, int(seed), budgets[system], {})
        else:
            where = ("--dataroot", work / "sem", "--checkpoints_dir", work / "checkpoints", "--name", member)
            more = ("--model", system, "--seed", seed, "--continue_train", "--display_id", 0, "--gpu_ids", -1)
            leaderboard.program("train.py", *where, *more)
    leaderboard.test(work, row, 0)


def table(work: Path, cells: list[str]) -> str:
    """What there is, as Markdown: RMSE of the finished maps over all pixels [grey level], a line a cell."""
    lines = [["cell", "mean map", *(row.title for row in ROWS.values()), "/ U-Net", "level right", "training"]]
    lines[0] += ["pixels in 90 %", "floors in 90 %", "strange"]
    for cell in cells:
        found = {name: _read(work / cell, row) for name, row in ROWS.items()}
        ours, unet = found["pipeline"], found["unet"]
        if not any(found.values()):
            continue
        mean = next(one["mean_map"] for one in found.values() if one)
        errors = [_said(one, lambda one: f"{one['finished']:.2f}") for one in found.values()]
        ratio = f"{ours['finished'] / unet['finished']:.2f}" if ours and unet else "–"
        shares = [
            _said(ours, lambda one, key=key: f"{one['intervals'][key]:.1%}") for key in ("pixels", "floors", "strange")
        ]
        right, minutes = (
            _said(ours, way)
            for way in (lambda one: f"{one['level']:.2%}", lambda one: f"{one['seconds'] / 60:.0f} min")
        )
        lines.append([cell, f"{mean:.2f}", *errors, ratio, right, minutes, *shares])
    lines.insert(1, ["---"] * len(lines[0]))
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{text}\n\nRMSE in grey levels, all pixels; one core a program; {machine()}"


def _read(work: Path, row: Row) -> dict[str, Any] | None:
    path = work / "results" / row.run(0) / "test_latest/metrics.json"
    if not path.exists():
        return None
    return figures(work, row, 0) | {"intervals": json.loads(path.read_text())["score"].get("intervals")}


def _said(one: dict[str, Any] | None, way: Callable[..., str]) -> str:
    return "–" if one is None else way(one)


if __name__ == "__main__":
    sys.exit(main())
