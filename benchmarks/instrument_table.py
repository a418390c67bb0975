"""Prints what is read from whom, as a table: `python benchmarks/instrument_table.py FOLDER`, for docs/instruments.md.

FOLDER holds cases.json, {"cases": [{"file", "kind", "pixel_nm", "databar_rows", ...}]} with paths relative to FOLDER,
null where a file does not say. The exit status is 1 if a width (0.1 %) or a data bar is read otherwise.
"""

import json
import math
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from data import DataError, ImageHeader, images_of, read_header

TOLERANCE = 1e-3  # of a width
NAMES = {
    "signal": "signal",
    "voltage_kv": "voltage",
    "working_distance_mm": "working distance",
    "tilt_deg": "tilt",
    "is_tilt_corrected": "tilt correction",
    "dwell_us": "dwell time",
    "frames": "frames",
    "scan_rotation_deg": "scan rotation",
    "date": "date",
    "bits": "bits",
}


def read_case(folder: Path, case: dict) -> tuple[list[ImageHeader], list[str]]:
    """The headers of the images of a case, and what is wrong with them."""
    headers, problems = [], []
    for name in images_of(str(folder / case["file"])):
        try:
            header = read_header(name)
        except DataError as error:
            problems.append(str(error))
            continue
        headers.append(header)
        expected = case["pixel_nm"]
        is_width = header.pixel_nm is not None and math.isclose(header.pixel_nm, expected or 0, rel_tol=TOLERANCE)
        if not (is_width if expected else header.pixel_nm is None):
            problems.append(f"{name}: width {header.pixel_nm}, expected {expected}")
        if header.data_bar_rows != case["databar_rows"]:
            problems.append(f"{name}: data bar {header.data_bar_rows}, expected {case['databar_rows']}")
    return headers, problems


def row(kind: str, headers: list[ImageHeader]) -> str:
    """One line of the table: keys that state the width, rows of the data bar, and which settings are read."""
    keys = dict.fromkeys(f"`{header.pixel_source.split(' in ')[0]}`" for header in headers if header.pixel_source)
    bar = "yes" if any(header.data_bar_rows is not None for header in headers) else "no"
    settings = [text for name, text in NAMES.items() if any(getattr(header, name) is not None for header in headers)]
    return f"| {kind} | {', '.join(keys) or 'none'} | {bar} | {', '.join(settings)} |"


def main(folder: Path) -> int:
    """Prints the table, and what is read otherwise than the cases say."""
    by_kind, problems = defaultdict(list), []
    for case in json.loads((folder / "cases.json").read_text(encoding="utf-8"))["cases"]:
        headers, case_problems = read_case(folder, case)
        by_kind[case["kind"]] += headers
        problems += case_problems
    print("| file | width from | data bar | settings |\n|---|---|---|---|")
    print("\n".join(row(kind, headers) for kind, headers in by_kind.items()))
    for problem in problems:
        print(problem, file=sys.stderr)
    return bool(problems)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1], "cases.json").is_file():
        sys.exit("usage: python benchmarks/instrument_table.py FOLDER (which holds cases.json)")
    sys.exit(main(Path(sys.argv[1])))
