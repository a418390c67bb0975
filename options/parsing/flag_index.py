"""Every spelling that a program understands, and what each stands for."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..errors import OptionsError
from ..option import Option, declared
from .aliases import IMPLIED, spellings
from .unsupported import AT_TRAIN, OPTIONS, Unsupported


@dataclass(frozen=True)
class Flag:
    """An option, and the text of the value that the spelling implies (`--no_flip`: false); None: it takes one."""

    option: Option
    implied: str | None = None


class FlagIndex:
    """The spellings of one program: its own groups, its models' options, and what it refuses with a reason.

    `groups` and `elsewhere` (the other program's groups) map a group's name to its dataclass.
    """

    def __init__(
        self, program: str, groups: dict[str, type], models: dict[str, type], elsewhere: dict[str, type]
    ) -> None:
        self.program = program
        self.other = "test.py" if program == "train.py" else "train.py"
        self.groups = {group: declared(group, component) for group, component in groups.items()}
        self.groups["run"] = tuple(
            replace(option, choices=tuple(models)) if option.name == "model" else option
            for option in self.groups["run"]
        )
        self.models = {name: declared("model", component) for name, component in models.items()}
        self.defaults = {name: getattr(component, "DEFAULTS", {}) for name, component in models.items()}
        self.common = _spell(option for options in self.groups.values() for option in options)
        self.by_model = {name: _spell([*self.options(name)]) for name in models}
        self._elsewhere = _spell(option for group, kind in elsewhere.items() for option in declared(group, kind))
        self._refused = dict(OPTIONS)
        if program == "train.py":
            for name, entry in AT_TRAIN.items():
                self._refused.update(dict.fromkeys(spellings(name), entry))

    def options(self, model: str) -> tuple[Option, ...]:
        """All options of the program with `model`, group by group; a model may have defaults of its own."""
        every = (*(option for options in self.groups.values() for option in options), *self.models[model])
        return tuple(replace(one, default=self.defaults[model].get(one.name, one.default)) for one in every)

    def takes_value(self, key: str, as_typed: str) -> bool:
        """Whether the spelling `key` is followed by a value; an unknown one is an error with the nearest known one."""
        for spelled in (self.common, *self.by_model.values()):
            if key in spelled:
                return spelled[key].implied is None
        if key in self._refused:
            return self._refused[key].takes_value
        raise OptionsError(f"{as_typed}{self._why_unknown(key)}")

    def find(self, key: str, model: str, as_typed: str) -> Flag | Unsupported:
        """What `key` stands for with `model`."""
        if key in self.by_model[model]:
            return self.by_model[model][key]
        if key in self._refused:
            return self._refused[key]
        owners = [name for name, spelled in self.by_model.items() if key in spelled]
        if owners:
            raise OptionsError(f"{as_typed}: belongs to --model {', '.join(owners)}, and this run is {model}")
        raise OptionsError(f"{as_typed}{self._why_unknown(key)}")

    def is_elsewhere(self, key: str) -> bool:
        """Whether `key` is an option of the other program alone."""
        here = {*self.common, *self._refused, *(name for spelled in self.by_model.values() for name in spelled)}
        return key in self._elsewhere and key not in here

    def _why_unknown(self, key: str) -> str:
        if self.is_elsewhere(key):
            return f" belongs to {self.other}"
        known = [*self.common, *self._refused, *(key for spelled in self.by_model.values() for key in spelled)]
        plain = {word.lower(): word for word in reversed([*known, *self._elsewhere])}
        wanted = key.lower().replace("-", "_")
        near = difflib.get_close_matches(wanted, plain, n=1, cutoff=0.6)
        longer = [word for word in known if word.lower().startswith(wanted)] if len(wanted) > 2 else []
        guess = plain[wanted] if wanted in plain else longer[0] if longer else plain[near[0]] if near else ""
        return f": unknown option; did you mean --{guess}?" if guess else ": unknown option; -h lists all"


def _spell(options: Iterable[Option]) -> dict[str, Flag]:
    spelled: dict[str, Flag] = {}
    taken = list(options)
    for option in taken:
        for key in filter(None, (*spellings(option.name), option.former)):
            _enter(spelled, key, Flag(option, "true" if option.kind is bool else None))
            if option.kind is bool:
                _enter(spelled, f"no_{key}", Flag(option, "false"))
    for key, (name, text) in IMPLIED.items():
        for option in taken:
            if option.name == name:
                _enter(spelled, key, Flag(option, text))
    return spelled


def _enter(spelled: dict[str, Flag], key: str, spelling: Flag) -> None:
    if key in spelled:
        raise TypeError(f"--{key} is declared twice: by {spelled[key].option.group} and {spelling.option.group}")
    spelled[key] = spelling
