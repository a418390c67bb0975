"""Where `--init_from` finds weights: a run by its name or folder, or one file. Without torch, which loads slowly."""

import difflib
import glob
import re
from pathlib import Path
from typing import NamedTuple

from ..errors import ModelError

PRETRAINED = Path(__file__).parents[2] / "pretrained"
NETWORK_FILE = re.compile(r"(?:.*_)?net_(\w+)\.pth")  # latest_net_G_A.pth


class Source(NamedTuple):
    """A run folder and one of its epochs, or a file and the network that it is for; `network` is "" where the file's
    name does not say."""

    path: Path
    network: str = ""
    epoch: str = "latest"


def find_source(init_from: str, checkpoints_dir: str) -> Source | None:
    """The run folder or the file that `--init_from` names; a `ModelError` names the nearest run.

    RUN is a folder, the name of a run in `checkpoints_dir`, or that of a model that comes with the toolkit; RUN/50 is
    its epoch 50. FILE is a .pth file, or NETWORK=FILE, as in G_A=weights.pth. "" gives None.
    """
    if not init_from:
        return None
    as_typed = f"--init_from {init_from}"
    network, equals, file = init_from.partition("=")
    if equals and not Path(init_from).exists():
        if not Path(file).is_file():
            raise ModelError(f"{as_typed}: there is no file {file}")
        return Source(Path(file), network)
    candidates = [Path(init_from), Path(checkpoints_dir, init_from), PRETRAINED / init_from]
    path = next((candidate for candidate in candidates if candidate.exists()), None)
    if path is None:
        for folder, epoch in ((candidate.parent, candidate.name) for candidate in candidates):
            if any(folder.glob(f"{glob.escape(epoch)}_net_*.pth")):
                return Source(folder, epoch=epoch)
        folders = [Path(checkpoints_dir), PRETRAINED]
        names = [path.name for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_dir()]
        near = difflib.get_close_matches(Path(init_from).name, names, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; runs there: {', '.join(sorted(names)) or 'none'}"
        raise ModelError(f"{as_typed}: is no file, no folder and no run in {checkpoints_dir}{hint}")
    if path.is_file():
        match = NETWORK_FILE.fullmatch(path.name)
        return Source(path, match[1] if match else "")
    if not any(path.glob("latest_net_*.pth")):
        others = sorted(file.name for file in path.glob("*.pth"))
        there = f"; name one of its files: {', '.join(others[:8])}" if others else ""
        raise ModelError(f"{as_typed}: {path} holds no latest_net_*.pth{there}")
    return Source(path)
