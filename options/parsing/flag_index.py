"""Every spelling that a program accepts, and what each stands for."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..errors import OptionsError
from ..option import Option, read_options
from .aliases import IMPLIED, list_spellings
from .unsupported import NO_EFFECT, UNSUPPORTED, UNUSED_BY_TRAIN, Unsupported


@dataclass(frozen=True)
class Flag:
    """An option, and the text of the value that the spelling implies (`--no_flip`: false).

    `implied` is None where the spelling takes a value.
    """

    option: Option
    implied: str | None = None


class FlagIndex:
    """The spellings of one program: its own groups, the options of its models, and the flags that it refuses.

    `groups` and `other_groups` (those of the other program alone) map a group's name to its dataclass. `no_effect`
    maps a group that the program accepts without effect to the reason.
    """

    def __init__(
        self, program: str, groups: dict[str, type], models: dict[str, type], other_groups: dict[str, type]
    ) -> None:
        self.program = program
        self.other_program = "test.py" if program == "train.py" else "train.py"
        self.models = models
        self.no_effect = NO_EFFECT.get(program, {})
        self._groups = groups
        self._options = [option for group, component in groups.items() for option in read_options(group, component)]
        self._options = [
            replace(option, choices=tuple(models)) if option.name == "model" else option for option in self._options
        ]
        self._model_options = {name: read_options("model", component) for name, component in models.items()}
        self._model_defaults = {name: getattr(component, "DEFAULTS", {}) for name, component in models.items()}
        self.common = _index_flags(self._options)
        self.by_model = {name: _index_flags(self.options(name)) for name in models}
        self._other = _index_flags(
            option for group, component in other_groups.items() for option in read_options(group, component)
        )
        self._unsupported = dict(UNSUPPORTED)
        if program == "train.py":
            for name, entry in UNUSED_BY_TRAIN.items():
                self._unsupported.update(dict.fromkeys(list_spellings(name), entry))

    def components(self, model: str) -> dict[str, type]:
        """The dataclass of each group of the program with `model`."""
        return {**self._groups, "model": self.models[model]}

    def options(self, model: str) -> tuple[Option, ...]:
        """All options of the program with `model`, group by group; a model may set defaults of its own."""
        defaults = self._model_defaults[model]
        options = (*self._options, *self._model_options[model])
        return tuple(replace(option, default=defaults.get(option.name, option.default)) for option in options)

    def takes_value(self, key: str, as_typed: str) -> bool:
        """Whether a value follows the spelling `key`. An unknown spelling raises an error that names the nearest."""
        for flags in (self.common, *self.by_model.values()):
            if key in flags:
                return flags[key].implied is None
        if key in self._unsupported:
            return self._unsupported[key].takes_value
        raise OptionsError(f"{as_typed}{self._explain_unknown(key)}")

    def find(self, key: str, model: str, as_typed: str) -> Flag | Unsupported:
        """What the spelling `key` stands for with `model`."""
        if key in self.by_model[model]:
            return self.by_model[model][key]
        if key in self._unsupported:
            return self._unsupported[key]
        owners = [name for name, flags in self.by_model.items() if key in flags]
        if owners:
            raise OptionsError(f"{as_typed}: belongs to --model {', '.join(owners)}, and this run is {model}")
        raise OptionsError(f"{as_typed}{self._explain_unknown(key)}")

    def belongs_to_other(self, key: str) -> bool:
        """Whether only the other program has the option `key`."""
        return key in self._other and key not in self._list_keys()

    def _list_keys(self) -> list[str]:
        model_keys = (key for flags in self.by_model.values() for key in flags)
        return [*self.common, *self._unsupported, *model_keys]

    def _explain_unknown(self, key: str) -> str:
        if self.belongs_to_other(key):
            return f" belongs to {self.other_program}"
        keys = self._list_keys()
        by_lower = {word.lower(): word for word in reversed([*keys, *self._other])}
        wanted = key.lower().replace("-", "_")
        near = difflib.get_close_matches(wanted, by_lower, n=1, cutoff=0.6)
        longer = [word for word in keys if word.lower().startswith(wanted)] if len(wanted) > 2 else []
        guess = by_lower[wanted] if wanted in by_lower else longer[0] if longer else by_lower[near[0]] if near else ""
        return f": unknown option; did you mean --{guess}?" if guess else ": unknown option; -h lists all"


def _index_flags(options: Iterable[Option]) -> dict[str, Flag]:
    flags: dict[str, Flag] = {}
    options = list(options)
    for option in options:
        is_bool = option.value_type is bool
        for key in filter(None, (*list_spellings(option.name), option.former)):
            _add_flag(flags, key, Flag(option, "true" if is_bool else None))
            if is_bool:
                _add_flag(flags, f"no_{key}", Flag(option, "false"))
    for key, (name, text) in IMPLIED.items():
        for option in options:
            if option.name == name:
                _add_flag(flags, key, Flag(option, text))
    return flags


def _add_flag(flags: dict[str, Flag], key: str, flag: Flag) -> None:
    if key in flags:
        raise TypeError(f"--{key} is declared twice: by {flags[key].option.group} and {flag.option.group}")
    flags[key] = flag
