"""Arrays as pictures: grey images, depth on one colour range, errors in a diverging map, loss curves as SVG."""

import io
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import binary_erosion

DEPTH_MAP = matplotlib.colormaps["viridis"]
ERROR_MAP = matplotlib.colormaps["RdBu_r"]
INTERVAL_MAP = matplotlib.colormaps["Purples"]
NO_METADATA = ("Date", "Creator", "Format", "Type")  # the same bytes each time, and no addresses in the pages

Part = tuple[int, int, NDArray[np.bool_]]  # top and left of a box [px], and a mask (h, w) therein


def grey(image: NDArray) -> Image.Image:
    """An image (H, W) [grey level 0..255] as it is."""
    return Image.fromarray(np.rint(image).clip(0, 255).astype(np.uint8))


def depth(image: NDArray, low: float, high: float) -> Image.Image:
    """A depth map (H, W) [grey level] in colours, the same for `low`..`high` [grey level] on every picture."""
    return _coloured(DEPTH_MAP((np.asarray(image, dtype=np.float64) - low) / max(high - low, 1e-9)))


def error(image: NDArray, limit: float) -> Image.Image:
    """An error (H, W) [grey level] around 0: blue is too deep, red too shallow, full colour at `limit`."""
    return _coloured(ERROR_MAP(0.5 + np.asarray(image, dtype=np.float64) / (2 * limit)))


def interval(half: NDArray, limit: float) -> Image.Image:
    """Half the width of an interval (H, W) [grey level]: white is 0, full colour is at `limit`."""
    return _coloured(INTERVAL_MAP(np.asarray(half, dtype=np.float64) / limit))


def png(image: Image.Image) -> bytes:
    """The picture as a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def picture(name: str, image: NDArray, levels: Sequence[int] = ()) -> Image.Image:
    """An image of a training by its name: a table of counts as `confusion` of levels, all else as grey levels."""
    return confusion(image, levels) if name == "confusion" else grey(image)


def confusion(table: NDArray, labels: Sequence[int] = ()) -> Image.Image:
    """A confusion matrix (K, K) of counts: true classes are rows, found ones columns, darker is more of its row."""
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(2.6, 2.6), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(table):
        colour = "white" if share[row, column] > 0.5 else "black"
        axes.text(column, row, f"{count:.0f}", ha="center", va="center", color=colour, fontsize="small")
    names = [str(label) for label in labels or range(1, len(table) + 1)]
    axes.set_xticks(range(len(table)), names)
    axes.set_yticks(range(len(table)), names)
    axes.set(xlabel="found", ylabel="true")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return Image.open(buffer).convert("RGB")


def curves(
    columns: Mapping[str, Sequence[float]], names: Sequence[str], title: str, x: str = "step", y: str = "loss"
) -> str:
    """SVG of the named columns over `x`, on a logarithmic scale when they span more than a decade and are no shares."""
    figure = Figure(figsize=(6, 2.9), layout="constrained")
    axes = figure.subplots()
    for name in names:
        axes.plot(columns[x], columns[name], "." if len(columns[x]) == 1 else "-", label=name, linewidth=1.2)
    values = np.array([columns[name] for name in names], dtype=np.float64)
    share = all(name.endswith(("accuracy", "IoU")) for name in names)
    if not share and np.isfinite(values).all() and 0 < 10 * values.min() < values.max():
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
    """SVG of how many images have which error (N,) [grey level]."""
    figure = Figure(figsize=(6, 2.1), layout="constrained")
    axes = figure.subplots()
    axes.hist(values, bins=min(40, max(5, len(values) // 3)), color="#3b6ea5")
    axes.axvline(float(np.median(values)), color="#b5483a", linewidth=1.2, label=f"median {np.median(values):.1f}")
    axes.set(xlabel=label, ylabel="images")
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize="small")
    return svg(figure)


def contours(image: NDArray, found: NDArray[np.bool_], truth: NDArray[np.bool_] | None, times: int = 4) -> Image.Image:
    """A SEM image (H, W) [grey level], enlarged, with the found hole's contour in red and the true one's in green."""
    large = np.kron(np.rint(image).clip(0, 255).astype(np.uint8), np.ones((times, times), dtype=np.uint8))
    picture = np.stack([large] * 3, axis=-1)
    for hole, colour in ((truth, (60, 200, 90)), (found, (235, 70, 50))):
        if hole is not None:
            whole = np.kron(hole, np.ones((times, times), dtype=bool))
            picture[whole & ~binary_erosion(whole, iterations=2, border_value=1)] = colour
    return Image.fromarray(picture)


def numbered(image: NDArray, parts: Sequence[Part], others: Sequence[Part] = ()) -> Image.Image:
    """A SEM image (H, W) [grey level] with the contours of parts in red and their numbers, from 0, in yellow; of others
    in blue."""
    picture = np.stack([np.rint(image).clip(0, 255).astype(np.uint8)] * 3, axis=-1)
    for some, colour in ((others, (70, 130, 255)), (parts, (235, 70, 50))):
        for top, left, mask in some:
            picture[top : top + mask.shape[0], left : left + mask.shape[1]][mask & ~binary_erosion(mask)] = colour
    drawn = Image.fromarray(picture)
    pen = ImageDraw.Draw(drawn)
    for number, (top, left, mask) in enumerate(parts):
        font = ImageFont.load_default(min(max(min(mask.shape) / 3, 8), 32))
        y, x = np.mean(np.nonzero(mask), axis=1) + 0.5
        pen.text((left + x, top + y), str(number), (255, 225, 80), font, anchor="mm")
    return drawn


def _coloured(rgba: NDArray) -> Image.Image:
    return Image.fromarray(np.rint(rgba[..., :3] * 255).astype(np.uint8))


def svg(figure: Figure) -> str:
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "semdepth"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata=dict.fromkeys(NO_METADATA))
    text = buffer.getvalue()
    return text[text.index("<svg") :]
