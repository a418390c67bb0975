"""Which holes all compared runs have in common, and which of them are compared."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..metrology import describe_flagged
from ..results import ResultsFolder


@dataclass(frozen=True)
class CommonHoles:
    """The images that all runs have holes of, those of them whose measurements are compared, and lines about both."""

    images: list[str]
    measured: list[str]
    lines: list[str]

    @classmethod
    def of(cls, names: Sequence[str], results: Sequence[ResultsFolder], takes_all: bool) -> "CommonHoles":
        """Those of results under their names. Unless `takes_all`, holes that a run flags are not compared."""
        images = [image for image in results[0].holes if all(image in run.holes for run in results[1:])]
        lines = _describe_difference(names, results, len(images))
        flagged: dict[str, list[str]] = {}
        for run in () if takes_all else results:
            for word, own in run.flagged.items():
                flagged[word] = list(dict.fromkeys([*flagged.get(word, []), *own]))
        left_out = {image for own in flagged.values() for image in own}.intersection(images)
        own_flags = {word: common for word, own in flagged.items() if (common := [i for i in own if i in left_out])}
        if left_out:
            reasons = describe_flagged(own_flags)
            lines.append(f"means leave out {len(left_out):,} of {len(images):,} holes: {reasons}; --all takes all")
        return cls(images, [image for image in images if image not in left_out], lines)


def _describe_difference(names: Sequence[str], results: Sequence[ResultsFolder], n_common: int) -> list[str]:
    """The line about runs that tested different images; none where they tested the same."""
    counts = [len(run.holes) or run.metrics.get("images", 0) for run in results]
    roots = [run.metrics.get("dataroot") for run in results]
    has_holes = any(run.holes for run in results)
    if len(set(counts)) > 1 or (has_holes and n_common < max(counts)):
        tested = ", ".join(f"{name} {count:,}" for name, count in zip(names, counts, strict=True))
        common = f", of which {n_common:,} have common names" if has_holes else ""
        return [f"the runs tested different images ({tested}{common}): their scores are not of the same images"]
    if len(set(filter(None, roots))) > 1:
        tested = ", ".join(f"{name}: {root}" for name, root in zip(names, roots, strict=True))
        return [f"the runs tested images of different folders ({tested}): the same names may be other images"]
    return []
