"""Statistics of the holes of a test: python -m util.metrology metrology --reference sem/train/average_depth.csv

Reads holes.csv, and writes beside it: metrology.html, the page; sites.csv, mean and 3 sigma of each site;
statistics.json; with a reference calibrated.csv; and with --budget budget.csv, the uncertainty budget of each measure.
docs/metrology.md explains each number and its source.
"""

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import NamedTuple

from .. import anova, record
from ..budget import MeasureBudget, add_budget, budget_csv, budget_lines, make_budgets
from ..errors import UtilError
from ..files import ArgumentParser, counted, make_output_safe, positive_number, write_bytes
from ..results import ResultsFolder
from . import hole_table, reference_comparison
from .metrology_page import render_page
from .run_statistics import RunStatistics

WIDTH = 11  # characters of a column


class Column(NamedTuple):
    """A column of the terminal's table: its key in statistics.json, the lines of its title, the form of its numbers."""

    key: str
    titles: tuple[str, ...]
    form: str


COLUMNS = (
    Column("mean", ("mean", "of all", "holes"), ".4g"),
    Column("3sigma", ("3 sigma", "of all", "holes"), ".4g"),
    Column("3sigma_within_sites", ("3 sigma", "within", "sites"), ".4g"),
    Column("3sigma_within_sites_noise_corrected", ("the same", "without", "noise"), ".4g"),
    Column("3sigma_of_a_measurement", ("3 sigma", "of the", "noise"), ".4g"),
    Column("precision_to_tolerance", ("P/T:", "noise /", "tolerance"), ".1%"),
)


def main(argv: list[str]) -> int:
    """Runs the command; returns the exit status: 0 done, 1 failed, 2 usage or bad input, 130
    interrupted."""
    if any(word.partition("=")[0] == "--table" for word in argv):
        return anova.main(argv)
    if any(word.partition("=")[0] in ("--golden", "--verify") for word in argv):
        return record.main(argv)
    args = _build_parser().parse_args(argv)
    try:
        for name in ("nm_per_grey", "reference_sigma_nm", "quantity"):
            if getattr(args, name) is not None and args.reference is None:
                raise UtilError(f"--{name} needs --reference FILE")
        folder = Path(args.results)
        if not (folder / "holes.csv").is_file():
            folder = ResultsFolder.of(args.results, args.results_dir).folder
        table = hole_table.read(folder / "holes.csv")
        statistics = RunStatistics.from_table(table if args.all else table.drop_flagged(), args.tolerance_nm)
        if args.reference:
            reference = reference_comparison.read(args.reference, args.nm_per_grey or 1.0)
            statistics = statistics.compare_with(reference, args.quantity or "depth_mean_nm", args.reference_sigma_nm)
        budgets = [] if args.budget is None else make_budgets(folder, statistics, args.budget)
        _write_files(folder, statistics, budgets)
    except UtilError as error:
        print(f"util.metrology: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"util.metrology: {error.filename}: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if args.exclude_ood:
        print("--exclude_ood, --known_only: no longer needed; statistics leave such holes out unless --all is given")
    _print_summary(statistics, _describe_scale(folder))
    for line in budget_lines(budgets) if budgets else ():
        print(line)
    print(f"the page: {folder / 'metrology.html'}")
    return 0


def _build_parser() -> ArgumentParser:
    parser = ArgumentParser("python -m util.metrology", __doc__)
    add = parser.add_argument
    add("results", help="a folder of results, or the name of a run, whose newest results below --results_dir are used")
    add("--results_dir", type=Path, default=Path("results"), metavar="DIR", help="default ./results")
    add("--tolerance_nm", type=positive_number, metavar="T", help="full width of the tolerance [nm], for P/T")
    add("--reference", type=Path, metavar="FILE", help="reference values, such as average_depth.csv: rows `name,value` "
        "below a header line; the names are sites, or else images")  # fmt: skip
    add("--nm_per_grey", type=positive_number, metavar="X", help="factor from the reference's values to nm; default 1")
    add("--reference_sigma_nm", type=positive_number, metavar="S", help="standard deviation of the reference's error "
        "[nm]; determines Mandel's lambda, which is 1 otherwise, and is subtracted in TMU")  # fmt: skip
    add("--quantity", metavar="NAME", help="the column that is compared with the reference; default depth_mean_nm")
    add("--budget", nargs="?", const="", metavar="FILE.yaml", help="also make the uncertainty budget of each measure; "
        "the file states what is known of the instrument (docs/metrology.md)")  # fmt: skip
    add("--table", metavar="FILE", help="analyse the variance of this table instead: nested designs and gauge "
        "studies; `--table FILE -h` lists the options")  # fmt: skip
    add("--golden", metavar="NAME", help="record the results as a measurement of this golden sample, and draw its "
        "control charts; `--golden NAME -h` lists the options")  # fmt: skip
    which = parser.add_mutually_exclusive_group().add_argument
    which("--all", action="store_true", help="take all holes: statistics leave out those that are out of distribution "
        "(OOD), cut by the image's border, or several in one image")  # fmt: skip
    which("--exclude_ood", "--known_only", action="store_true", help=argparse.SUPPRESS)  # former flags
    return parser


def _write_files(folder: Path, statistics: RunStatistics, budgets: list[MeasureBudget]) -> None:
    """Writes all files, the page last; each write is atomic."""
    resolved, sections = folder.resolve(), [partial(add_budget, budgets)] if budgets else []
    files = {
        "sites.csv": statistics.sites_csv(),
        "statistics.json": json.dumps(statistics.as_json(), indent=1, allow_nan=False) + "\n",
        "calibrated.csv": statistics.calibrated_csv(),
        "budget.csv": budget_csv(budgets) if budgets else None,
        "metrology.html": render_page(f"{resolved.parent.name}, {resolved.name}", statistics, sections),
    }
    for name, content in files.items():
        if content is None:
            (folder / name).unlink(missing_ok=True)  # it belongs to earlier options
        else:
            write_bytes(folder / name, content.encode("utf-8", "replace"))


def _describe_scale(folder: Path) -> str:
    """The scale of the test's depths, as its metrics.json says it."""
    try:
        metrics = ResultsFolder(folder).metrics
    except UtilError:
        metrics = {}
    nm_per_grey, count = metrics.get("nm_per_grey"), metrics.get("reference_images")
    if not isinstance(nm_per_grey, int | float):
        return "metrics.json does not say how many nm a grey level is"
    scale = f"one grey level is {nm_per_grey:.4g} nm deep"
    if not isinstance(count, int):
        return f"{scale} (--nm_per_grey of the test)"
    error = metrics.get("nm_per_grey_standard_error")
    certainty = f"standard error {error:.2g} nm" if isinstance(error, int | float) else "its error is not known"
    return f"{scale} (--reference_depth of the test: {counted(count, 'image')} of the reference, {certainty})"


def _print_summary(statistics: RunStatistics, scale: str) -> None:
    for warning in statistics.warnings():
        print(warning)
    content = statistics.as_json()
    sites = f" at {counted(content['sites'], 'site')}" if content["sites"] else ", no sites"
    print(f"{counted(content['holes'], 'hole')}{sites}, {counted(content['images'], 'image')}; {scale}")
    width = max(map(len, statistics.quantities))
    for titles in zip(*(column.titles for column in COLUMNS), strict=True):
        print(" " * width + "".join(f"{title:>{WIDTH}}" for title in titles))
    for name, values in content["quantities"].items():
        numbers = ((column, values[column.key]) for column in COLUMNS)
        cells = ("–" if value is None else format(value, column.form) for column, value in numbers)
        print(f"{name:{width}}" + "".join(f"{cell:>{WIDTH}}" for cell in cells))
    if statistics.comparison:
        comparison, line = statistics.comparison, statistics.comparison.line
        low, high = comparison.limits_of_agreement
        print(
            f"{statistics.compared} against {len(comparison.names)} values of the reference: bias "
            f"{comparison.bias:+.3g} nm, 95 % of the differences within {low:+.3g} to {high:+.3g} nm,\n"
            f"slope {line.slope:.4f} ± {line.slope_error:.2g}, offset {line.offset:+.4g} ± {line.offset_error:.2g} nm, "
            f"TMU {comparison.tmu:.3g} nm (3 sigma)"
        )


if __name__ == "__main__":
    make_output_safe()
    sys.exit(main(sys.argv[1:]))
