"""Scores the depth pipeline and the baselines on data sets that nobody develops on (docs/blind_benchmark.md).

    python benchmarks/blind_benchmark.py [--cells built_in_0 sharp] [--rows pipeline unet best cyclegan]

Makes the data set of each cell, trains the pipeline and the leaderboard's baselines on it, tests them and prints
tables (blind_report.py). The same command continues after an interruption, and does not repeat what is complete.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks import blind_report, leaderboard
from benchmarks.blind_rows import ROWS, WORK
from benchmarks.leaderboard_row import Row
from benchmarks.ood_detection import read_monte_carlo

HERE = Path(__file__).parent


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=WORK, help="folder of data sets, runs and results")
    parser.add_argument("--cells", nargs="+", help="cells to train, test and report on (all)")
    parser.add_argument("--rows", nargs="+", choices=tuple(ROWS), default=list(ROWS), help="what to train (all)")
    parser.add_argument("--seeds", type=int, default=1, help="train the pipeline with seeds 0 to N - 1 (1)")
    parser.add_argument("--mc", type=Path, help="folder of Monte Carlo images: *.npz with `se`, and `depth` [nm]")
    parser.add_argument("--table", action="store_true", help="train nothing, print the tables of what is complete")
    parser.add_argument("--development", action="store_true", help="use the development sets (development.yaml)")
    args = parser.parse_args(words)
    folder = HERE / ("development" if args.development else "exam")
    plan = yaml.safe_load((folder / f"{folder.name}.yaml").read_text())
    cells = args.cells or list(plan["cells"])
    if unknown := [cell for cell in cells if cell not in plan["cells"]]:
        parser.error(f"--cells {' '.join(unknown)}: not in {folder.name}.yaml, which has {', '.join(plan['cells'])}")
    if args.seeds < 1:
        parser.error(f"--seeds {args.seeds}: at least 1")
    monte_carlo = args.mc and blind_report.MonteCarlo(*read_monte_carlo(args.mc))
    if not args.table:
        train_cells(args, plan, cells, folder)
    print(blind_report.to_markdown(args.work, list(plan["cells"])))
    if args.seeds > 1:
        print(f"\n{blind_report.report_seeds(args.work, cells, args.seeds)}")
    figure = args.work / "score_error.png" if args.development else leaderboard.ROOT / "docs/images/score_error.png"
    print(f"\n{blind_report.report(args.work, cells, monte_carlo, figure)}")
    return 0


def train_cells(args: argparse.Namespace, plan: dict[str, Any], cells: list[str], folder: Path) -> None:
    """Makes the data sets, trains and tests what is not complete."""
    budgets = yaml.safe_load((HERE / "leaderboard.yaml").read_text())["models"]
    for cell in cells:
        make_dataset(args.work / cell, plan["images"] | plan["cells"][cell], folder)
    for name in args.rows:
        for seed in range(args.seeds if name == "pipeline" else 1):
            for cell in cells:
                run(args.work / cell, ROWS[name], budgets, seed)


def make_dataset(work: Path, cell: dict[str, Any], folder: Path) -> None:
    """Makes the data set of a cell."""
    flags = {f"--{key}": value for key, value in cell.items() if key not in ("domain", "renderer")}
    if "domain" in cell:
        flags |= {f"--real_{part}": folder / f"{cell['domain']}_{part}.json" for part in ("instrument", "population")}
    program = f"benchmarks.{folder.name}.{Path(cell['renderer']).stem}" if "renderer" in cell else "data.simulate"
    leaderboard.run_command(program, "--dataroot", work / "sem", *(word for flag in flags.items() for word in flag))


def run(work: Path, row: Row, budgets: dict[str, Any], seed: int) -> None:
    """Trains the members of a row, and tests it."""
    for member in row.members(seed):
        model, member_seed = member.rsplit("_", 1)
        if model in budgets:
            leaderboard.train(work, model, int(member_seed), budgets[model], {})
        else:
            paths = ("--dataroot", work / "sem", "--checkpoints_dir", work / "checkpoints", "--name", member)
            options = ("--model", model, "--seed", member_seed, "--continue_train", "--display_id", 0)
            leaderboard.run_command("train.py", *paths, *options, *leaderboard.ON_CPU)
    leaderboard.test(work, row, seed)


if __name__ == "__main__":
    sys.exit(main())
