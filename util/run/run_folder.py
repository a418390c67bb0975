"""The folder of one training, checkpoints/<name>: one program at a time may use it."""

import json
import math
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import UtilError
from ..files import LOCK, acquire_lock, append_bytes, write_bytes
from .checkpoint import recover
from .epoch_log import read_epochs

TRAINING_IMAGES = "training_images.json"
RUN_FILES = (
    "*_net_*.pth",
    "state.pt",
    "loss_log.txt",
    "losses.csv",
    "epochs.csv",
    "members/*/opt.json",
    f"members/*/{TRAINING_IMAGES}",
    "members/*/*_net_*.pth",
    "command.txt",
    "web/index.html",
    "web/images/epoch*_*.png",
    "opt.json",
    TRAINING_IMAGES,
)
CHANCE_MARGIN = 0.1  # of an accuracy: closer to chance it is hardly better
CHANGES = "changes"  # the key of opt.json


@contextmanager
def scratch_folder() -> Iterator["RunFolder"]:
    """A temporary run folder for a process that is not the main process."""
    with tempfile.TemporaryDirectory() as folder, RunFolder(folder, "run") as run:
        yield run


class RunFolder:
    """`with RunFolder(dir, name) as run:` locks the run; the system releases the lock when the program ends."""

    def __init__(self, checkpoints_dir: str, name: str) -> None:
        self.path = Path(checkpoints_dir, name)

    @property
    def options(self) -> dict[str, Any] | None:
        """The saved options of the run in this folder; None if there is no run."""
        path = self.path / "opt.json"
        try:
            return json.loads(path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            return None
        except ValueError:
            raise UtilError(f"{path}: not readable as JSON; use --overwrite to start again") from None

    @property
    def has_weights(self) -> bool:
        """Whether the folder contains weights, which a new run would delete."""
        return any(self.path.glob("*_net_*.pth")) or any(self.path.glob("members/*/*_net_*.pth"))

    def holds(self, members: Sequence[str]) -> bool:
        """Whether the options and weights of all members of an ensemble have been copied into this folder."""
        folders = [self.path / "members" / name for name in members]
        return all((folder / "opt.json").exists() and any(folder.glob("*_net_*.pth")) for folder in folders)

    def refuse_overwrite(self) -> None:
        """Raises UtilError, with advice, if the folder already contains a run."""
        if self.has_weights and not (self.path / "opt.json").exists():
            raise UtilError(
                f"{self.path}: holds weights without the opt.json that describes them; use another --name with "
                f"--init_from {shlex.quote(str(self.path))} to start from them, or --overwrite to delete them"
            )
        if self.has_weights or (self.path / "opt.json").exists():
            raise UtilError(
                f"{self.path}: holds a run; use --continue_train to continue it, --overwrite to delete it, or "
                "another --name"
            )

    def begin(self, options: dict[str, Any], images: dict[str, Any] | None = None) -> None:
        """Starts a new run in the folder: deletes the files of an old run, keeps all other files.

        `images` is what is known of the images that it learns from (`training_images`).
        """
        for pattern in RUN_FILES:
            for file in self.path.glob(pattern):
                if file.is_file():
                    file.unlink()
        if images is not None:
            write_bytes(self.path / TRAINING_IMAGES, (json.dumps(images) + "\n").encode())
        self.record(options)

    def record(self, options: dict[str, Any], changes: Mapping[str, Any] | None = None) -> None:
        """Writes opt.json and adds the command to command.txt.

        `changes` are options that altered the run, with the epoch from which they hold; opt.json keeps their list.
        """
        history = [*(self.options or {}).get(CHANGES, []), *([changes] if changes else [])]
        content = options | ({CHANGES: history} if history else {})
        write_bytes(self.path / "opt.json", (json.dumps(content, indent=1) + "\n").encode())
        command = "python " + shlex.join(sys.argv) + "\n"
        append_bytes(self.path / "command.txt", command.encode(errors="backslashreplace"))

    def gather(self, members: Sequence[Path], epoch: str, options: dict[str, Any], loop: Any) -> None:
        """Copies the runs that an ensemble is made of into this folder; `loop` has continue_train and overwrite."""
        if loop.continue_train and self.options is not None and self.holds([member.name for member in members]):
            print(f"{self.path} is finished: an ensemble has nothing to learn")
            return
        if not loop.overwrite and not loop.continue_train:
            self.refuse_overwrite()
        self.begin(options)
        for member in members:
            self.copy_member(member, epoch)
            _name_chance_level(member, epoch)

    def copy_member(self, member: Path, epoch: str) -> None:
        """Copies the options and the weights of `epoch` of another run into `members`, as its `latest`.

        Uses hard links where the disk supports them: a training replaces its files and never writes into them.
        """
        folder = self.path / "members" / member.name
        folder.mkdir(parents=True, exist_ok=True)
        for file in [*member.glob(f"{epoch}_net_*.pth"), *member.glob(TRAINING_IMAGES), member / "opt.json"]:
            target = folder / file.name.replace(f"{epoch}_net_", "latest_net_")
            target.unlink(missing_ok=True)
            try:
                target.hardlink_to(file)
            except OSError:
                shutil.copyfile(file, target)

    def __enter__(self) -> "RunFolder":
        self.path.mkdir(parents=True, exist_ok=True)
        lock = acquire_lock(self.path)
        if lock is None:
            raise UtilError(f"{self.path}: another training uses it; wait until it ends, or use another --name")
        self._lock = lock
        recover(self.path)
        return self

    def __exit__(self, error_type: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if [file.name for file in self.path.iterdir()] == [LOCK]:  # the run never started: remove the empty folder
            (self.path / LOCK).unlink()
            with suppress(OSError):
                self.path.rmdir()
        os.close(self._lock)


def _name_chance_level(member: Path, epoch: str) -> None:
    """Prints a line where a member of an ensemble tells background levels hardly better than chance in its validation:
    its last one, or that of the `epoch`, which is a number."""
    rows = read_epochs(member / "epochs.csv")
    rows = [row for row in rows if str(int(row.get("epoch", 0))) == epoch] if epoch.isdigit() else rows
    accuracy = rows[-1].get("val_accuracy", math.nan) if rows else math.nan
    levels = (RunFolder(str(member.parent), member.name).options or {}).get("levels")
    if not isinstance(levels, list) or len(levels) < 2 or not accuracy <= 1 / len(levels) + CHANCE_MARGIN:
        return
    print(
        f"note: member {member.name} is at chance level: {accuracy:.0%} of its validation images have the right "
        f"background level, chance has {1 / len(levels):.0%}; its votes are noise, leave it out"
    )
