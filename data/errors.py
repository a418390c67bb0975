"""The exceptions of this package: problems that the user can fix."""

import re
from collections.abc import Callable
from typing import Any


class DataError(ValueError):
    """What is wrong, where, and what to do: one line, or a heading and one line for each problem."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n  ".join(printable(line) for line in lines))


class GreyRangeError(DataError):
    """An image of more than 8 bits without a --grey_range, or with values outside it."""


class BadImageError(DataError):
    """Images that cannot be used, each with its reason; `total` is the number of images that were read."""

    def __init__(self, reasons: dict[str, str], total: int) -> None:
        self.reasons, self.total = reasons, total
        lines = list(reasons.values())
        distinct = {line.removeprefix(name) for name, line in reasons.items()}
        causes = {re.sub(r"-?\d[\d.,e+-]*", "", line) for line in distinct}  # values differ from image to image
        if len(lines) == total and len(causes) == 1:  # one cause for all images, probably an option
            alike = "the same" if len(distinct) == 1 else "alike, with other numbers,"
            super().__init__(lines[0] + f" ({alike} for all {total} images)" * (total > 1))
        else:
            bad = f"{len(lines)} of {counted(total, 'image')} cannot be used"
            head = f"{bad}; fix or remove them, or use --on_bad_image skip:"
            super().__init__(head, *lines)


def collect_errors(*readers: Callable[[], Any]) -> list[Any]:
    """Calls every reader and returns the results; raises one BadImageError with the bad images of all of them."""
    results: list[Any] = []
    reasons: dict[str, str] = {}
    total = 0
    for reader in readers:
        try:
            results.append(reader())
        except BadImageError as error:
            reasons, total = reasons | error.reasons, total + error.total
    if reasons:
        raise BadImageError(reasons, total)
    return results


def counted(count: int, noun: str) -> str:
    """A count and what is counted: 1 image, 2 images, 1,000 images."""
    return f"{count:,} {noun}" + "s" * (count != 1)


def printable(text: str) -> str:
    """`text` with non-printing characters escaped: file names may hold line feeds and bytes that are not UTF-8."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
