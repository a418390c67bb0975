"""From the command line to frozen options: command line over --config over the run's own opt.json over defaults."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from .display_options import DisplayOptions
from .errors import OptionsError
from .inference_options import InferenceOptions
from .option import title
from .parsed_options import Options
from .parsing import (
    FlagIndex,
    ParsedFlag,
    RawFlag,
    add_suffix,
    help_text,
    last_typed,
    one_line,
    read_arguments,
    read_config,
    read_saved,
    resolve_flags,
    value_of,
)
from .rules import check, check_name
from .run_options import RunOptions
from .saved import OF_ONE_COMMAND, read_opt_json
from .training_options import TrainingOptions

Layer = list[RawFlag]
TRAIN_GROUPS: dict[str, type] = {"run": RunOptions, "loop": TrainingOptions, "display": DisplayOptions}
TEST_GROUPS: dict[str, type] = {"run": RunOptions, "test": InferenceOptions, "display": DisplayOptions}


def parse_train(argv: list[str], data: type, models: dict[str, type]) -> Options:
    """The options of train.py; `models` maps a model's name to its frozen dataclass of options."""
    groups = {**TRAIN_GROUPS, "data": data}
    flag_index = FlagIndex("train.py", groups, models, {"test": InferenceOptions})
    _help_if_asked(argv, flag_index, groups, models)
    layers = _read(argv, flag_index)
    layers = [_continued(layers, flag_index), *layers]
    return _finish(layers, flag_index, groups, models, _model(layers, flag_index))


def parse_test(argv: list[str], data: type, models: dict[str, type]) -> Options:
    """The options of test.py, which takes the model's and the kind of data's from the run's own opt.json."""
    groups = {**TEST_GROUPS, "data": data}
    flag_index = FlagIndex("test.py", groups, models, {"loop": TrainingOptions})
    _help_if_asked(argv, flag_index, groups, models)
    layers = _read(argv, flag_index)
    saved, path = _saved(layers, flag_index)
    asked = _last(layers, flag_index, "model")
    model = saved["model"]
    if model not in models:
        raise OptionsError(f"{one_line(f'{path}: unknown model {model}')}; known are {', '.join(models)}")
    if asked is not None and _model(layers, flag_index) != model:
        raise OptionsError(f"{asked.as_typed}: the run is {model}; leave the option out")
    kept_options = [option for option in flag_index.options(model) if option.inherit or option.group == "model"]
    inherited = {name for option in kept_options for name in (option.name, option.former)}
    kept = [one for one in read_saved(saved, path) if one.key in inherited]
    return _finish([kept, *layers], flag_index, groups, models, model, path.parent.name)


def _help_if_asked(argv: list[str], flag_index: FlagIndex, groups: dict[str, type], models: dict[str, type]) -> None:
    if "-h" in argv or "--help" in argv:
        asked = [value for flag, value in pairwise(argv) if flag == "--model" and value in models]
        print(help_text(flag_index, groups, models, asked[-1] if asked else RunOptions.model))
        raise SystemExit(0)


def _read(argv: list[str], flag_index: FlagIndex) -> list[Layer]:
    arguments = read_arguments(argv, flag_index)
    config = _last([arguments], flag_index, "config")
    if config is None or not config.text:
        return [arguments]
    entries = read_config(config.text, config.as_typed, flag_index)
    if _last([entries], flag_index, "config") is not None:
        raise OptionsError(f"{config.as_typed}: a file of options cannot name another one")
    return [entries, arguments]


def _last(layers: list[Layer], flag_index: FlagIndex, name: str) -> RawFlag | None:
    return last_typed([one for layer in layers for one in layer], flag_index.common, name)


def _model(layers: list[Layer], flag_index: FlagIndex) -> str:
    one = _last(layers, flag_index, "model")
    return str(value_of(flag_index.common["model"], one)) if one else RunOptions.model


def _continued(layers: list[Layer], flag_index: FlagIndex) -> Layer:
    """The saved options of a run that goes on, but for those that say which run and what to do with it."""
    asked = _last(layers, flag_index, "continue_train")
    if asked is None or value_of(flag_index.common[asked.key], asked) is not True:
        return []
    path, as_typed = _place(layers, flag_index)
    if not path.exists():
        return []
    saved = read_opt_json(path, as_typed)
    known = flag_index.by_model.get(saved["model"], {})
    return [one for one in read_saved(saved, path) if one.key in known and one.key not in OF_ONE_COMMAND]


def _saved(layers: list[Layer], flag_index: FlagIndex) -> tuple[dict[str, Any], Path]:
    """The options of the run that was named."""
    path, as_typed = _place(layers, flag_index)
    return read_opt_json(path, as_typed), path


def _place(layers: list[Layer], flag_index: FlagIndex) -> tuple[Path, str]:
    """Where the run's opt.json is by what was typed alone, before the run's model is known, and the name as typed."""
    model = _model(layers, flag_index)
    spelled = flag_index.by_model[model]
    typed = [one for layer in layers for one in layer]
    flat = {option.name: option.default for option in flag_index.options(model)}
    flat.update({spelled[one.key].option.name: value_of(spelled[one.key], one) for one in typed if one.key in spelled})
    name = _last(layers, flag_index, "name")
    as_typed = name.as_typed if name else f"--name {flat['name']}"
    check_name(flat["name"], as_typed)
    folder = add_suffix(flat["name"], flat["suffix"], flat)
    check_name(folder, as_typed)
    return Path(flat["checkpoints_dir"], folder, "opt.json"), as_typed


def _finish(
    layers: list[Layer],
    flag_index: FlagIndex,
    groups: dict[str, type],
    models: dict[str, type],
    model: str,
    found: str = "",
) -> Options:
    """Everything understood, built and checked; `found` is the folder name of a run that is there already."""
    given: dict[str, ParsedFlag] = {}
    notes: list[str] = []
    for layer in layers:
        values, said = resolve_flags(layer, flag_index, model)
        given.update(values)
        notes.extend(said)
    components = {**groups, "model": models[model]}
    declared = flag_index.options(model)
    values_of: dict[str, dict[str, Any]] = {group: {} for group in components}
    for option in declared:
        values_of[option.group][option.name] = given[option.name].value if option.name in given else option.default
    built = {group: component(**values_of[group]) for group, component in components.items()}
    flat = {option.name: getattr(built[option.group], option.name) for option in declared}
    built["run"] = replace(built["run"], name=found or add_suffix(flat["name"], flat["suffix"], flat), model=model)
    opt = Options(built, declared, {group: title(component) for group, component in components.items()}, tuple(notes))
    check(opt, lambda name: given[name].as_typed if name in given else f"--{name} {flat[name]}")
    return opt
