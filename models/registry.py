"""The systems by the names that `--model` takes: a written dict, so that one search finds every entry."""

from dataclasses import fields
from typing import Any

import torch

from .cycle_gan import CycleGan
from .errors import ModelError
from .system import System

SYSTEMS: dict[str, type[System]] = {
    "cycle_gan": CycleGan,
}


def build(name: str, options: Any, device: torch.device, seed: int = 0) -> System:
    """A fresh system; an unknown name is an error that lists the known ones."""
    return _known(name)(options, device, seed)


def options_from(name: str, saved: dict[str, Any]) -> Any:
    """The system's options out of a flat dict as `opt.json` holds it; what other components own is passed over.

    An option that the saved run did not know yet stood at its default.
    """
    kind = _known(name).Options
    return kind(**{field.name: saved[field.name] for field in fields(kind) if field.name in saved})


def _known(name: str) -> type[System]:
    if name not in SYSTEMS:
        raise ModelError(f"unknown model {name!r}; known: {', '.join(SYSTEMS)}")
    return SYSTEMS[name]
