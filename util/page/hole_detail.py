"""The large view of one hole or field, which a script fills: maps, profiles, a surface to turn, all measurements."""

from collections.abc import Sequence

from dominate import tags

from .results_table import add_legends, picture_label

DRAGGING = {"cursor": "moves the cuts", "line": "draws a line", "pan": "moves the maps"}
SCALES = {"shared": "shared by all", "own": "of this one"}


class Dialog(tags.html_tag):
    """The HTML element, which dominate lacks."""

    tagname = "dialog"


def add_dialog(pictures: Sequence[str], reverse: bool) -> None:
    """The view, hidden until a hole is chosen; `pictures` are the names of the table's pictures."""
    maps = [name for name in pictures if name in ("depth", "truth", "error")]
    with Dialog(id="hole", aria_labelledby="hole-name"):
        with tags.header():
            with tags.div():
                tags.h2(id="hole-name", tabindex="-1", autofocus=True)
                tags.p(id="hole-facts", cls="quiet facts")
            with tags.nav(aria_label="holes"):
                tags.a("in its field", id="to-field", href="#", hidden=True)
                _add_button("previous", "\u2190", "previous hole", "previous (\u2190)")
                _add_button("next", "\u2192", "next hole", "next (\u2192)")
                _add_button("close", "\u2715", "close", "close (Esc)")
        _add_controls(bool(maps))
        tags.p(id="readings", role="status")
        _add_views(pictures)
        tags.nav(id="boxes", aria_label="holes of this field", hidden=True)
        add_legends(pictures)
        tags.p(id="contours", cls="quiet")
        if maps:
            _add_profiles()
        with tags.div(cls="detail"):
            if maps:
                _add_surface([name for name in maps if name != "error"])
            if not reverse:
                _add_measurements()


def _add_button(name: str, text: str, label: str = "", title: str = "") -> None:
    more = {"aria_label": label} if label else {}
    tags.button(text, type="button", id=name, **more, **({"title": title} if title else {}))


def _add_controls(has_scale: bool) -> None:
    with tags.div(cls="controls view-controls"):
        _add_select("drag", "Dragging", DRAGGING)
        with tags.span(cls="buttons", role="group", aria_label="zoom"):
            _add_button("zoom-out", "\u2212", "zoom out", "zoom out (\u2212)")
            _add_button("zoom-in", "+", "zoom in", "zoom in (+, or Ctrl and the wheel)")
            _add_button("fit", "fit", "", "whole maps (0)")
        if has_scale:
            _add_select("scale", "Colours", SCALES)
        _add_button("save-maps", "Save as PNG")


def _add_select(name: str, label: str, options: dict[str, str]) -> None:
    with tags.label(label, fr=name), tags.select(id=name):
        for value, text in options.items():
            tags.option(text, value=value)


def _add_views(names: Sequence[str]) -> None:
    with tags.section(cls="views", aria_label="maps"):
        for name in names:
            label = picture_label(name)
            description = f"{label}; arrow keys move the cuts, L draws a line, plus, minus and 0 zoom, Shift pans"
            with tags.figure():
                tags.canvas(data_view=name, tabindex="0", role="img", aria_label=description)
                tags.figcaption(label)


def _add_profiles() -> None:
    with tags.section(cls="profiles", aria_label="profiles"):
        with tags.div(cls="controls"):
            tags.strong("Profiles")
            _add_button("copy-profiles", "Copy as CSV")
            _add_button("save-profiles", "Save as PNG")
            tags.span("A line is drawn by dragging, if that is chosen above, or by the key L on a map.", cls="quiet")
        with tags.div(cls="cuts"):
            for axis, title in (("x", "cut along x"), ("y", "cut along y"), ("line", "along the line")):
                with tags.figure(cls="cut", data_cut=axis):
                    tags.figcaption(title)
                    tags.div(cls="chart", role="img", aria_label=title)
                    if axis != "line":
                        position = {"x": "row of the cut along x", "y": "column of the cut along y"}[axis]
                        tags.input_(type="range", data_axis=axis, min="0", value="0", aria_label=position)


def _add_surface(names: Sequence[str]) -> None:
    with tags.section(cls="surface", aria_label="surface"):
        with tags.div(cls="controls"):
            tags.strong("Surface")
            with tags.select(id="layer", aria_label="which surface"):
                for name in names:
                    tags.option(picture_label(name), value=name)
            _add_button("save-surface", "Save as PNG")
        tags.canvas(id="surface", tabindex="0", role="img", aria_label="surface; drag or arrow keys turn it")
        tags.p(id="proportions", cls="quiet")


def _add_measurements() -> None:
    with tags.section(cls="measurements", aria_label="measurements"):
        with tags.div(cls="controls"):
            tags.strong("Measurements")
            _add_button("copy-measurements", "Copy as CSV")
        with tags.table():
            with tags.thead(), tags.tr():
                for heading in ("quantity", "predicted", "ground truth", "predicted \u2212 true", "unit"):
                    tags.th(heading, scope="col")
            tags.tbody(id="measurements")
