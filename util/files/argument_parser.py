"""The parser of the command lines of this package's programs."""

import argparse
import difflib
import math
import re
import sys
from typing import Any, NoReturn

OPTION = re.compile(r"--.|-[A-Za-z]")  # of the words that are typed: neither a number below zero nor a lone -


class ArgumentParser(argparse.ArgumentParser):
    """An argument parser that reports an error in one line, without the usage text, and names the nearest option.

    The help keeps the line breaks of the description. Options cannot be shortened.
    """

    def __init__(self, prog: str, description: str | None) -> None:
        raw = argparse.RawDescriptionHelpFormatter
        super().__init__(prog, description=description, formatter_class=raw, allow_abbrev=False)

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

    def _nearest(self, flag: str) -> str:
        by_name = {name.lower(): name for name in self._option_string_actions if name.startswith("--")}
        wanted = "--" + flag.lower().lstrip("-").replace("-", "_")
        longer = [name for name in by_name if len(wanted) > 4 and name.startswith(wanted)]
        near = longer or difflib.get_close_matches(wanted, by_name, n=1)
        return f"; did you mean {by_name[near[0]]}?" if near else "; -h lists all"


def positive_number(text: str) -> float:
    """The finite number above 0 that an option was given, as the `type` of an argument."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number above 0")
    return value
