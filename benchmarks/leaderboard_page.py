"""The leaderboard as a Markdown table, and as a page that shows the same test images in every row."""

import base64
import os
import platform
from pathlib import Path
from typing import Any

import numpy as np
from dominate import tags
from dominate.util import raw
from PIL import Image

from benchmarks.leaderboard_row import ROWS, late_gain, validation_metric
from benchmarks.result_pictures import DEPTH_RANGE, ERROR_LIMIT
from data import DataOptions, DatasetLayout, InferenceImages, read_grey
from util.drawing import empty_page, figure

Scores = dict[str, list[dict[str, Any]]]  # by the row's title: `read_scores` of each seed

N_IMAGES = 6  # test images on the page
COLUMNS = (
    "rank",
    "approach",
    "RMSE raw",
    "RMSE post-processed",
    "level right",
    "IoU",
    "weights",
    "training s",
    "images/s",
    "still gaining",
    "reported",
)


def table_rows(scores: Scores) -> list[list[str]]:
    """The cells of the table: the mean map, then every row with its rank by the RMSE of its final maps."""
    all_seeds = [score for seeds in scores.values() for score in seeds]
    mean_map = next(score["mean_map_baseline"] for score in all_seeds if score["mean_map_baseline"])
    errors = {
        title: np.mean([score["final"] for score in seeds]) for title, seeds in scores.items() if seeds[0]["final"]
    }
    ranked = sorted(errors, key=lambda title: errors[title])
    ranks = {title: str(ranked.index(title) + 1) if title in ranked else "–" for title in scores}
    first = ["–", "mean depth map", "–", f"{mean_map:.2f}", "25.0%", *["–"] * (len(COLUMNS) - 5)]
    return [first, *([ranks[title], *row_cells(title, seeds)] for title, seeds in scores.items())]


def row_cells(title: str, seeds: list[dict[str, Any]]) -> list[str]:
    """One row of the table: means over the seeds, with the minimum and maximum RMSE."""
    first = seeds[0]
    reported = next(row.reported for row in ROWS if row.title == title)
    gains = [late_gain(history) for score in seeds for history in score["histories"].values()]
    values = {name: [score[name] for score in seeds] for name in first}
    final = format_range(values["final"])
    if first["scale_shift_aligned"] is not None:
        final += f"; {format_range(values['scale_shift_aligned'])} with scale and shift given"
    return [
        title,
        format_range(values["raw"]),
        final,
        "–" if first["level_accuracy"] is None else f"{np.mean(values['level_accuracy']):.1%}",
        "–" if first["iou"] is None else f"{np.mean(values['iou']):.3f}",
        f"{first['n_parameters'] / 1e6:.2f} M",
        f"{np.mean(values['seconds']):.0f}",
        f"{np.mean(values['images_per_second']):.0f}",
        f"{np.mean(gains):.0%}",
        reported or "–",
    ]


def format_range(values: list[Any]) -> str:
    """Mean, minimum and maximum as text, for example `6.31 (6.02 to 6.55)`."""
    if values[0] is None:
        return "–"
    mean = f"{np.mean(values):.2f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.2f} to {max(values):.2f})"


def to_markdown(scores: Scores, n_seeds: int, minutes: float, data: str) -> str:
    """The table as Markdown, with its data set and its machine."""
    rows = ["| " + " | ".join(row) + " |" for row in (COLUMNS, ["---"] * len(COLUMNS), *table_rows(scores))]
    seeds = f"Mean of {n_seeds} seeds (minimum to maximum)" if n_seeds > 1 else "One seed"
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, one core a program"
    return "\n".join([*rows, "", f"{seeds}; data: `{data}`; {machine}; {minutes:.0f} minutes in all."]) + "\n"


def write(work: Path, scores: Scores, seeds: list[int], markdown: str) -> None:
    """Writes index.html in `work`."""
    page = empty_page("Leaderboard")
    with page:
        tags.h1("Leaderboard: all models on one data set")
        tags.p(markdown.strip().splitlines()[-1].replace("`", ""), cls="quiet")
        with tags.div(cls="wide"), tags.table():
            with tags.thead(), tags.tr():
                for name in COLUMNS:
                    tags.th(name)
            with tags.tbody():
                for row in table_rows(scores):
                    with tags.tr():
                        for cell in row:
                            tags.td(cell)
        tags.p(
            "RMSE over all test pixels in grey levels: raw, as the network gives it, and post-processed, with the "
            "background snapped to a level. Still gaining: by which fraction the validation metric fell in the last "
            "quarter of a training, in which the learning rate falls to zero.",
            cls="quiet",
        )
        _add_pictures(work, seeds[0])
        _add_curves(scores)
    (work / "index.html").write_text(page.render(), encoding="utf-8")


def _add_pictures(work: Path, seed: int) -> None:
    images = next(InferenceImages.of(DatasetLayout(work / "sem"), DataOptions(), "test", N_IMAGES).batches(N_IMAGES))
    assert images.truth is not None
    low, high = DEPTH_RANGE
    tags.h2(f"The same test images in every row (seed {seed})")
    tags.p(
        f"Depth map as it was written, and its error: blue is too deep, red too shallow, full at {ERROR_LIMIT:g}.",
        cls="quiet",
    )
    with tags.div(cls="wide"), tags.table():
        _add_strip("SEM image", [figure.grey(image) for image in images.images])
        _add_strip("ground truth", [figure.depth(truth, low, high) for truth in images.truth])
        for row in ROWS:
            folder = work / "results" / row.run(seed) / "test_latest/depth"
            if folder.is_dir():
                maps = [read_grey(folder / f"{stem}.png").astype(float) for stem in images.stems]
                _add_strip(row.title, [figure.depth(depth, low, high) for depth in maps])
                errors = [depth - truth for depth, truth in zip(maps, images.truth, strict=True)]
                _add_strip("", [figure.error(error, ERROR_LIMIT) for error in errors])


def _add_strip(title: str, pictures: list[Image.Image]) -> None:
    with tags.tr():
        tags.th(title)
        for picture in pictures:
            data = base64.b64encode(figure.png(picture)).decode()
            with tags.td():
                tags.img(src=f"data:image/png;base64,{data}", alt=title or "error", cls="map")


def _add_curves(scores: Scores) -> None:
    tags.h2("Validation metric of each training (first seed)")
    histories = {run: history for seeds in scores.values() for run, history in seeds[0]["histories"].items()}
    for run, history in histories.items():
        name = validation_metric(history)
        with tags.figure(cls="curve"):
            raw(figure.curves(history, [name], f"{run}: {name}", "epoch", ""))
