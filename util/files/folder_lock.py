"""Lock of a folder: one program at a time writes to it. The system releases the lock when that program ends."""

import fcntl
import os
from pathlib import Path

LOCK = ".lock"


def acquire_lock(folder: Path, name: str = LOCK) -> int | None:
    """Locks `folder`; returns a file descriptor that the caller closes, or None if another program holds the lock."""
    lock = os.open(folder / name, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
