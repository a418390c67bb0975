"""The text that `-h` prints."""

import textwrap

from ..option import Option, read_title
from .aliases import IMPLIED, list_spellings
from .flag_index import FlagIndex
from .value import format_limits, to_text

EXAMPLES = {
    "train.py": (
        "python train.py --dataroot ./sem --name metrology",
        "python train.py --name short --n_epochs 20 --n_epochs_decay 0 --display_id 0",
        "python train.py --name metrology --continue_train",
        "python train.py --config settings.yaml --batch_size 4",
    ),
    "test.py": (
        "python test.py --name metrology",
        "python test.py --name metrology --which_epoch 200 --how_many 50",
        "python test.py --name metrology --direction BtoA --results_dir ./rendered",
    ),
}
_METAVAR = {int: "INT", float: "NUMBER", str: "TEXT"}


def format_help(flag_index: FlagIndex, model: str) -> str:
    """Every option by group with its meaning, unit, limits, default and other spellings; examples at the end."""
    lines = [f"usage: python {flag_index.program} [--option value ...]", ""]
    for group, component in flag_index.components(model).items():
        title = read_title(component)
        if group in flag_index.no_effect:
            lines += [f"{title} options of {flag_index.other_program} are accepted and have no effect", ""]
            continue
        lines.append(f"{title}:")
        for option in flag_index.options(model):  # a model may set defaults of its own
            if option.group == group:
                lines += _format_option(option)
        lines.append("")
    if len(flag_index.models) > 1:
        titles = [f"  {read_title(component)}" for component in flag_index.models.values()]
        lines += ["models (-h --model NAME shows the options of one):", *titles, ""]
    lines += ["examples:", *(f"  {example}" for example in EXAMPLES[flag_index.program])]
    return "\n".join(lines)


def _format_option(option: Option) -> list[str]:
    if option.value_type is bool:
        head = f"  --{option.name}, --no_{option.name}"
    else:
        metavar = option.metavar or f"{_METAVAR[option.value_type]}{',...' if option.is_tuple else ''}"
        head = f"  --{option.name} {metavar}"
    parts = [option.help]
    if option.choices:
        parts.append(f"one of {', '.join(to_text(choice) for choice in option.choices)}")
    elif format_limits(option):
        parts.append(format_limits(option))
    aliases = [f"--{key}" for key in (*list_spellings(option.name)[1:], option.former) if key]
    aliases += [f"--{key} ({value})" for key, (name, value) in IMPLIED.items() if name == option.name]
    tail = f"[{option.unit + '; ' if option.unit else ''}default {to_text(option.default) or 'none'}]"
    text = f"{'; '.join(parts)} {tail}{'; also ' + ', '.join(aliases) if aliases else ''}"
    body = textwrap.wrap(text, width=84, break_long_words=False, break_on_hyphens=False)
    if len(head) <= 32:
        return [f"{head:<34}{body[0]}", *(" " * 34 + line for line in body[1:])]
    return [head, *(" " * 34 + line for line in body)]
