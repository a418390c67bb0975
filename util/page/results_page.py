"""The page of a test: a table of holes, a detail view of each, and how good the predictions are.

It is one file that loads nothing, so that it opens from a disk and can be sent by mail.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from dominate import tags
from dominate.util import raw

from ..drawing import BASE_CSS, UPLOT_CSS, UPLOT_JS, empty_page
from ..files import counted, name_file
from ..results import FieldWriter, ImageResult
from ..scoring import ResultSelection
from . import accuracy, field_section, hole_detail, page_data, provenance, results_table
from .colours import Colours
from .maps import Maps
from .page_data import Scale
from .quantity_labels import quantity_labels
from .row_cells import Row, make_row

HERE = Path(__file__).parent
STYLES = ("results_table", "hole_detail")
RESULTS_CSS = UPLOT_CSS + "".join((HERE / f"{name}.css").read_text(encoding="utf-8") for name in STYLES)
SCRIPTS = ("maps", "exports", "results_table", "views", "profiles", "surface", "hole_detail")
RESULTS_SCRIPT = "".join((HERE / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)

FACTS = {  # labels and units of facts that are not called by their names
    "pixel_nm": ("pixel size", "nm"),
    "nm_per_grey": ("depth of a grey level", "nm"),
    "n_parameters": ("weights", ""),
    "images_per_second": ("images a second", ""),
    "network_images_per_second": ("of the network alone", ""),
}
# Facts that are shown elsewhere, or too long for a line.
NO_FACTS = ("run", "notes", "instrument", "dataroot", "has_absolute_scale", "versions", "weights_sha256")


def new_selection(total: int, nm_per_grey: float, pixel_nm: float) -> ResultSelection:
    """An empty selection for a page of `total` results; lengths in nm, `pixel_nm` 0 is unknown."""
    summarise = partial(make_row, quantities=quantity_labels(pixel_nm), nm_per_grey=nm_per_grey)
    return ResultSelection(total, summarise=summarise)


def write(
    folder: Path,
    selection: ResultSelection,
    facts: dict[str, Any],
    figures: dict[str, Any],
    run: Path | None = None,
    layout: Any = None,
    former_names: Mapping[str, str] | None = None,
    fields: FieldWriter | None = None,
) -> None:
    """Writes index.html to `folder`: the images that the selection kept, below the fields they were cropped from.

    `facts` describe the test as a whole, among them `run` (the title), `nm_per_grey` [nm] and `pixel_nm` [nm], which is
    None if it is unknown; `notes`, lines about the images, and `instrument`, what the files say, may be missing.
    `figures` are `score` (None where there is none), `measurement_errors` by quantity, and
    `skipped`, one line for each skipped image. `run` is the folder of the training, `layout` its model's plot layout;
    `former_names` maps former names of its options to present ones.
    """
    page = empty_page(facts["run"], BASE_CSS + RESULTS_CSS)
    with page, tags.main():
        tags.h1(facts["run"])
        _add_summary(selection, facts, figures)
        links = tags.nav(cls="parts", aria_label="parts of the page")
        if fields and fields.views:
            _add_heading("Fields of view", links)
            field_section.add_fields(folder, fields.views)
        _add_holes(selection, facts, fields, links)
        _add_errors(selection, facts, figures, links)
        if run is not None and provenance.add_training(run, layout):
            links.add(tags.a("Training", href="#training"))
        provenance.add_configuration(run, facts.get("instrument", {}), former_names or {})
        links.add(tags.a("Configuration and versions", href="#configuration"))
    with page:
        tags.script(raw(UPLOT_JS + "\n" + RESULTS_SCRIPT))
    content = page.render().encode("utf-8", "backslashreplace")
    with name_file(folder / "index.html"):
        (folder / "index.html").write_bytes(content)


def _add_summary(selection: ResultSelection, facts: dict[str, Any], figures: dict[str, Any]) -> None:
    """What was tested, and how good it is."""
    score, first = figures["score"], selection.shown[0]
    _add_facts(facts, len(figures["skipped"]))
    for note in facts.get("notes", ()):
        tags.p(note, cls="quiet")
    if selection.n_ood:
        with tags.p(cls="alarm"):
            verb = "is" if selection.n_ood == 1 else "are"
            images = f"{selection.n_ood} of {counted(selection.count, 'image')}"
            tags.b(f"{images} {verb} flagged OOD (out of distribution).")
            tags.span("Do not trust their depths, their measurements, or the uncertainties of these: they are grey.")
    if selection.flagged.left_out:
        tags.p(selection.flagged.left_out, cls="alarm")
    if other_size := selection.flagged.describe(["size"]):
        tags.p(other_size, cls="alarm")
    if score is not None:
        accuracy.add_headline(score, figures["measurement_errors"], quantity_labels(facts["pixel_nm"] or 0.0))
    elif first.reverse:
        tags.p("SEM images rendered from depth maps; they are not scored.")
    elif first.truth is None:
        tags.p("The ground truth of these images is not known: predictions are shown without errors.")


def _add_holes(selection: ResultSelection, facts: dict[str, Any], fields: FieldWriter | None, links: tags.nav) -> None:
    """The table of images, the large view, and what both are drawn from."""
    shown, nm_per_grey = selection.shown, facts["nm_per_grey"]
    first, views = shown[0], fields.views if fields else []
    maps, packed, step = page_data.fit_maps(shown, nm_per_grey)
    scale = Scale(nm_per_grey, facts["pixel_nm"] or 0.0, step)
    quantities = quantity_labels(scale.pixel_nm)
    rows = selection.rows or [make_row(result, quantities, nm_per_grey) for result in shown]
    colours, pictures = Colours.fit(maps, nm_per_grey), results_table.picture_names(maps, first.reverse)
    _add_heading("Images" if first.measurements is None else "Holes", links)
    _add_notes(selection, rows, maps, scale)
    results_table.add_legends(pictures)
    results_table.add_filters(rows, first)
    results_table.add_table(rows, pictures)
    hole_detail.add_dialog(pictures, first.reverse)
    holes = [page_data.hole_data(*hole, quantities, scale) for hole in zip(shown, maps, packed, strict=True)]
    field_list = [page_data.field_data(view, len(views), scale) for view in views]
    about = page_data.describe(first, colours, quantities, scale)
    page_data.add_data(rows, holes, field_list, about)


def _add_errors(selection: ResultSelection, facts: dict[str, Any], figures: dict[str, Any], links: tags.nav) -> None:
    """How good measurements and maps are, where the ground truth is known."""
    score, errors = figures["score"], figures["measurement_errors"]
    if errors:
        _add_heading("Measurements against the ground truth", links)
        tags.p(
            "Predicted minus true value, over all holes where both can be measured. Images of one shape err alike: "
            "with few shapes, the share in the 90 % interval says little.",
            cls="quiet",
        )
        accuracy.add_measurement_errors(errors, quantity_labels(facts["pixel_nm"] or 0.0))
    if score is not None and "raw" in score:
        _add_heading("Errors of the maps", links)
        accuracy.add_map_errors(score, selection.errors, facts["nm_per_grey"])
    elif score is not None and "levels" in score:
        accuracy.add_level_confusion(score["levels"])


def _add_facts(facts: dict[str, Any], n_skipped: int) -> None:
    with tags.p(cls="quiet facts"):
        for name, value in (facts | {"skipped": n_skipped}).items():
            if name not in NO_FACTS and value is not None:
                text = f"{float(f'{value:.4g}'):g}" if isinstance(value, float) else value
                text = f"{value:,}" if isinstance(value, int) else text
                label, unit = FACTS.get(name, (name.replace("_", " "), ""))
                tags.span(f"{label} {text} {unit}".rstrip())


def _add_heading(text: str, links: tags.nav) -> None:
    name = "part-" + text.lower().replace(" ", "-")  # the table has the id `images`
    tags.h2(text, id=name)
    links.add(tags.a(text, href=f"#{name}"))


def _add_notes(selection: ResultSelection, rows: Sequence[Row], maps: Sequence[Maps], scale: Scale) -> None:
    kind = selection.sampling
    if len(rows) < selection.count:
        tags.p(f"{len(rows):,} of {counted(selection.count, 'image')}: {kind}.", cls="quiet")
    if len(maps) < len(rows):
        tags.p(f"{counted(len(maps), 'image')} with pictures and maps: {kind}.", cls="quiet")
    if notes := _notes(selection, selection.shown[0], max(image.shrink for image in maps), scale):
        with tags.details(cls="notes"):
            tags.summary("How to read this")
            for note in notes:
                tags.p(note, cls="quiet")


def _notes(selection: ResultSelection, first: ImageResult, shrunk: tuple[float, float], scale: Scale) -> list[str]:
    """What a reader must know about the numbers."""
    notes = []
    if shrunk > (1, 1):
        notes.append(f"Maps are shrunk here, up to {shrunk[0]:.1f} times a side; numbers are of whole images.")
    if scale.step > page_data.DEPTH_STEPS[0] * scale.nm_per_grey:
        notes.append(f"Depths in maps and profiles are rounded to {scale.step:g} nm, because this page holds many.")
    if first.measurements is not None and not scale.pixel_nm:
        notes.append(
            "The pixel size is not known: lengths across the image are in px, and wall angles are not given; use "
            "--pixel_nm."
        )
    if first.final is None and first.hole_mask is not None:
        truth = "" if first.truth is None else ", ground truth is green"
        notes.append(f"contour: the predicted hole is red{truth}.")
    if len(selection.errors) and not first.reverse:
        notes.append(
            "Depths and their errors are measured from each map's own top surface, as in depth_nm/. RMSE is the "
            "contest's: a wrong background level adds to it."
        )
    if first.depth_u90 is not None:
        notes.append("U90: expanded uncertainty of the depth, half of its 90 % interval.")
    if first.ood_score is not None:
        notes.append(
            "OOD score: above 1 the image is out of distribution; its numbers and their U90 are not to be trusted."
        )
    return notes
