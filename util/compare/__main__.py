"""Runs side by side: python -m util.compare metrology best ../elsewhere/results/other/test_latest

Each argument is a run's name below --results_dir, whose newest results are taken, or a folder of results. The page
shows scores, options that differ, how the measures of the same holes differ, and their depth maps beside each other.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..errors import UtilError
from ..files import write_bytes
from ..results import ResultsFolder
from . import comparison_page


def main(argv: list[str]) -> int:
    """The command; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m util.compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("runs", nargs="+", help="names of runs, or folders of results")
    parser.add_argument("--results_dir", type=Path, default=Path("results"), help="default ./results")
    parser.add_argument("--checkpoints_dir", type=Path, default=Path("checkpoints"), help="default ./checkpoints")
    parser.add_argument("--images", type=int, default=40, help="images shown at most; default 40")
    parser.add_argument("--out", type=Path, help="the page; default RESULTS_DIR/compare.html")
    given = parser.parse_args(argv)
    try:
        if len(given.runs) < 2:
            raise UtilError(f"{given.runs[0]}: name at least two runs, to compare them")
        if given.images < 0:
            raise UtilError(f"--images {given.images}: must be at least 0")
        results = [ResultsFolder.of(name, given.results_dir) for name in given.runs]
        options = [_options(given.checkpoints_dir / str(one.metrics.get("run", "")) / "opt.json") for one in results]
        runs = [str(one.metrics.get("run", name)) for one, name in zip(results, given.runs, strict=True)]
        names = runs if len(set(runs)) == len(runs) else given.runs
        out = given.out or given.results_dir / "compare.html"
        page = comparison_page.page(names, results, options, given.images)
        out.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(out, page.encode())
    except UtilError as error:
        print(f"util.compare: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("util.compare: interrupted; nothing was written", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"util.compare: {error.filename or given.results_dir}: {error.strerror or error}", file=sys.stderr)
        return 1
    for name in dict.fromkeys(key for one in results for key in one.summary):
        print(f"{name:32}" + "".join(f"{one.summary.get(name, '–'):>16}" for one in results))
    print(f"the page: {out}")
    return 0


def _options(path: Path) -> dict[str, Any]:
    """The options of a run, flat; empty where they are not at hand."""
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return saved if isinstance(saved, dict) else {}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
