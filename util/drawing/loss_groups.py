"""Which losses share a plot, and which images of a training stand in one row: as the model declares it."""

from collections.abc import Iterable, Sequence
from typing import Any

# Any: `models.PlotLayout`, whose fields these functions read; the islands do not import one another.
Layout = Any


def loss_groups(names: Sequence[str], layout: Layout) -> list[tuple[str, list[str]]]:
    """The titles of the plots with the names of their losses; plots without a loss are left out."""
    groups = [(title, [name for name in names if name in group]) for title, group in layout.loss_groups]
    grouped = {name for _, group in groups for name in group}
    groups.insert(0, (layout.other_losses, [name for name in names if name not in grouped]))
    return [(title, group) for title, group in groups if group]


def image_rows(names: Iterable[str], layout: Layout) -> list[list[str]]:
    """The names of a training's images row by row; images of no row come last."""
    remaining = sorted(names)
    rows = [[name for name in row if name in remaining] for row in layout.image_rows]
    others = [name for name in remaining if not any(name in row for row in rows)]
    return [row for row in (*rows, others) if row]
