"""How an optimiser computes on a device, and how its saved state is loaded on another."""

from typing import Any

import torch
from torch import Tensor

WAYS = ("fused", "capturable", "foreach", "differentiable")  # settings of Adam that say how, not what, it computes


def adam_options(lr: float, device: torch.device) -> dict[str, Any]:
    """Arguments of Adam or AdamW. On a GPU the learning rate is a tensor, so that a captured step reads its value."""
    if device.type != "cuda":
        return {"lr": lr, "fused": True}
    return {"lr": torch.tensor(lr, device=device), "fused": True, "capturable": True}


def set_lr(optimiser: torch.optim.Optimizer, lr: float) -> None:
    """Sets the learning rate, in place where it is a tensor."""
    for group in optimiser.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(lr)
        else:
            group["lr"] = lr


def load_optimiser(optimiser: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Loads a state that was saved on any device. How the optimiser computes stays as it is.

    Moments get the memory format of their weights, because fused Adam needs it.
    """
    own = [{key: group[key] for key in ("lr", *WAYS)} for group in optimiser.param_groups]
    groups = [saved | ways for saved, ways in zip(state["param_groups"], own, strict=True)]
    optimiser.load_state_dict({**state, "param_groups": groups})
    for group, ways, saved in zip(optimiser.param_groups, own, state["param_groups"], strict=True):
        group["lr"] = ways["lr"].fill_(float(saved["lr"])) if isinstance(ways["lr"], Tensor) else float(saved["lr"])
    for weight, moments in optimiser.state.items():
        for key, value in moments.items():
            if value.shape == weight.shape and value.stride() != weight.stride():
                moments[key] = torch.empty_like(weight).copy_(value)
