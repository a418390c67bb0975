"""How good a set of predicted depth maps is, beside what the mean map and chance would give."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import metrics


@dataclass(frozen=True)
class Row:
    """One row of the table: its name, what it means, and its value for each column; None is not defined."""

    name: str
    meaning: str
    values: dict[str, float | None]

    @property
    def cells(self) -> list[str]:
        """The values as text: a share as percentage, an error [grey level] with two decimals."""
        share = self.name == ROWS["level_accuracy"][0]
        return ["–" if value is None else f"{value:.0%}" if share else f"{value:.2f}" for value in self.values.values()]


def score(
    truth: NDArray,
    raw: NDArray,
    quantised: NDArray | None,
    centred: NDArray | None,
    level: NDArray,
    levels: tuple[int, ...],
    training_maps: NDArray,
    knows_scale: bool = True,
    nm_per_grey: float = 1.0,
) -> dict[str, Any]:
    """Errors [grey level] of maps (N, H, W) against `truth`, as metrics.json holds them.

    `raw` and `quantised` are the predictions before and after the background was set to the predicted `level` (N,),
    `centred` those whose holes were moved too. `level_given` is what remains of the last of them when the true level
    is given: each hole is rescaled from its own level to the true
    one, depth' = L - (L - floor) u. The mean map of `training_maps` (M, H, W) gets the same help: the mean of their
    unit shapes at the true level. Where sizes differ there is no mean map. Of a depth without scale, `aligned` is what
    remains after the best scale and shift of each raw map.
    """
    true_level = metrics.levels_of(truth)
    steps = {"raw": raw, "quantised": quantised, "centred": centred}
    sets = {name: maps for name, maps in steps.items() if maps is not None}
    given = list(sets.values())[-1]
    if not knows_scale:
        sets["aligned"] = metrics.aligned(raw, truth)
    sets["level_given"] = metrics.at_level(metrics.unit(given, level), true_level)
    if training_maps.shape[1:] == truth.shape[1:]:
        shape = mean_shape(training_maps)
        sets["mean_map"] = np.broadcast_to(training_maps.mean(axis=0), truth.shape)
        sets["mean_map_level_given"] = metrics.at_level(np.broadcast_to(shape, truth.shape), true_level)
    background = truth == true_level[:, None, None]
    known = np.asarray(levels, dtype=np.float64)
    result: dict[str, Any] = {"images": len(truth), "unit": "grey level", "chance_level_accuracy": 1 / len(levels)}
    for name, maps in sets.items():
        values = {
            "rmse": metrics.rmse(maps, truth),
            "rmse_nm": metrics.rmse(maps, truth) * nm_per_grey,
            "mean_image_rmse": float(metrics.image_rmse(maps, truth).mean()),
            "mae": metrics.mae(maps, truth),
            "bias": metrics.bias(maps, truth),
            "rmse_background": metrics.rmse(maps, truth, background),
            "rmse_hole": metrics.rmse(maps, truth, ~background),
            "level_accuracy": float(np.mean(_nearest(known, _border_median(maps)) == true_level)),
        }
        # JSON knows no NaN: what is not defined (no pixel of that kind, a network that diverged) is null.
        result[name] = {key: value if np.isfinite(value) else None for key, value in values.items()}
    return result


def level_score(found: NDArray, truth: NDArray, levels: tuple[int, ...]) -> dict[str, Any]:
    """How well voted background levels (N,) fit the true maps (N, H, W) [grey level]: accuracy and confusion matrix."""
    true = metrics.levels_of(truth)
    table = metrics.confusion(found, true, levels)
    return {"accuracy": float(np.mean(found == true)), "levels": list(levels), "confusion": table.tolist()}


def mask_score(background: NDArray[np.bool_], truth: NDArray) -> dict[str, Any]:
    """How well voted background masks (N, H, W) fit the true maps: IoU of the hole, and its contour's error [px]."""
    hole = truth != metrics.levels_of(truth)[:, None, None]
    error = metrics.boundary_error(~background, hole)
    return {"iou": metrics.iou(~background, hole), "boundary_px": error if np.isfinite(error) else None}


def mean_shape(maps: NDArray, chunk: int = 1024) -> NDArray[np.float64]:
    """Mean unit shape u (H, W) [1] of depth maps (M, H, W) [grey level], `chunk` maps at a time to spare memory."""
    total = np.zeros(maps.shape[1:])
    for start in range(0, len(maps), chunk):
        part = maps[start : start + chunk]
        total += metrics.unit(part, metrics.levels_of(part)).sum(axis=0)
    return total / len(maps)


HEADINGS = {
    "raw": "raw",
    "quantised": "quantised",
    "centred": "centred",
    "aligned": "scale and shift given",
    "level_given": "level given",
    "mean_map": "mean map",
    "mean_map_level_given": "mean map, level given",
}
ROWS = {
    "rmse": ("RMSE over all pixels", "the contest's metric"),
    "rmse_nm": ("the same in nm", "at --nm_per_grey, which is 1 unless it is given"),
    "mean_image_rmse": ("mean of the images' RMSEs", "not the same: a few bad images weigh less"),
    "mae": ("MAE", "mean absolute error"),
    "bias": ("bias", "above 0: predicted too shallow"),
    "rmse_background": ("RMSE on the background", "where the truth is the background's level"),
    "rmse_hole": ("RMSE in the hole", "everywhere else"),
    "level_accuracy": ("right background level", "share of the images"),
}


def rows(result: dict[str, Any]) -> list[Row]:
    """The score as rows for a table, a value for each column that it has."""
    columns = [name for name in HEADINGS if name in result]
    return [Row(*text, {HEADINGS[name]: result[name][key] for name in columns}) for key, text in ROWS.items()]


def summary(result: dict[str, Any]) -> list[str]:
    """What the score says in sentences: beside the mean map, levels, masks."""
    lines = []
    if "mean_map" in result:
        best = min(result[name]["rmse"] or np.inf for name in ("raw", "quantised", "centred") if name in result)
        mean = result["mean_map"]["rmse"]
        if not best < mean:
            lines.append(f"The mean depth map, which looks at no image, is as good or better: {mean:.2f}.")
    if "raw" in result:
        lines.append(f"Chance gets {result['chance_level_accuracy']:.0%} of the background levels right.")
    if "levels" in result:
        lines.append(f"The level voted for is right in {result['levels']['accuracy']:.1%} of the images.")
    if "mask" in result:
        mask = result["mask"]
        error = (
            "" if mask["boundary_px"] is None else f"; its contour is off by {mask['boundary_px']:.2f} px on average"
        )
        lines.append(f"The hole found overlaps the true one by {mask['iou']:.1%} (IoU){error}.")
    return lines


def table(result: dict[str, Any]) -> str:
    """The score as text for a terminal."""
    if "raw" not in result:
        return "\n".join(summary(result))
    lines = rows(result)
    columns = list(lines[0].values)
    title = f"{result['images']} images, errors in grey levels"
    start = max(len(title), *(len(line.name) for line in lines))
    body = [(title, columns), *((line.name, line.cells) for line in lines)]
    widths = [max(map(len, column)) for column in zip(*(cells for _, cells in body), strict=True)]
    text = [
        "  ".join([name.ljust(start), *(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))])
        for name, cells in body
    ]
    return "\n".join([*text, *summary(result)])


def _border_median(maps: NDArray) -> NDArray[np.float64]:
    edge = np.ones(maps.shape[1:], dtype=bool)
    edge[1:-1, 1:-1] = False
    return np.median(maps[:, edge], axis=1)


def _nearest(known: NDArray, values: NDArray) -> NDArray[np.float64]:
    return known[np.abs(values[:, None] - known).argmin(axis=1)]
