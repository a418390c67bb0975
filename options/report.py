"""All options of a run in printable text."""

from collections.abc import Iterable

from .option import Option
from .parsing import to_one_line, to_text


def format_report(rows: Iterable[tuple[Option, object]], titles: dict[str, str], note_lines: Iterable[str] = ()) -> str:
    """Options and values group by group; a changed option shows its default, too. The notes come last."""
    lines = ["---------------- options ----------------"]
    group = ""
    for option, value in rows:
        if option.group != group:
            group = option.group
            lines.append(f"{titles[group]}")
        text = to_one_line(to_text(value)) or "-"
        unit = f" [{option.unit}]" if option.unit else ""
        default = f"  (default: {to_text(option.default) or '-'})" if value != option.default else ""
        lines.append(f"  {option.name + ':':<22} {text}{unit}{default}")
    return "\n".join([*lines, *note_lines, "-----------------------------------------"])
