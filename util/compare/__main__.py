"""Runs side by side: python -m util.compare metrology best ../elsewhere/results/other/test_latest

Each argument is a run's name below --results_dir, whose newest results are taken, or a folder of results. The page
shows scores, options that differ, how the measures of the same holes differ, and their depth maps beside each other.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import tifffile
from numpy.typing import NDArray

from ..errors import UtilError
from ..files.atomic import write_bytes
from ..metrology import hole_table
from . import comparison_page

FINAL = ("centred", "quantised", "raw")  # the last of these is the map that was written


@dataclass(frozen=True)
class ResultsFolder:
    """One folder that test.py wrote."""

    folder: Path

    @classmethod
    def of(cls, name: str, results_dir: Path) -> "ResultsFolder":
        """The folder `name`, or the newest results of the run of that name. Raises UtilError if there are none."""
        for folder in (Path(name), results_dir / name):
            if (folder / "metrics.json").is_file():
                return cls(folder)
        found = sorted((results_dir / name).glob("*/metrics.json"), key=lambda path: path.stat().st_mtime)
        if not found:
            raise UtilError(f"{name}: neither a folder of results nor a run below {results_dir}; run test.py first")
        return cls(found[-1].parent)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """What metrics.json holds."""
        path = self.folder / "metrics.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UtilError(f"{path}: cannot be read ({error}); run test.py again") from None
        if not isinstance(found, dict):
            raise UtilError(f"{path}: not the metrics of a test; run test.py again")
        return found

    @cached_property
    def holes(self) -> dict[str, dict[str, float]]:
        """The measures of each hole by the image's name; empty where there are none."""
        path = self.folder / "holes.csv"
        if not path.is_file():
            return {}
        table = hole_table.read(path)
        columns = table.quantities
        return {image: {name: float(one[n]) for name, one in columns.items()} for n, image in enumerate(table.images)}

    def depth_nm(self, image: str) -> NDArray | None:
        """The depth map (H, W) of an image [nm below the top surface]; None where there is none."""
        path = self.folder / "depth_nm" / f"{image}.tiff"
        try:
            return tifffile.imread(path)
        except (OSError, ValueError, tifffile.TiffFileError):
            return None

    @property
    def summary(self) -> dict[str, str]:
        """What is compared, as text by its name."""
        score, said = self.metrics.get("score") or {}, {}
        final = next((name for name in FINAL if name in score), None)
        if final:
            said["RMSE [grey level]"] = f"{score[final]['rmse']:.2f}"
            said["RMSE in the hole"] = f"{score[final]['rmse_hole']:.2f}"
            said["bias"] = f"{score[final]['bias']:+.2f}"
            said["level right"] = f"{score[final]['level_accuracy']:.1%}"
        for name, key in (("pixels in their 90 % interval", "pixels"), ("floors in theirs", "floors")):
            held = score.get("intervals", {}).get(key)
            if held is not None:
                said[name] = f"{held:.1%}"
        for name, key, form in (
            ("images", "images", "{:,}"),
            ("weights", "parameters", "{:,}"),
            ("images/s", "images_per_second", "{:,.0f}"),
        ):
            if key in self.metrics:
                said[name] = form.format(self.metrics[key])
        return said


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
