"""Prints docs/command_line.md, the options of the public toolkit and their effect here: benchmarks/docs_table.py"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from data import DataOptions
from models import MODELS
from options import index_test_flags, index_train_flags
from options.parsing import GENERATIONS, UNSUPPORTED_VALUES, Flag, FlagIndex, Unsupported, to_text

HEAD = """# The command line of the public toolkit, and this one

For users of the public CycleGAN programs: every option of theirs, the generations that have it, and its effect here.
`python train.py -h` and `python test.py -h` explain the options themselves, and those that
the public programs do not have: `--signal` chooses the images of a detector ([data.md](data.md)), `--overwrite` of
test.py replaces results of another data set ([outputs.md](outputs.md)).
The Torch program took its settings from the environment: `DATA_ROOT=./sem` there is `--DATA_ROOT ./sem` here.

| typed | generation | train.py | test.py |
|---|---|---|---|
"""


def command_line_table(data: type, models: dict[str, type], model: str = "cycle_gan") -> str:
    """The whole page in Markdown, with the options of `model`."""
    train, test = index_train_flags(data, models), index_test_flags(data, models)
    generations: dict[str, list[str]] = {}
    for generation, names in GENERATIONS.items():
        for name in names:
            generations.setdefault(name, []).append(generation)
    rows = [
        f"| `--{name}` | {', '.join(generations[name])} "
        f"| {_describe(name, train, model)} | {_describe(name, test, model)} |"
        for name in sorted(generations, key=str.lower)
    ]
    values = [
        f"- `--{name} {value}`: {reason}."
        for name, reasons in UNSUPPORTED_VALUES.items()
        for value, reason in reasons.items()
    ]
    return f"{HEAD}{chr(10).join(rows)}\n\n## Values that are refused\n\n{chr(10).join(values)}\n"


def _describe(name: str, flag_index: FlagIndex, model: str) -> str:
    if flag_index.belongs_to_other(name):
        return f"refused: belongs to {flag_index.other_program}"
    flag = flag_index.find(name, model, f"--{name}")
    if isinstance(flag, Unsupported):
        return _describe_unsupported(flag)
    if flag.option.group in flag_index.no_effect:
        return f"accepted without effect: {flag_index.no_effect[flag.option.group]}"
    return _describe_option(flag)


def _describe_option(flag: Flag) -> str:
    option = flag.option
    if flag.implied is None:
        return f"`--{option.name}`, default {to_text(option.default) or 'none'}"
    if option.value_type is bool:
        return f"`--{option.name}`" if flag.implied == "true" else f"`--no_{option.name}`"
    return f"`--{option.name} {flag.implied}`"


def _describe_unsupported(entry: Unsupported) -> str:
    values = " or ".join(f"`{value}`" for value in entry.accepted if value)
    if values:
        return f"only {values}: {entry.reason}"
    if entry.accepted or entry.any_whole_number:
        return f"accepted without effect: {entry.reason}"
    return f"refused: {entry.reason}"


if __name__ == "__main__":
    print(command_line_table(DataOptions, {name: model.Options for name, model in MODELS.items()}), end="")
