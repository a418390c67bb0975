"""Statistics of the holes of a test: python -m util.metrology metrology --reference sem/train/average_depth.csv

Reads holes.csv, and writes beside it: metrology.html, the page; sites.csv, mean and 3 sigma of each site;
statistics.json; and with a reference calibrated.csv. docs/metrology.md explains each number and its source.
"""

import argparse
import json
import math
import sys
from pathlib import Path

from ..errors import UtilError
from ..files import ArgumentParser, make_output_safe, write_bytes
from ..results import ResultsFolder
from . import hole_table, reference_comparison
from .metrology_page import render_page
from .run_statistics import RunStatistics


def main(argv: list[str]) -> int:
    """Runs the command; returns the exit status: 0 done, 1 failed, 2 usage or bad input, 130
    interrupted."""
    args = _build_parser().parse_args(argv)
    try:
        for name in ("nm_per_grey", "reference_sigma_nm", "quantity"):
            if getattr(args, name) is not None and args.reference is None:
                raise UtilError(f"--{name} needs --reference FILE")
        folder = Path(args.results)
        if not (folder / "holes.csv").is_file():
            folder = ResultsFolder.of(args.results, args.results_dir).folder
        table = hole_table.read(folder / "holes.csv")
        statistics = RunStatistics.from_table(table.drop_ood() if args.exclude_ood else table, args.tolerance_nm)
        if args.reference:
            reference = reference_comparison.read(args.reference, args.nm_per_grey or 1.0)
            statistics = statistics.compare_with(reference, args.quantity or "depth_mean_nm", args.reference_sigma_nm)
        _write_files(folder, statistics)
    except UtilError as error:
        print(f"util.metrology: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"util.metrology: {error.filename}: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    _print_summary(statistics)
    print(f"the page: {folder / 'metrology.html'}")
    return 0


def _build_parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m util.metrology", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    add = parser.add_argument
    add("results", help="a folder of results, or the name of a run, whose newest results below --results_dir are used")
    add("--results_dir", type=Path, default=Path("results"), metavar="DIR", help="default ./results")
    add("--tolerance_nm", type=_positive_number, metavar="T", help="full width of the tolerance [nm], for P/T")
    add("--reference", type=Path, metavar="FILE", help="reference values, such as average_depth.csv: rows `name,value` "
        "below a header line; the names are sites, or else images")  # fmt: skip
    add("--nm_per_grey", type=_positive_number, metavar="X", help="factor from the reference's values to nm; default 1")
    add("--reference_sigma_nm", type=_positive_number, metavar="S", help="standard deviation of the reference's error "
        "[nm]; determines Mandel's lambda, which is 1 otherwise, and is subtracted in TMU")  # fmt: skip
    add("--quantity", metavar="NAME", help="the column that is compared with the reference; default depth_mean_nm")
    add("--exclude_ood", "--known_only", action="store_true", help="skip the holes that are out of distribution (OOD)")
    return parser


def _write_files(folder: Path, statistics: RunStatistics) -> None:
    """Writes all files, the page last; each write is atomic."""
    resolved = folder.resolve()
    files = {
        "sites.csv": statistics.sites_csv(),
        "statistics.json": json.dumps(statistics.as_json(), indent=1, allow_nan=False) + "\n",
        "calibrated.csv": statistics.calibrated_csv(),
        "metrology.html": render_page(f"{resolved.parent.name}, {resolved.name}", statistics),
    }
    for name, content in files.items():
        if content is None:
            (folder / name).unlink(missing_ok=True)  # it belongs to an earlier reference
        else:
            write_bytes(folder / name, content.encode("utf-8", "replace"))


def _print_summary(statistics: RunStatistics) -> None:
    for warning in statistics.warnings():
        print(warning)
    width = max(map(len, statistics.quantities))
    print(f"{'':{width}}{'mean':>12}{'3 sigma':>12}{'in sites':>12}{'less noise':>12}{'measurement':>12}{'P/T':>8}")
    for name, values in statistics.as_json()["quantities"].items():
        keys = (
            "mean",
            "3sigma",
            "3sigma_within_sites",
            "3sigma_within_sites_noise_corrected",
            "3sigma_of_a_measurement",
        )
        cells = "".join(f"{'–' if values[key] is None else format(values[key], '.4g'):>12}" for key in keys)
        ratio = values["precision_to_tolerance"]
        print(f"{name:{width}}{cells}{'–' if ratio is None else format(ratio, '.1%'):>8}")
    if statistics.comparison:
        comparison, line = statistics.comparison, statistics.comparison.line
        low, high = comparison.limits_of_agreement
        print(
            f"{statistics.compared} against {len(comparison.names)} values of the reference: bias "
            f"{comparison.bias:+.3g} nm, 95 % of the differences within {low:+.3g} to {high:+.3g} nm,\n"
            f"slope {line.slope:.4f} ± {line.slope_error:.2g}, offset {line.offset:+.4g} ± {line.offset_error:.2g} nm, "
            f"TMU {comparison.tmu:.3g} nm (3 sigma)"
        )


def _positive_number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number above 0")
    return value


if __name__ == "__main__":
    make_output_safe()
    sys.exit(main(sys.argv[1:]))
