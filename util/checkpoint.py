"""Weights and the state of a run on disk: a checkpoint is a whole set of files or is not there.

`<tag>_net_<network>.pth` are plain state dicts; `state.pt` belongs to the set `latest` and holds what a resume needs.
All files of a set are written beside their places first. Then a list of them (the journal) appears in one move, they
are renamed one by one, and the journal goes. A kill before the journal leaves the old set; after it, `recover` ends
the renaming.
"""

import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch

from .atomic import UNFINISHED, prepare, write_bytes
from .errors import UtilError
from .run_lock import take

JOURNAL = ".checkpoint.json"


def save(folder: Path, tags: tuple[str, ...], networks: Mapping[str, Mapping[str, Any]], state: Any) -> None:
    """Writes the networks' state dicts under every tag, and `state.pt`, all or nothing."""
    files = {f"{tag}_net_{name}.pth": content for tag in tags for name, content in networks.items()}
    for name, content in {**files, "state.pt": state}.items():
        prepare(folder / name, partial(torch.save, content))
    write_bytes(folder / JOURNAL, json.dumps([*files, "state.pt"]).encode())
    recover(folder)


def recover(folder: Path) -> None:
    """Ends what a killed `save` began, and removes what it left unfinished. The caller holds the run's lock."""
    journal = folder / JOURNAL
    if journal.is_file():
        for name in json.loads(journal.read_text()):
            unfinished = folder / f".{Path(name).name}{UNFINISHED}"
            if unfinished.is_file():
                unfinished.replace(folder / Path(name).name)
        journal.unlink()
    for left in folder.glob(f".*{UNFINISHED}"):
        left.unlink()


def load_state(folder: Path) -> Any:
    """What `save` wrote to state.pt, on the CPU, loaded without running code."""
    path = folder / "state.pt"
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UtilError(f"{path}: no such file; the run was killed before its first save: say --overwrite") from None
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
        lock = take(folder)
    except OSError:  # no such folder, or one that this user may only read
        return
    if lock is not None:
        try:
            recover(folder)
        finally:
            os.close(lock)
