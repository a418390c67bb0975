"""All options of a run in printable text."""

from collections.abc import Iterable

from .option import Option
from .parsing import one_line, to_text


def report(rows: Iterable[tuple[Option, object]], titles: dict[str, str], notes: Iterable[str] = ()) -> str:
    """Options and values group by group; a changed one shows its default beside it. Notes come last."""
    lines = ["---------------- options ----------------"]
    group = ""
    for option, value in rows:
        if option.group != group:
            group = option.group
            lines.append(f"{titles[group]}")
        shown = one_line(to_text(value)) or "-"
        unit = f" [{option.unit}]" if option.unit else ""
        default = f"  (default: {to_text(option.default) or '-'})" if value != option.default else ""
        lines.append(f"  {option.name + ':':<22} {shown}{unit}{default}")
    lines += [f"note: {note}" for note in notes]
    return "\n".join([*lines, "-----------------------------------------"])
