"""From the command line to frozen options: command line over --config over the run's own opt.json over defaults."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from .display_options import DisplayOptions
from .errors import OptionsError
from .inference_options import TestOptions
from .option import title
from .parsed_options import Options
from .parsing.flag_index import Lexicon
from .parsing.help import help_text
from .parsing.parsed_flags import Given, last_typed, understand, value_of
from .parsing.raw_flags import Typed, read_arguments, read_config, read_saved
from .parsing.suffix import named
from .parsing.value import one_line
from .rules import check, check_name
from .run_options import RunOptions
from .saved import OF_ONE_COMMAND, read_opt_json
from .training_options import LoopOptions

Layer = list[Typed]
TRAIN_GROUPS: dict[str, type] = {"run": RunOptions, "loop": LoopOptions, "display": DisplayOptions}
TEST_GROUPS: dict[str, type] = {"run": RunOptions, "test": TestOptions, "display": DisplayOptions}


def parse_train(argv: list[str], data: type, models: dict[str, type]) -> Options:
    """The options of train.py; `models` maps a model's name to its frozen dataclass of options."""
    groups = {**TRAIN_GROUPS, "data": data}
    lexicon = Lexicon("train.py", groups, models, {"test": TestOptions})
    _help_if_asked(argv, lexicon, groups, models)
    layers = _read(argv, lexicon)
    layers = [_continued(layers, lexicon), *layers]
    return _finish(layers, lexicon, groups, models, _model(layers, lexicon))


def parse_test(argv: list[str], data: type, models: dict[str, type]) -> Options:
    """The options of test.py, which takes the model's and the kind of data's from the run's own opt.json."""
    groups = {**TEST_GROUPS, "data": data}
    lexicon = Lexicon("test.py", groups, models, {"loop": LoopOptions})
    _help_if_asked(argv, lexicon, groups, models)
    layers = _read(argv, lexicon)
    saved, path = _saved(layers, lexicon)
    asked = _last(layers, lexicon, "model")
    model = saved["model"]
    if model not in models:
        raise OptionsError(f"{one_line(f'{path}: unknown model {model}')}; known are {', '.join(models)}")
    if asked is not None and _model(layers, lexicon) != model:
        raise OptionsError(f"{asked.quote}: the run is {model}; leave the option out")
    inherited = {option.name for option in lexicon.options(model) if option.inherit or option.group == "model"}
    kept = [one for one in read_saved(saved, path) if one.key in inherited]
    return _finish([kept, *layers], lexicon, groups, models, model, path.parent.name)


def _help_if_asked(argv: list[str], lexicon: Lexicon, groups: dict[str, type], models: dict[str, type]) -> None:
    if "-h" in argv or "--help" in argv:
        asked = [value for flag, value in pairwise(argv) if flag == "--model" and value in models]
        print(help_text(lexicon, groups, models, asked[-1] if asked else RunOptions.model))
        raise SystemExit(0)


def _read(argv: list[str], lexicon: Lexicon) -> list[Layer]:
    arguments = read_arguments(argv, lexicon)
    config = _last([arguments], lexicon, "config")
    if config is None or not config.text:
        return [arguments]
    entries = read_config(config.text, config.quote, lexicon)
    if _last([entries], lexicon, "config") is not None:
        raise OptionsError(f"{config.quote}: a file of options cannot name another one")
    return [entries, arguments]


def _last(layers: list[Layer], lexicon: Lexicon, name: str) -> Typed | None:
    return last_typed([one for layer in layers for one in layer], lexicon.common, name)


def _model(layers: list[Layer], lexicon: Lexicon) -> str:
    one = _last(layers, lexicon, "model")
    return str(value_of(lexicon.common["model"], one)) if one else RunOptions.model


def _continued(layers: list[Layer], lexicon: Lexicon) -> Layer:
    """The saved options of a run that goes on, but for those that say which run and what to do with it."""
    asked = _last(layers, lexicon, "continue_train")
    if asked is None or value_of(lexicon.common[asked.key], asked) is not True:
        return []
    path, quote = _place(layers, lexicon)
    if not path.exists():
        return []
    saved = read_opt_json(path, quote)
    known = lexicon.by_model.get(saved["model"], {})
    return [one for one in read_saved(saved, path) if one.key in known and one.key not in OF_ONE_COMMAND]


def _saved(layers: list[Layer], lexicon: Lexicon) -> tuple[dict[str, Any], Path]:
    """The options of the run that was named."""
    path, quote = _place(layers, lexicon)
    return read_opt_json(path, quote), path


def _place(layers: list[Layer], lexicon: Lexicon) -> tuple[Path, str]:
    """Where the run's opt.json is by what was typed alone, before the run's model is known, and the name as typed."""
    model = _model(layers, lexicon)
    spelled = lexicon.by_model[model]
    typed = [one for layer in layers for one in layer]
    flat = {option.name: option.default for option in lexicon.options(model)}
    flat.update({spelled[one.key].option.name: value_of(spelled[one.key], one) for one in typed if one.key in spelled})
    name = _last(layers, lexicon, "name")
    quote = name.quote if name else f"--name {flat['name']}"
    check_name(flat["name"], quote)
    folder = named(flat["name"], flat["suffix"], flat)
    check_name(folder, quote)
    return Path(flat["checkpoints_dir"], folder, "opt.json"), quote


def _finish(
    layers: list[Layer],
    lexicon: Lexicon,
    groups: dict[str, type],
    models: dict[str, type],
    model: str,
    found: str = "",
) -> Options:
    """Everything understood, built and checked; `found` is the folder name of a run that is there already."""
    given: dict[str, Given] = {}
    notes: list[str] = []
    for layer in layers:
        values, said = understand(layer, lexicon, model)
        given.update(values)
        notes.extend(said)
    components = {**groups, "model": models[model]}
    declared = lexicon.options(model)
    values_of: dict[str, dict[str, Any]] = {group: {} for group in components}
    for option in declared:
        values_of[option.group][option.name] = given[option.name].value if option.name in given else option.default
    built = {group: component(**values_of[group]) for group, component in components.items()}
    flat = {option.name: getattr(built[option.group], option.name) for option in declared}
    built["run"] = replace(built["run"], name=found or named(flat["name"], flat["suffix"], flat), model=model)
    opt = Options(built, declared, {group: title(component) for group, component in components.items()}, tuple(notes))
    check(opt, lambda name: given[name].quote if name in given else f"--{name} {flat[name]}")
    return opt
