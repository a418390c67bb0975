"""From raw flags to values: one value for each option, and the words that gave it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import OptionsError
from .flag_index import Flag, FlagIndex
from .raw_flags import RawFlag
from .value import parse_value


@dataclass(frozen=True)
class ParsedFlag:
    """A value, the spelling that gave it, and both as they were typed."""

    key: str
    value: Any
    as_typed: str


def resolve_flags(
    raw_flags: list[RawFlag], flag_index: FlagIndex, model: str
) -> tuple[dict[str, ParsedFlag], list[str]]:
    """The values by canonical name, and a note for each option that is accepted without effect.

    If one spelling occurs twice, the last one counts, as scripts that append options expect. Two different spellings
    of an option must have the same value.
    """
    parsed: dict[str, ParsedFlag] = {}
    notes = []
    for raw in raw_flags:
        if flag_index.belongs_to_other(raw.key):
            notes.append(f"{raw.as_typed}: belongs to {flag_index.other_program}; ignored")
            continue
        flag = flag_index.find(raw.key, model, raw.as_typed)
        if not isinstance(flag, Flag):
            if not flag.accepts(raw.text or ""):
                raise OptionsError(f"{raw.as_typed}: {flag.refusal}")
            notes.append(f"{raw.as_typed}: {flag.reason}")
            continue
        new = ParsedFlag(raw.key, read_value(flag, raw), raw.as_typed)
        old = parsed.get(flag.option.name)
        if old is not None and old.key != new.key and old.value != new.value:
            raise OptionsError(f"{old.as_typed} and {new.as_typed}: one option, two values; use one of them")
        parsed[flag.option.name] = new
    return parsed, notes


def note_no_effect(typed: Mapping[str, ParsedFlag], flag_index: FlagIndex, model: str) -> list[str]:
    """One note for all typed options of each group that the program accepts without effect."""
    notes = []
    group_of = {option.name: option.group for option in flag_index.options(model)}
    for group, reason in flag_index.no_effect.items():
        flags = [flag.as_typed for name, flag in typed.items() if group_of[name] == group]
        if flags:
            verb = "they have" if len(flags) > 1 else "it has"
            notes.append(f"{', '.join(flags)}: {reason}; {verb} no effect")
    return notes


def find_last(raw_flags: list[RawFlag], flags: dict[str, Flag], name: str) -> RawFlag | None:
    """The last raw flag of the option `name`; it is needed before all the others can be resolved."""
    matches = [raw for raw in raw_flags if raw.key in flags and flags[raw.key].option.name == name]
    return matches[-1] if matches else None


def read_value(flag: Flag, raw: RawFlag) -> Any:
    """The value that was typed, or that the spelling implies."""
    if flag.implied is None:
        return parse_value(flag.option, raw.text or "", raw.as_typed)
    if raw.text is None:
        return parse_value(flag.option, flag.implied, raw.as_typed)
    if flag.option.value_type is not bool:
        raise OptionsError(f"{raw.as_typed}: takes no value")
    value = parse_value(flag.option, raw.text, raw.as_typed)
    return value if flag.implied == "true" else not value
