"""The page of a test: a table of holes, a detail view of each, and how good the predictions are.

It is one file that loads nothing, so that it opens from a disk and can be sent by mail.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dominate import tags
from dominate.util import raw

from ..drawing import BASE_CSS, empty_page
from ..files import counted
from ..results import ImageResult
from ..scoring import ResultSelection
from . import accuracy, field_section, hole_detail, provenance, results_table
from .colours import Colours
from .maps import MAX_SIDE, Maps
from .quantity_labels import quantity_labels
from .row_cells import make_cells

HERE = Path(__file__).parent
RESULTS_CSS = "".join((HERE / f"{name}.css").read_text(encoding="utf-8") for name in ("results_table", "hole_detail"))
SCRIPTS = ("results_table", "maps", "cuts", "surface", "hole_detail")
RESULTS_SCRIPT = "{\n" + "".join((HERE / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS) + "}"


def write(
    folder: Path,
    selection: ResultSelection,
    facts: dict[str, Any],
    figures: dict[str, Any],
    run: Path | None = None,
    layout: Any = None,
    former_names: Mapping[str, str] | None = None,
) -> None:
    """Writes index.html to `folder`: the images that the selection kept, below the fields they were cropped from.

    `facts` describe the test as a whole, among them `run` (the title), `nm_per_grey` [nm] and `pixel_nm` [nm], which is
    None if it is unknown; `notes`, lines about the images, and `instrument`, what the files say, may be missing.
    `figures` are `score` (None where there is none), `measurement_errors` by quantity, and
    `skipped`, one line for each skipped image. `run` is the folder of the training, `layout` its model's plot layout;
    `former_names` maps former names of its options to present ones.
    """
    nm_per_grey, pixel_nm = facts["nm_per_grey"], facts["pixel_nm"] or 0.0
    score, errors = figures["score"], figures["measurement_errors"]
    shown, quantities = selection.shown, quantity_labels(pixel_nm)
    reverse = shown[0].reverse
    maps = [Maps.from_result(result, nm_per_grey) for result in shown]
    colours = Colours.fit(maps, nm_per_grey)
    pictures = [results_table.draw_pictures(image_maps, colours, reverse) for image_maps in maps]
    names = max(map(list, pictures), key=len)  # an image without ground truth has fewer
    page = empty_page(facts["run"], BASE_CSS + RESULTS_CSS)
    page["lang"] = "en"
    with page:
        tags.h1(facts["run"])
        _add_facts(facts, len(figures["skipped"]))
        for note in facts.get("notes", ()):
            tags.p(note, cls="quiet")
        if selection.n_ood:
            with tags.p(cls="alarm"):
                verb = "is" if selection.n_ood == 1 else "are"
                images = f"{selection.n_ood} of {counted(selection.count, 'image')}"
                tags.b(f"{images} {verb} flagged OOD (out of distribution).")
                tags.span(
                    "Do not trust their depths, their measurements, or the uncertainties of these: they are grey."
                )
        if score is not None:
            accuracy.add_headline(score, errors, quantities)
        elif reverse:
            tags.p("SEM images rendered from depth maps; they are not scored.")
        elif shown[0].truth is None:
            tags.p("The ground truth of these images is not known: predictions are shown without errors.")
        links = tags.nav(cls="parts", aria_label="parts of the page")
        if fields := field_section.field_names(folder):
            _add_heading("Fields of view", links)
            field_section.add_fields(fields)
        _add_heading("Images" if shown[0].measurements is None else "Holes", links)
        _add_notes(selection, shown, pixel_nm)
        results_table.add_legends(colours, names)
        results_table.add_filters(shown)
        results_table.add_table(shown, [make_cells(result, quantities, nm_per_grey) for result in shown], pictures)
        if errors:
            _add_heading("Measurements against the ground truth", links)
            tags.p(
                "Predicted minus true value, over all holes where both can be measured. Images of one shape err alike: "
                "with few shapes, the share in the 90 % interval says little.",
                cls="quiet",
            )
            accuracy.add_measurement_errors(errors, quantities)
        if score is not None and "raw" in score:
            _add_heading("Errors of the maps", links)
            accuracy.add_map_errors(score, selection.errors, nm_per_grey)
        elif score is not None and "levels" in score:
            accuracy.add_level_confusion(score["levels"])
        if run is not None and provenance.add_training(run, layout):
            links.add(tags.a("Training", href="#training"))
        provenance.add_configuration(run, facts.get("instrument", {}), former_names or {})
        links.add(tags.a("Configuration and versions", href="#configuration"))
        hole_detail.add_dialog(names, colours, reverse)
        hole_detail.add_data(shown, maps, colours, quantities, nm_per_grey, pixel_nm)
        tags.script(raw(RESULTS_SCRIPT))
    (folder / "index.html").write_text(page.render(), encoding="utf-8", errors="backslashreplace")


def _add_facts(facts: dict[str, Any], n_skipped: int) -> None:
    with tags.p(cls="quiet facts"):
        for name, value in (facts | {"skipped": n_skipped}).items():
            if name not in ("run", "notes", "instrument", "has_absolute_scale") and value is not None:
                text = f"{float(f'{value:.4g}'):g}" if isinstance(value, float) else value
                tags.span(f"{name.replace('_', ' ')} {text}")


def _add_heading(text: str, links: tags.nav) -> None:
    name = text.lower().replace(" ", "-")
    tags.h2(text, id=name)
    links.add(tags.a(text, href=f"#{name}"))


def _add_notes(selection: ResultSelection, shown: list[ImageResult], pixel_nm: float) -> None:
    first = shown[0]
    if len(shown) < selection.count:
        kind = "the worst, and a uniform sample of the others" if len(selection.errors) else "a uniform sample"
        tags.p(f"{len(shown)} of {counted(selection.count, 'image')}: {kind}.", cls="quiet")
    notes = []
    if max(max(result.input.shape) for result in shown) > MAX_SIDE:
        notes.append(f"Pictures and maps are shrunk to {MAX_SIDE} px a side here; numbers are of whole images.")
    if first.measurements is not None and not pixel_nm:
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
    if notes:
        with tags.details(cls="notes"):
            tags.summary("How to read this")
            for note in notes:
                tags.p(note, cls="quiet")
