"""Folders near a wrong --dataroot that hold a data set: it is often one level too deep, too high, or misspelt."""

import difflib
import os
import shlex
from pathlib import Path

from .image_names import find_folder, fold, subfolders

CONTEST_FOLDERS = ("train", "test", "simulation_data")
CONTEST_SIGNS = ("train/SEM", "test/SEM", "simulation_data/Depth", "simulation_data/SEM")
CLASSIC_FOLDERS = ("trainA", "trainB", "testA", "testB")
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
    siblings = {fold(folder.name): folder for folder in subfolders(root.parent)}
    near = difflib.get_close_matches(fold(root.name), siblings)
    return [siblings[name] for name in near if is_data_set(siblings[name])]


def describe_near(root: Path) -> str:
    """The end of a message: which folder near `root` fits; '' where none does."""
    paths = data_sets_near(root)
    flags = " or ".join(f"--dataroot {shlex.quote(str(path))}" for path in paths[:3])
    return f"; use {flags}, which holds a data set" if len(paths) == 1 else f"; choose {flags}" if paths else ""
