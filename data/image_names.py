"""How the names of images are compared: Unicode form and case, sub-folders, and the detector at a name's end."""

import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from .errors import DataError
from .header import read_header

if TYPE_CHECKING:
    from .dataset_layout import ImageFile

Value = TypeVar("Value")
# Detectors by the names that makers write at the end of a file's name.
SIGNALS = (
    *("SE", "SE1", "SE2", "SEI", "LEI", "BSE", "BSE1", "BSE2", "BEI", "InLens", "In-Lens", "ESB", "AsB", "ETD", "TLD"),
    *("CBS", "ICD", "UED", "VPSE", "LVSTD", "GSED", "HAADF", "COMPO", "TOPO", "SE(U)", "SE(L)", "SE(M)"),
)
SIGNAL = re.compile(rf"(.+)[_\-. ]({'|'.join(map(re.escape, SIGNALS))})", re.IGNORECASE | re.DOTALL)


def fold(name: str) -> str:
    """`name` in one Unicode form and one case: what a Mac writes is what Linux finds, and HOLE is hole."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def split_signal(stem: str) -> tuple[str, str]:
    """The site and the detector of a name, ('hole', 'BSE') for hole_BSE; (stem, '') where it names none."""
    match = SIGNAL.fullmatch(stem)
    return (match[1], match[2]) if match else (stem, "")


class NameIndex(Generic[Value]):
    """Values by name: the exact name, else the same in another Unicode form or case, else without its detector."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self.values = values
        self.names: dict[str, list[str]] = defaultdict(list)
        for name in values:
            self.names[fold(name)].append(name)

    def find(self, name: str) -> Value | None:
        """The value of `name`; None where there is none, or where two differ from it alike."""
        if name in self.values:
            return self.values[name]
        for folded in (fold(name), fold(split_signal(name)[0])):
            if len(names := self.names.get(folded, [])) == 1:
                return self.values[names[0]]
        return None


def find_folder(root: Path, name: str) -> Path:
    """`root/name` as it is written there, in any case and Unicode form; `root/name` itself where there is none.

    Raises DataError where two folders differ in case alone and neither is the usual one.
    """
    path = root
    for part in Path(name).parts:
        usual = path / part
        if not usual.is_dir():
            alike = [entry for entry in subfolders(path) if fold(entry.name) == fold(part)]
            if len(alike) > 1:
                raise DataError(f"{alike[0]} and {alike[1]}: two folders of one name; rename one of them to {part}")
            usual = alike[0] if alike else usual
        path = usual
    return path


def subfolders(folder: Path) -> list[Path]:
    """The folders in `folder`, sorted, without hidden ones; none where it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return []


def with_unique_stems(files: Sequence["ImageFile"], folder: Path) -> list["ImageFile"]:
    """The files; where stems are equal, in any case, the sub-folder becomes a part of the stem: a_hole, b_hole.

    Raises DataError for two images of one name in one folder.
    """
    renamed = list(files)
    for group in _groups_of_equal(renamed, lambda file: fold(file.stem)):
        for n in group:
            subfolder = os.path.relpath(renamed[n].path.parent, folder)
            if subfolder != os.curdir:
                renamed[n] = replace(renamed[n], prefix=subfolder.replace(os.sep, "_") + "_")
    for first, second, *_ in _groups_of_equal(renamed, lambda file: fold(file.stem)):
        raise DataError(
            f"{renamed[second].name} and {renamed[first].name}: two images of one name, so their depth maps would "
            "overwrite each other; rename one, or test one folder at a time"
        )
    return renamed


def select_signal(files: Sequence["ImageFile"], signal: str) -> list["ImageFile"]:
    """The images of the detector `signal`, which their names or else their headers state; without one all, and a line
    where names show that one site has several.

    Raises DataError where no image is of that detector.
    """
    if signal:
        states = [_detector_of(file, signal) for file in files]
        wanted = _letters(signal)
        selection = [file for file, state in zip(files, states, strict=True) if state and _letters(state) == wanted]
        if not selection:
            known = ", ".join(sorted({*states} - {""}))
            there = f"there are {known}" if known else "neither names (hole_SE, hole_BSE) nor headers state a detector"
            where = f"no image of {files[0].path.parent} is of it"
            raise DataError(f"--signal {signal}: {where}; {there}; --signal none uses all images")
        return selection
    sites: dict[tuple[str, str], set[str]] = defaultdict(set)
    for file in files:
        site, name = split_signal(file.path.stem)
        if name:
            sites[str(file.path.parent), fold(site)].add(name.upper())
    several = [names for names in sites.values() if len(names) > 1]
    if several:
        detectors = sorted(set().union(*several))
        text = f"{len(several)} sites have images of several detectors ({', '.join(detectors)})"
        print(f"{text}; all are used; --signal {detectors[0]} uses one")
    return list(files)


def sites_of(files: Iterable["ImageFile"]) -> list[str]:
    """The site or stem of each image, one for all detectors that show it.

    Detectors are told by names (hole_SE, hole_BSE); among the pages of a file by headers: the first page of each
    detector shows the first site.
    """
    sites, pages = [], Counter[tuple[str, str]]()
    for file in files:
        page = f"_{file.name.rpartition('::')[2]}"
        site = split_signal(file.group.removesuffix(page))[0]
        if file.group.endswith(page):
            detector = str(file.path), _header_signal(file)
            site = f"{site}_{pages[detector]}"
            pages[detector] += 1
        sites.append(site)
    return sites


def _detector_of(file: "ImageFile", signal: str) -> str:
    """The detector at the end of an image's name, be it `signal` or a known one, else that of its header, else ''."""
    stem = file.path.stem
    if re.search(rf"[_\-. ]{re.escape(fold(signal))}$", fold(stem)):
        return signal
    return split_signal(stem)[1] or _header_signal(file)


def _header_signal(file: "ImageFile") -> str:
    return read_header(file.name, pixel_nm=1).signal or ""  # with a width: two that differ do not matter here


def _letters(name: str) -> str:
    """A detector's name without what separates its parts: In-Lens is InLens."""
    return re.sub(r"[\W_]", "", fold(name))


def _groups_of_equal(files: Iterable["ImageFile"], key: Callable[["ImageFile"], str]) -> list[list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for n, file in enumerate(files):
        groups[key(file)].append(n)
    return [group for group in groups.values() if len(group) > 1]
