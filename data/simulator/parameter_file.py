"""Reads and writes parameters of the simulator as JSON: a frozen dataclass of numbers, each with a default."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any, TypeVar

from ..errors import DataError

T = TypeVar("T")


def write_parameters(path: Path, parameters: Any) -> None:
    """Writes a dataclass of parameters to a file that `read_parameters` reads."""
    path.write_text(json.dumps(dataclasses.asdict(parameters), indent=1) + "\n")


def read_parameters(path: Path, parameters_class: type[T], positive: tuple[str, ...] = ()) -> T:
    """The dataclass `parameters_class` from a JSON file; a missing key keeps its default.

    DataError for an unknown key and for a value that is no number from 0 to 1e6. Those named in `positive` must be
    above 0. A list must be as long as its default.
    """
    try:
        values = json.loads(path.read_text())
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise DataError(f"{path}: not readable as JSON ({error})") from None
    defaults = {field.name: field.default for field in dataclasses.fields(parameters_class)}  # type: ignore[arg-type]
    if not isinstance(values, dict):
        raise DataError(f"{path}: expected an object of parameters; known: {', '.join(defaults)}")
    for name, value in values.items():
        if name not in defaults:
            raise DataError(f"{path}: unknown parameter {name!r}; known: {', '.join(defaults)}")
        default = defaults[name]
        if isinstance(default, tuple) and (not isinstance(value, list) or len(value) != len(default)):
            raise DataError(f"{path}: {name} is {value!r}; expected a list of {len(default)} numbers")
        for number in value if isinstance(default, tuple) else [value]:
            if not _is_number(number) or not 0 <= number < 1e6:
                raise DataError(f"{path}: {name} is {value!r}; expected a number from 0 to 1e6")
            if name in positive and number == 0:
                raise DataError(f"{path}: {name} must be above 0")
    return parameters_class(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
