"""The command lines of this room's programs."""

import argparse
from collections.abc import Callable
from dataclasses import MISSING, Field
from typing import Any, NoReturn, get_args

RAW = argparse.RawDescriptionHelpFormatter  # keeps the lines of the text above


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog.removeprefix('python -m ')}: {message}\n")


def add_option(parser: argparse.ArgumentParser, option: Field) -> None:
    """The flag of an option of numbers or text that a dataclass declares, with its default, choices and limits."""
    about, default = option.metadata, option.default
    assert default is not MISSING
    shown = ",".join(str(one) for one in default) if isinstance(default, tuple) else str(default)
    parser.add_argument(
        f"--{option.name}",
        type=_numbers(option) if isinstance(default, tuple | int) else str,
        default=default,
        choices=about.get("choices"),
        metavar=None if "choices" in about else "N" if isinstance(default, tuple | int) else "TEXT",
        help=f"{about['help']} ({shown or 'none'})".replace("%", "%%"),
    )


def _numbers(option: Field) -> Callable[[str], Any]:
    many = bool(get_args(option.type))
    least, most = option.metadata.get("bounds", (None, None))
    counts = option.metadata.get("counts", (1,))

    def numbers(text: str) -> Any:
        try:
            found = tuple(int(part) for part in text.split(",")) if text.strip() else ()
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r}: expected whole numbers") from None
        if len(found) not in counts:
            raise argparse.ArgumentTypeError(f"{text!r}: expected {' or '.join(str(n) for n in counts)} numbers")
        if any((least is not None and one < least) or (most is not None and one > most) for one in found):
            limits = f"at least {least}" if most is None else f"{least} to {most}"
            raise argparse.ArgumentTypeError(f"{text!r}: must be {limits}")
        return found if many else found[0]

    return numbers
