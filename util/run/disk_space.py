"""Room on the disk: what a run needs, and what there is."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ..errors import UtilError


def require_disk_space(folder: Path, weights: int, state: int, kept: int) -> None:
    """Raises UtilError unless `folder` has room for `kept` sets of `weights` bytes, for `latest` with its `state`, and
    for a second of that, since the old one goes only once the new one is whole."""
    needed, free = kept * weights + 2 * (weights + state), shutil.disk_usage(folder).free
    if needed > free:
        raise UtilError(
            f"{folder}: the run needs {megabytes(needed)} for {kept} kept epochs, and {megabytes(free)} are free; "
            "make room, keep fewer with --save_epoch_freq, or choose another --checkpoints_dir"
        )


def tensor_bytes(content: Any) -> int:
    """Size of all tensors in nested dicts and lists."""
    if isinstance(content, Tensor):
        return content.nbytes
    if isinstance(content, Mapping):
        return sum(tensor_bytes(part) for part in content.values())
    return sum(tensor_bytes(part) for part in content) if isinstance(content, list | tuple) else 0


def megabytes(count: int) -> str:
    """`12.3 MB`."""
    return f"{count / 1e6:,.1f} MB"
