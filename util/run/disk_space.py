"""Checks before a run that the disk has enough free space."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UtilError

if TYPE_CHECKING:
    from torch import nn


def require_disk_space(folder: Path, networks: Mapping[str, "nn.Module"], options: Any, epoch: int) -> None:
    """Raises UtilError unless the disk of `folder` has space for a run that trains from `epoch` on.

    It needs the weights of each kept epoch and of `best`, and two sets of `latest` with its state: the old set is
    deleted only after the new one is complete. Adam keeps two moments of each weight.
    """
    kept = sum(n % options.save_epoch_freq == 0 for n in range(epoch, options.last_epoch)) + 2
    weights = tensor_bytes({name: network.state_dict() for name, network in networks.items()})
    needed, free = kept * weights + 2 * (weights + 2 * weights), shutil.disk_usage(folder).free
    if needed > free:
        raise UtilError(
            f"{folder}: the run needs {megabytes(needed)} for {kept} kept epochs, but only {megabytes(free)} are free; "
            "free disk space, keep fewer epochs with --save_epoch_freq, or choose another --checkpoints_dir"
        )


def tensor_bytes(content: Any) -> int:
    """Size of all tensors in nested dicts and lists [bytes]."""
    if hasattr(content, "nbytes"):
        return content.nbytes
    if isinstance(content, Mapping):
        return sum(tensor_bytes(part) for part in content.values())
    return sum(tensor_bytes(part) for part in content) if isinstance(content, list | tuple) else 0


def megabytes(count: int) -> str:
    """A number of bytes as text, such as `12.3 MB`."""
    return f"{count / 1e6:,.1f} MB"
