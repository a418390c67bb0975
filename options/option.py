"""One option: a field of a frozen dataclass, described by the field's metadata.

To add an option, add a field with a default to the dataclass of its component. The metadata holds `help` and, where
they apply, `metavar`, `unit`, `bounds`, `choices`, `counts`, `former`, `may_change` (the option may differ on
--continue_train), `alters_run` (it may differ, but the run is then no longer the one that it was, and opt.json records
it) and `inherit` (test.py takes the value from the run's opt.json).
"""

from dataclasses import MISSING, dataclass, fields
from typing import Any, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Option:
    """Name, type, default and limits of one option; bounds are inclusive, and `None` in them means no limit.

    `is_tuple`: the value is a tuple of `value_type`. `counts` are the allowed lengths of the tuple; empty allows any.
    `former` is the name of the option in earlier versions, on the command line and in opt.json.
    `metavar` is the name of the value in the help.
    """

    name: str
    group: str
    value_type: type
    is_tuple: bool
    default: Any
    help: str = ""
    unit: str = ""
    bounds: tuple[float | None, float | None] = (None, None)
    choices: tuple[Any, ...] = ()
    counts: tuple[int, ...] = ()
    may_change: bool = False
    alters_run: bool = False
    inherit: bool = False
    former: str = ""
    metavar: str = ""


def read_options(group: str, component: type) -> tuple[Option, ...]:
    """The options of a component's frozen dataclass, in their order."""
    hints = get_type_hints(component)
    return tuple(_read_option(group, field, hints[field.name]) for field in fields(component))


def read_title(component: type) -> str:
    """The first docstring line of a component's options: their heading in help and report."""
    return (component.__doc__ or component.__name__).strip().splitlines()[0]


def _read_option(group: str, field: Any, hint: Any) -> Option:
    is_tuple = get_origin(hint) is tuple
    value_type = get_args(hint)[0] if is_tuple else hint
    if value_type not in (int, float, str, bool) or (is_tuple and get_args(hint)[1:] != (Ellipsis,)):
        raise TypeError(f"{field.name}: options are int, float, str, bool or a tuple of one of them, not {hint}")
    if field.default is MISSING:
        raise TypeError(f"{field.name}: an option needs a default")
    return Option(field.name, group, value_type, is_tuple, field.default, **field.metadata)
