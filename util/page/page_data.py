"""What the script of the page draws from. It lies in the page, because a page on a disk may not read other files."""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from dominate import tags
from dominate.util import raw

from ..metrology import BOTTOM, HALF, TOP
from ..results import FieldView, ImageResult
from .colours import Colours, colour_tables
from .maps import Maps, pixels_of_each, shrink
from .packing import pack
from .quantity_labels import QuantityLabel
from .row_cells import Row, make_facts

DEPTH_STEPS = (0.05, 0.1, 0.2)  # [grey level] to which depths are rounded in the page: the first that fits
MAX_BYTES = 7_300_000  # of all maps of holes together
FIELD_PIXELS = 1_000_000  # of all fields together


@dataclass(frozen=True)
class Scale:
    """Lengths of a page [nm]: depth of a grey level, pixel size, 0 if it is unknown, and step of packed depths."""

    nm_per_grey: float
    pixel_nm: float
    step: float = 0.0

    def of_pixels(self, shrunk: tuple[float, float]) -> list[float]:
        """Height and width of a map's pixel in the unit of the page."""
        return [factor * (self.pixel_nm or 1.0) for factor in shrunk]


def fit_maps(
    results: Sequence[ImageResult], nm_per_grey: float, room: float = MAX_BYTES
) -> tuple[list[Maps], list[str], float]:
    """The maps of each result, the same packed, and their step [nm]: so coarse, and then so far shrunk, that all
    together need less than `room` [byte]."""
    pixels, steps = pixels_of_each(results), [grey * nm_per_grey for grey in DEPTH_STEPS]
    while True:
        maps = [Maps.from_result(result, nm_per_grey, pixels) for result in results]
        for step in steps:
            packed = [pack(image.layers, step) for image in maps]
            if (size := sum(map(len, packed))) <= room:
                return maps, packed, step
        steps = steps[-1:]
        pixels = 0.95 * room / size * max(image.sem.size for image in maps)


def add_data(
    rows: Iterable[Row], holes: Sequence[dict[str, Any]], fields: Sequence[dict[str, Any]], about: dict[str, Any]
) -> None:
    """The script element with rows, holes, fields, and what `describe` says about them."""
    numbers = {hole["stem"]: n for n, hole in enumerate(holes)}
    rows = list(rows)
    columns = {cell.heading: [cell.unit, cell.meaning] for row in rows for cell in row.cells if cell.text}
    table = []
    for row in rows:
        cells = {cell.heading: cell for cell in row.cells}
        texts = [cells[name].text if name in cells else "" for name in columns]
        values = [
            float(f"{cells[name].value:.9g}") if text else None for name, text in zip(columns, texts, strict=True)
        ]
        table.append([row.stem, row.level, row.is_ood, texts, values, numbers.get(row.stem, -1)])
    content = about | {
        "columns": [[name, *about_column] for name, about_column in columns.items()],
        "rows": table,
        "holes": holes,
        "fields": fields,
    }
    text = json.dumps(content, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    tags.script(raw(text), type="application/json", id="data")


def describe(
    first: ImageResult, colours: Colours, quantities: Mapping[str, QuantityLabel], scale: Scale
) -> dict[str, Any]:
    """Units, colours, names and files that all holes of a page have in common."""
    folder = "sem" if first.reverse else "depth" if first.final is not None else "hole_mask"
    files = {} if folder == "hole_mask" and first.hole_mask is None else {"png": [folder, "png"]}
    return {
        "predicted": "depth" if first.reverse else "predicted",
        "unit": "nm" if scale.pixel_nm else "px",
        "step": scale.step,
        "tables": {kind: base64.b64encode(table.tobytes()).decode() for kind, table in colour_tables().items()},
        "ranges": {kind: colours.range(kind) for kind in colour_tables()},
        "fractions": {"top": TOP, "half": HALF, "bottom": BOTTOM},
        "quantities": [[quantity.label, quantity.unit, quantity.meaning] for quantity in quantities.values()],
        "files": files | ({"nm, tiff": ["depth_nm", "tiff"]} if folder == "depth" else {}),
    }


def hole_data(
    result: ImageResult, maps: Maps, packed: str, quantities: Mapping[str, QuantityLabel], scale: Scale
) -> dict[str, Any]:
    """One hole: its packed maps, its facts, and its measurements as texts: predicted, true, predicted minus true."""
    predicted, true = result.measurements, result.true_measurements
    hole: dict[str, Any] = {
        "stem": result.stem,
        "shape": maps.sem.shape,
        "pixel": scale.of_pixels(maps.shrink),
        "layers": list(maps.layers),
        "data": packed,
        "facts": make_facts(result, scale.nm_per_grey),
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


def field_data(field: FieldView, count: int, scale: Scale) -> dict[str, Any]:
    """One of `count` fields of view: its packed maps, and the place of each hole in them, row by row."""
    sem, depth = (shrink(image, FIELD_PIXELS / count) for image in (field.sem, field.depth_nm))
    down, across = (whole / part for whole, part in zip(field.sem.shape, sem.shape, strict=True))
    boxes = [
        [stem, top / down, left / across, height / down, width / across]
        for stem, (top, left, height, width) in field.boxes.items()
    ]
    return {
        "stem": field.name,
        "shape": sem.shape,
        "pixel": replace(scale, pixel_nm=field.pixel_nm).of_pixels((down, across)),
        "layers": ["SEM", "depth"],
        "data": pack({"SEM": sem, "depth": depth}, scale.step),
        "facts": [f"{len(boxes)} holes"],
        "measurements": [],
        "boxes": boxes,
    }
