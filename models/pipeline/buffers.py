"""Modules made of buffers: values that are measured, not trained, and saved beside the weights."""

from typing import Any, ClassVar

import torch
from torch import nn


class BufferModule(nn.Module):
    """A module whose buffers may change their size before they are saved, and may have other names in older files.

    `RESIZED` lists the buffers whose size is known only at loading. `FORMER_NAMES` maps a buffer's name in older files
    to its name now. `ADDED` lists those that older files lack: they keep their initial value.
    """

    RESIZED: ClassVar[tuple[str, ...]] = ()
    FORMER_NAMES: ClassVar[dict[str, str]] = {}
    ADDED: ClassVar[tuple[str, ...]] = ()

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        for former, name in self.FORMER_NAMES.items():
            if prefix + former in state_dict:
                state_dict[prefix + name] = state_dict.pop(prefix + former)
        for name in self.ADDED:
            state_dict.setdefault(prefix + name, getattr(self, name))
        for name in self.RESIZED:
            if prefix + name in state_dict:
                setattr(self, name, torch.empty_like(state_dict[prefix + name], device=getattr(self, name).device))
        super()._load_from_state_dict(state_dict, prefix, *args)
