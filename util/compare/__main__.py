"""Shows runs side by side: python -m util.compare metrology best ../elsewhere/results/other/test_latest

Each argument is the name of a run, whose newest results below --results_dir are used, or a folder of results. The page
shows scores, differences between the measurements of the same holes, depth maps, and options that differ.
"""

import sys
from pathlib import Path

from ..errors import UtilError
from ..files import ArgumentParser, write_bytes
from ..results import ResultsFolder
from ..run import saved_options
from . import comparison_page
from .common_holes import CommonHoles
from .image_folder import ImageFolder


def main(argv: list[str]) -> int:
    """Runs the command; returns the exit status: 0 done, 1 failed, 2 usage or bad input, 130
    interrupted."""
    parser = ArgumentParser("python -m util.compare", __doc__)
    parser.add_argument("runs", nargs="+", help="names of runs, or folders of results")
    parser.add_argument("--results_dir", type=Path, default=Path("results"), help="default ./results")
    parser.add_argument("--checkpoints_dir", type=Path, default=Path("checkpoints"), help="default ./checkpoints")
    parser.add_argument("--images", type=int, default=40, help="maximum number of images shown; default 40")
    parser.add_argument("--truth", type=Path, help="folder of true depth maps (PNG): errors are shown, too")
    parser.add_argument("--sem", type=Path, help="folder of the SEM images (PNG), which are shown, too")
    parser.add_argument("--all", action="store_true", help="also compare measurements of holes that are out of "
        "distribution, cut by the image's border, or several in one image")  # fmt: skip
    parser.add_argument("--out", type=Path, help="the page; default RESULTS_DIR/compare.html")
    args = parser.parse_args(argv)
    try:
        if len(args.runs) < 2:
            raise UtilError(f"{args.runs[0]}: name at least two runs, to compare them")
        if args.images < 0:
            raise UtilError(f"--images {args.images}: must be at least 0")
        results = [ResultsFolder.of(name, args.results_dir) for name in args.runs]
        runs = [str(folder.metrics.get("run", name)) for folder, name in zip(results, args.runs, strict=True)]
        options = [saved_options(args.checkpoints_dir / run) for run in runs]
        names = runs if len(set(runs)) == len(runs) else args.runs
        path = args.out or args.results_dir / "compare.html"
        scaled = next((folder for folder in results if not folder.is_relative), results[0])  # as the truth is
        nm_per_grey = scaled.metrics.get("nm_per_grey", 1.0)
        truth = ImageFolder("--truth", args.truth, nm_per_grey) if args.truth else None
        sem = ImageFolder("--sem", args.sem) if args.sem else None
        common = CommonHoles.of(names, results, args.all)
        page = comparison_page.render_page(names, results, options, common, args.images, truth, sem)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, page.encode())
    except UtilError as error:
        print(f"util.compare: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("util.compare: interrupted; nothing was written", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"util.compare: {error.filename or args.results_dir}: {error.strerror or error}", file=sys.stderr)
        return 1
    for line in common.lines:
        print(line)
    for name in dict.fromkeys(key for folder in results for key in folder.summary):
        print(f"{name:32}" + "".join(f"{folder.summary.get(name, '–'):>16}" for folder in results))
    print(f"the page: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
