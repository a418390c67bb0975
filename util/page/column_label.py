"""The plain name and the unit of a column of holes.csv, the same on every page."""

from functools import cache

from ..metrology import name_in_pixels
from .quantity_labels import QuantityLabel, quantity_labels


@cache
def column_label(column: str) -> QuantityLabel:
    """The label of a column, with lateral lengths in nm or px; a column of another name keeps that name."""
    in_nm, in_px = quantity_labels(1.0), {name_in_pixels(name): label for name, label in quantity_labels(0.0).items()}
    return (in_px | in_nm).get(column) or QuantityLabel(column, column, "", "")


def column_head(column: str) -> str:
    """`depth mean [nm]` of the column depth_mean_nm."""
    label = column_label(column)
    return f"{label.label} [{label.unit}]" if label.unit else label.label


def column_scale(column: str) -> float:
    """What a value of a column is multiplied by, to be in the unit of its head."""
    return column_label(column).scaled(1.0)
