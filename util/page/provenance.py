"""Where a result comes from: the curves of the training, the run's options, the versions."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dominate import tags
from dominate.util import raw

from ..drawing import figure, loss_groups
from ..files import read_numbers
from ..run import EPOCH_COLUMNS, read_epochs, versions


def training(run: Path, layout: Any) -> bool:
    """The curves of a run's losses.csv and epochs.csv, folded; nothing, and False, without them."""
    losses, epochs = _columns(read_numbers(run / "losses.csv")), _columns(read_epochs(run / "epochs.csv"))
    judged = list(epochs)[len(EPOCH_COLUMNS) :]
    shown = loss_groups(list(losses)[3:], layout)
    if not shown and not judged:
        return False
    with tags.details(id="training"):
        tags.summary("Training")
        with tags.div(cls="curves"):
            for title, names in shown:
                with tags.figure(cls="curve"):
                    raw(figure.curves(losses, names, title))
            for name in judged:
                with tags.figure(cls="curve"):
                    raw(figure.curves(epochs, [name], name, "epoch", ""))
    return True


def configuration(run: Path | None) -> None:
    """The run's opt.json, where it can be read, and the versions, folded."""
    with tags.details(id="configuration"):
        tags.summary("Configuration and versions")
        _table("versions of this test", versions())
        options = _options(run / "opt.json") if run else {}
        if options:
            _table("options of the run", {f"--{name}": _text(value) for name, value in options.items()})


def _columns(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}


def _options(path: Path) -> dict[str, object]:
    try:
        options = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return options if isinstance(options, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _table(caption: str, rows: Mapping[str, str]) -> None:
    with tags.table(cls="options"):
        tags.caption(caption)
        with tags.tbody():
            for name, value in rows.items():
                with tags.tr():
                    tags.th(name, scope="row")
                    tags.td(value)
