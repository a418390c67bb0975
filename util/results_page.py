"""The page of a test: SEM image, depth as it came and as it was finished, truth and error, and the score above them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from dominate import document, tags
from dominate.util import raw
from numpy.typing import NDArray
from PIL import Image

from . import figure
from .score import rows as score_rows
from .style import CSS, SORT_AND_FILTER

ERROR_LIMIT = 30.0  # [grey level] at which the colours of an error map are full
MOST_IMAGES = 200
MEANINGS = {
    "raw": "As the network gives it.",
    "quantised": "Its background set to the nearest level.",
    "centred": "Quantised, and the hole moved to where the depth maps have theirs: the stage is never quite there.",
    "level given": "The true level put in and the hole rescaled with it: judges the shape alone.",
    "mean map": "The mean of the training depth maps, the same for every image.",
    "mean map, level given": "The mean shape of the training depth maps at the true level: the same help.",
}


@dataclass(frozen=True)
class Result:
    """One test image: stem, SEM image, maps (H, W) and background level [grey level]; truth where known."""

    stem: str
    sem: NDArray
    depth: NDArray
    quantised: NDArray | None
    truth: NDArray | None
    level: int
    centred: NDArray | None = None
    names: tuple[str, str] = ("SEM", "depth")  # what went in, what came out

    @property
    def final(self) -> NDArray:
        """The map that was written: the last of depth, quantised and centred that there is."""
        if self.centred is not None:
            return self.centred
        return self.depth if self.quantised is None else self.quantised

    @property
    def rmse(self) -> float | None:
        """Error of the final map [grey level]."""
        return None if self.truth is None else float(np.sqrt(np.mean((self.final - self.truth) ** 2.0)))

    @property
    def written_in(self) -> str:
        """The folder of the results that holds the image."""
        return "sem" if self.names[0] == "depth" else "depth"

    def pictures(self) -> dict[str, Image.Image]:
        """The columns of the page, in their order."""
        low, high = depth_range()
        if self.names[0] == "depth":
            return {"depth": figure.depth(self.sem, low, high), "SEM": figure.grey(self.depth)}
        columns = {"SEM": figure.grey(self.sem), "depth": figure.depth(self.depth, low, high)}
        if self.quantised is not None:
            columns["quantised"] = figure.depth(self.quantised, low, high)
        if self.centred is not None:
            columns["centred"] = figure.depth(self.centred, low, high)
        if self.truth is not None:
            columns["truth"] = figure.depth(self.truth, low, high)
            columns["error"] = figure.error(self.final - self.truth, ERROR_LIMIT)
        return columns


def depth_range() -> tuple[float, float]:
    """Grey levels at the ends of the depth colours, the same on every page, so that pages can be compared."""
    return 20.0, 170.0


def write(
    folder: Path, results: list[Result], title: str, score: dict[str, Any] | None, facts: Iterable[tuple[str, str]]
) -> None:
    """index.html and images/ in `folder`; of more than 200 images those that `chosen` takes."""
    shown = chosen(results)
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
        _score(score, results[0].names)
        errors = [result.rmse for result in results if result.rmse is not None]
        if errors:
            tags.h2("Error of the images")
            with tags.figure(cls="curve"):
                raw(figure.histogram(np.array(errors), "RMSE of an image [grey level]"))
        tags.h2("Images")
        if len(shown) < len(results):
            kind = "the worst and an even share of the others" if errors else "an even share"
            tags.p(f"{len(shown)} of {len(results)} images: {kind}.", cls="quiet")
        _legends(folder, any(result.truth is not None for result in shown))
        _controls(shown)
        _table(folder, shown)
        tags.script(raw(SORT_AND_FILTER))
    (folder / "index.html").write_text(page.render(), encoding="utf-8")


def chosen(results: list[Result], most: int = MOST_IMAGES) -> list[Result]:
    """All results, or of too many the worst quarter of `most` (where the truth is known) and an even share."""
    if len(results) <= most:
        return results
    errors = {n: error for n, result in enumerate(results) if (error := result.rmse) is not None}
    worst = sorted(errors, key=lambda n: -errors[n])[: most // 4]
    even = [n * len(results) // (most - len(worst)) for n in range(most - len(worst))]
    return [results[n] for n in sorted({*worst, *even})]


def _score(score: dict[str, Any] | None, names: tuple[str, str]) -> None:
    if score is None:
        if names[0] == "depth":
            tags.p("Depth maps turned into SEM images; they are not scored.")
        else:
            tags.p("The truth of these images is not known: the maps are shown without an error.")
        return
    tags.h2("Score")
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
    tags.p(f"Chance gets {score['chance_level_accuracy']:.0%} of the background levels right.", cls="quiet")


def _legends(folder: Path, truth: bool) -> None:
    low, high = depth_range()
    kinds = [("depth", f"{low:g}", "depth [grey level]", f"{high:g}")]
    if truth:
        kinds.append(("error", f"\u2212{ERROR_LIMIT:g}: too deep", "error", f"+{ERROR_LIMIT:g}: too shallow"))
    for kind, left, middle, right in kinds:
        (folder / "images" / f"bar_{kind}.png").write_bytes(figure.png(figure.bar(kind)))
        with tags.span(cls="legend"):
            tags.img(src=f"images/bar_{kind}.png", alt=f"colour bar of the {kind}", cls="bar")
            tags.span(left)
            tags.span(middle)
            tags.span(right)


def _controls(results: list[Result]) -> None:
    levels = sorted({result.level for result in results})
    with tags.div(cls="controls"):
        tags.label("Predicted background level ", fr="level")
        with tags.select(id="level"):
            tags.option("all", value="")
            for level in levels:
                tags.option(str(level), value=str(level))
        if results[0].written_in == "depth":
            tags.a("all depth maps (submission.zip)", href="submission.zip")
        tags.a("metrics.json", href="metrics.json")


def _table(folder: Path, results: list[Result]) -> None:
    scored = any(result.rmse is not None for result in results)
    with tags.div(cls="wide"), tags.table(id="images"):
        with tags.thead(), tags.tr():
            for name in ("image", *([] if not scored else ["RMSE"]), "level"):
                with tags.th(scope="col"):
                    tags.button(name, type="button")
            for name in results[0].pictures() if results else ():
                tags.th(name, scope="col")
        with tags.tbody():
            for number, result in enumerate(results):
                with tags.tr(data_level=str(result.level)):
                    with tags.td(cls="name", data_value=result.stem):
                        tags.a(result.stem, href=quote(f"{result.written_in}/{result.stem}.png"))
                        if result.written_in == "depth":
                            tags.small(tags.a("nm, float32", href=quote(f"depth_nm/{result.stem}.tiff")))
                    if scored:
                        tags.td("" if result.rmse is None else f"{result.rmse:.2f}", cls="number", data_label="RMSE")
                    tags.td(str(result.level), cls="number", data_label="level")
                    for name, picture in result.pictures().items():
                        source = f"images/{number:05d}_{name}.png"
                        (folder / source).write_bytes(figure.png(picture))
                        with tags.td(cls="picture", data_label=name):
                            tags.img(src=source, alt=f"{name} of {result.stem}", cls="map", loading="lazy")
