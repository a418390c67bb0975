"""The folder of one training: checkpoints/<name>, held by one program at a time."""

import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import UtilError
from ..files import LOCK, acquire_lock, write_bytes
from .checkpoint import recover

WRITTEN = (
    "*_net_*.pth",
    "state.pt",
    "loss_log.txt",
    "losses.csv",
    "epochs.csv",
    "members/*/opt.json",
    "members/*/*_net_*.pth",
    "command.txt",
    "web/index.html",
    "web/images/epoch*_*.png",
    "opt.json",
)


@contextmanager
def scratch_folder() -> Iterator["RunFolder"]:
    """A run folder of no consequence, for a process that is not the first of several."""
    with tempfile.TemporaryDirectory() as place, RunFolder(place, "run") as run:
        yield run


class RunFolder:
    """`with RunFolder(dir, name) as run:` holds the run's lock, which dies with the program."""

    def __init__(self, checkpoints_dir: str, name: str) -> None:
        self.path = Path(checkpoints_dir, name)

    @property
    def options(self) -> dict[str, Any] | None:
        """The saved options of the run that the folder holds; None if it holds none."""
        path = self.path / "opt.json"
        try:
            return json.loads(path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            return None
        except ValueError:
            raise UtilError(f"{path}: not readable as JSON; say --overwrite to start anew") from None

    @property
    def has_weights(self) -> bool:
        """Whether anything was saved that would be lost."""
        return any(self.path.glob("*_net_*.pth")) or any(self.path.glob("members/*/*_net_*.pth"))

    def holds(self, members: Sequence[str]) -> bool:
        """Whether all that a combination is made of was gathered."""
        folders = [self.path / "members" / name for name in members]
        return all((folder / "opt.json").exists() and any(folder.glob("*_net_*.pth")) for folder in folders)

    def refuse_overwrite(self) -> None:
        """A run that is there must not be begun anew: an error that says what to do."""
        if self.has_weights and not (self.path / "opt.json").exists():
            raise UtilError(
                f"{self.path}: holds weights without the opt.json that describes them; copy it back, say --overwrite "
                "to discard them, or choose another --name"
            )
        if self.has_weights or (self.path / "opt.json").exists():
            raise UtilError(
                f"{self.path}: holds a run; say --continue_train to go on, --overwrite to discard it, or another --name"
            )

    def begin(self, options: dict[str, Any]) -> None:
        """Makes the folder a new run's; the files of one that is there are removed."""
        for pattern in WRITTEN:
            for file in self.path.glob(pattern):
                if file.is_file():
                    file.unlink()
        self.record(options)

    def record(self, options: dict[str, Any]) -> None:
        """Writes opt.json and adds the command to command.txt."""
        write_bytes(self.path / "opt.json", (json.dumps(options, indent=1) + "\n").encode())
        with (self.path / "command.txt").open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write("python " + shlex.join(sys.argv) + "\n")

    def copy_member(self, member: Path, epoch: str) -> None:
        """Takes the options and the weights of `epoch` of another run into `members`, as its `latest`.

        A link where the disk has links: a training replaces its files and never writes into them.
        """
        folder = self.path / "members" / member.name
        folder.mkdir(parents=True, exist_ok=True)
        for file in [*member.glob(f"{epoch}_net_*.pth"), member / "opt.json"]:
            place = folder / file.name.replace(f"{epoch}_net_", "latest_net_")
            place.unlink(missing_ok=True)
            try:
                place.hardlink_to(file)
            except OSError:
                shutil.copyfile(file, place)

    def __enter__(self) -> "RunFolder":
        self.path.mkdir(parents=True, exist_ok=True)
        lock = acquire_lock(self.path)
        if lock is None:
            raise UtilError(f"{self.path}: another training holds it; wait for it, or choose another --name")
        self._lock = lock
        recover(self.path)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if [file.name for file in self.path.iterdir()] == [LOCK]:  # refused before it began: it leaves nothing
            (self.path / LOCK).unlink()
            with suppress(OSError):
                self.path.rmdir()
        os.close(self._lock)
