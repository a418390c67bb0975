"""From the text of a value to the value, within the limits that its option declares."""

import math
import re
from typing import Any

from ..errors import OptionsError
from ..option import Option
from .aliases import VALUES
from .unsupported import UNSUPPORTED_VALUES

_INT = re.compile(r"[+-]?[0-9]{1,300}")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
_BOOLS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_TYPE_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


def parse_value(option: Option, text: str, as_typed: str) -> Any:
    """The value of `option` in `text`; `as_typed` is the option as it was typed, for the error."""
    text = VALUES.get(option.name, {}).get(text, text)
    if not option.is_tuple:
        return _parse_single(option, text, as_typed)
    parts = tuple(_parse_single(option, part.strip(), as_typed) for part in text.split(",")) if text.strip() else ()
    if option.counts and len(parts) not in option.counts:
        raise OptionsError(f"{as_typed}: must be {_join_or(option.counts)} values, separated by commas")
    return parts


def to_text(value: Any) -> str:
    """The text that `parse_value` reads back as `value`; commas join lists and tuples."""
    if isinstance(value, list | tuple):
        return ",".join(to_text(part) for part in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def to_one_line(text: str) -> str:
    """`text` in one printable line: unprintable characters are escaped, and a long text loses its middle."""
    line = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
    return line if len(line) <= 200 else f"{line[:120]}...{line[-40:]}"


def format_limits(option: Option) -> str:
    """The bounds of the option in words; empty if it has none."""
    low, high = option.bounds
    if low is not None and high is not None:
        return f"{low} to {high}"
    if low is not None:
        return f"at least {low}"
    return f"at most {high}" if high is not None else ""


def _parse_single(option: Option, text: str, as_typed: str) -> Any:
    value = _convert(option, text, as_typed)
    if option.choices and value not in option.choices:
        if text in UNSUPPORTED_VALUES.get(option.name, {}):
            raise OptionsError(f"{as_typed}: {UNSUPPORTED_VALUES[option.name][text]}")
        raise OptionsError(f"{as_typed}: must be {_join_or(option.choices)}")
    low, high = option.bounds
    if low is not None and value < low:
        raise OptionsError(f"{as_typed}: must be at least {low}")
    if high is not None and value > high:
        raise OptionsError(f"{as_typed}: must be at most {high}")
    return value


def _convert(option: Option, text: str, as_typed: str) -> Any:
    value_type = option.value_type
    if value_type is int and _INT.fullmatch(text):
        return int(text)
    if value_type is float and _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    if value_type is bool and text.lower() in _BOOLS:
        return _BOOLS[text.lower()]
    if value_type is str:
        if any(ord(c) < 32 or ord(c) == 127 for c in text):
            raise OptionsError(f"{as_typed}: contains a control character")
        if text or option.default == "":
            return text
        raise OptionsError(f"{as_typed}: must not be empty")
    each = " for each part" if option.is_tuple else ""
    point = f"; use a point: {text.replace(',', '.')}" if value_type is float and _DECIMAL_COMMA.fullmatch(text) else ""
    raise OptionsError(f"{as_typed}: must be {_TYPE_NAMES[value_type]}{each}{point}")


def _join_or(choices: tuple[Any, ...]) -> str:
    words = [str(choice) for choice in choices]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
