"""What the errors of the depth pipeline consist of: python benchmarks/error_budget.py [--cells built_in_0 sharp]

Reads the data sets and results of benchmarks/blind_benchmark.py. The first table shows how much of the squared error
goes when the true level is given, how much goes when each map is then moved to where it fits best, and where the rest
is. The second table, and docs/images/calibration.png, show the coverage of intervals of several stated coverages.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import tifffile
import yaml
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.ndimage import shift
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks.blind_rows import ROWS, WORK
from benchmarks.leaderboard import ROOT
from data import read_grey
from util.scoring import metrics

STATED = (0.5, 0.68, 0.8, 0.9, 0.95, 0.99)  # coverages [0..1]
IN_LIBRARY = 1.0  # [grey level] to the nearest simulated shape: a shape differs from itself by two roundings
U90_FOLDERS = ("interval_nm", "depth_u90_nm")  # of results; the first is the former name
Maps = NDArray[np.float64]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--work", type=Path, default=WORK, help="--work of blind_benchmark.py")
    parser.add_argument(
        "--cells", nargs="+", default=list(yaml.safe_load((ROOT / "benchmarks/exam/exam.yaml").read_text())["cells"])
    )
    parser.add_argument("--plot", type=Path, default=ROOT / "docs/images/calibration.png")
    args = parser.parse_args()
    cells = {cell: maps for cell in args.cells if (maps := read_maps(args.work / cell)) is not None}
    if not cells:
        print(f"error_budget.py: {args.work}: no results of a pipeline; run blind_benchmark.py first", file=sys.stderr)
        return 2
    print(to_markdown(split_error, cells), "\n")
    print(to_markdown(tabulate_coverage, cells))
    plot(cells, args.plot)
    return 0


def read_maps(work: Path) -> dict[str, Maps] | None:
    """The maps of a tested cell; None if it has none.

    `depth`, `truth`, `depth_u90` (N, H, W) [grey level]; predicted `level` (N,) [grey level]; `nearest` (N,), the RMSE
    of the nearest simulated shape at the true level [grey level]; `in_library` (N,), whether it is that very shape.
    """
    results = work / "results" / ROWS["pipeline"].run(0) / "test_latest"
    u90_paths = {path.stem: path for name in U90_FOLDERS for path in (results / name).glob("*.tiff")}
    stems = sorted(u90_paths)
    if not stems:
        return None
    truth = np.stack([read_grey(work / f"sem/test/Depth/{stem}.png") for stem in stems]).astype(np.float64)
    true_level = metrics.levels_of(truth)
    depth_nm = np.stack([tifffile.imread(results / f"depth_nm/{stem}.tiff") for stem in stems]).astype(np.float64)
    level = np.stack([read_grey(results / f"depth/{stem}.png") for stem in stems]).max(axis=(1, 2))
    depth_u90 = np.stack([tifffile.imread(u90_paths[stem]) for stem in stems])
    u = metrics.normalised_depth(truth, true_level)
    error = distance_to_library(work / "sem", u) * (true_level - metrics.FLOOR)
    return {
        "depth": level[:, None, None] - depth_nm,
        "truth": truth,
        "depth_u90": depth_u90,
        "level": level.astype(np.float64),
        "nearest": error,
        "in_library": error < IN_LIBRARY,
    }


def distance_to_library(dataroot: Path, u: Maps) -> Maps:
    """Root mean square difference (N,) [1] of normalised depths (N, H, W) to the nearest simulated shape."""
    paths = sorted((dataroot / "simulation_data/Depth/Case_4").rglob("*.png"))
    maps = np.stack([read_grey(path) for path in paths])
    library = metrics.normalised_depth(maps, metrics.levels_of(maps)).reshape(len(maps), -1)
    return np.array([np.sqrt(np.square(library - shape.ravel()).mean(axis=1).min()) for shape in u])


def split_error(maps: dict[str, Maps]) -> dict[str, str]:
    """Square root of each part of the mean squared error [grey level]; their squares add up to that of `all`.

    For the oracle floor, true level and position are given, and each image takes the lower of two errors: that of its
    recentred map, and that of the nearest simulated shape.
    """
    truth, level = maps["truth"], metrics.levels_of(maps["truth"])
    at_true_level = metrics.denormalise(metrics.normalised_depth(maps["depth"], maps["level"]), level)
    aligned = np.stack([align_map(depth, true, true.max()) for depth, true in zip(at_true_level, truth, strict=True)])
    whole, without_case, shape = (np.square(depth - truth) for depth in (maps["depth"], at_true_level, aligned))
    u = metrics.normalised_depth(truth, level)
    parts = {
        "case": whole.mean() - without_case.mean(),
        "centring": without_case.mean() - shape.mean(),
        "wall": (shape * ((u > 0) & (u < 0.9))).mean(),
        "floor": (shape * (u >= 0.9)).mean(),
        "background": (shape * (u <= 0)).mean(),
    }
    oracle = np.minimum(shape.mean(axis=(1, 2)), maps["nearest"] ** 2)
    texts = {"all": f"{np.sqrt(whole.mean()):.2f}", "oracle floor": f"{np.sqrt(oracle.mean()):.2f}"}
    texts |= split_by_library(maps)
    return texts | {name: f"{np.sign(part) * np.sqrt(abs(part)):.2f}" for name, part in parts.items()}


def split_by_library(maps: dict[str, Maps]) -> dict[str, str]:
    """RMSE [grey level] of the images that show a shape of the simulated library, and of the others; their share."""
    texts = {}
    for name, mask in subsets(maps).items():
        error = metrics.rmse(maps["depth"][mask], maps["truth"][mask]) if mask.any() else np.nan
        texts[name] = f"{error:.2f} ({mask.mean():.0%})" if mask.any() else "–"
    return texts


def subsets(maps: dict[str, Maps]) -> dict[str, NDArray[np.bool_]]:
    """Which images (N,) have a shape of the simulated library, and which have another."""
    in_library = maps["in_library"].astype(bool)
    return {"in the library": in_library, "not in it": ~in_library}


def align_map(depth: Maps, truth: Maps, level: float) -> Maps:
    """A map (H, W) [grey level] moved to where it fits its ground truth best; `level` fills the border."""

    def move(offset: Any) -> Maps:
        return shift(depth, offset, order=1, mode="constant", cval=level)

    options = {"xatol": 0.02, "fatol": 0.01, "initial_simplex": [(0, 0), (0.3, 0), (0, 0.3)]}
    error = lambda offset: np.square(move(offset) - truth).mean()  # noqa: E731
    return move(minimize(error, (0.0, 0.0), method="Nelder-Mead", options=options).x)


def tabulate_coverage(maps: dict[str, Maps]) -> dict[str, str]:
    """Coverage of intervals of each stated coverage, pixels in holes; of 90 % also by kind of shape."""
    texts = {f"{stated:.0%}": f"{value:.1%}" for stated, value in zip(STATED, coverage(maps), strict=True)}
    for name, mask in subsets(maps).items():
        subset = {key: values[mask] for key, values in maps.items()}
        texts[f"90%, {name}"] = f"{coverage(subset, (0.9,))[0]:.1%}" if mask.any() else "–"
    return texts


def coverage(maps: dict[str, Maps], stated: tuple[float, ...] = STATED) -> list[float]:
    """Fraction [0..1] of the pixels in holes whose ground truth lies in intervals of each stated coverage.

    The 90 % interval is narrowed or widened as if errors were normally distributed.
    """
    hole = maps["truth"] < maps["truth"].max(axis=(1, 2), keepdims=True)
    error = np.abs(maps["depth"] - maps["truth"])[hole] / maps["depth_u90"][hole]
    limits = [NormalDist().inv_cdf(0.5 + value / 2) / NormalDist().inv_cdf(0.95) for value in stated]
    return [float((error <= limit).mean()) for limit in limits]


def to_markdown(tabulate: Callable[[Any], dict[str, str]], cells: dict[str, Any]) -> str:
    """A Markdown table with one line for each cell: columns by name, of what is known of the cell."""
    lines = {cell: tabulate(maps) for cell, maps in cells.items()}
    columns = list(next(iter(lines.values())))
    rows = [["cell", *columns], ["---"] * (len(columns) + 1), *([cell, *line.values()] for cell, line in lines.items())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def plot(cells: dict[str, dict[str, Maps]], path: Path) -> None:
    """Draws stated against measured coverage; the grey band is 85 to 95 % at 90 %."""
    figure = Figure(figsize=(5.2, 4.4), dpi=110, layout="constrained")
    axes = figure.subplots()
    axes.plot([0.45, 1], [0.45, 1], color="grey", linewidth=0.8, linestyle=":")
    axes.plot([0.9, 0.9], [0.85, 0.95], color="black", linewidth=5, alpha=0.25, solid_capstyle="butt")
    for cell, maps in cells.items():
        axes.plot(STATED, coverage(maps), "o-", markersize=3, linewidth=1.2, label=cell)
    axes.set(xlabel="stated coverage", ylabel="measured coverage, pixels in holes")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small")
    figure.savefig(path, metadata={"Software": None})


if __name__ == "__main__":
    sys.exit(main())
