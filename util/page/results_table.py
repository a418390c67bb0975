"""The table of test images, one row each, which works without a script."""

from collections.abc import Sequence
from urllib.parse import quote

from dominate import tags

from ..drawing import figure
from ..results import ImageResult
from .colours import Colours, embedded
from .maps import Maps
from .row_cells import Cell

LEGENDS = {
    "depth": "depth below the surface [nm]",
    "error": "error, above 0 too deep [nm]",
    "interval": "half the 90 % interval [nm]",
}


def pictures(maps: Maps, colours: Colours, reverse: bool = False) -> dict[str, str]:
    """The pictures of a row by column, as addresses that hold them."""
    found = {"SEM": figure.grey(maps.sem)}
    if maps.hole is not None and maps.depth is None:
        found["contour"] = figure.contours(maps.sem, maps.hole, maps.true_hole, times=2)
    for name, kind, nm in (
        ("depth", "depth", maps.depth),
        ("truth", "depth", maps.truth),
        ("error", "error", maps.error),
        ("interval", "interval", maps.interval),
    ):
        if nm is not None:
            found[name] = colours.picture(kind, nm)
    order = ("depth", "SEM") if reverse else tuple(found)
    return {name: embedded(found[name]) for name in order}


def legends(colours: Colours, shown: Sequence[str]) -> None:
    """The colour bars of the pictures that are shown."""
    with tags.div(cls="legends"):
        for kind, label in LEGENDS.items():
            if kind in shown or (kind == "depth" and "truth" in shown):
                colours.legend(kind, label)


def controls(results: Sequence[ImageResult]) -> None:
    """What filters the table, and the files beside the page."""
    first = results[0]
    levels = sorted({one.level for one in results if one.level is not None and not one.reverse})
    with tags.div(cls="controls filters", role="search"):
        tags.input_(type="search", id="text", placeholder="Filter by name", aria_label="Filter by name")
        if len(levels) > 1:
            _choice("level", "Background", {"": "all levels"} | {f"{one}": f"grey {one}" for one in levels})
        if first.ood_score is not None:
            _choice("known", "Outside known", {"": "all", "0": "known only", "1": "outside only"})
        tags.output(id="count", cls="quiet")
    with tags.p(cls="files quiet"):
        tags.span("Beside this page:")
        names = {
            "submission.zip": first.final is not None and not first.reverse,
            "levels.csv": first.level_probs is not None,
            "holes.csv": first.measurements is not None,
            "metrics.json": True,
        }
        for name in (name for name, there in names.items() if there):
            tags.a(name, href=name)


def table(results: Sequence[ImageResult], rows: Sequence[list[Cell]], images: Sequence[dict[str, str]]) -> None:
    """A row of each result: its name, its pictures, its numbers."""
    columns = {cell.heading: cell.unit for row in rows for cell in row}
    kinds = list(images[0])
    with tags.div(cls="wide"), tags.table(id="images"):
        with tags.thead(), tags.tr():
            _heading("image", "")
            for kind in kinds:
                tags.th(kind, scope="col", cls="picture")
            for name, unit in columns.items():
                _heading(name, unit)
        with tags.tbody():
            for number, (result, row, sources) in enumerate(zip(results, rows, images, strict=True)):
                with tags.tr(data_level=str(result.level), data_hole=str(number)) as line:
                    if result.ood_score is not None:
                        line["data-outside"] = str(int(result.ood_score > 1))
                    _name(result)
                    for kind, source in sources.items():
                        with tags.td(cls="picture", data_label=kind):
                            tags.img(src=source, alt=f"{kind} of {result.stem}", cls="map")
                    said = {cell.heading: cell for cell in row}
                    for name, unit in columns.items():
                        cell = said.get(name, Cell(name, unit, "", None))
                        value = "" if cell.value is None else f"{cell.value:.9g}"
                        label = f"{name} [{unit}]" if unit else name
                        tags.td(cell.text or "–", cls="number", data_label=label, data_value=value)


def _heading(name: str, unit: str) -> None:
    with tags.th(scope="col"):
        tags.button(name, type="button")
        if unit:
            tags.small(unit)


def _name(result: ImageResult) -> None:
    with tags.td(cls="name", data_value=result.stem):
        tags.a(result.stem, href=f"#hole={quote(result.stem, safe='')}", cls="open")
        if result.ood_score is not None and result.ood_score > 1:
            tags.small("outside known", cls="flag")
        written = "sem" if result.reverse else "depth" if result.final is not None else "mask"
        if written == "mask" and result.hole_mask is None:
            return
        with tags.small(cls="files"):
            tags.a("png", href=quote(f"{written}/{result.stem}.png"))
            if written == "depth":
                tags.a("nm, tiff", href=quote(f"depth_nm/{result.stem}.tiff"))


def _choice(name: str, label: str, options: dict[str, str]) -> None:
    with tags.label(label, fr=name), tags.select(id=name):
        for value, text in options.items():
            tags.option(text, value=value)
