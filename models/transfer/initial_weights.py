"""Starts a new run from weights that were trained before (fine-tuning)."""

from pathlib import Path

from torch import Tensor, nn

from ..base_model import BaseModel
from ..errors import ModelError
from ..networks import fit_keys, load_finite
from .fitting_flags import suggest_flags
from .saved_epochs import suggest_epoch
from .source import find_source

SHOWN = 3  # tensors that are named in a line


def initialise_from(model: BaseModel, init_from: str, checkpoints_dir: str) -> list[str]:
    """Loads what fits of the weights that `--init_from` names, and returns lines that say what was loaded and what not.

    A tensor fits if name and shape are the network's. Raises a `ModelError` if no matrix of a network fits, or if a
    value is not finite. "" loads nothing.
    """
    source, trained = find_source(init_from, checkpoints_dir), _trained(model)
    if source is None:
        return []
    if source.path.is_dir():
        files = {name: source.path / f"{source.epoch}_net_{name}.pth" for name in trained}
        files = {name: path for name, path in files.items() if path.is_file()}
        if not files:
            there = ", ".join(sorted(path.name for path in source.path.glob(f"{source.epoch}_net_*.pth")))
            raise ModelError(f"--init_from {init_from}: holds {there}, but the model has {', '.join(trained)}")
    else:
        files = {_network_of(source.network, trained, init_from): source.path}
    try:
        states = load_finite(trained, files)
    except ModelError as error:
        networks = {name: trained[name] for name in files}
        advice = suggest_epoch(networks, source.path, source.epoch) if source.path.is_dir() else "use other weights"
        raise ModelError(f"--init_from: {error}; {advice}") from None
    lines, partial = [], False
    for name, state in states.items():
        line, complete = _load(model, name, state, files[name])
        lines.append(line)
        partial |= not complete
    if new := [name for name in trained if name not in files]:
        lines.append(f"--init_from: {', '.join(new)} begin with new weights")
    if partial and (flags := suggest_flags(model, states)):
        lines.append(f"--init_from: all of it would fit with {flags}")
    return lines


def _trained(model: BaseModel) -> dict[str, nn.Module]:
    """The networks that have weights; those that hold measured values are measured again."""
    return {name: network for name, network in model.networks.items() if any(True for _ in network.parameters())}


def _network_of(name: str, trained: dict[str, nn.Module], init_from: str) -> str:
    if not name and len(trained) == 1:
        return next(iter(trained))
    if name not in trained:
        file = init_from.removeprefix(f"{name}=")
        ways = " or ".join(f"{network}={file}" for network in list(trained)[:2])
        problem = f"the model has no network {name}" if name else "the file's name does not say for which network it is"
        raise ModelError(f"--init_from {init_from}: {problem}; it has {', '.join(trained)}: use --init_from {ways}")
    return name


def _load(model: BaseModel, name: str, state: dict[str, Tensor], path: Path) -> tuple[str, bool]:
    """Loads what fits into one network; returns a line about it, and whether the network is complete."""
    network = model.networks[name]
    expected, state = network.state_dict(), fit_keys(state, network, name)
    fitting = {key: value for key, value in state.items() if key in expected and value.shape == expected[key].shape}
    if not any(value.ndim > 1 for value in fitting.values()):
        flags = suggest_flags(model, {name: state})
        hint = f"they fit {flags}" if flags else "no flags of this toolkit's models fit them"
        raise ModelError(f"--init_from: {path}: none of its {len(state)} tensors fits {name}; {hint}")
    network.load_state_dict(fitting, strict=False)
    new, unused = [key for key in expected if key not in fitting], [key for key in state if key not in fitting]
    line = f"--init_from: {name} has {len(fitting)} of its {len(expected)} tensors from {path}"
    line += f"; new: {_some(new)}" if new else ""
    line += f"; not used: {_some(unused)}" if unused else ""
    return line, not new and not unused


def _some(keys: list[str]) -> str:
    more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
    return ", ".join(keys[:SHOWN]) + more
