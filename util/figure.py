"""Arrays as pictures: grey images, depth on one colour range, errors in a diverging map, loss curves as SVG."""

import io
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray
from PIL import Image

DEPTH_MAP = matplotlib.colormaps["viridis"]
ERROR_MAP = matplotlib.colormaps["RdBu_r"]
NO_METADATA = ("Date", "Creator", "Format", "Type")  # the same bytes each time, and no addresses in the pages


def grey(image: NDArray) -> Image.Image:
    """An image (H, W) [grey level 0..255] as it is."""
    return Image.fromarray(np.rint(image).clip(0, 255).astype(np.uint8))


def depth(image: NDArray, low: float, high: float) -> Image.Image:
    """A depth map (H, W) [grey level] in colours, the same for `low`..`high` [grey level] on every picture."""
    return _coloured(DEPTH_MAP((np.asarray(image, dtype=np.float64) - low) / max(high - low, 1e-9)))


def error(image: NDArray, limit: float) -> Image.Image:
    """An error (H, W) [grey level] around 0: blue is too deep, red too shallow, full colour at `limit`."""
    return _coloured(ERROR_MAP(0.5 + np.asarray(image, dtype=np.float64) / (2 * limit)))


def bar(kind: str, width: int = 256) -> Image.Image:
    """Colour bar of `depth` or `error`, low values to the left, one pixel high."""
    ramp = np.linspace(0, 1, width)[None]
    return _coloured({"depth": DEPTH_MAP, "error": ERROR_MAP}[kind](ramp))


def png(image: Image.Image) -> bytes:
    """The picture as a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def curves(columns: Mapping[str, Sequence[float]], names: Sequence[str], title: str) -> str:
    """SVG of the named losses over the steps, on a logarithmic scale when they span more than a decade."""
    figure = Figure(figsize=(6, 2.9), layout="constrained")
    axes = figure.subplots()
    for name in names:
        axes.plot(columns["step"], columns[name], label=name, linewidth=1.2)
    values = np.array([columns[name] for name in names], dtype=np.float64)
    if np.isfinite(values).all() and 0 < 10 * values.min() < values.max():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel="step", ylabel="loss", title=title)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(ncols=4, frameon=False, fontsize="small")
    return _svg(figure)


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
    return _svg(figure)


def _coloured(rgba: NDArray) -> Image.Image:
    return Image.fromarray(np.rint(rgba[..., :3] * 255).astype(np.uint8))


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "semdepth"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata=dict.fromkeys(NO_METADATA))
    text = buffer.getvalue()
    return text[text.index("<svg") :]
