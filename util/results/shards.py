"""Results in shards: millions of images as archives of some thousand each, every one whole and made once.

A shard is `00012.zip`, depth maps as PNG, and `00012.json`, what it was made of, which is written last. Both appear in
one move, and depend on nothing but the images, the weights and the options: made twice, they are the same bytes.
"""

import json
import os
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from numpy.typing import NDArray

from ..files import grey_png

NO_DATE = (1980, 1, 1, 0, 0, 0)
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Shard:
    """Images by name, a digest of them and of what is done with them, and what comes before the stem of each map."""

    number: int
    files: tuple[str, ...]
    digest: str
    prefixes: tuple[str, ...] = ()

    def is_done(self, folder: Path) -> bool:
        """Whether the folder holds this very shard, whole."""
        record = self.record(folder)
        return record is not None and record["digest"] == self.digest and _size(self.path(folder)) == record["bytes"]

    def record(self, folder: Path) -> dict[str, Any] | None:
        """The record of the shard that the folder holds under this number; None without one."""
        try:
            return json.loads(self.path(folder).with_suffix(".json").read_text())
        except (OSError, ValueError):
            return None

    def path(self, folder: Path) -> Path:
        """The archive."""
        return folder / f"{self.number:06}.zip"

    def skipped(self, folder: Path) -> list[str]:
        """Why images are missing in the shard in the folder, a line each."""
        record = self.record(folder) or {}
        return record.get("skipped", record.get("left_out", []))

    def write(self, folder: Path, maps: Iterable[tuple[str, NDArray]], skipped: Iterable[str] = ()) -> None:
        """Writes the archive of the maps (H, W) [grey level] by the stems of their images, and its record.

        `skipped` says, once the maps are written, why images are missing.
        """
        path, mark = self.path(folder), uuid4().hex
        unfinished = folder / f".{path.name}.{mark}"
        try:
            count = 0
            with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
                for stem, image in maps:
                    archive.writestr(zipfile.ZipInfo(f"{stem}.png", NO_DATE), grey_png(image))
                    count += 1
            record = {
                "file": path.name,
                "images": count,
                "first": self.files[0],
                "last": self.files[-1],
                "bytes": _size(unfinished),
                "sha256": sha256(unfinished.read_bytes()).hexdigest(),
                "digest": self.digest,
                "skipped": list(skipped),
            }
            unfinished.replace(path)
            unfinished.write_text(json.dumps(record))
            unfinished.replace(path.with_suffix(".json"))
        finally:
            unfinished.unlink(missing_ok=True)


def shards_of(
    images: dict[str, str],
    size: int,
    weights: Iterable[Path],
    options: tuple[Any, ...],
    prefixes: Mapping[str, str] | None = None,
) -> list[Shard]:
    """Images by name, each with the file that it lies in, in shards of `size`, which other files, weights or options of
    the prediction would make others. `prefixes`, by name, tell images of equal stems apart."""
    made_with = sha256(repr(options).encode())
    for path in weights:
        made_with.update(path.read_bytes())
    names, shards = list(images), []
    for number, start in enumerate(range(0, len(names), size)):
        part = tuple(names[start : start + size])
        digest = made_with.copy()
        for name in part:
            try:
                record = os.stat(images[name])
                digest.update(f"{name}\0{record.st_size}\0{record.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
            except OSError:  # the reader says why
                digest.update(f"{name}\0\n".encode("utf-8", "surrogateescape"))
        before = tuple((prefixes or {}).get(name, "") for name in part)
        if any(before):
            digest.update(repr(before).encode())
        shards.append(Shard(number, part, digest.hexdigest(), before))
    return shards


def write_manifest(folder: Path, shards: list[Shard], facts: dict[str, Any]) -> int:
    """manifest.json, once every shard is there; removes what no shard is. Returns the number of images."""
    records = [shard.record(folder) for shard in shards]
    current = {shard.path(folder).name for shard in shards}
    for path in folder.glob("*.zip"):
        if path.name not in current:
            path.with_suffix(".json").unlink(missing_ok=True)
            path.unlink()
    images = sum(record["images"] for record in records if record)
    unfinished = folder / f".{MANIFEST}.{uuid4().hex}"
    unfinished.write_text(json.dumps({**facts, "images": images, "shards": records}, indent=1) + "\n")
    unfinished.replace(folder / MANIFEST)
    return images


def as_row(shard: Shard) -> dict[str, Any]:
    """The shard as a row of a table, for a framework that moves rows."""
    return asdict(shard)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else -1
