"""The page that compares runs, as one file."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from dominate import tags
from numpy.typing import NDArray

from ..drawing import empty_page, wide
from ..files import counted
from ..page import column_head, column_label, column_scale, with_two_digits
from ..results import ALIGNED_RMSE, UNKNOWN
from .common_holes import CommonHoles
from .image_folder import ImageFolder
from .map_section import DepthMaps, add_maps

QUANTITIES = (
    "depth_mean_nm",
    *(f"cd_{height}_{unit}" for unit in ("nm", "px") for height in ("top", "half", "bottom")),
    "ellipticity",
    "volume_nm3",
    "volume_nm_px2",
)
ON_SCALE = ("depth_mean_nm", "volume_nm3", "volume_nm_px2")  # quantities that follow the scale of depths
LOWER_IS_BETTER = (  # rows whose best cell is bold
    "RMSE [grey level]",
    ALIGNED_RMSE,
    "RMSE in the hole",
    "RMSE, true level given",
)
HIGHER_IS_BETTER = ("correct levels", "images/s")
NO_SPREAD = 1e-6  # of a mean difference: a smaller spread is rounding


class RunResults(DepthMaps, Protocol):
    """What the page needs of a folder of results."""

    @property
    def summary(self) -> dict[str, str]: ...

    @property
    def holes(self) -> dict[str, dict[str, float]]: ...

    @property
    def is_relative(self) -> bool: ...

    @property
    def knows_depth(self) -> bool: ...


def render_page(
    names: Sequence[str],
    results: Sequence[RunResults],
    options: Sequence[dict[str, Any]],
    common: CommonHoles,
    max_images: int,
    truth: DepthMaps | None = None,
    sem: ImageFolder | None = None,
) -> str:
    """HTML of results under their names, the first of which is the reference, with at most `max_images` images.

    With `truth` the maps are compared with the ground truth instead of with the first run; `sem` has the SEM images.
    """
    page = empty_page(" | ".join(names))
    with page, tags.main():
        tags.h1("Runs side by side")
        tags.p(f"Differences are relative to the first run, {names[0]}.", cls="quiet")
        relative = [name for name, run in zip(names, results, strict=True) if run.is_relative]
        if relative:
            tags.p(_describe_relative(relative), cls="quiet")
        for line in common.lines:
            tags.p(line, cls="alarm")
        with tags.div(cls="sections"):
            with tags.section():
                tags.h2("Scores")
                _add_scores(names, [run.summary for run in results])
            if common.measured:
                with tags.section():
                    tags.h2("Measurements of the same holes")
                    _add_measurements(names, results, common.measured)
            _add_options(names, options)
        if common.images:
            tags.h2("Depth maps")
            images = common.images[:: max(1, -(-len(common.images) // max_images))] if max_images else []
            add_maps(names, results, [run.is_relative for run in results], images, truth, sem)
    return page.render()


def _add_table(
    label: str, names: Sequence[str], first: str, rows: Sequence[tuple[str, Sequence[str], int | None]]
) -> None:
    """Adds a table; a row is its title, a cell for each run, and the index of the best cell."""
    with wide(label), tags.table(cls="cards"):
        with tags.thead(), tags.tr():
            for head in (first, *names):
                tags.th(head, scope="col")
        with tags.tbody():
            for title, cells, best in rows:
                with tags.tr():
                    tags.td(title)
                    for n, cell in enumerate(cells):
                        with tags.td(data_label=names[n]):
                            (tags.b if n == best else tags.span)(cell)


def _add_scores(names: Sequence[str], summaries: Sequence[dict[str, str]]) -> None:
    rows = []
    for title in dict.fromkeys(key for summary in summaries for key in summary):
        cells = [summary.get(title, "–") for summary in summaries]
        rows.append((title, cells, _find_best(title, cells)))
    _add_table("scores", names, "best in bold", rows)


def _find_best(title: str, cells: Sequence[str]) -> int | None:
    """Index of the best cell of a row; None if the row has no order, or all cells are equal."""
    if title not in LOWER_IS_BETTER + HIGHER_IS_BETTER or len(set(cells)) == 1:
        return None
    values = [float(cell.rstrip("%").replace(",", "")) if cell not in ("–", UNKNOWN) else np.nan for cell in cells]
    if not np.isfinite(values).any():
        return None
    return int(np.nanargmax(values) if title in HIGHER_IS_BETTER else np.nanargmin(values))


def _describe_relative(names: Sequence[str]) -> str:
    return (
        f"Depths of {', '.join(names)} have no absolute scale. So absolute errors are not known; differences of depth "
        "maps from and to such a run are what remains after the scale and shift that bring each map closest."
    )


def _add_measurements(names: Sequence[str], results: Sequence[RunResults], common: Sequence[str]) -> None:
    tags.p(
        f"{counted(len(common), 'hole')}: mean of the first run; mean difference ± 3 sigma of the other runs.",
        cls="quiet",
    )
    rows = []
    for quantity in QUANTITIES:
        values = np.array([[run.holes[image].get(quantity, np.nan) for image in common] for run in results])
        if not np.isfinite(values[0]).any():
            continue
        is_known = [run.knows_depth or quantity not in ON_SCALE for run in results]
        cells = [column_label(quantity).number(float(np.nanmean(values[0]))) if is_known[0] else UNKNOWN]
        for other, can_compare in zip(values[1:], is_known[1:], strict=True):
            difference = (other - values[0])[np.isfinite(other - values[0])]
            text = _describe_difference(column_scale(quantity) * difference) if len(difference) else "–"
            cells.append(text if can_compare and is_known[0] else UNKNOWN)
        rows.append((column_head(quantity), cells, None))
    _add_table("measurements", names, "quantity", rows)


def _describe_difference(difference: NDArray) -> str:
    """Mean ± 3 sigma of differences (N,): two significant digits of the latter, and the mean to one place more."""
    mean, three_sigma = float(difference.mean()), 3 * float(difference.std())
    if three_sigma <= NO_SPREAD * abs(mean):
        return f"{mean:+.3g} ± 0".replace("-", "−")
    value, spread = with_two_digits(mean, three_sigma / 10)[0], with_two_digits(mean, three_sigma)[1]
    return f"{'+' * (mean > 0)}{value} ± {spread}"


def _add_options(names: Sequence[str], options: Sequence[dict[str, Any]]) -> None:
    known = [(name, run) for name, run in zip(names, options, strict=True) if run]  # else no opt.json was at hand
    names, options = [name for name, _ in known], [run for _, run in known]
    keys = sorted({key for run in options for key in run})
    rows = [
        (f"--{key}", cells, None)
        for key in keys
        if len(set(cells := [_option_text(run.get(key, "–")) for run in options])) > 1
    ]
    if rows:
        with tags.section():
            tags.h2("Options that differ")
            _add_table("options", names, "option", rows)


def _option_text(value: Any) -> str:
    """An option's value in words: yes, none, 140, 150."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_option_text, value)) or "none"
    return "none" if value in (None, "") else str(value)
