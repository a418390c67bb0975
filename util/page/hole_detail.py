"""The view of one hole, which a script fills: maps, profile cuts, a surface to turn, all measurements."""

import base64
import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from dominate import tags
from dominate.util import raw

from ..metrology import BOTTOM, HALF, TOP
from ..results import ImageResult
from .colours import Colours, colour_tables
from .maps import Maps
from .quantity_labels import QuantityLabel
from .results_table import add_legends, picture_label
from .row_cells import make_facts

DEPTH_STEP = 0.05  # [grey level] to which depths are rounded in the page


class Dialog(tags.html_tag):
    """The HTML element, which dominate lacks."""

    tagname = "dialog"


def add_dialog(pictures: Sequence[str], colours: Colours, reverse: bool) -> None:
    """The view, hidden until a hole is chosen; `pictures` are the names of the table's pictures."""
    maps = [name for name in pictures if name in ("depth", "truth", "error")]
    with Dialog(id="hole", aria_labelledby="hole-name"):
        with tags.header():
            with tags.div():
                tags.h2(id="hole-name", tabindex="-1", autofocus=True)
                tags.p(id="hole-facts", cls="quiet facts")
            with tags.nav():
                tags.button(
                    "\u2190", type="button", id="previous", aria_label="previous hole", title="previous (\u2190)"
                )
                tags.button("\u2192", type="button", id="next", aria_label="next hole", title="next (\u2192)")
                tags.button("\u2715", type="button", id="close", aria_label="close", title="close (Esc)")
        with tags.div(cls="detail"):
            with tags.div():
                _add_views(pictures, bool(maps))
                add_legends(colours, pictures)
                if maps:
                    tags.p(id="contours", cls="quiet")
                    _add_cuts()
            with tags.div():
                if maps:
                    _add_surface([name for name in maps if name != "error"])
                if not reverse:
                    _add_measurements()


def _add_views(names: Sequence[str], has_cuts: bool) -> None:
    with tags.section(cls="views", aria_label="maps"):
        for name in names:
            label = picture_label(name)
            with tags.figure():
                description = f"{label}; arrow keys move the cuts" if has_cuts else label
                tags.canvas(data_view=name, tabindex="0", role="img", aria_label=description)
                tags.figcaption(label)


def _add_cuts() -> None:
    with tags.section(cls="cuts", aria_label="profile cuts"):
        tags.p(id="readings", aria_live="polite")
        for axis, title in (("x", "cut along x"), ("y", "cut along y")):
            with tags.figure(cls="cut"):
                tags.figcaption(title)
                raw(f'<svg data-cut="{axis}" role="img" aria-label="{title}"></svg>')
                position = {"x": "row of the cut along x", "y": "column of the cut along y"}[axis]
                tags.input_(type="range", data_axis=axis, min="0", value="0", aria_label=position)


def _add_surface(names: Sequence[str]) -> None:
    with tags.section(cls="surface", aria_label="surface"):
        with tags.div(cls="controls"):
            tags.strong("Surface")
            with tags.select(id="layer", aria_label="which surface"):
                for name in names:
                    tags.option(picture_label(name), value=name)
        tags.canvas(id="surface", tabindex="0", role="img", aria_label="surface; drag or arrow keys turn it")
        tags.p(id="proportions", cls="quiet")


def _add_measurements() -> None:
    with tags.section(cls="measurements", aria_label="measurements"), tags.table():
        with tags.thead(), tags.tr():
            for heading in ("quantity", "predicted", "ground truth", "difference", "unit"):
                tags.th(heading, scope="col")
        tags.tbody(id="measurements")


def add_data(
    results: Sequence[ImageResult],
    maps: Sequence[Maps],
    colours: Colours,
    quantities: dict[str, QuantityLabel],
    nm_per_grey: float,
    pixel_nm: float,
) -> None:
    """What the script draws from. It lies in the page, because a page on a disk may not read other files.

    The maps of a hole are int16 in steps of `step` [nm], one map after the other, zlib-compressed and in base64.
    """
    content = {
        "predicted": "depth" if results[0].reverse else "predicted",
        "unit": "nm" if pixel_nm else "px",
        "step": DEPTH_STEP * nm_per_grey,
        "tables": {kind: base64.b64encode(table.tobytes()).decode() for kind, table in colour_tables().items()},
        "ranges": {kind: colours.range(kind) for kind in colour_tables()},
        "tick": colours.step,
        "fractions": {"top": TOP, "half": HALF, "bottom": BOTTOM},
        "quantities": [[quantity.label, quantity.unit, quantity.meaning] for quantity in quantities.values()],
        "holes": [
            _hole(result, image_maps, quantities, nm_per_grey, pixel_nm)
            for result, image_maps in zip(results, maps, strict=True)
        ],
    }
    text = json.dumps(content, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    tags.script(raw(text), type="application/json", id="data")


def _hole(
    result: ImageResult, maps: Maps, quantities: dict[str, QuantityLabel], nm_per_grey: float, pixel_nm: float
) -> dict[str, Any]:
    all_layers = {name: getattr(maps, name) for name in ("depth", "truth", "u90")}
    layers = {name: nm for name, nm in all_layers.items() if nm is not None}
    limits = np.iinfo(np.int16)
    numbers = [
        np.rint(nm / (DEPTH_STEP * nm_per_grey)).clip(limits.min, limits.max).astype("<i2").tobytes()
        for nm in layers.values()
    ]
    predicted, true = result.measurements, result.true_measurements
    hole: dict[str, Any] = {
        "stem": result.stem,
        "shape": maps.sem.shape,
        "pixel": [shrink * (pixel_nm or 1.0) for shrink in maps.shrink],
        "layers": list(layers),
        "data": base64.b64encode(zlib.compress(b"".join(numbers), 9)).decode(),
        "facts": make_facts(result, nm_per_grey),
        "measurements": [],
    }
    if predicted is not None or true is not None:
        hole["measurements"] = [
            [quantity.text(predicted), quantity.text(true), quantity.difference(predicted, true)]
            for quantity in quantities.values()
        ]
        hole["plateaus"] = {
            name: values["depth_median_nm"]
            for name, values in {"depth": predicted, "truth": true}.items()
            if values and not np.isnan(values["depth_median_nm"])
        }
    return hole
