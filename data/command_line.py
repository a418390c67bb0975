"""Command-line parsing that the programs of this package share."""

import argparse
import difflib
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
            options, typed = self._option_string_actions, sys.argv[1:] if args is None else args
            lacks_root = (
                "--dataroot" in options and "--dataroot" not in typed and all(a.option_strings for a in self._actions)
            )
            hint = f"; use --dataroot {shlex.quote(rest[0])}" if lacks_root else ""
            self.error(f"unrecognized arguments: {' '.join(rest)}{hint}")
        return parsed

    def _nearest(self, flag: str) -> str:
        by_name = {name.lower(): name for name in self._option_string_actions if name.startswith("--")}
        wanted = "--" + flag.lower().lstrip("-").replace("-", "_")
        longer = [name for name in by_name if len(wanted) > 4 and name.startswith(wanted)]
        near = longer or difflib.get_close_matches(wanted, by_name, n=1)
        return f"; did you mean {by_name[near[0]]}?" if near else "; -h lists all"


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
        metavar=None if "choices" in metadata else "N" if isinstance(default, tuple | int) else "TEXT",
        help=f"{metadata['help']} ({default_text or 'none'})".replace("%", "%%"),
    )


def _number_parser(option: Field) -> Callable[[str], Any]:
    """A function that converts the text of a flag to an int or a tuple of ints, and checks count and bounds."""
    is_tuple = bool(get_args(option.type))
    minimum, maximum = option.metadata.get("bounds", (None, None))
    counts = option.metadata.get("counts", (1,))

    def parse_numbers(text: str) -> Any:
        try:
            values = tuple(int(part) for part in text.split(",")) if text.strip() else ()
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r}: expected whole numbers") from None
        if len(values) not in counts:
            raise argparse.ArgumentTypeError(f"{text!r}: expected {' or '.join(str(n) for n in counts)} numbers")
        if any(
            (minimum is not None and value < minimum) or (maximum is not None and value > maximum) for value in values
        ):
            limits = f"at least {minimum}" if maximum is None else f"{minimum} to {maximum}"
            raise argparse.ArgumentTypeError(f"{text!r}: must be {limits}")
        return values if is_tuple else values[0]

    return parse_numbers
