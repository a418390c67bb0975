"""The ladder as a Markdown table and as a page with the errors of the same test images in every row."""

import base64
import os
import platform
from pathlib import Path
from typing import Any

import numpy as np
from dominate import tags
from dominate.util import raw

from benchmarks.leaderboard_row import ROWS, late_gain
from benchmarks.result_pictures import DEPTH_RANGE, ERROR_LIMIT
from data import DataOptions, DatasetLayout, InferenceImages, read_grey
from util.drawing import figure
from util.drawing.page_template import empty_page

SHOWN = 6  # test images on the page
COLUMNS = (
    "rank",
    "approach",
    "RMSE raw",
    "RMSE finished",
    "level right",
    "IoU",
    "weights",
    "training s",
    "images/s",
    "still gaining",
    "reported",
)


def lines(found: dict[str, list[dict[str, Any]]]) -> list[list[str]]:
    """The cells of the table: the mean map, then every row with its rank by the error of the finished maps."""
    mean_map = next(one["mean_map"] for rows in found.values() for one in rows if one["mean_map"])
    errors = {title: np.mean([one["finished"] for one in rows]) for title, rows in found.items() if rows[0]["finished"]}
    ranked = sorted(errors, key=lambda title: errors[title])
    places = {title: str(ranked.index(title) + 1) if title in ranked else "–" for title in found}
    first = ["–", "mean depth map", "–", f"{mean_map:.2f}", "25.0%", *["–"] * (len(COLUMNS) - 5)]
    return [first, *([places[title], *cells(title, rows)] for title, rows in found.items())]


def cells(title: str, found: list[dict[str, Any]]) -> list[str]:
    """One row of the table: means over the seeds, and the least and the greatest error."""
    first = found[0]
    reported = next(row.reported for row in ROWS if row.title == title)
    gains = [late_gain(history) for one in found for history in one["histories"].values()]
    return [
        title,
        spread([one["raw"] for one in found]),
        spread([one["finished"] for one in found])
        + (
            ""
            if first["aligned"] is None
            else f"; {spread([one['aligned'] for one in found])} with scale and shift given"
        ),
        "–" if first["level"] is None else f"{np.mean([one['level'] for one in found]):.1%}",
        "–" if first["iou"] is None else f"{np.mean([one['iou'] for one in found]):.3f}",
        f"{first['parameters'] / 1e6:.2f} M",
        f"{np.mean([one['seconds'] for one in found]):.0f}",
        f"{np.mean([one['images_per_second'] for one in found]):.0f}",
        f"{np.mean(gains):.0%}",
        reported or "–",
    ]


def spread(values: list[float | None]) -> str:
    """`6.31 (6.02 to 6.55)`."""
    if values[0] is None:
        return "–"
    mean = f"{np.mean(values):.2f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.2f} to {max(values):.2f})"


def table(found: dict[str, list[dict[str, Any]]], seeds: int, minutes: float, data: str) -> str:
    """Markdown of the whole ladder, with what it was measured on."""
    rows = ["| " + " | ".join(row) + " |" for row in (COLUMNS, ["---"] * len(COLUMNS), *lines(found))]
    made = f"Mean of {seeds} seeds (least to greatest)" if seeds > 1 else "One seed"
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, one core a program"
    return "\n".join([*rows, "", f"{made}; data: `{data}`; {machine}; {minutes:.0f} minutes in all."]) + "\n"


def write(work: Path, found: dict[str, list[dict[str, Any]]], seeds: list[int], markdown: str) -> None:
    """index.html in `work`."""
    page = empty_page("The ladder")
    with page:
        tags.h1("The ladder: every approach on one data set")
        tags.p(markdown.strip().splitlines()[-1].replace("`", ""), cls="quiet")
        with tags.div(cls="wide"), tags.table():
            with tags.thead(), tags.tr():
                for name in COLUMNS:
                    tags.th(name)
            with tags.tbody():
                for row in lines(found):
                    with tags.tr():
                        for cell in row:
                            tags.td(cell)
        tags.p(
            "RMSE over all test pixels in grey levels, as the network gives it and with the background set. "
            "Still gaining: how much the held-out figure fell in the last quarter of the training, while the learning "
            "rate fell to zero.",
            cls="quiet",
        )
        _pictures(work, seeds[0])
        _curves(found)
    (work / "index.html").write_text(page.render(), encoding="utf-8")


def _pictures(work: Path, seed: int) -> None:
    images = next(InferenceImages.of(DatasetLayout(work / "sem"), DataOptions(), "test", SHOWN).batches(SHOWN))
    assert images.truth is not None
    low, high = DEPTH_RANGE
    tags.h2(f"The same test images in every row (seed {seed})")
    tags.p(
        f"Depth that was written, and its error: blue too deep, red too shallow, full at {ERROR_LIMIT:g}.", cls="quiet"
    )
    with tags.div(cls="wide"), tags.table():
        _strip("SEM image", [figure.grey(one) for one in images.images])
        _strip("truth", [figure.depth(one, low, high) for one in images.truth])
        for row in ROWS:
            folder = work / "results" / row.run(seed) / "test_latest/depth"
            if folder.is_dir():
                maps = [read_grey(folder / f"{stem}.png").astype(float) for stem in images.stems]
                _strip(row.title, [figure.depth(one, low, high) for one in maps])
                errors = [one - truth for one, truth in zip(maps, images.truth, strict=True)]
                _strip("", [figure.error(one, ERROR_LIMIT) for one in errors])


def _strip(title: str, pictures: list[Any]) -> None:
    with tags.tr():
        tags.th(title)
        for picture in pictures:
            data = base64.b64encode(figure.png(picture)).decode()
            with tags.td():
                tags.img(src=f"data:image/png;base64,{data}", alt=title or "error", cls="map")


def _curves(found: dict[str, list[dict[str, Any]]]) -> None:
    tags.h2("How each training went (first seed)")
    seen = set()
    for rows in found.values():
        for run, history in rows[0]["histories"].items():
            name = list(history)[4]
            if run not in seen:
                seen.add(run)
                with tags.figure(cls="curve"):
                    raw(figure.curves(history, [name], f"{run}: {name}", "epoch", ""))
