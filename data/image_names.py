"""How the names of images are compared: Unicode form and case, sub-folders, and the detector at a name's end."""

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from .errors import DataError

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
    """The images of the detector `signal`; without one all, and a line where one site has several.

    Raises DataError where no image is of that detector.
    """
    if signal:
        selection = [file for file in files if re.search(rf"[_\-. ]{re.escape(fold(signal))}$", fold(file.stem))]
        if not selection:
            names = ", ".join(sorted({split_signal(file.stem)[1] for file in files} - {""}))
            ends = f"they end in {names}" if names else "they end in no detector's name, such as _SE or _BSE"
            raise DataError(f"--signal {signal}: no image of {files[0].path.parent} ends in _{signal}; {ends}")
        return selection
    sites: dict[tuple[str, str], set[str]] = defaultdict(set)
    for file in files:
        site, name = split_signal(file.stem)
        if name:
            sites[str(file.path.parent), fold(site)].add(name.upper())
    several = [names for names in sites.values() if len(names) > 1]
    if several:
        detectors = sorted(set().union(*several))
        text = f"{len(several)} sites have images of several detectors ({', '.join(detectors)})"
        print(f"{text}; all are used; --signal {detectors[0]} uses one")
    return list(files)


def _groups_of_equal(files: Iterable["ImageFile"], key: Callable[["ImageFile"], str]) -> list[list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for n, file in enumerate(files):
        groups[key(file)].append(n)
    return [group for group in groups.values() if len(group) > 1]
