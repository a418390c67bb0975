"""Tables of numbers on disk, as the logs are."""

import csv
from pathlib import Path


def read_numbers(path: Path) -> list[dict[str, float]]:
    """The rows of a CSV file by column; damaged ones are passed over; none without a file."""
    if not path.exists():
        return []
    content = path.read_text(encoding="utf-8", errors="replace").replace("\0", "\ufffd")
    return [row for line in csv.DictReader(content.splitlines()) if (row := _whole(line))]


def _whole(line: dict[str, str]) -> dict[str, float] | None:
    try:
        return {name: float(value) for name, value in line.items()}
    except (TypeError, ValueError):
        return None
