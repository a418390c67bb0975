"""One option as its component declares it: a field of a frozen dataclass."""

from dataclasses import MISSING, dataclass, fields
from typing import Any, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Option:
    """Name, type, default and limits of one option; bounds are inclusive, `None` in them is no limit.

    `counts` are the numbers of parts that a value of several may have; empty is any number. `former` is the name that
    the option had in earlier versions, on the command line and in opt.json.
    """

    name: str
    group: str
    kind: type
    many: bool
    default: Any
    help: str = ""
    unit: str = ""
    bounds: tuple[float | None, float | None] = (None, None)
    choices: tuple[Any, ...] = ()
    counts: tuple[int, ...] = ()
    may_change: bool = False
    inherit: bool = False
    former: str = ""


def declared(group: str, component: type) -> tuple[Option, ...]:
    """The options of a component's frozen dataclass, in their order."""
    hints = get_type_hints(component)
    return tuple(_option(group, field, hints[field.name]) for field in fields(component))


def title(component: type) -> str:
    """The first docstring line of a component's options: its heading in help and report."""
    return (component.__doc__ or component.__name__).strip().splitlines()[0]


def _option(group: str, field: Any, hint: Any) -> Option:
    many = get_origin(hint) is tuple
    kind = get_args(hint)[0] if many else hint
    if kind not in (int, float, str, bool) or (many and get_args(hint)[1:] != (Ellipsis,)):
        raise TypeError(f"{field.name}: options are int, float, str, bool or a tuple of one of them, not {hint}")
    if field.default is MISSING:
        raise TypeError(f"{field.name}: an option needs a default")
    return Option(field.name, group, kind, many, field.default, **field.metadata)
