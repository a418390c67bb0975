"""The table of test images, a row each; it works without a script."""

from collections.abc import Sequence
from urllib.parse import quote

from dominate import tags

from ..drawing import figure
from ..results import ImageResult
from .colours import Colours, to_data_uri
from .maps import Maps
from .row_cells import Cell

PICTURE_LABELS = {"truth": "ground truth", "u90": "U90"}  # other pictures are called by their keys
LEGENDS = {
    "depth": "depth below the surface [nm]",
    "error": "error, above 0 too deep [nm]",
    "u90": "U90, half the 90 % interval [nm]",
}


def picture_label(name: str) -> str:
    """What a picture is called on the page."""
    return PICTURE_LABELS.get(name, name)


def draw_pictures(maps: Maps, colours: Colours, reverse: bool = False) -> dict[str, str]:
    """The pictures of a row by name, as addresses that contain them."""
    pictures = {"SEM": figure.grey(maps.sem)}
    if maps.hole is not None and maps.depth is None:
        pictures["contour"] = figure.contours(maps.sem, maps.hole, maps.true_hole, times=2)
    for name, kind, nm in (
        ("depth", "depth", maps.depth),
        ("truth", "depth", maps.truth),
        ("error", "error", maps.error),
        ("u90", "u90", maps.u90),
    ):
        if nm is not None:
            pictures[name] = colours.picture(kind, nm)
    order = ("depth", "SEM") if reverse else tuple(pictures)
    return {name: to_data_uri(pictures[name]) for name in order}


def add_legends(colours: Colours, pictures: Sequence[str]) -> None:
    """The colour bars of the pictures, given by name."""
    with tags.div(cls="legends"):
        for kind, label in LEGENDS.items():
            if kind in pictures or (kind == "depth" and "truth" in pictures):
                colours.add_legend(kind, label)


def add_filters(results: Sequence[ImageResult]) -> None:
    """What filters the table, and links to the files beside the page."""
    first = results[0]
    levels = sorted({result.level for result in results if result.level is not None and not result.reverse})
    with tags.div(cls="controls filters", role="search"):
        tags.input_(type="search", id="text", placeholder="Filter by name", aria_label="Filter by name")
        if len(levels) > 1:
            _add_choice("level", "Background", {"": "all levels"} | {f"{level}": f"grey {level}" for level in levels})
        if first.ood_score is not None:
            options = {"": "all", "0": "in distribution only", "1": "out of distribution only"}
            _add_choice("ood", "OOD", options)
        tags.output(id="count", cls="quiet")
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


def add_table(results: Sequence[ImageResult], rows: Sequence[list[Cell]], pictures: Sequence[dict[str, str]]) -> None:
    """A row for each result: its name, its pictures, its numbers."""
    columns = {cell.heading: cell.unit for row in rows for cell in row}
    names = max(map(list, pictures), key=len)  # an image without ground truth has fewer
    with tags.div(cls="wide"), tags.table(id="images"):
        with tags.thead(), tags.tr():
            _add_heading("image", "")
            for name in names:
                tags.th(picture_label(name), scope="col", cls="picture")
            for name, unit in columns.items():
                _add_heading(name, unit)
        with tags.tbody():
            for number, (result, row, sources) in enumerate(zip(results, rows, pictures, strict=True)):
                with tags.tr(data_level=str(result.level), data_hole=str(number)) as line:
                    if result.ood_score is not None:
                        line["data-ood"] = str(int(result.is_ood))
                    if result.is_ood:
                        line["title"] = "out of distribution: do not trust these numbers"
                    _add_name(result)
                    for name in names:
                        label = picture_label(name)
                        with tags.td(cls="picture", data_label=label):
                            if name in sources:
                                tags.img(src=sources[name], alt=f"{label} of {result.stem}", cls="map")
                    cells = {cell.heading: cell for cell in row}
                    for name, unit in columns.items():
                        cell = cells.get(name, Cell(name, unit, "", None))
                        value = "" if cell.value is None else f"{cell.value:.9g}"
                        label = f"{name} [{unit}]" if unit else name
                        tags.td(cell.text or "–", cls="number", data_label=label, data_value=value)


def _add_heading(name: str, unit: str) -> None:
    with tags.th(scope="col"):
        tags.button(name, type="button")
        if unit:
            tags.small(unit)


def _add_name(result: ImageResult) -> None:
    with tags.td(cls="name", data_value=result.stem):
        tags.a(result.stem, href=f"#hole={quote(result.stem, safe='')}", cls="open")
        if result.is_ood:
            tags.small("out of distribution", cls="flag")
        folder = "sem" if result.reverse else "depth" if result.final is not None else "hole_mask"
        if folder == "hole_mask" and result.hole_mask is None:
            return
        with tags.small(cls="files"):
            tags.a("png", href=quote(f"{folder}/{result.stem}.png"))
            if folder == "depth":
                tags.a("nm, tiff", href=quote(f"depth_nm/{result.stem}.tiff"))


def _add_choice(name: str, label: str, options: dict[str, str]) -> None:
    with tags.label(label, fr=name), tags.select(id=name):
        for value, text in options.items():
            tags.option(text, value=value)
