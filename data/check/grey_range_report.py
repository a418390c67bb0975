"""Says which images need a --grey_range, and proposes one for each kind of sample."""

import math
from collections.abc import Collection, Iterator

from ..data_options import DataOptions
from .folder_statistics import FolderStatistics

AS_THEY_ARE = ("8-bit", "1-bit")  # kinds of sample whose values are grey levels


def grey_range_lines(folders: Collection[FolderStatistics], options: DataOptions) -> Iterator[str]:
    """A line for each folder and kind of sample that needs another range, and the proposals; none if all fit."""
    n_lines = 0
    for folder in folders:
        for kind, limits in folder.value_ranges(out_of_range=True).items():
            count = sum(info.out_of_range and info.bit_depth == kind for info in folder.infos.values())
            where = f"{count:,} of {len(folder.infos):,} in {folder.image_set.name}"
            yield f"{where}, {kind}, {limits_text(*limits)}: {_problem(limits, options.grey_range)}"
            n_lines += 1
    if not n_lines:
        return
    observed: dict[str, list[float]] = {}
    for folder in folders:
        for kind, limits in folder.value_ranges().items():
            if kind not in AS_THEY_ARE:
                observed.setdefault(kind, []).extend(limits)
    if len(observed) == 1:
        (values,) = observed.values()
        if _lie_outside(values, options.grey_range):
            values += options.grey_range
        text = f"proposed: --grey_range{_range_text(values)}"
    else:
        parts = (f"for {kind} --grey_range{_range_text(values)}" for kind, values in observed.items())
        yield "no single range fits values of different kinds; put each kind into a folder of its own"
        text = f"proposed: {'; '.join(parts)}"
    yield f"{text}, the minimum and maximum value observed: a proposal only."
    yield "Take black and white values from the instrument; values outside are rejected."


def limits_text(low: float, high: float) -> str:
    """`18 to 37959`."""
    return f"{low:.6g} to {high:.6g}"


def _problem(limits: tuple[float, float], grey_range: tuple[int, ...]) -> str:
    if not grey_range:
        return "need --grey_range"
    relation = "lie outside" if _lie_outside(limits, grey_range) else "are less than one grey level of"
    return f"{relation} --grey_range {','.join(map(str, grey_range))}"


def _lie_outside(values: Collection[float], grey_range: tuple[int, ...]) -> bool:
    return bool(grey_range) and not grey_range[0] <= min(values) <= max(values) <= grey_range[1]


def _range_text(values: list[float]) -> str:
    """` 0,4095`, or `=-1,2`: a value that begins with a minus would be taken for a flag."""
    low = math.floor(min(values))
    return f"{'=' if low < 0 else ' '}{low},{max(math.ceil(max(values)), low + 1)}"
