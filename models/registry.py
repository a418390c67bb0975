"""The models by the names that `--model` takes: a written dict, so that one search finds every entry.

Options are parsed without torch, which loads slowly. So an entry holds the model's options and says where its class is.
"""

from __future__ import annotations

import json
from dataclasses import Field, dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import ModelError
from .model_options import (
    AutoencoderOptions,
    BackgroundClassifierOptions,
    CycleGanOptions,
    DepthPipelineOptions,
    EnsembleOptions,
    HoleSegmenterOptions,
    ScaleInvariantDepthOptions,
    UnetRegressorOptions,
)

if TYPE_CHECKING:
    import torch

    from .base_model import BaseModel


@dataclass(frozen=True)
class ModelEntry:
    """A model's dataclass of options, and its class as "module.Class"; `is_trained` is False for one without weights
    of its own."""

    Options: type
    where: str
    is_trained: bool = True

    def load_class(self) -> type[BaseModel]:
        """The model's class; its module, and torch, are imported here."""
        module, name = self.where.split(".")
        return getattr(import_module(f".{module}", __package__), name)


MODELS: dict[str, ModelEntry] = {
    "cycle_gan": ModelEntry(CycleGanOptions, "cycle_gan.CycleGan"),
    "depth_pipeline": ModelEntry(DepthPipelineOptions, "depth_pipeline.DepthPipeline"),
    "autoencoder": ModelEntry(AutoencoderOptions, "autoencoder.Autoencoder"),
    "scale_invariant_depth": ModelEntry(ScaleInvariantDepthOptions, "scale_invariant_depth.ScaleInvariantDepth"),
    "unet_regressor": ModelEntry(UnetRegressorOptions, "unet_regressor.UnetRegressor"),
    "background_classifier": ModelEntry(BackgroundClassifierOptions, "background_classifier.BackgroundClassifier"),
    "hole_segmenter": ModelEntry(HoleSegmenterOptions, "hole_segmenter.HoleSegmenter"),
    "ensemble": ModelEntry(EnsembleOptions, "ensemble.Ensemble", is_trained=False),
}
MODEL_OPTIONS = {name: entry.Options for name, entry in MODELS.items()}

FORMER_NAMES = {"fusion": "ensemble"}  # of models, in the opt.json of older runs
SHARED_OPTIONS = ("preprocess", "load_size", "grey_range")  # all members of an ensemble must have them in common


def build(name: str, options: Any, device: torch.device, seed: int = 0) -> BaseModel:
    """A new model; an unknown name is an error that lists the known ones."""
    return _entry_of(name).load_class()(options, device, seed)


def load(folder: Path, epoch: str, device: torch.device) -> tuple[BaseModel, dict[str, Any]]:
    """The model of a run folder with the weights of `epoch`, and the run's options as its `opt.json` holds them.

    An ensemble's folder holds its members' folders in `members`, each with the weights that it was made of.
    """
    saved = read_options(folder / "opt.json")
    name = FORMER_NAMES.get(str(saved.get("model")), str(saved.get("model")))
    model = build(name, options_from(name, saved), device)
    from .ensemble import Ensemble

    if isinstance(model, Ensemble):
        model.set_members({run: load(folder / "members" / run, epoch, device)[0] for run in model.options.members})
    else:
        model.load(folder, epoch)
    return model, saved


def check_members(members: list[Path], options: Any, data: dict[str, Any], device: torch.device) -> None:
    """Raises ModelError unless the runs in the folders `members` can be combined as `options` ask for, on images that
    are prepared as the options `data` ask for."""
    if not members:
        raise ModelError("--members: name the runs to combine, as in --members runA,runB")
    from .ensemble import Ensemble

    models = {}
    for member in members:
        model, saved = load(member, options.member_epoch, device)
        if isinstance(model, Ensemble):
            raise ModelError(f"member {member.name}: is an ensemble itself; name its members")
        for key in SHARED_OPTIONS:
            if saved.get(key, data[key]) != data[key]:
                raise ModelError(f"member {member.name}: was trained with --{key} {saved[key]}; use it here, too")
        models[member.name] = model
    Ensemble(options, device).set_members(models)


def options_from(name: str, saved: dict[str, Any]) -> Any:
    """The model's options out of a flat dict as `opt.json` holds it; options of other components are ignored.

    An option that the saved run did not know yet has its default; one that had another name then is read by that name.
    """
    options = _entry_of(name).Options
    values = {}
    for field in fields(options):
        for key in (field.metadata.get("former"), field.name):
            if key in saved:
                values[field.name] = _checked(field, saved[key])
    return options(**values)


def _checked(field: Field, saved: Any) -> Any:
    """An option as JSON has it, if it is of the default's type, among the choices and within the bounds."""
    value: Any = tuple(saved) if isinstance(saved, list) else saved
    parts: tuple[Any, ...] = value if isinstance(value, tuple) else (value,)
    defaults: tuple[Any, ...] = field.default if isinstance(field.default, tuple) else (field.default,)
    kind = type(defaults[0]) if defaults else object
    allowed = (int, float) if kind is float else kind
    low, high = field.metadata.get("bounds", (None, None))
    fits = isinstance(value, tuple) == isinstance(field.default, tuple) and all(
        isinstance(part, allowed)
        and (kind is bool or not isinstance(part, bool))
        and (low is None or low <= part)
        and (high is None or part <= high)
        and part in field.metadata.get("choices", (part,))
        for part in parts
    )
    if not fits:
        raise ModelError(f"opt.json: {field.name} is {saved!r}; expected something like {field.default!r}")
    return value


def read_options(path: Path) -> dict[str, Any]:
    """The options that a run's opt.json holds; raises ModelError for a file that is none."""
    try:
        options = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ModelError(
            f"{path.parent}: no {path.name} there; give the folder of a finished or running training"
        ) from None
    except (ValueError, RecursionError):
        raise ModelError(f"{path}: not readable as JSON") from None
    if not isinstance(options, dict):
        raise ModelError(f"{path}: holds no options; give the folder of a training")
    return options


def _entry_of(name: str) -> ModelEntry:
    if name not in MODELS:
        raise ModelError(f"unknown model {name!r}; known: {', '.join(MODELS)}")
    return MODELS[name]
