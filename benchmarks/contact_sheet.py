"""Draws several test images in one picture with labels and colour bars, for a README or a slide."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from benchmarks.result_pictures import DEPTH_RANGE, ERROR_LIMIT, pictures
from util import UtilError
from util.drawing import figure as colours
from util.files import write_bytes
from util.results import ImageResult

COLOUR_BARS = (  # label, pictures that have these colours, colours, lowest and highest value [grey level]
    ("SEM", ("SEM", "contour"), "gray", 0, 255),
    ("depth", ("depth", "raw", "snapped", "recentred", "ground truth"), colours.DEPTH_MAP, *DEPTH_RANGE),
    ("error", ("error",), colours.ERROR_MAP, -ERROR_LIMIT, ERROR_LIMIT),
    ("U90", ("U90",), colours.INTERVAL_MAP, 0, ERROR_LIMIT),
)
CELL_WIDTH = 1.0  # of each picture [inch]


def write(path: Path, results: Sequence[ImageResult], title: str = "") -> None:
    """Writes a PNG file of the results: one column for each test image, one row for each picture of it.

    Depth and error [grey level] use the colours of the results page, so that the two can be compared. Raises UtilError
    without results, or if they do not all have the same pictures.
    """
    if not results:
        raise UtilError(f"{path}: no results to show; pass at least one")
    sheets = [pictures(result) for result in results]
    names = list(sheets[0])
    if any(list(sheet) != names for sheet in sheets):
        raise UtilError(
            f"{path}: the results have different pictures; show those with and without ground truth on separate sheets"
        )
    height, width = results[0].input.shape
    size = (CELL_WIDTH * len(results) + 1.9, CELL_WIDTH * height / width * len(names) + 0.6)
    tight = ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.02, wspace=0.01, hspace=0.01)
    figure = Figure(figsize=size, layout=tight, dpi=150)
    cells = figure.subplots(len(names), len(results), squeeze=False)
    for column, (result, images) in enumerate(zip(results, sheets, strict=True)):
        for row, name in enumerate(names):
            axes = cells[row, column]
            axes.imshow(np.asarray(images[name].convert("RGB")), interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            if column == 0:
                axes.set_ylabel(name.replace(" ", "\n"), rotation=0, ha="right", va="center", fontsize=9)
        error = "" if result.rmse is None else f"\nRMSE {result.rmse:.1f}"
        cells[0, column].set_title(f"{_shorten(result.stem)}{error}", fontsize=7)
    _add_bars(figure, cells, names)
    if title:
        figure.suptitle(title, fontsize=10)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor="white")
    write_bytes(path, buffer.getvalue())


def _add_bars(figure: Figure, cells: np.ndarray, names: list[str]) -> None:
    """Adds a colour bar beside the rows that it belongs to."""
    for label, rows, colour_map, low, high in COLOUR_BARS:
        axes = cells[[row for row, name in enumerate(names) if name in rows]].ravel().tolist()
        if axes:
            _add_bar(figure, axes, colour_map, Normalize(low, high), f"{label} [grey level]")


def _add_bar(figure: Figure, axes: list[Axes], colour_map: object, scale: Normalize, label: str) -> None:
    bar = figure.colorbar(ScalarMappable(scale, colour_map), ax=axes, fraction=0.05, pad=0.02, aspect=25)  # type: ignore[arg-type]
    bar.set_label(label, fontsize=8)
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_visible(False)  # type: ignore[operator]


def _shorten(stem: str, max_length: int = 14) -> str:
    # matplotlib reads text after a dollar sign as a formula.
    text = stem if len(stem) <= max_length else f"…{stem[1 - max_length :]}"
    return text.replace("$", r"\$")
