"""Modules made of buffers: what was measured rather than trained, kept beside the weights."""

from typing import Any, ClassVar

import torch
from torch import nn


class BufferModule(nn.Module):
    """A module whose buffers may grow before they are saved, and may have had other names in older files.

    `RESIZED` names the buffers whose size is known only when they are loaded; `FORMER_NAMES` maps the name that a
    buffer had in older files to the one that it has now.
    """

    RESIZED: ClassVar[tuple[str, ...]] = ()
    FORMER_NAMES: ClassVar[dict[str, str]] = {}

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        for former, name in self.FORMER_NAMES.items():
            if prefix + former in state_dict:
                state_dict[prefix + name] = state_dict.pop(prefix + former)
        for name in self.RESIZED:
            if prefix + name in state_dict:
                setattr(self, name, torch.empty_like(state_dict[prefix + name], device=getattr(self, name).device))
        super()._load_from_state_dict(state_dict, prefix, *rest)
