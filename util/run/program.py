"""How a program ends: one line for what went wrong, and the exit status that says of what kind it was."""

import sys
from collections.abc import Callable, Iterable
from typing import TextIO

from ..errors import RunError, UtilError
from ..files import explain_error


def run_program(name: str, program: Callable[[], int], bad_input: tuple[type[Exception], ...]) -> int:
    """The exit status of `program()`: its own; 1 failed; 2 usage or bad input, the errors `bad_input`; 130 interrupted.

    An error that is a defect of the program itself is raised.
    """
    refusals: tuple[type[Exception], ...] = (UtilError, *bad_input)
    try:
        return program()
    except refusals as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1 if isinstance(error, RunError) else 2
    except KeyboardInterrupt:
        print(f"{name}: interrupted; earlier results are as they were", file=sys.stderr)
        return 130
    except (OSError, MemoryError, RuntimeError, ValueError) as error:
        print(f"{name}: {explain_error(error)}", file=sys.stderr)
        return 1


def print_lines(lines: Iterable[str], file: TextIO | None = None) -> None:
    """Prints the lines, if there are any."""
    for line in lines:
        print(line, file=file)


def name_problems(problems: Iterable[str], on_bad_image: str) -> int:
    """Names the images that test.py could not use, or not score; returns its exit status."""
    lines = [f"test.py: {line}" for line in problems]
    print_lines(lines, sys.stderr)
    return int(bool(lines) and on_bad_image == "error")
