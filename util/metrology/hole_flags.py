"""What makes the measurements of a hole doubtful, by a word: the column `flags` of holes.csv."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

FLAGS = {  # the words, and what they mean
    "ood": "out of distribution (OOD)",
    "border": "cut by the image's border",
    "several": "more than one hole, measured as one",
    "pixel": "of another pixel size than in training",
    "size": "of another image size than in training",
}
LEFT_OUT = ("ood", "border", "several")  # what statistics leave out; the others are marked only
HALF = 0.5  # of the depth of a map, from which on a pixel is in a hole
SURFACE = 0.05  # of that depth, below which a pixel is surface
MIN_AREA = 0.25  # of the largest hole; smaller ones are no second hole
SMOOTHING_PX = 3  # box in which grey levels are averaged
SEPARATOR = "+"  # of the words in a cell
MAX_NAMES = 3  # of images that a line lists
BORDER = (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1])  # top, bottom, left, right


class FlagCount:
    """Counts the images of each flag, and keeps the first names, so that a million images need no memory."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.names: dict[str, list[str]] = defaultdict(list)

    def add(self, name: str, flags: Iterable[str]) -> None:
        """The flags of one image."""
        for word in flags:
            self.counts[word] += 1
            self.names[word] += [name] * (len(self.names[word]) <= MAX_NAMES)

    def describe(self, words: Iterable[str]) -> str:
        """Of how many images, and of which, each of the words is said; '' of none."""
        return "; ".join(
            describe_flag(word, self.counts[word], self.names[word]) for word in words if self.counts[word]
        )

    @property
    def left_out(self) -> str:
        """The line about images besides OOD ones that statistics leave out; '' without any."""
        text = self.describe(word for word in LEFT_OUT if word != "ood")
        return f"statistics leave out {text} (column flags of holes.csv)" if text else ""


def describe_flagged(flagged: Mapping[str, Sequence[str]]) -> str:
    """What is said of how many images, and of which, from their names by flag."""
    return "; ".join(describe_flag(word, len(names), names) for word, names in flagged.items())


def describe_flag(word: str, count: int, names: Sequence[str]) -> str:
    """`2 cut by the image's border: a, b`."""
    return f"{count:,} {FLAGS[word]}: {', '.join(names[:MAX_NAMES])}{', ...' if count > MAX_NAMES else ''}"


def find_flags(sem: NDArray, depth: NDArray) -> list[tuple[str, ...]]:
    """The flags `border` and `several` of SEM images (N, H, W) [grey level] and their depth maps (N, H, W), positive
    down in any unit.

    A hole is cut where it reaches the border in the map, or where its grey levels reach it in the image: networks that
    have seen whole holes only complete a cut one. Only a trench, which crosses the image from one border to the
    opposite one, is measured as it is. Holes that the border cuts beside a whole one do not count: they are neighbours,
    of which the measurement takes nothing.
    """
    return [_flags_of(*pair) for pair in zip(sem, depth, strict=True)]


def _flags_of(sem: NDArray, depth: NDArray) -> tuple[str, ...]:
    from scipy.ndimage import label  # here and below, because importing scipy is slow

    inside = depth > HALF * depth.max()
    if depth.max() <= 0 or inside.all():
        return ()
    regions, _ = label(inside)
    area = np.bincount(regions.ravel())
    area[0] = 0
    largest = int(area.argmax())
    hole = regions == largest
    is_cut = np.isin(np.arange(len(area)), np.concatenate([regions[side] for side in BORDER]))
    flags = []
    if _is_cut(hole) or _is_cut(_same_grey(sem, hole, depth < SURFACE * depth.max())):
        flags.append("border")
    if np.sum((area > MIN_AREA * area[largest]) & ~is_cut) > 1:
        flags.append("several")
    return tuple(flags)


def _is_cut(hole: NDArray[np.bool_]) -> bool:
    """Whether a hole (H, W) reaches the border other than as a trench does."""
    top, bottom, left, right = (bool(hole[side].any()) for side in BORDER)
    return any((top, bottom, left, right)) and (top, bottom, left, right) not in (
        (True, True, False, False),
        (False, False, True, True),
    )


def _same_grey(sem: NDArray, hole: NDArray[np.bool_], surface: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels (H, W) that hang together with the hole, and whose grey levels are nearer to its median than to that
    of the surface; nothing without a surface."""
    from scipy.ndimage import label, uniform_filter

    if not surface.any():
        return np.zeros_like(hole)
    grey = uniform_filter(np.asarray(sem, dtype=np.float32), SMOOTHING_PX, mode="nearest")
    inner, outer = np.median(grey[hole]), np.median(grey[surface])
    regions, count = label(np.abs(grey - inner) < np.abs(grey - outer))
    overlap = np.bincount(regions[hole], minlength=count + 1)
    overlap[0] = 0
    return regions == max(overlap.argmax(), 1)
