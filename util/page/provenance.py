"""Where a result comes from: curves of the training, options of the run, versions."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dominate import tags
from dominate.util import raw

from ..drawing import figure, loss_groups
from ..files import read_numbers
from ..run import EPOCH_COLUMNS, read_epochs, saved_options, versions

UNITS = {"kv": "kV", "mm": "mm", "deg": "°", "us": "µs"}  # by the last word of a field's name


def add_training(run: Path, layout: Any) -> bool:
    """The curves of a run's losses.csv and epochs.csv, folded; returns False where there are none."""
    losses, epochs = _columns(read_numbers(run / "losses.csv")), _columns(read_epochs(run / "epochs.csv"))
    validation = list(epochs)[len(EPOCH_COLUMNS) :]
    groups = loss_groups(list(losses)[3:], layout)
    if not groups and not validation:
        return False
    with tags.details(id="training"):
        tags.summary("Training")
        with tags.div(cls="curves"):
            for title, names in groups:
                with tags.figure(cls="curve"):
                    raw(figure.curves(losses, names, title))
            for name in validation:
                with tags.figure(cls="curve"):
                    raw(figure.curves(epochs, [name], name, "epoch", ""))
    return True


def add_configuration(run: Path | None, instrument: Mapping[str, object], former_names: Mapping[str, str]) -> None:
    """What the image files say about the instrument, the versions, and the run's options, by their present names, where
    they can be read."""
    with tags.details(id="configuration"):
        tags.summary("Configuration and versions")
        if instrument:
            rows = {_field_label(name): _join(value) for name, value in instrument.items()}
            _add_table("what the image files say", rows)
        _add_table("versions of this test", versions())
        options = saved_options(run) if run else {}
        if options:
            rows = {f"--{former_names.get(name, name)}": _to_text(value) for name, value in options.items()}
            _add_table("options of the run", rows)


def _field_label(name: str) -> str:
    """`voltage [kV]` of the field voltage_kv."""
    words, _, last = name.rpartition("_")
    return f"{words.replace('_', ' ')} [{UNITS[last]}]" if last in UNITS else name.replace("_", " ")


def _columns(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}


def _to_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _join(value: object) -> str:
    """One value, or those in which images differ."""
    return ", ".join(map(_join, value)) if isinstance(value, list) else _to_text(value)


def _add_table(caption: str, rows: Mapping[str, str]) -> None:
    with tags.table(cls="options"):
        tags.caption(caption)
        with tags.tbody():
            for name, value in rows.items():
                with tags.tr():
                    tags.th(name, scope="row")
                    tags.td(value)
