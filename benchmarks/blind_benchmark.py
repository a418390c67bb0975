"""Scores the depth pipeline and the baselines on data sets that nobody develops on (docs/blind_benchmark.md).

    python benchmarks/blind_benchmark.py [--cells built_in_0 sharp] [--rows pipeline unet best cyclegan]

Makes the data set of each cell, trains the pipeline and the leaderboard's baselines on it, tests them and prints a
table. The same command continues after an interruption, and does not repeat what is complete.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks import leaderboard
from benchmarks.leaderboard_row import CENTRE, CLASSIFIER, MASK, REGRESSION, Row, read_scores
from benchmarks.timing import machine
from util.results import ResultsFolder

HERE = Path(__file__).parent
WORK = leaderboard.ROOT / "benchmarks/runs/blind_benchmark"
ROWS = {
    "pipeline": Row("depth pipeline", ("depth_pipeline",)),
    "unet": Row("U-Net regression", (REGRESSION,)),
    "best": Row(
        "3 of each, soft votes, recentred", (REGRESSION, CLASSIFIER, MASK), "", "soft", 3, CENTRE, "_recentred"
    ),
    "cyclegan": Row("CycleGAN, recentred", ("cycle_gan",)),
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=WORK, help="folder of data sets, runs and results")
    parser.add_argument("--cells", nargs="+", help="cells to train and test (all)")
    parser.add_argument("--rows", nargs="+", choices=tuple(ROWS), default=list(ROWS), help="what to train (all)")
    parser.add_argument("--table", action="store_true", help="train nothing, print the table of what is complete")
    parser.add_argument("--development", action="store_true", help="use the development sets (development.yaml)")
    args = parser.parse_args()
    folder = HERE / ("development" if args.development else "exam")
    plan = yaml.safe_load((folder / f"{folder.name}.yaml").read_text())
    budgets = yaml.safe_load((HERE / "leaderboard.yaml").read_text())["models"]
    cells = args.cells or list(plan["cells"])
    if not args.table:
        for cell in cells:
            make_dataset(args.work / cell, plan["images"] | plan["cells"][cell], folder)
        for name in args.rows:
            for cell in cells:
                run(args.work / cell, ROWS[name], budgets)
    print(to_markdown(args.work, list(plan["cells"])))
    return 0


def make_dataset(work: Path, cell: dict[str, Any], folder: Path) -> None:
    """Makes the data set of a cell."""
    flags = {f"--{key}": value for key, value in cell.items() if key not in ("domain", "renderer")}
    if "domain" in cell:
        flags |= {f"--real_{part}": folder / f"{cell['domain']}_{part}.json" for part in ("instrument", "population")}
    program = f"benchmarks.{folder.name}.{Path(cell['renderer']).stem}" if "renderer" in cell else "data.simulate"
    leaderboard.run_command(program, "--dataroot", work / "sem", *(word for flag in flags.items() for word in flag))


def run(work: Path, row: Row, budgets: dict[str, Any]) -> None:
    """Trains the members of a row, and tests it."""
    for member in row.members(0):
        model, seed = member.rsplit("_", 1)
        if model in budgets:
            leaderboard.train(work, model, int(seed), budgets[model], {})
        else:
            paths = ("--dataroot", work / "sem", "--checkpoints_dir", work / "checkpoints", "--name", member)
            options = ("--model", model, "--seed", seed, "--continue_train", "--display_id", 0, *leaderboard.ON_CPU)
            leaderboard.run_command("train.py", *paths, *options)
    leaderboard.test(work, row, 0)


def to_markdown(work: Path, cells: list[str]) -> str:
    """Results as Markdown, one line for each cell: RMSE of the final maps over all pixels [grey level]."""
    lines = [["cell", "mean map", *(row.title for row in ROWS.values()), "fraction of the U-Net's", "level right"]]
    lines[0] += ["training", "pixels in 90 %", "floors in 90 %", "flagged OOD"]
    for cell in cells:
        scores = {name: _read(work / cell, row) for name, row in ROWS.items()}
        pipeline, unet = scores["pipeline"], scores["unet"]
        if not any(scores.values()):
            continue
        mean_map = next(score["mean_map_baseline"] for score in scores.values() if score)
        errors = [_format(score, lambda score: f"{score['final']:.2f}") for score in scores.values()]
        ratio = f"{pipeline['final'] / unet['final']:.2f}" if pipeline and unet else "–"
        level = _format(pipeline, lambda score: f"{score['level_accuracy']:.2%}")
        minutes = _format(pipeline, lambda score: f"{score['seconds'] / 60:.0f} min")
        fractions = [
            _format(pipeline and pipeline["intervals"][key], lambda fraction: f"{fraction:.1%}")
            for key in ("coverage_pixels", "coverage_floors", "ood_rate")
        ]
        lines.append([cell, f"{mean_map:.2f}", *errors, ratio, level, minutes, *fractions])
    lines.insert(1, ["---"] * len(lines[0]))
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{text}\n\nRMSE in grey levels, all pixels; one core a program; {machine()}"


def _read(work: Path, row: Row) -> dict[str, Any] | None:
    folder = work / "results" / row.run(0) / "test_latest"
    if not (folder / "metrics.json").exists():
        return None
    return read_scores(work, row, 0) | {"intervals": ResultsFolder(folder).metrics["score"].get("intervals")}


def _format(value: Any, to_text: Callable[..., str]) -> str:
    return "–" if value is None else to_text(value)


if __name__ == "__main__":
    sys.exit(main())
