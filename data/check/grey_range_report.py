"""Says which images need a --grey_range, and proposes one for each kind of sample."""

from collections.abc import Collection, Iterator

from ..data_options import DataOptions
from ..io import CORRESPOND, ENDS, propose, range_text
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
        text = propose(min(values), max(values))
    else:
        yield "no single range is that of values of different kinds; put each kind into a folder of its own"
        text = "; ".join(f"for {kind} {propose(min(values), max(values))}" for kind, values in observed.items())
    yield f"proposed: {text}, {ENDS} of these images; values outside are rejected."
    yield f"Take black and white from the instrument where it tells them; {CORRESPOND}."


def limits_text(low: float, high: float) -> str:
    """`18 to 37959`."""
    return f"{low:.6g} to {high:.6g}"


def _problem(limits: tuple[float, float], grey_range: tuple[float, ...]) -> str:
    if not grey_range:
        return "need --grey_range"
    relation = "lie outside" if _lie_outside(limits, grey_range) else "are less than one grey level of"
    return f"{relation} --grey_range {range_text(grey_range)}"


def _lie_outside(values: Collection[float], grey_range: tuple[float, ...]) -> bool:
    return bool(grey_range) and not grey_range[0] <= min(values) <= max(values) <= grey_range[1]
