"""The page of a test: a table of holes, each to be opened and looked at from all sides, and how good they are.

One file without anything from elsewhere, so that it can be opened from a disk and sent by mail.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dominate import tags
from dominate.util import raw

from ..drawing import BASE_CSS, empty_page
from ..results import ImageResult
from ..scoring import ResultSelection
from . import accuracy, field_section, hole_detail, provenance, results_table
from .colours import Colours
from .maps import MOST_SIDE, Maps
from .quantity_labels import quantities
from .row_cells import cells

HERE = Path(__file__).parent
RESULTS_CSS = "".join((HERE / f"{name}.css").read_text(encoding="utf-8") for name in ("results_table", "hole_detail"))
SCRIPTS = ("results_table", "maps", "cuts", "surface", "hole_detail")
RESULTS_SCRIPT = "{\n" + "".join((HERE / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS) + "}"


def write(
    folder: Path,
    sample: ResultSelection,
    title: str,
    score: dict[str, Any] | None,
    facts: Iterable[tuple[str, object]],
    nm_per_grey: float = 1.0,
    pixel_nm: float = 0.0,
    errors: Mapping[str, dict[str, Any]] | None = None,
    run: Path | None = None,
    layout: Any = None,
) -> None:
    """index.html in `folder`, of the images that the sample kept, below the fields they were cut from.

    `errors` are those of the measures (MeasureErrors.figures), `run` is the folder of the training, `layout` its model's plot layout, `pixel_nm` the
    width of a pixel, 0 where it is unknown.
    """
    shown, measures = sample.shown, quantities(pixel_nm)
    reverse = shown[0].reverse
    maps = [Maps.of(result, nm_per_grey) for result in shown]
    colours = Colours.of(maps, nm_per_grey)
    images = [results_table.pictures(one, colours, reverse) for one in maps]
    page = empty_page(title, BASE_CSS + RESULTS_CSS)
    page["lang"] = "en"
    with page:
        tags.h1(title)
        with tags.p(cls="quiet facts"):
            for name, value in facts:
                tags.span(f"{name} {value}")
        if sample.strange:
            with tags.p(cls="alarm"):
                tags.b(f"{sample.strange} of {sample.count} images are outside what the model knows")
                tags.span(": their depth, their measures and the intervals of these are not to be trusted.")
        if score is not None:
            accuracy.headline(score, errors or {}, measures)
        elif reverse:
            tags.p("Depth maps turned into SEM images; they are not scored.")
        elif shown[0].truth is None:
            tags.p("The truth of these images is not known: what was found is shown without an error.")
        links = tags.nav(cls="parts", aria_label="parts of the page")
        if found := field_section.names(folder):
            _heading("Fields of view", links)
            field_section.pictures(found)
        _heading("Images" if shown[0].measurements is None else "Holes", links)
        _notes(sample, shown, pixel_nm)
        results_table.legends(colours, list(images[0]))
        results_table.controls(shown)
        results_table.table(shown, [cells(result, measures, nm_per_grey) for result in shown], images)
        if errors:
            _heading("Measures against the truth", links)
            tags.p("Predicted less true, over all holes of the test in which both can be measured.", cls="quiet")
            accuracy.of_measures(errors, measures)
        if score is not None and "raw" in score:
            _heading("Errors of the maps", links)
            accuracy.of_maps(score, sample.errors, nm_per_grey)
        elif score is not None and "levels" in score:
            accuracy.of_levels(score["levels"])
        if run is not None and provenance.training(run, layout):
            links.add(tags.a("Training", href="#training"))
        provenance.configuration(run)
        links.add(tags.a("Configuration and versions", href="#configuration"))
        hole_detail.dialog(list(images[0]), colours, reverse)
        hole_detail.data(shown, maps, colours, measures, nm_per_grey, pixel_nm)
        tags.script(raw(RESULTS_SCRIPT))
    (folder / "index.html").write_text(page.render(), encoding="utf-8", errors="backslashreplace")


def _heading(text: str, links: tags.nav) -> None:
    name = text.lower().replace(" ", "-")
    tags.h2(text, id=name)
    links.add(tags.a(text, href=f"#{name}"))


def _notes(sample: ResultSelection, shown: list[ImageResult], pixel_nm: float) -> None:
    first = shown[0]
    if len(shown) < sample.count:
        kind = "the worst and an even share of the others" if len(sample.errors) else "an even share"
        tags.p(f"{len(shown)} of {sample.count} images: {kind}.", cls="quiet")
    notes = []
    if max(max(one.input.shape) for one in shown) > MOST_SIDE:
        notes.append(f"Pictures and maps are shrunk to {MOST_SIDE} px a side here; numbers are of whole images.")
    if first.measurements is not None and not pixel_nm:
        notes.append(
            "--pixel_nm was not given: lengths across the image are in pixels; wall angles hold for pixels of 1 nm."
        )
    if first.final is None and first.hole_mask is not None:
        known = "" if first.truth is None else ", the true one green"
        notes.append(f"contour: what was found is red{known}.")
    if len(sample.errors) and not first.reverse:
        notes.append(
            "Depths and their errors are below each map's own top surface, as depth_nm/ holds them; RMSE is the "
            "contest's, which a wrong background level adds to."
        )
    if first.ood_score is not None:
        notes.append("strangeness: above 1 the image is outside what the model knows.")
    if notes:
        with tags.details(cls="notes"):
            tags.summary("How to read this")
            for note in notes:
                tags.p(note, cls="quiet")
