"""Text files beside an image: those of its stem, in whatever case the ending is."""

import os
import time
import unicodedata
from functools import lru_cache
from pathlib import Path

from .values import decode

ENDINGS = (".txt", ".hdr")
MAX_BYTES = 1 << 18  # a larger file is nobody's header
STABLE_S = 2.0  # a folder that changed later may change again within one tick of its clock


def sidecars(path: Path) -> dict[str, str]:
    """{name: text} of the text files beside an image: NAME.txt, NAME.hdr, NAME-tif.hdr for NAME.tif.

    Names count as equal in all normal forms of Unicode. Whether a file is a header decides its content.
    """
    folder = os.fspath(path.parent)
    try:
        changed = os.stat(folder).st_mtime_ns
        is_stable = time.time() - changed * 1e-9 > STABLE_S
        names = (_list_texts if is_stable else _list_texts.__wrapped__)(folder, changed)
        if not names:
            return {}
        stem = _same(path.stem)
        wanted = (*names.get(stem, ()), *names.get(f"{stem}-{path.suffix[1:].lower()}.hdr", ()))
        return {name: text for name in wanted if name != path.name and (text := _read(path.parent / name))}
    except OSError:
        return {}


@lru_cache(maxsize=64)  # without it, each image would list its folder again; the time of its change is a key
def _list_texts(folder: str, changed: int) -> dict[str, tuple[str, ...]]:
    """{stem: names} of the folder's files that may be headers; NAME-TIF.hdr also has the key `NAME-tif.hdr`."""
    names: dict[str, tuple[str, ...]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.lower().endswith(ENDINGS):
                continue
            stem, ending = os.path.splitext(_same(entry.name))
            before, _, image_ending = stem.rpartition("-")
            keys = [stem] + [f"{before}-{image_ending.lower()}.hdr"] * (ending.lower() == ".hdr" and bool(before))
            for key in keys:
                names[key] = (*names.get(key, ()), entry.name)
    return names


def _same(stem: str) -> str:
    return unicodedata.normalize("NFC", stem)


def _read(path: Path) -> str:
    """Text of a file; '' if it is none, too large or unreadable."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return ""
        return decode(path.read_bytes())
    except OSError:
        return ""
