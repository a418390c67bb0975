"""Groups losses into plots, and the images of a training into rows, as the model's plot layout declares."""

from collections.abc import Iterable, Sequence
from typing import Any

# `models.PlotLayout`. It is not imported, because `util` and `models` do not import each other.
Layout = Any


def loss_groups(names: Sequence[str], layout: Layout) -> list[tuple[str, list[str]]]:
    """The titles of the plots, each with the names of its losses; plots without a loss are skipped."""
    groups = [(title, [name for name in names if name in group]) for title, group in layout.loss_groups]
    grouped = {name for _, group in groups for name in group}
    groups.insert(0, (layout.other_losses, [name for name in names if name not in grouped]))
    return [(title, group) for title, group in groups if group]


def image_rows(names: Iterable[str], layout: Layout) -> list[list[str]]:
    """The names of a training's images row by row; images of no row come last."""
    remaining = sorted(names)
    rows = [[name for name in row if name in remaining] for row in layout.image_rows]
    ungrouped = [name for name in remaining if not any(name in row for row in rows)]
    return [row for row in (*rows, ungrouped) if row]
