"""The record of a golden sample: python -m util.metrology RUN --golden NAME --baseline 20

Appends the newest results of RUN as a measurement of the golden sample NAME to records/NAME/record.sqlite, and writes
record.html and record.csv beside it: control charts with limits from a declared baseline. Without RUN, it judges the
newest measurement that is recorded. docs/metrology.md explains the charts.

Exit status: 0 in control, or no baseline yet; 1 out of control, or --verify found a fault; 2 nothing could be judged.
"""

import argparse
import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ..errors import UtilError
from ..files import ArgumentParser, counted, write_bytes
from ..results import ResultsFolder
from .chain import Chain, Row, verify
from .check_standard import check_holes, is_same, read_measurement
from .control_chart import LAMBDA
from .history import BASELINE, MEASUREMENT, MIN_BASELINE, History, declared_baseline
from .history_page import render_page
from .history_table import history_csv

BESIDE = (".anchor", ".csv", ".html")
NAME = re.compile(r"[^\W_][\w.+-]*")


def main(argv: list[str]) -> int:
    """Runs the command; returns the exit status: 0 in control, 1 out of control, 2 not judged, 130 interrupted."""
    args = _build_parser().parse_args(argv)
    try:
        path = args.record or Path("records", args.golden, "record.sqlite")
        return _verify(path) if args.verify else _record(path, args)
    except UtilError as error:
        print(f"util.metrology: {error}", file=sys.stderr)
    except OSError as error:
        print(f"util.metrology: {error.filename}: {error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 2


def _build_parser() -> ArgumentParser:
    parser = ArgumentParser("python -m util.metrology", __doc__)
    add = parser.add_argument
    add("results", nargs="?", help="a folder of results, or the name of a run, whose newest results are recorded")
    add("--results_dir", type=Path, default=Path("results"), metavar="DIR", help="default ./results")
    add("--golden", type=_name, required=True, metavar="NAME", help="the golden sample (check standard)")
    add(
        "--record",
        type=_record_file,
        metavar="FILE",
        help="default ./records/NAME/record.sqlite; on a disk of this machine",
    )
    add("--baseline", type=_baseline, metavar="N", help="declares which measurements give the limits: the first N, or "
        "those up to a date such as 2026-11-30 (UTC); it is kept in the record until another is declared")  # fmt: skip
    add("--quantity", type=_names, default=(), metavar="NAME[,NAME]", help="what is charted and judged; default "
        "depth_mean_nm,cd_half_nm")  # fmt: skip
    add(
        "--ewma_lambda", type=_weight, default=LAMBDA, metavar="L", help=f"weight of the newest point; default {LAMBDA}"
    )
    add("--verify", action="store_true", help="only look for changed, missing and moved rows of the record")
    return parser


def _verify(path: Path) -> int:
    count, faults = verify(path)
    for fault in faults:
        print(f"{path}: {fault}")
    if not faults:
        print(f"{path}: {counted(count, 'row')}, none changed, missing or moved")
    return int(bool(faults))


def _record(path: Path, args: argparse.Namespace) -> int:
    """Appends what is new, writes page and table, and prints one line."""
    measurement = None
    if args.results is None:
        if not path.is_file():
            raise UtilError(f"{path}: no such record; name the RUN whose results measure {args.golden!r}")
    else:
        folder = Path(args.results)
        if not (folder / "holes.csv").is_file():
            folder = ResultsFolder.of(args.results, args.results_dir).folder
        measurement = {"sample": args.golden, **read_measurement(folder)}
    with Chain(path) as chain:
        with chain.locked():
            repeated = _append(chain, measurement, args)
        chain.seal()
        with chain.locked():  # the page that is written last is that of the newest row
            history = History.from_rows(args.golden, chain.rows(), args.quantity, args.ewma_lambda)
            write_bytes(path.with_suffix(".csv"), history_csv(history).encode("utf-8", "replace"))
            write_bytes(path.with_suffix(".html"), render_page(history, path.name).encode("utf-8", "replace"))
    history.require_spread()
    return _print_verdict(history, path.with_suffix(".html"), repeated)


def _append(chain: Chain, measurement: dict[str, Any] | None, args: argparse.Namespace) -> Row | None:
    """Appends the measurement and the declared baseline unless the record has them; returns the row that has these
    results already."""
    rows = chain.rows()
    other = next((row.content["sample"] for row in rows if row.content["sample"] != args.golden), None)
    if other is not None:
        raise UtilError(
            f"{chain.path}: the record of golden sample {other!r}; use --golden {other}, or another --record"
        )
    repeated = next((row for row in rows if measurement and is_same(row.content, measurement)), None)
    if measurement and not repeated:
        first = next((row.content for row in rows if row.content["kind"] == MEASUREMENT), measurement)
        check_holes(measurement, first, args.golden)
        chain.append(measurement)
    if args.baseline and args.baseline != declared_baseline(rows):
        declared_at = datetime.now(UTC).isoformat(timespec="microseconds")
        chain.append({"sample": args.golden, "kind": BASELINE, "baseline": args.baseline, "recorded": declared_at})
    return repeated


def _print_verdict(history: History, page: Path, repeated: Row | None) -> int:
    """Prints what the newest measurement says, in one line; returns the exit status."""
    newest, signals, notes = history.rows[-1], history.newest_signals(), []
    if repeated:
        notes.append(f"these results are row {repeated.number} already")
    if flagged := newest.content["out_of_distribution"]:
        notes.append(f"{counted(flagged, 'hole')} out of distribution (OOD)")
    if not history.declared:
        notes.append("no limits: declare a --baseline")
    elif not history.baseline.any():
        notes.append(f"no limits: the baseline ({history.declared}) is not complete")
    if changed := history.changes(len(history.rows) - 1):
        notes.append(f"changed since the measurement before: {', '.join(changed)}")
    judged = "out of control" if signals else "in control" if history.baseline.any() else "recorded"
    verdict = f"golden sample {history.sample}, row {newest.number}: {judged}"
    print("; ".join([f"{verdict}: {', '.join(signals)}" if signals else verdict, *notes, f"the page: {page}"]))
    return int(bool(signals))


def _name(text: str) -> str:
    if not NAME.fullmatch(text) or len(text) > 100:
        raise argparse.ArgumentTypeError(f"{text!r} must be letters, digits, and . _ + - after the first of them")
    return text


def _record_file(text: str) -> Path:
    if Path(text).suffix in BESIDE:
        raise argparse.ArgumentTypeError(f"{text!r} must not end in {', '.join(BESIDE)}, as the files beside it do")
    return Path(text)


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _baseline(text: str) -> str:
    if text.isascii() and text.isdecimal() and MIN_BASELINE <= int(text) < 10**6:
        return str(int(text))
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        message = f"{text!r} must be a number of measurements from {MIN_BASELINE} on, or a date such as 2026-11-30"
        raise argparse.ArgumentTypeError(message) from None


def _weight(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number above 0, at most 1")
    return value
