"""The page of a test: SEM image, depth as it came and as it was finished, truth and error, and the score above them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from dominate import document, tags
from dominate.util import raw

from . import figure
from .result import ERROR_LIMIT, Result, depth_range
from .sample import Sample
from .score_table import rows as score_rows
from .score_table import summary
from .style import CSS, SORT_AND_FILTER

MOST_FIELDS = 20
FIELD = "_depth_nm.tiff"  # how the name of a field's depth map ends
MEANINGS = {
    "raw": "As the network gives it.",
    "quantised": "Its background set to the nearest (or voted) level: what is joined to the border within "
    "--background_tolerance of it (or lies in the voted mask).",
    "centred": "Quantised, and the hole moved to where the depth maps have theirs: the stage is never quite there.",
    "scale and shift given": "The raw map after the scale and shift that bring each closest to its truth.",
    "level given": "The true level put in and the hole rescaled with it: judges the shape alone.",
    "mean map": "The mean of the training depth maps, the same for every image.",
    "mean map, level given": "The mean shape of the training depth maps at the true level: the same help.",
}


def write(
    folder: Path, sample: Sample, title: str, score: dict[str, Any] | None, facts: Iterable[tuple[str, object]]
) -> None:
    """index.html and images/ in `folder`, of the images that the sample kept, below the fields they were cut from."""
    shown = sample.shown
    page = document(title=title)
    with page.head:
        tags.meta(charset="utf-8")
        tags.meta(name="viewport", content="width=device-width, initial-scale=1")
        tags.style(raw(CSS))
    with page:
        tags.h1(title)
        with tags.p(cls="quiet facts"):
            for name, value in facts:
                tags.span(f"{name} {value}")
        _score(folder, score, shown[0].reverse)
        _fields(folder)
        errors = sample.errors
        if len(errors):
            tags.h2("Error of the images")
            with tags.figure(cls="curve"):
                raw(figure.histogram(errors, "RMSE of an image's finished map [grey level]"))
        tags.h2("Images")
        if len(shown) < sample.count:
            kind = "the worst and an even share of the others" if len(errors) else "an even share"
            tags.p(f"{len(shown)} of {sample.count} images: {kind}.", cls="quiet")
        first = shown[0]
        if first.final is not None:
            _legends(folder, bool(len(errors)), first.interval is not None)
        if first.mask is not None:
            known = "" if first.truth is None else ", the true one green"
            tags.p(f"contour: what was found is red{known}.", cls="quiet")
        if first.strange is not None:
            tags.p(
                "± 90 %: half the width of the depth's 90 % interval. "
                "strangeness: above 1 the image is outside what the pipeline knows.",
                cls="quiet",
            )
        if len(errors):
            last = [name for name in first.pictures() if name in ("raw", "quantised", "centred")][-1]
            tags.p(f"RMSE and error are those of the map that is written: {last}.", cls="quiet")
        _controls(shown)
        _table(folder, shown)
        tags.script(raw(SORT_AND_FILTER))
    (folder / "index.html").write_text(page.render(), encoding="utf-8", errors="backslashreplace")


def _score(folder: Path, score: dict[str, Any] | None, reverse: bool) -> None:
    if score is None:
        if reverse:
            tags.p("Depth maps turned into SEM images; they are not scored.")
        else:
            tags.p("The truth of these images is not known: what was found is shown without an error.")
        return
    tags.h2("Score")
    if "raw" in score:
        _errors(score)
    for line in summary(score):
        tags.p(line, cls="quiet")
    if "levels" in score:
        levels = score["levels"]
        picture = figure.confusion(np.array(levels["confusion"]), levels["levels"])
        (folder / "images" / "confusion.png").write_bytes(figure.png(picture))
        with tags.figure():
            tags.img(src="images/confusion.png", alt="confusion matrix of the background levels", cls="matrix")
            tags.figcaption("Background levels: how many images of each true level (rows) were taken for which.")


def _fields(folder: Path) -> None:
    names = sorted(path.name.removesuffix(FIELD) for path in folder.glob(f"fields/*{FIELD}"))
    if not names:
        return
    tags.h2("Fields of view")
    shown = names[:MOST_FIELDS]
    with tags.p(f"{len(shown)} of {len(names)}, with what was found in them; a number is an image's below. "):
        tags.a("fields.csv", href="fields.csv")
    for name in shown:
        with tags.figure():
            tags.img(src=quote(f"fields/{name}.png"), alt=f"holes found in {name}", cls="field", loading="lazy")
            with tags.figcaption(f"{name}: "):
                tags.a("nm, float32", href=quote(f"fields/{name}{FIELD}"))


def _errors(score: dict[str, Any]) -> None:
    lines = score_rows(score)
    with tags.p(cls="headline"):
        for name, cell in zip(lines[0].values, lines[0].cells, strict=True):
            if name in ("raw", "quantised", "centred"):
                with tags.span():
                    tags.b(cell)
                    tags.small(f"RMSE, {name}")
    with tags.div(cls="wide"), tags.table(cls="score"):
        with tags.thead(), tags.tr():
            tags.th("grey levels")
            for heading in lines[0].values:
                tags.th(heading)
        with tags.tbody():
            for line in lines:
                with tags.tr():
                    with tags.td(line.name):
                        tags.small(line.meaning)
                    for cell in line.cells:
                        tags.td(cell)
    with tags.dl():
        for name in lines[0].values:
            tags.dt(name)
            tags.dd(MEANINGS[name])


def _legends(folder: Path, truth: bool, interval: bool) -> None:
    low, high = depth_range()
    kinds = [("depth", f"{low:g}", "depth [grey level]", f"{high:g}")]
    if truth:
        kinds.append(("error", f"\u2212{ERROR_LIMIT:g}: too deep", "error", f"+{ERROR_LIMIT:g}: too shallow"))
    if interval:
        kinds.append(("interval", "0", "half the 90 % interval [grey level]", f"{ERROR_LIMIT:g}"))
    for kind, left, middle, right in kinds:
        (folder / "images" / f"bar_{kind}.png").write_bytes(figure.png(figure.bar(kind)))
        with tags.span(cls="legend"):
            tags.img(src=f"images/bar_{kind}.png", alt=f"colour bar of the {kind}", cls="bar")
            tags.span(left)
            tags.span(middle)
            tags.span(right)


def _controls(results: list[Result]) -> None:
    levels = sorted({result.level for result in results if result.level is not None and not result.reverse})
    with tags.div(cls="controls"):
        if levels:
            tags.label("Predicted background level ", fr="level")
            with tags.select(id="level"):
                tags.option("all", value="")
                for level in levels:
                    tags.option(str(level), value=str(level))
        if results[0].final is not None and not results[0].reverse:
            tags.a("all depth maps (submission.zip)", href="submission.zip")
        if results[0].probability is not None:
            tags.a("levels.csv", href="levels.csv")
        if results[0].measures is not None:
            tags.a("holes.csv", href="holes.csv")
        tags.a("metrics.json", href="metrics.json")


def _table(folder: Path, results: list[Result]) -> None:
    figures, pictures = list(results[0].figures), list(results[0].pictures())
    with tags.div(cls="wide"), tags.table(id="images"):
        with tags.thead(), tags.tr():
            for name in ("image", *figures):
                with tags.th(scope="col"):
                    tags.button(name, type="button")
            for name in pictures:
                tags.th(name, scope="col")
        with tags.tbody():
            for number, result in enumerate(results):
                with tags.tr(data_level=str(result.level)):
                    _name(result)
                    for name in figures:
                        tags.td(result.figures.get(name, ""), cls="number", data_label=name)
                    for name, picture in result.pictures().items():
                        source = f"images/{number:05d}_{name}.png"
                        (folder / source).write_bytes(figure.png(picture))
                        with tags.td(cls="picture", data_label=name):
                            tags.img(src=source, alt=f"{name} of {result.stem}", cls="map", loading="lazy")


def _name(result: Result) -> None:
    with tags.td(cls="name", data_value=result.stem):
        written = "sem" if result.reverse else "depth" if result.final is not None else "mask"
        if written == "mask" and result.mask is None:
            tags.span(result.stem)
            return
        tags.a(result.stem, href=quote(f"{written}/{result.stem}.png"))
        if written == "depth":
            tags.small(tags.a("nm, float32", href=quote(f"depth_nm/{result.stem}.tiff")))
