"""What was typed, understood: one value for each option, and where it came from."""

from dataclasses import dataclass
from typing import Any

from ..errors import OptionsError
from .flag_index import Flag, FlagIndex
from .raw_flags import RawFlag
from .value import parse_value


@dataclass(frozen=True)
class ParsedFlag:
    """A value and the words that gave it."""

    key: str
    value: Any
    as_typed: str


def resolve_flags(typed: list[RawFlag], flag_index: FlagIndex, model: str) -> tuple[dict[str, ParsedFlag], list[str]]:
    """The values by canonical name, and a note for each option that is accepted without effect.

    The last of one spelling wins, as scripts that append options expect; two spellings must agree.
    """
    given: dict[str, ParsedFlag] = {}
    notes = []
    for one in typed:
        if flag_index.is_elsewhere(one.key):
            notes.append(f"{one.as_typed}: belongs to {flag_index.other}; passed over")
            continue
        meant = flag_index.find(one.key, model, one.as_typed)
        if not isinstance(meant, Flag):
            if (one.text or "") not in meant.neutral:
                raise OptionsError(f"{one.as_typed}: {meant.line}")
            notes.append(f"{one.as_typed}: {meant.line}")
            continue
        new = ParsedFlag(one.key, value_of(meant, one), one.as_typed)
        old = given.get(meant.option.name)
        if old is not None and old.key != new.key and old.value != new.value:
            raise OptionsError(f"{old.as_typed} and {new.as_typed}: one option, two values; give one of them")
        given[meant.option.name] = new
    return given, notes


def last_typed(typed: list[RawFlag], spelled: dict[str, Flag], name: str) -> RawFlag | None:
    """The last that was typed of one option, before all the others are understood."""
    found = [one for one in typed if one.key in spelled and spelled[one.key].option.name == name]
    return found[-1] if found else None


def value_of(spelling: Flag, one: RawFlag) -> Any:
    """The value that was typed, or that the spelling implies."""
    if spelling.implied is None:
        return parse_value(spelling.option, one.text or "", one.as_typed)
    if one.text is None:
        return parse_value(spelling.option, spelling.implied, one.as_typed)
    if spelling.option.kind is not bool:
        raise OptionsError(f"{one.as_typed}: takes no value")
    says = parse_value(spelling.option, one.text, one.as_typed)
    return says if spelling.implied == "true" else not says
