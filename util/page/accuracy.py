"""How good the depth maps and measurements are, where the ground truth is known."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from dominate import tags
from dominate.util import raw
from numpy.typing import NDArray

from ..drawing import figure
from ..scoring import score_rows, score_sentences
from .colours import to_data_uri
from .quantity_labels import QuantityLabel

MEANINGS = {  # of the columns of the score
    "raw": "As the network predicts it.",
    "snapped": "The background is set to the nearest (or voted) level: all pixels that are connected to the border and "
    "within --background_tolerance of it (or are background in the voted mask).",
    "recentred": "Snapped, and the hole is moved to where depth maps have theirs: the stage is never exactly there.",
    "scale and shift aligned": "The raw map after the scale and shift that bring each map closest to its ground truth.",
    "true level given": "The hole is rescaled to the true level: shows the error of the shape alone.",
    "mean map": "The mean of the training depth maps, the same for every image.",
    "mean map, true level given": "The mean shape of the training depth maps at the true level: the same help.",
}


def add_headline(
    score: dict[str, Any], errors: Mapping[str, dict[str, Any]], quantities: Mapping[str, QuantityLabel]
) -> None:
    """The few numbers that are asked for first, and what to compare them with."""
    numbers, is_relative = [], "scale_shift_aligned" in score
    if steps := [name for name in ("raw", "snapped", "recentred", "scale_shift_aligned") if name in score]:
        label = "RMSE of the maps" + (", scale and shift aligned" if is_relative else "")
        numbers.append((f"{score[steps[-1]]['rmse_nm']:.2f} nm", label))
    for name in ("cd_half_nm",) if is_relative else ("depth_mean_nm", "cd_half_nm"):
        error = errors.get(name)
        if error and error["three_sigma"] is not None:
            quantity = quantities[name]
            values = quantity.number(error["bias"], "+", 1), quantity.number(error["three_sigma"], finer=1)
            numbers.append(("{} ± {} {}".format(*values, quantity.unit), f"{quantity.label}: bias ± 3 sigma"))
    if numbers:
        with tags.p(cls="headline"):
            for value, label in numbers:
                with tags.span():
                    tags.b(value)
                    tags.small(label)
    tags.p(" ".join(score_sentences(score)), cls="quiet")


def add_measurement_errors(errors: Mapping[str, dict[str, Any]], quantities: Mapping[str, QuantityLabel]) -> None:
    """Table of bias and 3 sigma of every quantity over all holes."""
    with (
        tags.div(cls="wide", tabindex="0", role="region", aria_label="errors of measurements"),
        tags.table(cls="measurements"),
    ):
        with tags.thead(), tags.tr():
            for heading in ("quantity", "unit", "bias", "3 sigma", "ground truth in the 90 % interval", "holes"):
                tags.th(heading, scope="col")
        with tags.tbody():
            for name, error in errors.items():
                quantity = quantities[name]
                with tags.tr():
                    tags.th(quantity.label, scope="row", title=quantity.meaning)
                    tags.td(quantity.unit)
                    tags.td(quantity.number(error["bias"], "+", 1))
                    tags.td(quantity.number(error["three_sigma"], finer=1) or "–")
                    tags.td("" if error["coverage"] is None else f"{error['coverage']:.0%}")
                    tags.td(str(error["n"]))


def add_map_errors(score: dict[str, Any], errors: NDArray, nm_per_grey: float) -> None:
    """Histogram [nm] of the images' `errors` (N,) [grey level], and the score, before and after post-processing."""
    rows = score_rows(score)
    with tags.figure(cls="curve"):
        raw(figure.histogram(errors * nm_per_grey, "RMSE of an image's post-processed map [nm]"))
    with tags.div(cls="wide", tabindex="0", role="region", aria_label="errors of the maps"), tags.table(cls="score"):
        with tags.thead(), tags.tr():
            tags.th("grey levels")
            for heading in rows[0].values:
                tags.th(heading)
        with tags.tbody():
            for row in rows:
                with tags.tr():
                    with tags.td(row.name):
                        tags.small(row.meaning)
                    for cell in row.cells:
                        tags.td(cell)
    if "levels" in score:
        add_level_confusion(score["levels"])
    with tags.dl():
        for name in rows[0].values:
            tags.dt(name)
            tags.dd(MEANINGS[name])


def add_level_confusion(levels: dict[str, Any]) -> None:
    """Picture of the confusion matrix of the background levels."""
    with tags.figure():
        picture = figure.confusion(np.array(levels["confusion"]), levels["levels"])
        tags.img(src=to_data_uri(picture), alt="confusion matrix of the background levels", cls="matrix")
        tags.figcaption("Background levels: number of images by true level (rows) and predicted level (columns).")
