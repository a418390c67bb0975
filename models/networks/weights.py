"""Weights on disk: plain state dicts as in the public toolkit, loaded without running any code from the file."""

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from ..errors import ModelError

warnings.filterwarnings("ignore", "Detected pickle protocol")  # our own error reports such a file
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def load_weights(path: Path) -> dict[str, Tensor]:
    """State dict of one `*_net_*.pth`, on the CPU; a `ModelError` names a missing, damaged or foreign file."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ModelError(f"{path}: no such file; train first, or use another --which_epoch") from None
    except PermissionError:
        raise ModelError(f"{path}: not readable (permission denied); check its permissions") from None
    except Exception:  # torch raises many types of error for a damaged file; all mean the same to the user
        raise ModelError(
            f"{path}: not a readable state dict (truncated, or another type of file); use another --which_epoch"
        ) from None
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ModelError(f"{path}: not a plain state dict of tensors; use weights as train.py saves them")
    return state


def drop_statistics(state: dict[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """The state dict without running statistics of instance norms: PyTorch before 0.4 saved them unused."""
    expected = network.state_dict().keys()
    return {key: value for key, value in state.items() if key in expected or key.rpartition(".")[2] not in STATISTICS}
