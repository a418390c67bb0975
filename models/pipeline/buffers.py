"""Buffers whose size is not known before they are loaded."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


def resized_to(*names: str) -> Callable[..., None]:
    """A `_load_from_state_dict` that gives the buffers `names` the size they have in the state first."""

    def load(module: nn.Module, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        for name in names:
            if prefix + name in state_dict:
                setattr(module, name, torch.empty_like(state_dict[prefix + name], device=getattr(module, name).device))
        nn.Module._load_from_state_dict(module, state_dict, prefix, *rest)

    return load
