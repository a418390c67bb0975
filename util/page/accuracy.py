"""How good the maps and their measures are, where the truth is known."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from dominate import tags
from dominate.util import raw
from numpy.typing import NDArray

from ..drawing import figure
from ..scoring import score_rows, score_sentences
from .colours import embedded
from .quantity_labels import QuantityLabel

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


def headline(
    score: dict[str, Any], errors: Mapping[str, dict[str, Any]], measures: Mapping[str, QuantityLabel]
) -> None:
    """The few numbers that are asked for first, and what they are to be compared with."""
    numbers = []
    if steps := [name for name in ("raw", "quantised", "centred") if name in score]:
        numbers.append((f"{score[steps[-1]]['rmse_nm']:.2f} nm", "RMSE of the maps"))
    for name in ("depth_mean_nm", "cd_half_nm"):
        error = errors.get(name)
        if error and error["three_sigma"] is not None:
            quantity = measures[name]
            values = quantity.number(error["bias"], "+", 1), quantity.number(error["three_sigma"], finer=1)
            numbers.append(("{} ± {} {}".format(*values, quantity.unit), f"{quantity.label}: bias ± 3 sigma"))
    if numbers:
        with tags.p(cls="headline"):
            for value, label in numbers:
                with tags.span():
                    tags.b(value)
                    tags.small(label)
    tags.p(" ".join(score_sentences(score)), cls="quiet")


def of_measures(errors: Mapping[str, dict[str, Any]], measures: Mapping[str, QuantityLabel]) -> None:
    """Bias and 3 sigma of every measure over all holes."""
    with tags.div(cls="wide"), tags.table(cls="measures"):
        with tags.thead(), tags.tr():
            for heading in ("measure", "unit", "bias", "3 sigma", "truth in the 90 % interval", "holes"):
                tags.th(heading, scope="col")
        with tags.tbody():
            for name, error in errors.items():
                quantity = measures[name]
                with tags.tr():
                    tags.th(quantity.label, scope="row", title=quantity.meaning)
                    tags.td(quantity.unit)
                    tags.td(quantity.number(error["bias"], "+", 1))
                    tags.td(quantity.number(error["three_sigma"], finer=1) or "–")
                    tags.td("" if error["coverage"] is None else f"{error['coverage']:.0%}")
                    tags.td(str(error["n"]))


def of_maps(score: dict[str, Any], errors: NDArray, nm_per_grey: float) -> None:
    """The errors of the maps in grey levels, before and after they were finished, and their distribution in nm."""
    lines = score_rows(score)
    with tags.figure(cls="curve"):
        raw(figure.histogram(errors * nm_per_grey, "RMSE of an image's finished map [nm]"))
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
    if "levels" in score:
        of_levels(score["levels"])
    with tags.dl():
        for name in lines[0].values:
            tags.dt(name)
            tags.dd(MEANINGS[name])


def of_levels(levels: dict[str, Any]) -> None:
    """Which background levels were taken for which."""
    with tags.figure():
        picture = figure.confusion(np.array(levels["confusion"]), levels["levels"])
        tags.img(src=embedded(picture), alt="confusion matrix of the background levels", cls="matrix")
        tags.figcaption("Background levels: how many images of each true level (rows) were taken for which.")
