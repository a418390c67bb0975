"""The text that `-h` prints."""

import textwrap

from ..option import Option, title
from .aliases import IMPLIED, spellings
from .flag_index import FlagIndex
from .value import limits, to_text

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


def help_text(flag_index: FlagIndex, groups: dict[str, type], models: dict[str, type], model: str) -> str:
    """Every option by group with its meaning, unit, limits, default and other spellings; examples at the end."""
    lines = [f"usage: python {flag_index.program} [--option value ...]", ""]
    for group, component in {**groups, "model": models[model]}.items():
        lines.append(f"{title(component)}:")
        for option in flag_index.options(model):  # a model may have defaults of its own
            if option.group == group:
                lines += _entry(option)
        lines.append("")
    if len(models) > 1:
        lines += [f"Models: {', '.join(models)}; -h --model NAME shows that model's options.", ""]
    lines += ["examples:", *(f"  {example}" for example in EXAMPLES[flag_index.program])]
    return "\n".join(lines)


def _entry(option: Option) -> list[str]:
    if option.kind is bool:
        head = f"  --{option.name}, --no_{option.name}"
    else:
        head = f"  --{option.name} {_METAVAR[option.kind]}{',...' if option.many else ''}"
    said = [option.help]
    if option.choices:
        said.append(f"one of {', '.join(to_text(choice) for choice in option.choices)}")
    elif limits(option):
        said.append(limits(option))
    others = [f"--{key}" for key in (*spellings(option.name)[1:], option.former) if key]
    others += [f"--{key} ({value})" for key, (name, value) in IMPLIED.items() if name == option.name]
    tail = f"[{option.unit + '; ' if option.unit else ''}default {to_text(option.default) or 'none'}]"
    text = f"{'; '.join(said)} {tail}{'; also ' + ', '.join(others) if others else ''}"
    body = textwrap.wrap(text, width=84, break_long_words=False, break_on_hyphens=False)
    if len(head) <= 32:
        return [f"{head:<34}{body[0]}", *(" " * 34 + line for line in body[1:])]
    return [head, *(" " * 34 + line for line in body)]
