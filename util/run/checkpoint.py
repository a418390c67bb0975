"""Weights and the state of a run on disk: a checkpoint is a whole set of files or is not there.

`<tag>_net_<network>.pth` are plain state dicts; `state.pt` belongs to the set `latest` and holds what a resume needs.
All files of a set are written beside their places first. Then a list of them (the journal) appears in one move, they
are renamed one by one, and the journal goes. A kill before the journal leaves the old set; after it, `recover` ends
the renaming.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import torch

from ..errors import RunError, UtilError
from ..files import UNFINISHED, acquire_lock, prepare, write_bytes
from .disk_space import megabytes, tensor_bytes

Loaded = TypeVar("Loaded")

JOURNAL = ".checkpoint.json"
PATIENCE = 10.0  # [s] for a save to end


def save(folder: Path, tags: tuple[str, ...], networks: Mapping[str, Mapping[str, Any]], state: Any) -> None:
    """Writes the networks' state dicts under every tag, and `state.pt`, all or nothing.

    Raises RunError where the disk does not take them; the earlier set is then as it was.
    """
    files = {f"{tag}_net_{name}.pth": content for tag in tags for name, content in networks.items()}
    try:
        for name, content in {**files, "state.pt": state}.items():
            prepare(folder / name, partial(torch.save, content))
        write_bytes(folder / JOURNAL, json.dumps([*files, "state.pt"]).encode())
    except (OSError, RuntimeError) as error:  # torch raises the second, and does not say why
        if "DataLoader" in str(error):  # a worker died meanwhile, which torch raises wherever the program is
            raise
        for left in folder.glob(f".*{UNFINISHED}"):
            left.unlink()
        needed, free = tensor_bytes([files, state]), shutil.disk_usage(folder).free
        reason = (
            (error.strerror or error)
            if isinstance(error, OSError)
            else "the disk is full, or a file may not be so large"
        )
        raise RunError(
            f"{folder}: could not save: {reason}; {megabytes(needed)} are needed and {megabytes(free)} free. "
            "The checkpoint before is as it was; make room and say --continue_train"
        ) from None
    recover(folder)


def load_consistent(folder: Path, load: Callable[[], Loaded]) -> Loaded:
    """What `load()` gives, once no save came between: else it could hold networks of two sets."""
    deadline = time.monotonic() + PATIENCE
    while True:
        before = _signature(folder)
        if not (folder / JOURNAL).exists():
            found = load()
            if not (folder / JOURNAL).exists() and _signature(folder) == before:
                return found
        if time.monotonic() > deadline:
            raise RunError(f"{folder}: a save does not come to its end; try again, or stop what trains there")
        time.sleep(0.05)


def _signature(folder: Path) -> dict[str, tuple[int, int]]:
    abouts = {path.name: path.stat() for path in folder.glob("*_net_*.pth")}
    return {name: (about.st_ino, about.st_mtime_ns) for name, about in abouts.items()}


def recover(folder: Path) -> None:
    """Ends what a killed `save` began, and removes what it left unfinished. The caller holds the run's lock."""
    journal = folder / JOURNAL
    if journal.is_file():
        try:
            names = [Path(str(name)).name for name in json.loads(journal.read_text(encoding="utf-8"))]
        except (ValueError, TypeError):  # not written by `save`, which makes it appear whole
            names = []
        for name in names:
            unfinished = folder / f".{name}{UNFINISHED}"
            if unfinished.is_file():
                unfinished.replace(folder / name)
        journal.unlink()
    for left in folder.glob(f".*{UNFINISHED}"):
        left.unlink()


def load_state(folder: Path) -> Any:
    """What `save` wrote to state.pt, on the CPU, loaded without running code."""
    path = folder / "state.pt"
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UtilError(
            f"{path}: no such file; weights alone cannot go on. Copy it beside them, or begin another --name"
        ) from None
    except Exception:  # torch raises many kinds for a damaged file; all mean the same to the user
        raise UtilError(f"{path}: damaged; start again with --overwrite, or copy the folder back") from None


def require(folder: Path, tag: str) -> None:
    """Checks that weights of `tag` are there, after ending a killed save; names those that are if not."""
    _recover_if_free(folder)
    members = "members/*/" if (folder / "members").is_dir() else ""
    tags = {path.name.split("_net_")[0] for path in folder.glob(f"{members}*_net_*.pth")}
    if tag not in tags:
        there = sorted(tags, key=lambda one: (not one.isdigit(), int(one) if one.isdigit() else 0, one))
        raise UtilError(f"{folder}: no weights of epoch {tag}; there are: {', '.join(there) or 'none yet'}")


def _recover_if_free(folder: Path) -> None:
    # Unfinished files of a training that is alive are its own: removing them would cut its save in half.
    try:
        lock = acquire_lock(folder)
    except OSError:  # no such folder, or one that this user may only read
        return
    if lock is not None:
        try:
            recover(folder)
        finally:
            os.close(lock)
