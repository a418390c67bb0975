"""Weights on disk: state dicts of this and of other toolkits, loaded without running any code from the file."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ModelError

warnings.filterwarnings("ignore", "Detected pickle protocol")  # our own error reports such a file
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
# Keys under which checkpoints hold their state dict. Averaged weights come first: they are meant for prediction.
AVERAGES = ("ema", "ema_state_dict", "state_dict_ema", "model_ema", "params_ema")
WRAPPERS = (*AVERAGES, "state_dict", "model_state_dict", "model", "net", "network", "params", "weights")
PARALLEL, COMPILED, AVERAGED, ONLINE = "module", "_orig_mod", "ema_model", "online_model"  # parts of a key, by wrappers
COUNTERS = ("n_averaged", "initted", "step")  # of averaged weights, beside them


def load_weights(path: Path, network: str = "") -> dict[str, Tensor]:
    """State dict of one `*.pth`, on the CPU; a `ModelError` names a missing, damaged or foreign file.

    Wrappers are opened ({"state_dict": ...}, {"model": ...}, averaged weights), and the prefixes of DataParallel and
    torch.compile are taken off. `network` is the name of the network to take from a file that holds several.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ModelError(f"{path}: no such file") from None
    except PermissionError:
        raise ModelError(f"{path}: not readable (permission denied); check its permissions") from None
    except Exception as error:  # torch raises many types of error for a damaged file; all mean the same to the user
        if "Unsupported global" in str(error) or "Unsupported class" in str(error):
            raise ModelError(
                f"{path}: not a plain state dict: it holds Python objects, which could run code; save the network's "
                "state_dict() alone"
            ) from None
        raise ModelError(f"{path}: not a readable state dict (truncated, or another type of file)") from None
    state = _open_wrapper(content, network)
    if state is None:
        raise ModelError(f"{path}: not a plain state dict of tensors; use weights as train.py saves them")
    return _rename(state)


def load_finite(networks: Mapping[str, nn.Module], paths: Mapping[str, Path]) -> dict[str, dict[str, Tensor]]:
    """State dicts by network; a `ModelError` names the first file that is missing, damaged or not finite."""
    states = {name: load_weights(path, name) for name, path in paths.items()}
    for name, state in states.items():
        _check_finite(state, paths[name], thresholds=not any(True for _ in networks[name].parameters()))
    return states


def fit_keys(state: dict[str, Tensor], network: nn.Module, name: str) -> dict[str, Tensor]:
    """The state dict with the keys that `network` has; `name` is the network's.

    Running statistics of instance norms are left out: PyTorch before 0.4 saved them unused. If all networks are in one
    dict (`netG_A.model.1.weight`), those of `name` are taken; a prefix that all keys have in common is taken off.
    """
    expected = network.state_dict().keys()
    if not state.keys() & expected:
        prefixes = [f"{name}.", f"net{name}.", *{f"{key.partition('.')[0]}." for key in state}]
        for prefix in prefixes if len(prefixes) == 3 else prefixes[:2]:
            inner = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
            if inner.keys() & expected:
                state = inner
                break
    return {key: value for key, value in state.items() if key in expected or key.rpartition(".")[2] not in STATISTICS}


def _check_finite(state: dict[str, Tensor], path: Path, thresholds: bool) -> None:
    """Raises a `ModelError` that names the first tensor with NaN or infinite values.

    `thresholds`: the tensors are measured values, among which infinity means that a threshold is not set.
    """
    for key, value in state.items():
        if not value.is_floating_point():
            continue
        bad = value.isnan() if thresholds else ~value.isfinite()
        if bad.any():
            kind = "NaN" if value.isnan().any() else "infinite"
            raise ModelError(f"{path}: {int(bad.sum())} of {value.numel()} values of {key} are {kind}")


def _open_wrapper(content: Any, network: str) -> dict[str, Tensor] | None:
    """The innermost dict of tensors; None if there is none."""
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        return None
    if all(isinstance(value, Tensor) for value in content.values()):
        return content
    for key in (network, f"net{network}", *WRAPPERS):
        state = _open_wrapper(content.get(key), network)
        if state:
            return state
    return None


def _rename(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state dict without what DataParallel, torch.compile and averaging add to its keys."""
    parts = {key: key.split(".") for key in state}
    averaged = any(path[0] == AVERAGED for path in parts.values())
    renamed = {}
    for key, path in parts.items():
        if key in COUNTERS or (averaged and path[0] == ONLINE):
            continue
        renamed[".".join(part for part in path if part not in (PARALLEL, COMPILED, AVERAGED))] = state[key]
    return renamed
