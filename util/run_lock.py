"""The lock of a run folder: one program writes to it at a time, and the lock dies with that program."""

import fcntl
import os
from pathlib import Path

LOCK = ".lock"


def take(folder: Path) -> int | None:
    """The lock of `folder` as a file descriptor, to be closed by the caller; None while another program holds it."""
    lock = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
