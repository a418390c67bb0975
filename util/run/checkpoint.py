"""Weights and training state of a run on disk: a checkpoint is a complete set of files, or it does not exist.

`<tag>_net_<network>.pth` are plain state dicts; `state.pt` belongs to the set `latest` and holds what a resume needs.
`save` first writes all files of a set under temporary names. Then it writes their list (the journal) atomically,
renames the files one by one, and deletes the journal. A kill before the journal leaves the old set. After a later
kill, `recover` completes the renaming.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ..errors import RunError, UtilError
from ..files import UNFINISHED, acquire_lock, prepare, write_bytes
from .disk_space import megabytes, tensor_bytes

Loaded = TypeVar("Loaded")

JOURNAL = ".checkpoint.json"
SAVE_TIMEOUT = 10.0  # [s] that a reader waits for a save to end


def save(folder: Path, tags: tuple[str, ...], networks: Mapping[str, Mapping[str, Any]], state: Any) -> None:
    """Writes the networks' state dicts under every tag, and `state.pt`, all or nothing.

    Raises RunError if the disk does not take them; the previous set is then unchanged.
    """
    import torch  # here and below, because importing torch is slow, and a wrong path is an error before that

    files = {f"{tag}_net_{name}.pth": content for tag in tags for name, content in networks.items()}
    try:
        for name, content in {**files, "state.pt": state}.items():
            prepare(folder / name, partial(torch.save, content))
        name = JOURNAL
        write_bytes(folder / JOURNAL, json.dumps([*files, "state.pt"]).encode())
    except (OSError, RuntimeError) as error:  # torch raises RuntimeError, without the reason
        if "DataLoader" in str(error):  # a worker process died; torch raises that anywhere
            raise
        _remove_unfinished(folder)
        needed, free = tensor_bytes([files, state]), shutil.disk_usage(folder).free
        reason = (
            (error.strerror or error)
            if isinstance(error, OSError)
            else "the disk is full, or a file may not be so large"
        )
        raise RunError(
            f"{folder}: could not save {name}: {reason}; {megabytes(needed)} are needed and {megabytes(free)} free. "
            "The previous checkpoint is unchanged; free disk space and use --continue_train"
        ) from None
    recover(folder)


def _remove_unfinished(folder: Path) -> None:
    for path in folder.rglob(f".*{UNFINISHED}"):  # also those of the page
        with suppress(OSError):  # a failed save has its own message; a later one overwrites the file
            path.unlink()


def load_consistent(folder: Path, load: Callable[[], Loaded]) -> Loaded:
    """Repeats `load()` until no save interrupts it: otherwise its result could mix networks of two sets."""
    deadline = time.monotonic() + SAVE_TIMEOUT
    while True:
        before = _signature(folder)
        if not (folder / JOURNAL).exists():
            loaded = load()
            if not (folder / JOURNAL).exists() and _signature(folder) == before:
                return loaded
        if time.monotonic() > deadline:
            raise RunError(f"{folder}: a save does not finish; try again, or stop the training that writes there")
        time.sleep(0.05)


def _signature(folder: Path) -> dict[str, tuple[int, int]]:
    stats = {path.name: path.stat() for path in folder.glob("*_net_*.pth")}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


def recover(folder: Path) -> None:
    """Completes a `save` that was killed, and removes its temporary files. The caller holds the run's lock."""
    journal = folder / JOURNAL
    if journal.is_file():
        try:
            names = [Path(str(name)).name for name in json.loads(journal.read_text(encoding="utf-8"))]
        except (ValueError, TypeError):  # not written by `save`, which writes it atomically
            names = []
        for name in names:
            unfinished = folder / f".{name}{UNFINISHED}"
            if unfinished.is_file():
                unfinished.replace(folder / name)
        journal.unlink()
    _remove_unfinished(folder)


def load_state(folder: Path) -> Any:
    """The content of state.pt, on the CPU. Loading it executes no code from the file."""
    import torch

    path = folder / "state.pt"
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UtilError(
            f"{path}: no such file; weights alone cannot continue a training. Copy it there, or use another --name"
        ) from None
    except Exception:  # torch raises many error types for a damaged file
        raise UtilError(f"{path}: damaged; use --overwrite to start again, or restore a backup of the folder") from None


def require(folder: Path, tag: str) -> None:
    """Completes a killed save; then raises UtilError, which lists the epochs, unless weights of `tag` exist."""
    _recover_if_free(folder)
    members = "members/*/" if (folder / "members").is_dir() else ""
    tags = {path.name.split("_net_")[0] for path in folder.glob(f"{members}*_net_*.pth")}
    if tag not in tags:
        epochs = sorted(tags, key=lambda name: (not name.isdigit(), int(name) if name.isdigit() else 0, name))
        raise UtilError(f"{folder}: no weights of epoch {tag}; there are: {', '.join(epochs) or 'none yet'}")


def weight_files(folder: Path, tag: str) -> list[Path]:
    """The files of the weights `tag` of a run, or of the latest ones, with those of its members."""
    return sorted(folder.rglob(f"{tag}_net_*.pth")) or sorted(folder.rglob("latest_net_*.pth"))


def _recover_if_free(folder: Path) -> None:
    # A running training still needs its temporary files: removing them would break its save.
    try:
        lock = acquire_lock(folder)
    except OSError:  # no such folder, or it is read-only for this user
        return
    if lock is not None:
        try:
            recover(folder)
        finally:
            os.close(lock)
