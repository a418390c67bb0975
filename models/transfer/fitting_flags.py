"""Which flags describe given weights: candidates are built without memory, and their shapes are compared."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import Field, fields, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ..errors import ModelError
from ..networks import fit_keys

if TYPE_CHECKING:
    from ..base_model import BaseModel

States = Mapping[str, dict[str, Tensor]]
SMALL_BOUND = 8  # up to it every value of an option is tried, above it those that the shapes suggest
MAX_CLASSES = 32
MEANING = {"netD": "n_layers_D"}  # choices without which the value of another option has no effect
IMAGE_SIZE, LEVELS = "image_size", "levels"  # only their number of values, or their product, is in the weights


class WithoutValues(TorchFunctionMode):
    """Inside it, modules are built on the device `meta`, and initial values are not computed."""

    FILLS = ("normal_", "uniform_", "zeros_", "ones_", "constant_", "kaiming_uniform_", "xavier_normal_", "orthogonal_")

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__name__", "") in self.FILLS:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


def describe_mismatch(model: BaseModel, states: States, name: str) -> str:
    """One line about weights of the network `name` that do not fit: the first difference, and the flags that would."""
    network = model.networks[name]
    expected = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    shapes = {key: tuple(value.shape) for key, value in fit_keys(states[name], network, name).items()}
    reasons = [f"{key} is not in the weights" for key in expected if key not in shapes]
    reasons += [f"{key} is not in the network" for key in shapes if key not in expected]
    different = [key for key in expected if key in shapes and shapes[key] != expected[key]]
    reasons = [f"{key} is {_text(shapes[key])}, expected {_text(expected[key])}" for key in different] + reasons
    line = f"weights of {name} do not fit the network that the options describe: {reasons[0]}"
    line += f", and {len(reasons) - 1} more differences" if len(reasons) > 1 else ""
    flags = suggest_flags(model, states) or suggest_flags(model, {name: states[name]})
    return f"{line}; they fit {flags}" if flags else f"{line}; no flags of this toolkit's models fit them"


def suggest_flags(model: BaseModel, states: States) -> str:
    """The flags, with their values, that make all weights fit; first of the same model, then of others; or ""."""
    changes = _search(type(model), model.options, states)
    if changes is not None:
        return _to_flags(model.options, changes)
    from ..registry import MODELS  # here, because the registry loads the models

    for name, entry in MODELS.items():
        if entry.is_trained and not issubclass(entry.load_class(), type(model)):
            changes = _search(entry.load_class(), entry.Options(), states)
            if changes is not None:
                return f"--model {name} {_to_flags(entry.Options(), changes)}".strip()
    return ""


def _search(model_class: type[BaseModel], options: Any, states: States) -> dict[str, Any] | None:
    """The options to change so that all weights fit; None if none do. Changes one option at a time, as far as the
    number of fitting tensors grows."""
    current, misfit = options, _count_misfits(model_class, options, states)
    while misfit:
        least, best = misfit, current
        for candidate in chain(_candidates(current, states), _pairs(current, states)):
            count = _count_misfits(model_class, candidate, states)
            if count < least:
                least, best = count, candidate
            if least == 0:
                break
        if least == misfit:
            return None
        current, misfit = best, least
    changes = {f.name: getattr(current, f.name) for f in fields(current)}
    return {name: value for name, value in changes.items() if value != getattr(options, name)}


def _candidates(options: Any, states: States) -> Iterator[Any]:
    """The options with another value of one of them."""
    sizes = {size for state in states.values() for value in state.values() for size in value.shape}
    for option in fields(options):
        for value in _values(option, sizes):
            if value != getattr(options, option.name):
                yield replace(options, **{option.name: value})


def _pairs(options: Any, states: States) -> Iterator[Any]:
    """The options with another choice that gives a number its meaning: --netD n_layers --n_layers_D 2."""
    for choice in fields(options):
        for value in choice.metadata.get("choices", ()) if choice.name in MEANING else ():
            number = MEANING[choice.name]
            for count in _values(next(f for f in fields(options) if f.name == number), set()):
                yield replace(options, **{choice.name: value, number: count})


def _values(option: Field, sizes: set[int]) -> list[Any]:
    """Values of an option that weights with tensors of these sizes can have."""
    if option.metadata.get("choices"):
        return list(option.metadata["choices"])
    if isinstance(option.default, bool):
        return [False, True]
    if option.name == LEVELS:
        return [tuple(range(size)) for size in sorted(sizes) if 0 < size <= MAX_CLASSES]
    if option.name == IMAGE_SIZE:
        return [(size, 1) for size in sorted(sizes) if size > SMALL_BOUND]
    if isinstance(option.default, int) and option.metadata.get("unit") in (None, "channels"):
        low, high = option.metadata["bounds"]
        if high is not None and high <= SMALL_BOUND:
            return list(range(low, high + 1))
        doubled = sizes | {2 * size for size in sizes}  # some networks have half the width
        return [size for size in sorted(doubled) if low <= size <= (high or size)]
    return []


def _count_misfits(model_class: type[BaseModel], options: Any, states: States) -> float:
    """Number of tensors that do not fit; those whose key fits count less. Infinite if such a model cannot be."""
    misfit = math.inf
    with suppress(ModelError), torch.device("meta"), WithoutValues():
        networks = model_class(options, torch.device("meta")).networks
        if states.keys() <= networks.keys():
            misfit = sum(_compare(networks[name], state, name) for name, state in states.items())
    return misfit


def _compare(network: torch.nn.Module, state: dict[str, Tensor], name: str) -> float:
    if not any(True for _ in network.parameters()):  # measured values take the size of what is loaded
        return 0
    expected = {key: value.shape for key, value in network.state_dict().items()}
    shapes = {key: value.shape for key, value in fit_keys(state, network, name).items()}
    other_keys = len(expected.keys() ^ shapes.keys())
    pairs = [(shapes[key], expected[key]) for key in expected.keys() & shapes.keys()]
    # A wrong width changes both sizes of most tensors: each size counts, so that one right option is a step ahead.
    sizes = [sum(a != b for a, b in zip(*pair, strict=False)) + abs(len(pair[0]) - len(pair[1])) for pair in pairs]
    return 4 * other_keys + sum(sizes)


def _to_flags(options: Any, changes: dict[str, Any]) -> str:
    flags = []
    for name, value in changes.items():
        if name == LEVELS:
            flags.append(f"--{name} with {len(value)} values")
        elif name == IMAGE_SIZE:
            flags.append(f"--{name} H,W of {value[0]} pixels")
        elif isinstance(value, bool):
            flags.append(f"--{name}" if value else f"--no_{name}")
        else:
            flags.append(f"--{name} {value}")
    return " ".join(flags)


def _text(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape) or "one value"
