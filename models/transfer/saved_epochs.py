"""Which saved epoch of a run can be used where another one cannot."""

import shlex
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from torch import nn

from ..errors import ModelError
from ..networks import load_finite


def suggest_epoch(networks: Mapping[str, nn.Module], folder: Path, epoch: str) -> str:
    """What to do where the weights of `epoch` cannot be used: the newest other epoch, and the options that take it."""
    epochs = {path.name.partition("_net_")[0] for path in folder.glob("*_net_*.pth")} - {epoch}
    for other in sorted(epochs, key=lambda name: (name.isdigit(), int(name) if name.isdigit() else 0), reverse=True):
        with suppress(ModelError):
            load_finite(networks, {name: folder / f"{other}_net_{name}.pth" for name in networks})
            source = shlex.quote(str(folder / other))
            return f"epoch {other} can be used: test.py --which_epoch {other}, train.py --init_from {source} --name NEW"
    return "no other saved epoch can be used; train again, with a lower --lr if the values are not finite"
