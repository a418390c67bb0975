"""A score as a table: rows for a page, text for a terminal, and what it says in sentences."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..files import counted


@dataclass(frozen=True)
class Row:
    """One row of the table: its name, what it means, and its value for each column; None is not defined."""

    name: str
    meaning: str
    values: dict[str, float | None]

    @property
    def cells(self) -> list[str]:
        """The values as text: a fraction as percentage, an error [grey level] with two decimals."""
        is_fraction = self.name == ROWS["level_accuracy"][0]
        return [
            "–" if value is None else f"{value:.0%}" if is_fraction else f"{value:.2f}"
            for value in self.values.values()
        ]


HEADINGS = {
    "raw": "raw",
    "snapped": "snapped",
    "recentred": "recentred",
    "scale_shift_aligned": "scale and shift aligned",
    "oracle_level": "true level given",
    "mean_map_baseline": "mean map",
    "mean_map_oracle_level": "mean map, true level given",
}
ROWS = {
    "rmse": ("RMSE over all pixels", "the contest's metric"),
    "rmse_nm": ("the same in nm", "at --nm_per_grey, which is 1 unless it is given"),
    "mean_image_rmse": ("mean of the images' RMSEs", "not the same: a few bad images weigh less"),
    "mae": ("MAE", "mean absolute error"),
    "bias": ("bias", "above 0: predicted too shallow"),
    "rmse_background": ("RMSE on the background", "where the truth is the background's level"),
    "rmse_hole": ("RMSE in the hole", "everywhere else"),
    "level_accuracy": ("right background level", "fraction of the images"),
}


def score_rows(result: dict[str, Any]) -> list[Row]:
    """The score as rows for a table, a value for each column that it has; levels only where they can be right."""
    columns = [name for name in HEADINGS if name in result]
    rows = {key: text for key, text in ROWS.items() if key != "level_accuracy" or "chance_level_accuracy" in result}
    return [Row(*text, {HEADINGS[name]: result[name][key] for name in columns}) for key, text in rows.items()]


def score_sentences(result: dict[str, Any]) -> list[str]:
    """What the score says in sentences: beside the mean map, levels, masks."""
    lines = []
    if "mean_map_baseline" in result:
        best = min(result[name]["rmse"] or np.inf for name in ("raw", "snapped", "recentred") if name in result)
        mean = result["mean_map_baseline"]["rmse"]
        if not best < mean:
            lines.append(f"The mean depth map, which looks at no image, is as good or better: {mean:.2f}.")
    if "chance_level_accuracy" in result:
        lines.append(f"Chance gets {result['chance_level_accuracy']:.0%} of the background levels right.")
    if "levels" in result:
        lines.append(f"The predicted level is right in {result['levels']['accuracy']:.1%} of the images.")
    if "intervals" in result:
        held = result["intervals"]
        lines.append(
            f"The 90 % intervals hold {_percent(held['coverage_pixels'])} of the pixels in the holes of "
            f"{counted(result['images'], 'image')}; {held['ood_rate']:.1%} of the images are flagged OOD (out of "
            "distribution)."
        )
    if "mask" in result:
        mask = result["mask"]
        error = (
            "" if mask["boundary_px"] is None else f"; its contour is off by {mask['boundary_px']:.2f} px on average"
        )
        lines.append(f"The predicted hole overlaps the true one by {mask['iou']:.1%} (IoU){error}.")
    return lines


def _percent(value: float | None) -> str:
    return "none" if value is None else f"{value:.1%}"


def score_text(result: dict[str, Any]) -> str:
    """The score as text for a terminal."""
    if "raw" not in result:
        return "\n".join(score_sentences(result))
    lines = score_rows(result)
    columns = list(lines[0].values)
    title = f"{counted(result['images'], 'image')}, errors in grey levels"
    start = max(len(title), *(len(line.name) for line in lines))
    body = [(title, columns), *((line.name, line.cells) for line in lines)]
    widths = [max(map(len, column)) for column in zip(*(cells for _, cells in body), strict=True)]
    text = [
        "  ".join([name.ljust(start), *(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))])
        for name, cells in body
    ]
    return "\n".join([*text, *score_sentences(result)])
