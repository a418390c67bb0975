"""Where a training stands, and how it is kept so that it can go on exactly there."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ..errors import RunError, UtilError
from . import checkpoint
from .distributed import DistributedContext
from .loss_log import LossLog
from .run_folder import RunFolder


@dataclass
class TrainingProgress:
    """The epoch in progress (from 1), its finished batches, all steps, the seconds spent on the epoch, the best
    figure that an epoch was judged by, and how many batches an epoch has."""

    epoch: int = 1
    batches: int = 0
    step: int = 0
    seconds: float = 0.0
    best: float = math.inf
    steps_per_epoch: int = 0


def save_training(
    run: RunFolder, replicas: DistributedContext, system: Any, at: TrainingProgress, log: LossLog, *tags: str
) -> None:
    """Writes the weights under each tag and all that an exact resume needs, as one whole; none that are not finite."""
    log.check()
    for name, network in system.networks.items():
        if not all(weight.isfinite().all() for weight in network.parameters()):
            raise RunError(
                f"weights of {name} are not finite after step {at.step}: the training stops, and what was saved before "
                "is kept; start anew with a lower --lr"
            )
    own = replicas.gather(
        {
            "system": system.rank_state_dict(),
            "losses": log.state_dict(),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
        }
    )
    if replicas.is_main:
        state = {"system": system.state_dict(), "position": asdict(at), "replicas": own}
        checkpoint.save(
            run.path, tags, {name: network.state_dict() for name, network in system.networks.items()}, state
        )


def restore_training(
    folder: Path, replicas: DistributedContext, system: Any
) -> tuple[TrainingProgress, dict[str, Any]]:
    """Puts a system back to where `save` found it; returns that place, and the losses not yet logged there."""
    state = checkpoint.load_state(folder)
    if not isinstance(state, dict) or "replicas" not in state:
        raise UtilError(f"{folder / 'state.pt'}: written by another version; say --overwrite to start anew")
    system.load(folder, "latest")
    try:
        own = state["replicas"][replicas.rank % len(state["replicas"])]
        system.load_state_dict(state["system"])
        system.load_rank_state_dict(own["system"])
        torch.set_rng_state(own["random"])
        if torch.cuda.is_available() and own["random_cuda"] is not None:
            torch.cuda.set_rng_state(own["random_cuda"])
        at = TrainingProgress(**state["position"])
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError):
        raise UtilError(
            f"{folder / 'state.pt'}: does not belong to these weights and options; say --overwrite to start anew"
        ) from None
    return at, own["losses"]
