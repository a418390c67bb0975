"""Reads CSV files that hold only numbers, such as the logs."""

import csv
from pathlib import Path


def read_numbers(path: Path) -> list[dict[str, float]]:
    """The rows of a CSV file, each as values by column. Damaged rows are skipped; a missing file has no rows."""
    if not path.exists():
        return []
    content = path.read_text(encoding="utf-8", errors="replace").replace("\0", "\ufffd")
    return [row for line in csv.DictReader(content.splitlines()) if (row := _parse(line))]


def _parse(line: dict[str, str]) -> dict[str, float] | None:
    try:
        return {name: float(value) for name, value in line.items()}
    except (TypeError, ValueError):
        return None
