"""Draws arrays: grey images, depth maps and errors in colours, contours, and curves as SVG.

matplotlib and scipy load slowly, so each function imports what it draws with.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DEPTH_MAP, ERROR_MAP, INTERVAL_MAP = "viridis", "RdBu_r", "Purples"  # names of matplotlib's colour maps
NO_METADATA = ("Date", "Creator", "Format", "Type")  # omitted: the same bytes each time, no web addresses

Part = tuple[int, int, NDArray[np.bool_]]  # top and left of a box [px], and the mask (h, w) in it


def grey(image: NDArray) -> Image.Image:
    """An image (H, W) [grey level 0..255] as a grey picture."""
    return Image.fromarray(np.rint(image).clip(0, 255).astype(np.uint8))


def depth(image: NDArray, low: float, high: float) -> Image.Image:
    """A depth map (H, W) [grey level] in colours, which span `low`..`high` [grey level]."""
    return Image.fromarray(colour_table(DEPTH_MAP, (np.asarray(image, dtype=np.float64) - low) / max(high - low, 1e-9)))


def error(image: NDArray, limit: float) -> Image.Image:
    """An error (H, W) [grey level]: blue is too deep, red is too shallow, full colour at `limit`."""
    return Image.fromarray(colour_table(ERROR_MAP, 0.5 + np.asarray(image, dtype=np.float64) / (2 * limit)))


def interval(u90: NDArray, limit: float) -> Image.Image:
    """An expanded uncertainty U90 (H, W) [grey level]: white is 0, full colour at `limit`."""
    return Image.fromarray(colour_table(INTERVAL_MAP, np.asarray(u90, dtype=np.float64) / limit))


def png(image: Image.Image) -> bytes:
    """The picture as a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def picture(name: str, image: NDArray, levels: Sequence[int] = ()) -> Image.Image:
    """An image of a training: `confusion` is a table of counts, every other name is an image [grey level]."""
    return confusion(image, levels) if name == "confusion" else grey(image)


def confusion(table: NDArray, labels: Sequence[int] = ()) -> Image.Image:
    """A confusion matrix (K, K) of counts: rows are true classes, columns predictions, colour is the row's fraction."""
    fraction = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure = new_figure((2.6, 2.6), dpi=100)
    axes = figure.subplots()
    axes.imshow(fraction, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(table):
        colour = "white" if fraction[row, column] > 0.5 else "black"
        axes.text(column, row, f"{count:.0f}", ha="center", va="center", color=colour, fontsize="small")
    names = [str(label) for label in labels or range(1, len(table) + 1)]
    axes.set_xticks(range(len(table)), names)
    axes.set_yticks(range(len(table)), names)
    axes.set(xlabel="predicted", ylabel="true")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return Image.open(buffer).convert("RGB")


def curves(
    columns: Mapping[str, Sequence[float]], names: Sequence[str], title: str, x: str = "step", y: str = "loss"
) -> str:
    """SVG of the named columns over `x`; the scale is logarithmic if they span a decade and are not fractions."""
    from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

    figure = new_figure((6, 2.9))
    axes = figure.subplots()
    for name in names:
        axes.plot(columns[x], columns[name], "." if len(columns[x]) == 1 else "-", label=name, linewidth=1.2)
    values = np.array([columns[name] for name in names], dtype=np.float64)
    fractions = all(name.lower().endswith(("accuracy", "iou")) for name in names)
    if not fractions and np.isfinite(values).all() and 0 < 10 * values.min() < values.max():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel=x, ylabel=y, title=title)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if len(names) > 1:
        axes.legend(ncols=4, frameon=False, fontsize="small")
    return svg(figure)


def histogram(values: NDArray, label: str) -> str:
    """SVG of a histogram of the images' errors (N,), in the unit that `label` names."""
    from matplotlib.ticker import MaxNLocator

    figure = new_figure((6, 2.1))
    axes = figure.subplots()
    axes.hist(values, bins=min(40, max(5, len(values) // 3)), color="#3b6ea5")
    axes.axvline(float(np.median(values)), color="#b5483a", linewidth=1.2, label=f"median {np.median(values):.1f}")
    axes.set(xlabel=label, ylabel="images")
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small")
    return svg(figure)


def contours(image: NDArray, mask: NDArray[np.bool_], truth: NDArray[np.bool_] | None, times: int = 4) -> Image.Image:
    """A SEM image (H, W) [grey level], enlarged: predicted hole contour in red, ground truth in green. True is hole."""
    from scipy.ndimage import binary_erosion

    large = np.kron(np.rint(image).clip(0, 255).astype(np.uint8), np.ones((times, times), dtype=np.uint8))
    picture = np.stack([large] * 3, axis=-1)
    for hole, colour in ((truth, (60, 200, 90)), (mask, (235, 70, 50))):
        if hole is not None:
            enlarged = np.kron(hole, np.ones((times, times), dtype=bool))
            picture[enlarged & ~binary_erosion(enlarged, iterations=2, border_value=1)] = colour
    return Image.fromarray(picture)


def draw_numbered(image: NDArray, parts: Sequence[Part], unnumbered: Sequence[Part] = ()) -> Image.Image:
    """A SEM image (H, W) [grey level]: contours of `parts` in red with numbers from 0 in yellow, of `unnumbered` in
    blue."""
    from scipy.ndimage import binary_erosion

    picture = np.stack([np.rint(image).clip(0, 255).astype(np.uint8)] * 3, axis=-1)
    for contour_parts, colour in ((unnumbered, (70, 130, 255)), (parts, (235, 70, 50))):
        for top, left, mask in contour_parts:
            picture[top : top + mask.shape[0], left : left + mask.shape[1]][mask & ~binary_erosion(mask)] = colour
    labelled = Image.fromarray(picture)
    pen = ImageDraw.Draw(labelled)
    for number, (top, left, mask) in enumerate(parts):
        font = ImageFont.load_default(min(max(min(mask.shape) / 3, 8), 32))
        y, x = np.mean(np.nonzero(mask), axis=1) + 0.5
        pen.text((left + x, top + y), str(number), (255, 225, 80), font, anchor="mm")
    return labelled


def colour_table(colour_map: str, fraction: NDArray) -> NDArray[np.uint8]:
    """Red, green, blue (..., 3) of the fractions (...) of a colour map's range."""
    import matplotlib

    return np.rint(matplotlib.colormaps[colour_map](fraction)[..., :3] * 255).astype(np.uint8)


def new_figure(size: tuple[float, float], **settings: Any) -> Figure:
    """An empty figure of `size` [inch]."""
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained", **settings)


def svg(figure: Figure) -> str:
    """The figure as an SVG element, for an HTML page; the same bytes each time."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "semdepth"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata=dict.fromkeys(NO_METADATA))
    text = buffer.getvalue()
    return text[text.index("<svg") :]
