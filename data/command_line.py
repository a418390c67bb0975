"""Command-line parsing that the programs of this package share."""

import argparse
import difflib
import math
import os
import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import MISSING, Field
from typing import Any, NoReturn, get_args

RAW = argparse.RawDescriptionHelpFormatter  # keeps the line breaks of the description
OPTION = re.compile(r"--.|-[A-Za-z]")  # of the words that are typed: neither a number below zero nor a lone -


class Parser(argparse.ArgumentParser):
    """An argument parser that reports an error in one line, without the usage text, and names the nearest option."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog.removeprefix('python -m ')}: {message}\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Checks the names of the options first: an unknown one would be taken for a value that is missing."""
        for word in sys.argv[1:] if args is None else args:
            flag = str(word).partition("=")[0]
            if flag == "--":
                break
            if OPTION.match(flag) and flag not in self._option_string_actions:
                self.error(f"{flag}: unknown option{self._nearest(flag)}")
        return super().parse_known_args(args, namespace)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Says for a path without an option which option it needs."""
        parsed, rest = self.parse_known_args(args, namespace)
        if rest:
            options, typed = self._option_string_actions, list(sys.argv[1:] if args is None else args)
            lacks_root = (
                "--dataroot" in options and "--dataroot" not in typed and all(a.option_strings for a in self._actions)
            )
            hint = f"; use --dataroot {shlex.quote(rest[0])}" if lacks_root else ""
            self.error(f"unrecognized arguments: {' '.join(rest)}{_hint_quotes(typed, rest[0]) or hint}")
        return parsed

    def _nearest(self, flag: str) -> str:
        by_name = {name.lower(): name for name in self._option_string_actions if name.startswith("--")}
        wanted = "--" + flag.lower().lstrip("-").replace("-", "_")
        longer = [name for name in by_name if len(wanted) > 4 and name.startswith(wanted)]
        near = longer or difflib.get_close_matches(wanted, by_name, n=1)
        return f"; did you mean {by_name[near[0]]}?" if near else "; -h lists all"


def _hint_quotes(words: list[str], stray: str) -> str:
    """How to type a path that holds spaces, if `stray` is a part of one that exists; else ''."""
    start = words.index(stray)
    for end in range(start + 1, len(words) + 1):
        path = " ".join(words[start - 1 : end])
        if start and os.path.exists(path):
            return f"; put a path with spaces in quotes: {shlex.quote(path)}"
    return ""


def add_option(parser: argparse.ArgumentParser, option: Field) -> None:
    """Adds the flag of a dataclass field that holds numbers or text, with its default, choices and bounds."""
    metadata, default = option.metadata, option.default
    assert default is not MISSING
    default_text = ",".join(str(value) for value in default) if isinstance(default, tuple) else str(default)
    parser.add_argument(
        f"--{option.name}",
        type=_number_parser(option) if isinstance(default, tuple | int) else str,
        default=default,
        choices=metadata.get("choices"),
        metavar=None if "choices" in metadata else metadata.get("metavar") or _metavar(default),
        help=f"{metadata['help']} ({default_text or 'none'})".replace("%", "%%"),
    )


def add_pixel_size(parser: argparse.ArgumentParser, default_text: str) -> None:
    """Adds --pixel_nm [nm], 0.0 where it is not given."""
    text = f"pixel size [nm] ({default_text})"
    parser.add_argument("--pixel_nm", type=_pixel_size, default=0.0, metavar="N", help=text)


def _pixel_size(text: str) -> float:
    width = to_number(text, float)
    if not 0.01 <= width <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a pixel size from 0.01 to 1000 nm")
    return width


def to_number(text: str, kind: type) -> Any:
    """The number, int or float, in the text of a flag; raises ArgumentTypeError, also for a decimal comma."""
    try:
        number = kind(text)
        if math.isfinite(number):
            return number
    except ValueError:
        pass
    point = f"; use a point: {text.replace(',', '.')}" if re.fullmatch(r"\s*[+-]?\d*,\d+\s*", text) else ""
    words = "whole number" if kind is int else "number"
    raise argparse.ArgumentTypeError(f"{text!r}: expected a {words}{point if kind is float else ''}")


def _metavar(default: Any) -> str:
    return "N" if isinstance(default, tuple | int) else "TEXT"


def _number_parser(option: Field) -> Callable[[str], Any]:
    """A function that converts the text of a flag to a number or a tuple of numbers, and checks count and bounds."""
    is_tuple = bool(get_args(option.type))
    kind = get_args(option.type)[0] if is_tuple else option.type
    assert isinstance(kind, type)
    minimum, maximum = option.metadata.get("bounds", (None, None))
    counts = option.metadata.get("counts", (1,))

    def parse_numbers(text: str) -> Any:
        parts = (text.split(",") if is_tuple else [text]) if text.strip() else []
        values = tuple(to_number(part, kind) for part in parts)
        if len(values) not in counts:
            raise argparse.ArgumentTypeError(f"{text!r}: expected {' or '.join(str(n) for n in counts)} numbers")
        if any(
            (minimum is not None and value < minimum) or (maximum is not None and value > maximum) for value in values
        ):
            limits = f"at least {minimum}" if maximum is None else f"{minimum} to {maximum}"
            raise argparse.ArgumentTypeError(f"{text!r}: must be {limits}")
        return values if is_tuple else values[0]

    return parse_numbers
