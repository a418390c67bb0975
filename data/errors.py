"""The exceptions that this room raises for what the user can mend."""

from collections.abc import Callable
from typing import Any


class DataError(ValueError):
    """What is wrong, where, and what to do: one line, or a head and a line for each of several things."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n  ".join(printable(line) for line in lines))


class GreyRangeError(DataError):
    """An image of more than 8 bits without a --grey_range, or with values outside it."""


class BadImageError(DataError):
    """Images that cannot be used, each with its reason, of `total` that were read."""

    def __init__(self, reasons: dict[str, str], total: int) -> None:
        self.reasons, self.total = reasons, total
        lines = list(reasons.values())
        alike = {line.removeprefix(name) for name, line in reasons.items()}
        if len(lines) == total and len(alike) == 1:  # then it is not the images that are at fault
            super().__init__(lines[0] + f" (so it is with all {total} images)" * (total > 1))
        else:
            head = f"{len(lines)} of {total} images cannot be used; mend or remove them, or say --on_bad_image skip:"
            super().__init__(head, *lines)


def collect_errors(*ways: Callable[[], Any]) -> list[Any]:
    """What each way of reading images returns; the bad images of all of them in one exception."""
    found: list[Any] = []
    reasons: dict[str, str] = {}
    total = 0
    for way in ways:
        try:
            found.append(way())
        except BadImageError as bad:
            reasons, total = reasons | bad.reasons, total + bad.total
    if reasons:
        raise BadImageError(reasons, total)
    return found


def printable(text: str) -> str:
    """`text` with what does not print escaped: a file's name may hold line feeds and bytes of no encoding."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
