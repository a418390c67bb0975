"""The systems by the names that `--model` takes: a written dict, so that one search finds every entry."""

import json
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import torch

from .autoencoder import Autoencoder
from .background_classifier import BackgroundClassifier
from .base_model import BaseModel
from .cycle_gan import CycleGan
from .depth_pipeline import DepthPipeline
from .ensemble import Ensemble
from .errors import ModelError
from .hole_segmenter import HoleSegmenter
from .scale_invariant_depth import ScaleInvariantDepth
from .unet_regressor import UnetRegressor

MODELS: dict[str, type[BaseModel]] = {
    "cycle_gan": CycleGan,
    "depth_pipeline": DepthPipeline,
    "autoencoder": Autoencoder,
    "scale_invariant_depth": ScaleInvariantDepth,
    "unet_regressor": UnetRegressor,
    "background_classifier": BackgroundClassifier,
    "hole_segmenter": HoleSegmenter,
    "ensemble": Ensemble,
}

FORMER_NAMES = {"fusion": "ensemble"}  # of models, in the opt.json of older runs
PREPARED = ("preprocess", "load_size", "grey_range")  # what all members of a fusion must have in common


def build(name: str, options: Any, device: torch.device, seed: int = 0) -> BaseModel:
    """A fresh system; an unknown name is an error that lists the known ones."""
    return _known(name)(options, device, seed)


def load(folder: Path, epoch: str, device: torch.device) -> tuple[BaseModel, dict[str, Any]]:
    """The system of a run folder with the weights of `epoch`, and the run's options as its `opt.json` holds them.

    A fusion's folder holds its members' folders in `members`, each with the weights that it was made of.
    """
    saved = _read(folder / "opt.json")
    name = str(saved.get("model"))
    name = FORMER_NAMES.get(name, name)
    system = build(name, options_from(name, saved), device)
    if isinstance(system, Ensemble):
        system.set_members({run: load(folder / "members" / run, epoch, device)[0] for run in system.options.members})
    else:
        system.load(folder, epoch)
    return system, saved


def check_members(members: list[Path], options: Any, data: dict[str, Any], device: torch.device) -> None:
    """Whether the runs in the folders `members` can be joined as `options` say, on images prepared as `data` says."""
    if not members:
        raise ModelError("--members: name the runs to combine, as in --members runA,runB")
    joined = {}
    for member in members:
        system, saved = load(member, options.member_epoch, device)
        if isinstance(system, Ensemble):
            raise ModelError(f"member {member.name}: is a fusion itself; name its members")
        for key in PREPARED:
            if saved.get(key, data[key]) != data[key]:
                raise ModelError(f"member {member.name}: learned with --{key} {saved[key]}; say it here, too")
        joined[member.name] = system
    Ensemble(options, device).set_members(joined)


def options_from(name: str, saved: dict[str, Any]) -> Any:
    """The system's options out of a flat dict as `opt.json` holds it; what other components own is passed over.

    An option that the saved run did not know yet stood at its default.
    """
    kind = _known(name).Options
    given = {}
    for field in fields(kind):
        for key in (field.metadata.get("former"), field.name):
            if key in saved:
                given[field.name] = _checked(field, saved[key])
    return kind(**given)


def _checked(field: Field, saved: Any) -> Any:
    """An option as JSON has it, if it is of the default's type, among the choices and within the bounds."""
    value: Any = tuple(saved) if isinstance(saved, list) else saved
    parts: tuple[Any, ...] = value if isinstance(value, tuple) else (value,)
    defaults: tuple[Any, ...] = field.default if isinstance(field.default, tuple) else (field.default,)
    wanted = type(defaults[0]) if defaults else object
    allowed = (int, float) if wanted is float else wanted
    low, high = field.metadata.get("bounds", (None, None))
    right = isinstance(value, tuple) == isinstance(field.default, tuple) and all(
        isinstance(part, allowed)
        and (wanted is bool or not isinstance(part, bool))
        and (low is None or low <= part)
        and (high is None or part <= high)
        and part in field.metadata.get("choices", (part,))
        for part in parts
    )
    if not right:
        raise ModelError(f"opt.json: {field.name} is {saved!r}; expected something like {field.default!r}")
    return value


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ModelError(
            f"{path.parent}: no {path.name} there; give the folder of a finished or running training"
        ) from None
    except (ValueError, RecursionError):
        raise ModelError(f"{path}: not readable as JSON") from None
    if not isinstance(found, dict):
        raise ModelError(f"{path}: holds no options; give the folder of a training")
    return found


def _known(name: str) -> type[BaseModel]:
    if name not in MODELS:
        raise ModelError(f"unknown model {name!r}; known: {', '.join(MODELS)}")
    return MODELS[name]
