"""What was typed, understood: one value for each option, and where it came from."""

from dataclasses import dataclass
from typing import Any

from ..errors import OptionsError
from .flag_index import Lexicon, Spelling
from .raw_flags import Typed
from .value import parse_value


@dataclass(frozen=True)
class Given:
    """A value and the words that gave it."""

    key: str
    value: Any
    quote: str


def understand(typed: list[Typed], lexicon: Lexicon, model: str) -> tuple[dict[str, Given], list[str]]:
    """The values by canonical name, and a note for each option that is accepted without effect.

    The last of one spelling wins, as scripts that append options expect; two spellings must agree.
    """
    given: dict[str, Given] = {}
    notes = []
    for one in typed:
        if lexicon.is_elsewhere(one.key):
            notes.append(f"{one.quote}: belongs to {lexicon.other}; passed over")
            continue
        meant = lexicon.find(one.key, model, one.quote)
        if not isinstance(meant, Spelling):
            if (one.text or "") not in meant.neutral:
                raise OptionsError(f"{one.quote}: {meant.line}")
            notes.append(f"{one.quote}: {meant.line}")
            continue
        new = Given(one.key, value_of(meant, one), one.quote)
        old = given.get(meant.option.name)
        if old is not None and old.key != new.key and old.value != new.value:
            raise OptionsError(f"{old.quote} and {new.quote}: one option, two values; give one of them")
        given[meant.option.name] = new
    return given, notes


def last_typed(typed: list[Typed], spelled: dict[str, Spelling], name: str) -> Typed | None:
    """The last that was typed of one option, before all the others are understood."""
    found = [one for one in typed if one.key in spelled and spelled[one.key].option.name == name]
    return found[-1] if found else None


def value_of(spelling: Spelling, one: Typed) -> Any:
    """The value that was typed, or that the spelling implies."""
    if spelling.implied is None:
        return parse_value(spelling.option, one.text or "", one.quote)
    if one.text is None:
        return parse_value(spelling.option, spelling.implied, one.quote)
    if spelling.option.kind is not bool:
        raise OptionsError(f"{one.quote}: takes no value")
    says = parse_value(spelling.option, one.text, one.quote)
    return says if spelling.implied == "true" else not says
