"""One picture of several test images with labels and colour bars, for a README or a slide."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from util.drawing.figure import DEPTH_MAP, ERROR_MAP
from util.errors import UtilError
from util.files import atomic
from util.results.image_result import ERROR_LIMIT, ImageResult, depth_range

GREY_MAP = colormaps["gray"]
CELL = 1.0  # width of a picture [inch]


def write(path: Path, results: Sequence[ImageResult], title: str = "") -> None:
    """PNG of the results: one column an image, below each other SEM, depth, quantised, centred, truth and error as far
    as known.

    Depth and error use the same colours [grey level] as the page, so that the two can be compared.
    """
    if not results:
        raise UtilError(f"{path}: no results to show; give at least one")
    pictures = [result.pictures() for result in results]
    kinds = list(pictures[0])
    if any(list(one) != kinds for one in pictures):
        raise UtilError(f"{path}: the results do not have the same kinds of images; show those with a truth apart")
    height, width = results[0].input.shape
    size = (CELL * len(results) + 1.9, CELL * height / width * len(kinds) + 0.6)
    tight = ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.02, wspace=0.01, hspace=0.01)
    figure = Figure(figsize=size, layout=tight, dpi=150)
    cells = figure.subplots(len(kinds), len(results), squeeze=False)
    for column, (result, images) in enumerate(zip(results, pictures, strict=True)):
        for row, kind in enumerate(kinds):
            axes = cells[row, column]
            axes.imshow(np.asarray(images[kind]), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            if column == 0:
                axes.set_ylabel(kind, rotation=0, ha="right", va="center", fontsize=9)
        error = "" if result.rmse is None else f"\nRMSE {result.rmse:.1f}"
        cells[0, column].set_title(f"{_short(result.stem)}{error}", fontsize=7)
    _bars(figure, cells, kinds)
    if title:
        figure.suptitle(title, fontsize=10)
    atomic.write(path, lambda unfinished: figure.savefig(unfinished, format="png", facecolor="white"))


def _bars(figure: Figure, cells: np.ndarray, kinds: list[str]) -> None:
    if "SEM" in kinds:
        _bar(figure, cells[kinds.index("SEM")].tolist(), GREY_MAP, Normalize(0, 255), "SEM [grey level]")
    depths = [row for row, kind in enumerate(kinds) if kind not in ("SEM", "error")]
    low, high = depth_range()
    _bar(figure, cells[depths].ravel().tolist(), DEPTH_MAP, Normalize(low, high), "depth [grey level]")
    if "error" in kinds:
        around_zero = Normalize(-ERROR_LIMIT, ERROR_LIMIT)
        _bar(figure, cells[kinds.index("error")].tolist(), ERROR_MAP, around_zero, "error [grey level]")


def _bar(figure: Figure, axes: list[Axes], colours: object, scale: Normalize, label: str) -> None:
    bar = figure.colorbar(ScalarMappable(scale, colours), ax=axes, fraction=0.05, pad=0.02, aspect=25)  # type: ignore[arg-type]
    bar.set_label(label, fontsize=8)
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_visible(False)  # type: ignore[operator]


def _short(stem: str, most: int = 14) -> str:
    # A dollar sign would begin a formula.
    text = stem if len(stem) <= most else f"…{stem[1 - most :]}"
    return text.replace("$", r"\$")
