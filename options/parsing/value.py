"""From the text of a value to the value, within the limits that its option declares."""

import math
import re
from typing import Any

from ..errors import OptionsError
from ..option import Option
from .aliases import VALUES
from .unsupported import VALUES as REFUSED

_INT = re.compile(r"[+-]?[0-9]{1,300}")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BOOLS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_WANTED = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


def parse_value(option: Option, text: str, as_typed: str) -> Any:
    """The value that `text` gives `option`; `quote` is the option as it was typed, for the error."""
    text = VALUES.get(option.name, {}).get(text, text)
    if not option.many:
        return _parse_one(option, text, as_typed)
    parts = tuple(_parse_one(option, part.strip(), as_typed) for part in text.split(",")) if text.strip() else ()
    if option.counts and len(parts) not in option.counts:
        raise OptionsError(f"{as_typed}: must be {_either(option.counts)} values with commas between them")
    return parts


def to_text(value: Any) -> str:
    """The text that `parse_value` reads back as `value`; lists and tuples are joined by commas."""
    if isinstance(value, list | tuple):
        return ",".join(to_text(part) for part in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def one_line(text: str) -> str:
    """`text` with what does not print escaped, and its middle left out when it is long."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
    return shown if len(shown) <= 200 else f"{shown[:120]}...{shown[-40:]}"


def limits(option: Option) -> str:
    """The option's bounds in words, empty without any."""
    low, high = option.bounds
    if low is not None and high is not None:
        return f"{low} to {high}"
    if low is not None:
        return f"at least {low}"
    return f"at most {high}" if high is not None else ""


def _parse_one(option: Option, text: str, as_typed: str) -> Any:
    value = _convert(option, text, as_typed)
    if option.choices and value not in option.choices:
        if text in REFUSED.get(option.name, {}):
            raise OptionsError(f"{as_typed}: {REFUSED[option.name][text]}")
        raise OptionsError(f"{as_typed}: must be {_either(option.choices)}")
    low, high = option.bounds
    if low is not None and value < low:
        raise OptionsError(f"{as_typed}: must be at least {low}")
    if high is not None and value > high:
        raise OptionsError(f"{as_typed}: must be at most {high}")
    return value


def _convert(option: Option, text: str, as_typed: str) -> Any:
    if option.kind is int and _INT.fullmatch(text):
        return int(text)
    if option.kind is float and _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    if option.kind is bool and text.lower() in _BOOLS:
        return _BOOLS[text.lower()]
    if option.kind is str:
        if any(ord(c) < 32 or ord(c) == 127 for c in text):
            raise OptionsError(f"{as_typed}: holds a control character")
        if text or option.default == "":
            return text
        raise OptionsError(f"{as_typed}: must not be empty")
    each = " for each part" if option.many else ""
    raise OptionsError(f"{as_typed}: must be {_WANTED[option.kind]}{each}")


def _either(choices: tuple[Any, ...]) -> str:
    words = [str(choice) for choice in choices]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
