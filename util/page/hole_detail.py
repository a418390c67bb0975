"""The view of one hole, which a script fills: maps, cuts, a surface to turn, all measures."""

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
from .colours import TABLES, Colours
from .maps import Maps
from .quantity_labels import QuantityLabel
from .results_table import legends
from .row_cells import facts

FINEST = 0.05  # [grey level] to which depths are rounded in the page


class Dialog(tags.html_tag):
    """The element of HTML that dominate lacks."""

    tagname = "dialog"


def dialog(images: Sequence[str], colours: Colours, reverse: bool) -> None:
    """The view, hidden until a hole is chosen; `images` are the columns of the table."""
    mapped = [name for name in images if name in ("depth", "truth", "error")]
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
                _views(images, bool(mapped))
                legends(colours, images)
                if mapped:
                    tags.p(id="contours", cls="quiet")
                    _cuts()
            with tags.div():
                if mapped:
                    _surface([name for name in mapped if name != "error"])
                if not reverse:
                    _measures()


def _views(names: Sequence[str], cut: bool) -> None:
    with tags.section(cls="views", aria_label="maps"):
        for name in names:
            with tags.figure():
                about = f"{name}; arrow keys move the cuts" if cut else name
                tags.canvas(data_view=name, tabindex="0", role="img", aria_label=about)
                tags.figcaption(name)


def _cuts() -> None:
    with tags.section(cls="cuts", aria_label="profile cuts"):
        tags.p(id="reading", aria_live="polite")
        for axis, title in (("x", "cut along x"), ("y", "cut along y")):
            with tags.figure(cls="cut"):
                tags.figcaption(title)
                raw(f'<svg data-cut="{axis}" role="img" aria-label="{title}"></svg>')
                other = {"x": "row of the cut along x", "y": "column of the cut along y"}[axis]
                tags.input_(type="range", data_at=axis, min="0", value="0", aria_label=other)


def _surface(names: Sequence[str]) -> None:
    with tags.section(cls="surface", aria_label="surface"):
        with tags.div(cls="controls"):
            tags.strong("Surface")
            with tags.select(id="layer", aria_label="which surface"):
                for name in names:
                    tags.option(name, value=name)
        tags.canvas(id="surface", tabindex="0", role="img", aria_label="surface; drag or arrow keys turn it")
        tags.p(id="proportions", cls="quiet")


def _measures() -> None:
    with tags.section(cls="measures", aria_label="measures"), tags.table():
        with tags.thead(), tags.tr():
            for heading in ("measure", "found", "truth", "difference", "unit"):
                tags.th(heading, scope="col")
        tags.tbody(id="measures")


def data(
    results: Sequence[ImageResult],
    maps: Sequence[Maps],
    colours: Colours,
    measures: dict[str, QuantityLabel],
    nm_per_grey: float,
    pixel_nm: float,
) -> None:
    """What the script draws from, inside the page: a page from a disk may not read other files.

    The maps of a hole are 16-bit integers, one map after the other, compressed (zlib) and in base64.
    """
    said = {
        "found": "depth" if results[0].reverse else "found",
        "unit": "nm" if pixel_nm else "px",
        "step": FINEST * nm_per_grey,
        "tables": {kind: base64.b64encode(table.tobytes()).decode() for kind, table in TABLES.items()},
        "ranges": {kind: colours.range(kind) for kind in TABLES},
        "tick": colours.step,
        "shares": {"top": TOP, "half": HALF, "bottom": BOTTOM},
        "measures": [[one.label, one.unit, one.meaning] for one in measures.values()],
        "holes": [
            _hole(result, one, measures, nm_per_grey, pixel_nm) for result, one in zip(results, maps, strict=True)
        ],
    }
    text = json.dumps(said, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    tags.script(raw(text), type="application/json", id="data")


def _hole(
    result: ImageResult, maps: Maps, measures: dict[str, QuantityLabel], nm_per_grey: float, pixel_nm: float
) -> dict[str, Any]:
    layers = {name: getattr(maps, name) for name in ("depth", "truth", "interval")}
    known = {name: nm for name, nm in layers.items() if nm is not None}
    limits = np.iinfo(np.int16)
    numbers = [
        np.rint(nm / (FINEST * nm_per_grey)).clip(limits.min, limits.max).astype("<i2").tobytes()
        for nm in known.values()
    ]
    found, true = result.measurements, result.true_measurements
    said: dict[str, Any] = {
        "stem": result.stem,
        "shape": maps.sem.shape,
        "pixel": [shrink * (pixel_nm or 1.0) for shrink in maps.shrink],
        "layers": list(known),
        "data": base64.b64encode(zlib.compress(b"".join(numbers), 9)).decode(),
        "facts": facts(result, nm_per_grey),
        "measures": [],
    }
    if found is not None or true is not None:
        said["measures"] = [[one.text(found), one.text(true), one.difference(found, true)] for one in measures.values()]
        plateaus = {"depth": found, "truth": true}
        said["plateaus"] = {
            name: one["depth_plateau_nm"]
            for name, one in plateaus.items()
            if one and not np.isnan(one["depth_plateau_nm"])
        }
    return said
