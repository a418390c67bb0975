"""Folders near a wrong --dataroot that hold a data set: it is often one level too deep, too high, or misspelt."""

import difflib
import os
import shlex
from pathlib import Path

from .errors import DataError
from .image_names import find_folder, fold, subfolders
from .io import SUFFIXES

CONTEST_FOLDERS = ("train", "test", "simulation_data")
CONTEST_SIGNS = ("train/SEM", "test/SEM", "simulation_data/Depth", "simulation_data/SEM")
CLASSIC_FOLDERS = ("trainA", "trainB", "testA", "testB")
LAYOUT_FOLDERS = (*CONTEST_FOLDERS, "SEM", "Depth", *CLASSIC_FOLDERS)
MAX_LEVELS, MAX_FOLDERS = 3, 200  # above; below, that are looked at


def is_contest(root: Path) -> bool:
    """Whether the folder holds a data set in the contest's layout, whatever the case of its folders."""
    exact = any((root / name).is_dir() for name in CONTEST_FOLDERS)
    return exact or any(find_folder(root, name).is_dir() for name in CONTEST_SIGNS)


def is_classic(root: Path) -> bool:
    """Whether the folder holds a data set in the classic layout, whatever the case of its folders."""
    return any(root.glob("*[AB]/")) or any(find_folder(root, name).is_dir() for name in CLASSIC_FOLDERS)


def is_data_set(root: Path) -> bool:
    """Whether the folder holds SEM images and depth maps in a known layout."""
    names = (*CONTEST_SIGNS, *CLASSIC_FOLDERS)
    return root.is_dir() and any(find_folder(root, name).is_dir() for name in names)


def data_sets_near(root: Path) -> list[Path]:
    """Folders that hold a data set: one that `root` is a part of, else those below it, else siblings of like name."""
    inside = {fold(name) for name in (*CONTEST_FOLDERS, *CLASSIC_FOLDERS)}
    path = Path(os.path.abspath(root))
    for level in range(MAX_LEVELS):
        if level < len(path.parents) and fold((path, *path.parents)[level].name) in inside:
            parent = Path(os.path.normpath(root / Path(*[".."] * (level + 1))))
            if is_data_set(parent):
                return [parent]
    below = subfolders(root)[:MAX_FOLDERS]
    for folders in (below, [inner for folder in below for inner in subfolders(folder)][:MAX_FOLDERS]):
        if data_sets := [folder for folder in folders if is_data_set(folder)]:
            return data_sets
    if root.exists():
        return []
    return [path for path in _alike(root) if path.is_file() or is_data_set(path) or _holds_images(path)]


def _alike(path: Path) -> list[Path]:
    """Paths that exist, and differ from `path` in the spelling of one folder or of the image file."""
    parent = next(parent for parent in Path(os.path.abspath(path)).parents if parent.exists())
    wanted, *rest = Path(os.path.abspath(path)).relative_to(parent).parts
    try:
        entries = [entry for entry in parent.iterdir() if not entry.name.startswith(".")]
    except OSError:
        return []
    names = {fold(entry.name): entry for entry in entries if _may_be(entry, rest)}
    paths = (names[name] for name in difflib.get_close_matches(fold(wanted), names))
    shown = path.parents[len(rest)]  # as it was typed
    return [shown / near.name / Path(*rest) for near in paths]


def _may_be(entry: Path, rest: list[str]) -> bool:
    if entry.is_dir():
        return (entry / Path(*rest)).exists()
    return not rest and entry.name.lower().endswith(SUFFIXES)


def _holds_images(folder: Path) -> bool:
    try:
        return bool(contains_only_images(str(folder)))
    except DataError:
        return False


def describe_misspelt(root: Path, name: str) -> str:
    """The end of a message: which folder of a data set may be `name`, which is missing there; '' where none may be."""
    for near in _alike(root / name):
        actual, wanted = next(pair for pair in zip(near.parts, (root / name).parts, strict=True) if pair[0] != pair[1])
        return f"; if {actual} is meant to be it, rename it to {wanted}"
    return ""


def describe_near(root: Path) -> str:
    """The end of a message: which folder near `root` fits; '' where none does."""
    paths = data_sets_near(root)
    flags = " or ".join(f"--dataroot {shlex.quote(str(path))}" for path in paths[:3])
    what = "which is an image" if paths and paths[0].is_file() else "which holds a data set"
    what = "which holds images" if paths and not is_data_set(paths[0]) and paths[0].is_dir() else what
    return f"; use {flags}, {what}" if len(paths) == 1 else f"; choose {flags}" if paths else ""


def contains_only_images(folder: str, depth: int = 2) -> bool | None:
    """Whether a folder holds images, or only folders of images, down to `depth` levels; None if it is empty."""
    folders, has_other_files = [], False
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    folders.append(entry)
                elif entry.name.lower().endswith(SUFFIXES):
                    return True
                else:
                    has_other_files = True
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror})") from None
    if has_other_files or any(entry.name in LAYOUT_FOLDERS for entry in folders) or (folders and not depth):
        return False
    result = None
    for entry in folders:
        subfolder_result = contains_only_images(entry.path, depth - 1)
        if subfolder_result is False:
            return False
        result = result or subfolder_result
    return result
