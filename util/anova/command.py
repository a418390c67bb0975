"""Variance of a table: python -m util.metrology --table study.csv --value depth_nm --nested run,wafer --out study

Writes anova.csv, a row for each source of variation, and gauge.csv, the standard deviations: repeatability and the
others. docs/metrology.md explains each number and its source.
"""

import argparse
import csv
import io
import math
import sys
from collections.abc import Iterable
from pathlib import Path

from ..errors import UtilError
from ..files import ArgumentParser, counted, escape_formula, positive_number, write_bytes
from .design import Design, crossed, nested
from .gauge import GaugeRow, distinct_categories, gauge_rows
from .observations import Observations, read_observations
from .variance_table import Source, VarianceTable, analyse

PROGRAM = "python -m util.metrology"
SOURCE_COLUMNS = ("source", "df", "sum_of_squares", "mean_square", "f", "p", "variance_component")
GAUGE_COLUMNS = (
    "source", "variance", "standard_deviation", "contribution", "study_variation", "precision_to_tolerance",
)  # fmt: skip


def main(argv: list[str]) -> int:
    """Runs the command; returns the exit status: 0 done, 1 failed, 2 usage or bad input, 130 interrupted."""
    args = _build_parser().parse_args(argv)
    try:
        factors = args.crossed or args.nested
        _check_names(args.value, factors, bool(args.crossed))
        observations = read_observations(args.table, args.value, factors)
        design = crossed(observations, *factors) if args.crossed else nested(observations, factors)
        table = analyse(observations, design, args.method)
        rows = gauge_rows(table, bool(args.crossed), args.tolerance)
        args.out.mkdir(parents=True, exist_ok=True)
        write_bytes(args.out / "anova.csv", _csv_text(SOURCE_COLUMNS, table.sources))
        write_bytes(args.out / "gauge.csv", _csv_text(GAUGE_COLUMNS, rows))
    except UtilError as error:
        print(f"util.metrology: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"util.metrology: {error.filename or args.out}: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    _print_table(args.value, observations, design, table)
    _print_gauge(rows, bool(args.crossed), args.tolerance)
    print(f"the tables: {args.out / 'anova.csv'}, {args.out / 'gauge.csv'}")
    return 0


def _build_parser() -> ArgumentParser:
    parser = ArgumentParser(f"{PROGRAM} --table", __doc__)
    add = parser.add_argument
    add("--table", type=Path, required=True, metavar="FILE", help="CSV file with a header line, a row an observation")
    add("--value", required=True, metavar="COLUMN", help="the column of the values")
    design = parser.add_mutually_exclusive_group(required=True)
    design.add_argument("--nested", type=_names, metavar="COLUMN[,COLUMN]", help="factors, each nested in the one "
        "before: run,wafer are wafers of runs, so that wafer 1 is another one in each run")  # fmt: skip
    design.add_argument("--crossed", type=_names, metavar="PART,OPERATOR", help="a gauge study: what was measured, and "
        "who or what measured it, each combination several times")  # fmt: skip
    add("--method", choices=("anova", "reml"), default="anova", help="how variance components are estimated: from the "
        "expected mean squares, or by restricted maximum likelihood; default anova")  # fmt: skip
    add("--tolerance_nm", "--tolerance", dest="tolerance", type=positive_number, metavar="T",
        help="full width of the tolerance, for P/T, in the unit of the values")  # fmt: skip
    add("--out", type=Path, required=True, metavar="DIR", help="folder for the two tables")
    return parser


def _check_names(value: str, factors: list[str], is_crossed: bool) -> None:
    option = "--crossed" if is_crossed else "--nested"
    if is_crossed and len(factors) != 2:
        raise UtilError(f"--crossed {','.join(factors)}: name two columns, PART,OPERATOR; for others use --nested")
    if repeated := next((name for name in (value, *factors) if (value, *factors).count(name) > 1), None):
        raise UtilError(f"{option} {','.join(factors)}: column {repeated} is named twice; each has one role")


def _csv_text(header: tuple[str, ...], rows: Iterable[Source | GaugeRow]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([escape_formula(row.name), *(_number(value, ".15g", "") for value in row[1:])] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _number(value: float, form: str, missing: str) -> str:
    return missing if math.isnan(value) else format(value, form)


def _print_table(value: str, observations: Observations, design: Design, table: VarianceTable) -> None:
    for note in table.notes:
        print(note)
    count, balance = counted(len(observations.deviations), "value"), "balanced" if design.is_balanced else "unbalanced"
    print(f"{count} of {value}, mean {observations.mean:.10g}; {design.title}; {balance}")
    width = max(10, *(len(source.name) for source in table.sources))
    heads = ("sum of squares", "mean square", "F", "p", "component")
    print(f"{'source':{width}}{'df':>8}" + "".join(f"{head:>18}" for head in heads))
    for source in table.sources:
        cells = (_number(number, ".10g", "–") for number in source[2:])
        print(f"{source.name:{width}}{source.freedom:>8}" + "".join(f"{cell:>18}" for cell in cells))


def _print_gauge(rows: list[GaugeRow], is_crossed: bool, tolerance: float | None) -> None:
    width = max(16, *(len(row.name) for row in rows))
    heads = ("standard deviation", "of the variance", "of the deviation", *(("P/T",) if tolerance else ()))
    print(" " * width + "".join(f"{head:>20}" for head in heads))
    for row in rows:
        shares = (row.contribution, row.study_variation, row.precision_to_tolerance)[: len(heads) - 1]
        percentages = (_number(share, ".2%", "–") for share in shares)
        print(f"{row.name:{width}}{row.deviation:>20.10g}" + "".join(f"{cell:>20}" for cell in percentages))
    if is_crossed and (categories := distinct_categories(rows)):
        print(f"number of distinct categories: {categories}")


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError(f"{text!r} must be names of columns, separated by commas")
    return names
