"""The table of test images: its head and what filters it. The script fills in the rows (results_table.js)."""

from collections.abc import Iterable, Sequence

from dominate import tags

from ..results import ImageResult
from .colours import add_legend
from .maps import Maps
from .row_cells import Cell, Row

PICTURE_LABELS = {"truth": "ground truth", "error": "error", "u90": "U90"}  # others are called by their keys
LEGENDS = {
    "depth": "depth below the surface [nm]",
    "error": "error, predicted \u2212 true; above 0 too deep [nm]",
    "u90": "U90, half the 90 % interval [nm]",
}


def picture_label(name: str) -> str:
    """What a picture is called on the page."""
    return PICTURE_LABELS.get(name, name)


def picture_names(maps: Iterable[Maps], reverse: bool) -> list[str]:
    """The pictures that a page shows of its images."""
    layers = {name for image in maps for name in image.layers}
    names = ["contour"] if "hole" in layers else []
    names += [name for name in ("depth", "truth") if name in layers]
    names += ["error"] if {"depth", "truth"} <= layers else []
    names += ["u90"] if "u90" in layers else []
    return ["depth", "SEM"] if reverse else ["SEM", *names]


def add_legends(pictures: Sequence[str]) -> None:
    """The colour bars of the pictures, given by name."""
    with tags.div(cls="legends"):
        for kind, label in LEGENDS.items():
            if kind in pictures or (kind == "depth" and "truth" in pictures):
                add_legend(kind, label)


def add_filters(rows: Sequence[Row], first: ImageResult) -> None:
    """What filters the table, and links to the files beside the page."""
    levels = sorted({row.level for row in rows if row.level is not None})
    with tags.div(cls="controls filters", role="search"):
        tags.input_(type="search", id="text", placeholder="Filter by name", aria_label="Filter by name")
        if len(levels) > 1:
            _add_choice("level", "Background", {"": "all levels"} | {f"{level}": f"grey {level}" for level in levels})
        if first.ood_score is not None:
            options = {"": "all", "false": "in distribution only", "true": "out of distribution only"}
            _add_choice("ood", "OOD", options)
        _add_range(_columns(rows))
        tags.output(id="count", cls="quiet")
        tags.button("Copy as CSV", type="button", id="copy-table")
    with tags.p(cls="files quiet"):
        tags.span("Beside this page:")
        exists = {
            "submission.zip": first.final is not None and not first.reverse,
            "background_levels.csv": first.level_probs is not None,
            "holes.csv": first.measurements is not None,
            "metrics.json": True,
        }
        for name in (name for name, is_there in exists.items() if is_there):
            tags.a(name, href=name)


def add_table(rows: Sequence[Row], pictures: Sequence[str]) -> None:
    """An empty table with a head: name, pictures, and every number that an image has."""
    columns = _columns(rows)
    with tags.noscript():
        tags.p("The rows of this table need JavaScript; holes.csv holds their numbers.")
    with tags.div(cls="wide"), tags.table(id="images", aria_rowcount=str(len(rows) + 1)):
        tags.caption("Arrow keys move between rows, Enter opens one; a heading sorts.", cls="quiet")
        with tags.thead(), tags.tr():
            _add_heading("image")
            for name in pictures:
                tags.th(picture_label(name), scope="col", cls="picture", data_picture=name)
            for name, cell in columns.items():
                _add_heading(name, cell.unit, cell.meaning)
        tags.tbody()


def _columns(rows: Iterable[Row]) -> dict[str, Cell]:
    """One cell of each column for which an image has a value."""
    return {cell.heading: cell for row in rows for cell in row.cells if cell.text}


def _add_range(columns: Iterable[str]) -> None:
    with tags.span(cls="range", role="group", aria_label="filter by a number"):
        _add_choice("column", "Only", {"": "any numbers"} | {str(n): name for n, name in enumerate(columns)})
        for name, text in (("low", "from"), ("high", "to")):
            tags.input_(type="number", id=name, step="any", placeholder=text, aria_label=text)


def _add_heading(name: str, unit: str = "", meaning: str = "") -> None:
    with tags.th(scope="col", cls="sorts", **({"title": meaning} if meaning else {})):
        tags.button(name, type="button")
        if unit:
            tags.small(unit)


def _add_choice(name: str, label: str, options: dict[str, str]) -> None:
    with tags.label(label, fr=name), tags.select(id=name):
        for value, text in options.items():
            tags.option(text, value=value)
