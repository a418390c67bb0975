"""The table of docs/command_line.md: what was typed, and what happens here."""

from options.inference_options import InferenceOptions
from options.parser import TEST_GROUPS, TRAIN_GROUPS
from options.parsing.flag_index import Flag, FlagIndex
from options.parsing.public_flags import GENERATIONS
from options.parsing.unsupported import VALUES, Unsupported
from options.parsing.value import to_text
from options.training_options import TrainingOptions

HEAD = """# The command line of the public toolkit, and this one

Every option of the public CycleGAN programs, the generations that have it, and what happens when it is typed here.
`python train.py -h` and `python test.py -h` explain the options themselves.
The Torch program took its settings from the environment: `DATA_ROOT=./sem` there is `--DATA_ROOT ./sem` here.

| typed | generation | train.py | test.py |
|---|---|---|---|
"""


def command_line_table(data: type, models: dict[str, type], model: str = "cycle_gan") -> str:
    """Markdown of the whole table, as `model` reads the options."""
    train = FlagIndex("train.py", {**TRAIN_GROUPS, "data": data}, models, {"test": InferenceOptions})
    test = FlagIndex("test.py", {**TEST_GROUPS, "data": data}, models, {"loop": TrainingOptions})
    since: dict[str, list[str]] = {}
    for generation, names in GENERATIONS.items():
        for name in names:
            since.setdefault(name, []).append(generation)
    rows = [
        f"| `--{name}` | {', '.join(since[name])} | {_happens(name, train, model)} | {_happens(name, test, model)} |"
        for name in sorted(since, key=str.lower)
    ]
    values = [f"- `--{name} {value}`: {line}." for name, lines in VALUES.items() for value, line in lines.items()]
    return f"{HEAD}{chr(10).join(rows)}\n\n## Values that are refused\n\n{chr(10).join(values)}\n"


def _happens(name: str, flag_index: FlagIndex, model: str) -> str:
    if flag_index.is_elsewhere(name):
        return f"refused: belongs to {flag_index.other}"
    meant = flag_index.find(name, model, f"--{name}")
    if isinstance(meant, Flag):
        option = meant.option
        if meant.implied is not None and option.kind is bool:
            return f"`--{option.name}`" if meant.implied == "true" else f"`--no_{option.name}`"
        value = f" {meant.implied}" if meant.implied is not None else ""
        default = "" if value else f", default {to_text(option.default) or 'none'}"
        return f"`--{option.name}{value}`{default}"
    return _refusal(meant)


def _refusal(entry: Unsupported) -> str:
    accepted = " or ".join(f"`{value}`" for value in entry.neutral if value)
    if accepted:
        return f"only {accepted}: {entry.line}"
    return f"accepted without effect: {entry.line}" if entry.neutral else f"refused: {entry.line}"
