"""From the command line to frozen options.

The order of precedence: command line, --config file, the run's own opt.json, defaults.
"""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from .display_options import DisplayOptions
from .errors import OptionsError
from .inference_options import InferenceOptions
from .option import read_title
from .parsed_options import Options
from .parsing import (
    VALUES,
    FlagIndex,
    ParsedFlag,
    RawFlag,
    add_suffix,
    find_last,
    format_help,
    note_no_effect,
    read_arguments,
    read_config,
    read_saved,
    read_value,
    resolve_flags,
    to_one_line,
)
from .rules import check, check_name, note_unmet_needs
from .run_options import RunOptions
from .saved import PER_COMMAND, check_model_options, read_opt_json
from .training_options import TrainingOptions

PRETRAINED = Path(__file__).parents[1] / "pretrained"
Layer = list[RawFlag]  # the options of one source


def parse_train(argv: list[str], data: type, models: dict[str, type]) -> Options:
    """The options of train.py; `models` maps a model's name to its frozen dataclass of options."""
    flag_index = index_train_flags(data, models)
    _print_help_if_asked(argv, flag_index)
    layers = _read_layers(argv, flag_index)
    saved = _read_continued_run(layers, flag_index)
    return _build(saved, layers, flag_index, _find_model([saved, *layers], flag_index))


def parse_test(argv: list[str], data: type, models: dict[str, type]) -> Options:
    """The options of test.py. Those of the model and of the kind of data come from the run's own opt.json."""
    flag_index = index_test_flags(data, models)
    _print_help_if_asked(argv, flag_index)
    layers = _read_layers(argv, flag_index)
    path, as_typed = _find_opt_json(layers, flag_index)
    if not path.exists() and _find_last(layers, flag_index, "checkpoints_dir") is None:
        pretrained = PRETRAINED / path.parent.name / "opt.json"  # the name of a model that comes with the toolkit
        path = pretrained if pretrained.exists() else path
    saved = read_opt_json(path, as_typed)
    model = saved["model"]
    if model not in models:
        raise OptionsError(f"{to_one_line(f'{path}: unknown model {model}')}; known are {', '.join(models)}")
    model_flag = _find_last(layers, flag_index, "model")
    if model_flag is not None and _find_model(layers, flag_index) != model:
        raise OptionsError(f"{model_flag.as_typed}: the run is {model}; leave the option out")
    options = [option for option in flag_index.options(model) if option.inherit or option.group == "model"]
    names = {name for option in options for name in (option.name, option.former) if name}
    inherited = [flag for flag in read_saved(saved, path) if flag.key in names]
    opt = _build(inherited, layers, flag_index, model, path.parent)
    check_model_options(saved, opt)
    return opt.watching()


def index_train_flags(data: type, models: dict[str, type]) -> FlagIndex:
    """Every flag that train.py accepts."""
    groups = {"run": RunOptions, "loop": TrainingOptions, "display": DisplayOptions, "data": data}
    return FlagIndex("train.py", groups, models, {"test": InferenceOptions})


def index_test_flags(data: type, models: dict[str, type]) -> FlagIndex:
    """Every flag that test.py accepts."""
    groups = {"run": RunOptions, "test": InferenceOptions, "display": DisplayOptions, "data": data}
    return FlagIndex("test.py", groups, models, {"loop": TrainingOptions})


def _print_help_if_asked(argv: list[str], flag_index: FlagIndex) -> None:
    if "-h" in argv or "--help" in argv:
        names = [VALUES["model"].get(value, value) for flag, value in pairwise(argv) if flag == "--model"]
        names = [name for name in names if name in flag_index.models]
        print(format_help(flag_index, names[-1] if names else RunOptions.model))
        raise SystemExit(0)


def _read_layers(argv: list[str], flag_index: FlagIndex) -> list[Layer]:
    """The config file, if one is named, and the command line; the later layer has precedence."""
    arguments = read_arguments(argv, flag_index)
    config = _find_last([arguments], flag_index, "config")
    if config is None or not config.text:
        return [arguments]
    entries = read_config(config.text, config.as_typed, flag_index)
    if _find_last([entries], flag_index, "config") is not None:
        raise OptionsError(f"{config.as_typed}: a file of options cannot name another one")
    return [entries, arguments]


def _find_last(layers: list[Layer], flag_index: FlagIndex, name: str) -> RawFlag | None:
    return find_last([flag for layer in layers for flag in layer], flag_index.common, name)


def _find_model(layers: list[Layer], flag_index: FlagIndex) -> str:
    flag = _find_last(layers, flag_index, "model")
    return str(read_value(flag_index.common["model"], flag)) if flag else RunOptions.model


def _read_continued_run(layers: list[Layer], flag_index: FlagIndex) -> Layer:
    """The saved options of a run that --continue_train continues, without those that belong to one command."""
    flag = _find_last(layers, flag_index, "continue_train")
    if flag is None or read_value(flag_index.common[flag.key], flag) is not True:
        return []
    path, as_typed = _find_opt_json(layers, flag_index)
    if not path.exists():
        return []
    saved = read_opt_json(path, as_typed)
    flags = flag_index.by_model.get(saved["model"], {})
    return [flag for flag in read_saved(saved, path) if flag.key in flags and flag.key not in PER_COMMAND]


def _find_opt_json(layers: list[Layer], flag_index: FlagIndex) -> tuple[Path, str]:
    """The path of the named run's opt.json, and the run's name as it was typed."""
    model = _find_model(layers, flag_index)
    flags = flag_index.by_model[model]
    values = {option.name: option.default for option in flag_index.options(model)}
    typed = [raw for layer in layers for raw in layer if raw.key in flags]
    values.update({flags[raw.key].option.name: read_value(flags[raw.key], raw) for raw in typed})
    name = _find_last(layers, flag_index, "name")
    as_typed = name.as_typed if name else f"--name {values['name']} (the default name)"
    check_name(values["name"], as_typed)
    folder = add_suffix(values["name"], values["suffix"], values)
    check_name(folder, as_typed)
    return Path(values["checkpoints_dir"], folder, "opt.json"), as_typed


def _build(saved: Layer, layers: list[Layer], flag_index: FlagIndex, model: str, run: Path | None = None) -> Options:
    """All layers resolved, built and checked; `run` is the folder of an existing run."""
    parsed, _ = resolve_flags(saved, flag_index, model)
    typed: dict[str, ParsedFlag] = {}
    notes: list[str] = []
    for layer in layers:
        values, layer_notes = resolve_flags(layer, flag_index, model)
        typed.update(values)
        notes += layer_notes
    parsed.update(typed)
    components = flag_index.components(model)
    declared = flag_index.options(model)
    by_group: dict[str, dict[str, object]] = {group: {} for group in components}
    for option in declared:
        by_group[option.group][option.name] = parsed[option.name].value if option.name in parsed else option.default
    groups = {group: component(**by_group[group]) for group, component in components.items()}
    flat = {option.name: getattr(groups[option.group], option.name) for option in declared}
    name = run.name if run else add_suffix(flat["name"], flat["suffix"], flat)
    folder = str(run.parent) if run and run.parent == PRETRAINED else flat["checkpoints_dir"]
    groups["run"] = replace(groups["run"], name=name, model=model, checkpoints_dir=folder)
    titles = {group: read_title(component) for group, component in components.items()}
    notes += note_no_effect(typed, flag_index, model)
    if run and "checkpoints_dir" not in typed and run.parent != PRETRAINED and (PRETRAINED / run.name).is_dir():
        notes.append(f"{to_one_line(str(run))} is tested, not the model of this name that comes with the toolkit")
    notes += note_unmet_needs(flat, {name: flag.as_typed for name, flag in typed.items()}, groups)
    opt = Options(groups, declared, titles, tuple(notes), frozenset(typed), frozenset(parsed))
    check(opt, lambda name: parsed[name].as_typed if name in parsed else f"--{name} {flat[name]}")
    return opt
