"""The lock of a folder: one program writes to it at a time, and the lock dies with that program."""

import fcntl
import os
from pathlib import Path

LOCK = ".lock"


def acquire_lock(folder: Path, name: str = LOCK) -> int | None:
    """The lock of `folder` as a file descriptor, to be closed by the caller; None while another program holds it."""
    lock = os.open(folder / name, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
