"""The page of a comparison of runs, one file."""

import base64
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from dominate import tags
from numpy.typing import NDArray

from ..drawing import empty_page, figure

COMPARED = (
    "depth_mean_nm",
    *(f"cd_{where}_{unit}" for unit in ("nm", "px") for where in ("top", "half", "bottom")),
    "ellipticity",
    "volume_nm3",
    "volume_nm_px2",
)
HIGHER_IS_BETTER = ("level right", "images/s")
JUDGED = ("RMSE [grey level]", "RMSE in the hole", *HIGHER_IS_BETTER)
FULL = 99.5  # percentile of the depths at which the colours of all maps end


class Compared(Protocol):
    """What the page needs of a folder of results."""

    @property
    def summary(self) -> dict[str, str]: ...

    @property
    def holes(self) -> dict[str, dict[str, float]]: ...

    def depth_nm(self, image: str) -> NDArray | None: ...


def page(names: Sequence[str], results: Sequence[Compared], options: Sequence[dict[str, Any]], most: int) -> str:
    """HTML of results under their names, the first of which is the reference; at most `most` images are shown."""
    made = empty_page(" | ".join(names))
    with made:
        tags.h1("Runs side by side")
        tags.p(f"Differences are against the first, {names[0]}.", cls="quiet")
        tags.h2("Scores")
        _scores(names, [one.summary for one in results])
        common = [image for image in results[0].holes if all(image in one.holes for one in results[1:])]
        if common:
            tags.h2("Measures of the same holes")
            _measures(names, [one.holes for one in results], common)
            tags.h2("Depth maps")
            _maps(names, results, common[:: max(1, -(-len(common) // most))] if most else [])
        _options(names, options)
    return made.render()


def _table(names: Sequence[str], first: str, rows: Sequence[tuple[str, Sequence[str], int | None]]) -> None:
    """Rows of a name, a cell a run, and which of them is the best."""
    with tags.div(cls="wide"), tags.table():
        with tags.thead(), tags.tr():
            tags.th(first)
            for name in names:
                tags.th(name)
        with tags.tbody():
            for title, cells, best in rows:
                with tags.tr():
                    tags.td(title)
                    for n, cell in enumerate(cells):
                        with tags.td():
                            (tags.b if n == best else tags.span)(cell)


def _scores(names: Sequence[str], figures: Sequence[dict[str, str]]) -> None:
    rows = []
    for title in dict.fromkeys(key for one in figures for key in one):
        cells = [one.get(title, "–") for one in figures]
        values = [float(cell.rstrip("%").replace(",", "")) if cell != "–" else np.nan for cell in cells]
        best = None
        if title in JUDGED and len(set(values)) > 1:
            best = int(np.nanargmax(values) if title in HIGHER_IS_BETTER else np.nanargmin(values))
        rows.append((title, cells, best))
    _table(names, "the best in bold", rows)


def _measures(names: Sequence[str], holes: Sequence[dict[str, dict[str, float]]], common: Sequence[str]) -> None:
    tags.p(f"{len(common)} holes: mean and, of the others, mean difference ± 3 sigma.", cls="quiet")
    rows = []
    for measure in COMPARED:
        values = np.array([[one[image].get(measure, np.nan) for image in common] for one in holes])
        if not np.isfinite(values[0]).any():
            continue
        cells = [f"{np.nanmean(values[0]):.4g}"]
        for other in values[1:]:
            apart = (other - values[0])[np.isfinite(other - values[0])]
            cells.append(f"{apart.mean():+.3g} ± {3 * apart.std():.2g}" if len(apart) else "–")
        rows.append((measure, cells, None))
    _table(names, "measure", rows)


def _maps(names: Sequence[str], results: Sequence[Compared], images: Sequence[str]) -> None:
    maps = {image: [one.depth_nm(image) for one in results] for image in images}
    known = [depth for row in maps.values() for depth in row if depth is not None]
    if not known:
        tags.p("None is there.", cls="quiet")
        return
    deepest = max(float(np.percentile(np.concatenate([depth.ravel() for depth in known]), FULL)), 1.0)
    limit = max(deepest / 5, 1e-9)
    tags.p(
        f"Depth from 0 (yellow) to {deepest:.0f} nm (blue); differences from {limit:.0f} nm shallower than the "
        f"first (red) to {limit:.0f} nm deeper (blue).",
        cls="quiet",
    )
    with tags.div(cls="wide"), tags.table():
        with tags.thead(), tags.tr():
            tags.th("image")
            for name in names:
                tags.th(name)
            for name in names[1:]:
                tags.th(f"{name} − {names[0]}")
        with tags.tbody():
            for image, depths in maps.items():
                with tags.tr():
                    tags.td(image)
                    for depth in depths:
                        _picture(None if depth is None else figure.depth(-depth, -deepest, 0), image)
                    for depth in depths[1:]:
                        alike = depth is not None and depths[0] is not None and depth.shape == depths[0].shape
                        _picture(figure.error(depths[0] - depth, limit) if alike else None, image)  # type: ignore[operator]


def _picture(image: Any, name: str) -> None:
    with tags.td():
        if image is None:
            tags.span("–")
        else:
            data = base64.b64encode(figure.png(image)).decode()
            tags.img(src=f"data:image/png;base64,{data}", alt=f"depth map of {name}", cls="map")


def _options(names: Sequence[str], options: Sequence[dict[str, Any]]) -> None:
    keys = sorted({key for one in options for key in one})
    rows = [
        (f"--{key}", cells, None) for key in keys if len(set(cells := [str(one.get(key, "–")) for one in options])) > 1
    ]
    if rows:
        tags.h2("Options that differ")
        _table(names, "option", rows)
