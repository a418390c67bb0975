"""What the error of tested runs consists of: python benchmarks/error_budget.py [--cells built_in_0 sharp]

Out of the exam's results and data sets (benchmarks/exam.py): how much of the squared error goes when the true level is
given, and when each map is then moved to where it fits its truth best; where the rest lies; and how much of the truth
intervals of other shares hold, as a table and as docs/images/calibration.png.
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

sys.path.insert(0, str(Path(__file__).parents[1]))  # the rooms lie beside this folder

from benchmarks.blind_benchmark import HERE, ROWS
from benchmarks.leaderboard import ROOT
from data import read_grey
from util.scoring import metrics

SHARES = (0.5, 0.68, 0.8, 0.9, 0.95, 0.99)
IN_LIBRARY = 1.0  # [grey level] of the nearest simulated shape: two roundings lie between a shape and itself
Maps = NDArray[np.float64]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--work", type=Path, default=ROOT / "benchmarks/runs/exam")
    parser.add_argument(
        "--cells", nargs="+", default=list(yaml.safe_load((HERE / "exam/exam.yaml").read_text())["cells"])
    )
    parser.add_argument("--plot", type=Path, default=ROOT / "docs/images/calibration.png")
    given = parser.parse_args()
    found = {cell: maps for cell in given.cells if (maps := read(given.work / cell)) is not None}
    print(markdown(budget, found), "\n")
    print(markdown(calibration, found))
    plot(found, given.plot)
    return 0


def read(work: Path) -> dict[str, Maps] | None:
    """Maps (N, H, W) of a tested cell [grey level]: `depth`, `truth`, half the 90 % `interval`; the `level` found, the
    error of the `nearest` simulated shape at the true level, and whether that is the very shape, `known` (N,)."""
    results = work / "results" / ROWS["pipeline"].run(0) / "test_latest"
    stems = sorted(path.stem for path in (results / "interval_nm").glob("*.tiff"))
    if not stems:
        return None
    truth = np.stack([read_grey(work / f"sem/test/Depth/{stem}.png") for stem in stems]).astype(np.float64)
    level = metrics.levels_of(truth)
    deep = np.stack([tifffile.imread(results / f"depth_nm/{stem}.tiff") for stem in stems]).astype(np.float64)
    found = np.stack([read_grey(results / f"depth/{stem}.png") for stem in stems]).max(axis=(1, 2))
    interval = np.stack([tifffile.imread(results / f"interval_nm/{stem}.tiff") for stem in stems])
    error = nearest(work / "sem", metrics.normalised_depth(truth, level)) * (level - metrics.FLOOR)
    return {
        "depth": found[:, None, None] - deep,
        "truth": truth,
        "interval": interval,
        "level": found.astype(np.float64),
        "nearest": error,
        "known": error < IN_LIBRARY,
    }


def nearest(dataroot: Path, u: Maps) -> Maps:
    """Root mean square difference (N,) of unit shapes to the nearest one of the simulated library."""
    paths = sorted((dataroot / "simulation_data/Depth/Case_4").rglob("*.png"))
    maps = np.stack([read_grey(path) for path in paths])
    library = metrics.normalised_depth(maps, metrics.levels_of(maps)).reshape(len(maps), -1)
    return np.array([np.sqrt(np.square(library - one.ravel()).mean(axis=1).min()) for one in u])


def budget(maps: dict[str, Maps]) -> dict[str, str]:
    """Root of each part of the mean squared error [grey level]; their squares add up to the whole's.

    The oracle floor is what remains where level, centring and the nearest simulated shape are given: of each image the
    lesser error, of that shape or of its centred map.
    """
    truth, level = maps["truth"], metrics.levels_of(maps["truth"])
    given = metrics.denormalise(metrics.normalised_depth(maps["depth"], maps["level"]), level)
    recentred = np.stack([moved_best(one, true, true.max()) for one, true in zip(given, truth, strict=True)])
    whole, without_case, shape = (np.square(one - truth) for one in (maps["depth"], given, recentred))
    u = metrics.normalised_depth(truth, level)
    parts = {
        "case": whole.mean() - without_case.mean(),
        "centring": without_case.mean() - shape.mean(),
        "wall": (shape * ((u > 0) & (u < 0.9))).mean(),
        "floor": (shape * (u >= 0.9)).mean(),
        "background": (shape * (u <= 0)).mean(),
    }
    oracle = np.minimum(shape.mean(axis=(1, 2)), maps["nearest"] ** 2)
    said = {"all": f"{np.sqrt(whole.mean()):.2f}", "oracle floor": f"{np.sqrt(oracle.mean()):.2f}"}
    for name, where in (("in the library", maps["known"]), ("not in it", ~maps["known"].astype(bool))):
        said[name] = f"{np.sqrt(whole[where].mean()):.2f} ({where.mean():.0%})" if where.any() else "–"
    return said | {name: f"{np.sign(part) * np.sqrt(abs(part)):.2f}" for name, part in parts.items()}


def moved_best(depth: Maps, truth: Maps, level: float) -> Maps:
    """A map (H, W) moved to where it fits its truth best."""

    def moved(offset: Any) -> Maps:
        return shift(depth, offset, order=1, mode="constant", cval=level)

    options = {"xatol": 0.02, "fatol": 0.01, "initial_simplex": [(0, 0), (0.3, 0), (0, 0.3)]}
    worst = lambda offset: np.square(moved(offset) - truth).mean()  # noqa: E731
    found = minimize(worst, (0.0, 0.0), method="Nelder-Mead", options=options)
    return moved(found.x)


def calibration(maps: dict[str, Maps]) -> dict[str, str]:
    """Share of the pixels of holes that intervals of each stated share hold; of the 90 % ones also by kind of shape."""
    said = {f"{share:.0%}": f"{held:.1%}" for share, held in zip(SHARES, holds(maps), strict=True)}
    for name, where in (("90%, in the library", maps["known"]), ("90%, not in it", ~maps["known"].astype(bool))):
        some = {key: one[where] for key, one in maps.items()}
        said[name] = f"{holds(some, (0.9,))[0]:.1%}" if where.any() else "–"
    return said


def holds(maps: dict[str, Maps], shares: tuple[float, ...] = SHARES) -> list[float]:
    """Share of the pixels of holes whose truth lies within intervals that would hold `shares` of normal errors."""
    hole = maps["truth"] < maps["truth"].max(axis=(1, 2), keepdims=True)
    off = np.abs(maps["depth"] - maps["truth"])[hole] / maps["interval"][hole]
    widths = [NormalDist().inv_cdf(0.5 + share / 2) / NormalDist().inv_cdf(0.95) for share in shares]
    return [float((off <= width).mean()) for width in widths]


def markdown(way: Callable[[dict[str, Maps]], dict[str, str]], found: dict[str, dict[str, Maps]]) -> str:
    """A line a cell."""
    lines = {cell: way(maps) for cell, maps in found.items()}
    columns = list(next(iter(lines.values())))
    rows = [["cell", *columns], ["---"] * (len(columns) + 1), *([cell, *line.values()] for cell, line in lines.items())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def plot(found: dict[str, dict[str, Maps]], path: Path) -> None:
    """Stated against held shares; the band is 85 to 95 % at 90 %."""
    figure = Figure(figsize=(5.2, 4.4), dpi=110, layout="constrained")
    axes = figure.subplots()
    axes.plot([0.45, 1], [0.45, 1], color="grey", linewidth=0.8, linestyle=":")
    axes.plot([0.9, 0.9], [0.85, 0.95], color="black", linewidth=5, alpha=0.25, solid_capstyle="butt")
    for cell, maps in found.items():
        axes.plot(SHARES, holds(maps), "o-", markersize=3, linewidth=1.2, label=cell)
    axes.set(xlabel="stated share", ylabel="share of the truth that the intervals hold, pixels in holes")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small")
    figure.savefig(path, metadata={"Software": None})


if __name__ == "__main__":
    sys.exit(main())
