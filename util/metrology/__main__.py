"""Statistics of a test's holes: python -m util.metrology metrology --reference sem/train/average_depth.csv

Reads holes.csv, and writes beside it metrology.html, the page; sites.csv, mean and 3 sigma of each site;
statistics.json; and, with a reference, calibrated.csv. docs/metrology.md says what each number is, and its source.
"""

import argparse
import json
import math
import sys
from pathlib import Path

from ..errors import UtilError
from ..files import make_output_safe, write_bytes
from ..results import ResultsFolder
from . import hole_table, reference_comparison
from .metrology_page import page
from .run_statistics import RunStatistics


def main(argv: list[str]) -> int:
    """The command; returns the exit status: 0 done, 1 failed, 2 usage or bad input, 130
    interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m util.metrology", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    add = parser.add_argument
    add("results", help="a folder of results, or a run's name below --results_dir, whose newest results are taken")
    add("--results_dir", type=Path, default=Path("results"), metavar="DIR", help="default ./results")
    add("--tolerance_nm", type=_above_0, metavar="T", help="full width of what is tolerated [nm], for P/T")
    add("--reference", type=Path, metavar="FILE", help="rows `name,value` below a header, such as average_depth.csv: "
        "sites, or else images, measured in another way")  # fmt: skip
    add(
        "--nm_per_grey",
        type=_above_0,
        metavar="X",
        help="what the reference's values are multiplied by to be nm; default 1",
    )
    add("--reference_sigma_nm", type=_above_0, metavar="S", help="standard deviation of the reference's error [nm]; "
        "gives Mandel's lambda, which is 1 otherwise, and is taken off TMU")  # fmt: skip
    add("--quantity", metavar="NAME", help="the column that the reference is compared with; default depth_mean_nm")
    add("--known_only", action="store_true", help="leave out the holes that are outside what the model knows")
    given = parser.parse_args(argv)
    try:
        for name in ("nm_per_grey", "reference_sigma_nm", "quantity"):
            if getattr(given, name) is not None and given.reference is None:
                raise UtilError(f"--{name}: is said of a reference; say --reference FILE, too")
        folder = Path(given.results)
        if not (folder / "holes.csv").is_file():
            folder = ResultsFolder.of(given.results, given.results_dir).folder
        table = hole_table.read(folder / "holes.csv")
        found = RunStatistics.of(table.drop_ood() if given.known_only else table, given.tolerance_nm)
        if given.reference:
            known = reference_comparison.read(given.reference, given.nm_per_grey or 1.0)
            found = found.against(known, given.quantity or "depth_mean_nm", given.reference_sigma_nm)
        _write(folder, found)
    except UtilError as error:
        print(f"util.metrology: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"util.metrology: {error.filename}: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    _say(found)
    print(f"the page: {folder / 'metrology.html'}")
    return 0


def _write(folder: Path, found: RunStatistics) -> None:
    """All files; each is whole or not there, and the page is the last."""
    where = folder.resolve()
    files = {
        "sites.csv": found.sites_csv(),
        "statistics.json": json.dumps(found.as_json(), indent=1, allow_nan=False) + "\n",
        "calibrated.csv": found.calibrated_csv(),
        "metrology.html": page(f"{where.parent.name}, {where.name}", found),
    }
    for name, content in files.items():
        if content is None:
            (folder / name).unlink(missing_ok=True)  # an earlier reference's
        else:
            write_bytes(folder / name, content.encode("utf-8", "replace"))


def _say(found: RunStatistics) -> None:
    for line in found.warnings():
        print(line)
    width = max(map(len, found.quantities))
    print(f"{'':{width}}{'mean':>12}{'3 sigma':>12}{'in sites':>12}{'less noise':>12}{'measurement':>12}{'P/T':>8}")
    for name, one in found.as_json()["quantities"].items():
        keys = (
            "mean",
            "3sigma",
            "3sigma_within_sites",
            "3sigma_within_sites_noise_corrected",
            "3sigma_of_a_measurement",
        )
        cells = "".join(f"{'–' if one[key] is None else format(one[key], '.4g'):>12}" for key in keys)
        ratio = one["precision_to_tolerance"]
        print(f"{name:{width}}{cells}{'–' if ratio is None else format(ratio, '.1%'):>8}")
    if found.comparison:
        one, name = found.comparison, found.compared
        low, high = one.limits_of_agreement
        print(
            f"{name} against {len(one.names)} of the reference: bias {one.bias:+.3g} nm, 95 % of the differences "
            f"within {low:+.3g} to {high:+.3g} nm,\nslope {one.line.slope:.4f} ± {one.line.slope_error:.2g}, offset "
            f"{one.line.offset:+.4g} ± {one.line.offset_error:.2g} nm, TMU {one.tmu:.3g} nm (3 sigma)"
        )


def _above_0(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return value


if __name__ == "__main__":
    make_output_safe()
    sys.exit(main(sys.argv[1:]))
