"""Weights on disk: plain state dicts, as the public toolkit writes them, loaded without running any code."""

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from ..errors import ModelError

warnings.filterwarnings("ignore", "Detected pickle protocol")  # of a file that is refused in a line of ours
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def load_weights(path: Path) -> dict[str, Tensor]:
    """State dict of one `*_net_*.pth` on the CPU; a damaged or foreign file is one line."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ModelError(f"{path}: no such file; train first, or choose another --which_epoch") from None
    except PermissionError:
        raise ModelError(f"{path}: may not be read (permission denied)") from None
    except Exception:  # torch raises many kinds for a damaged file; all mean the same to the user
        raise ModelError(f"{path}: not a readable state dict (truncated, or another kind of file)") from None
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ModelError(f"{path}: not a plain state dict of tensors")
    return state


def without_statistics(state: dict[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """The state dict without running statistics of instance norms, which PyTorch before 0.4 saved and never used."""
    known = network.state_dict().keys()
    return {key: value for key, value in state.items() if key in known or key.rpartition(".")[2] not in STATISTICS}
