"""Files that are made together in a folder: fast, where there are thousands of small ones."""

import os
from collections.abc import Callable
from pathlib import Path

from .atomic import name_file

NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
File = tuple[str, bytes | Callable[[], bytes]]  # name, and the content or what makes it


def write_files(folder: Path, files: list[File], is_durable: bool = False) -> None:
    """Files with their contents in a folder, which is made; `is_durable`: a power failure does not lose them."""
    folder.mkdir(exist_ok=True)
    place = os.open(folder, os.O_RDONLY)
    try:
        for name, content in files:  # making a file takes longest, and from an open folder the least
            with name_file(folder / name):
                file = os.open(name, NEW_FILE, 0o666, dir_fd=place)
                try:
                    rest = memoryview(content() if callable(content) else content)
                    while rest:
                        rest = rest[os.write(file, rest) :]
                    if is_durable:
                        os.fsync(file)
                finally:
                    os.close(file)
    finally:
        os.close(place)
