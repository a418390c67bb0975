"""The state of a training: how far it has come, and how it is saved so that it can resume exactly there."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ..errors import RunError, UtilError
from ..files import counted
from . import checkpoint
from .distributed import DistributedContext
from .loss_log import LossLog
from .run_folder import RunFolder


@dataclass
class TrainingProgress:
    """How far a training has come.

    `epoch`: the epoch in progress, from 1. `batches`: its finished batches. `step`: all finished steps. `seconds`: time
    spent on this epoch [s]. `best`: the lowest validation metric so far. `steps_per_epoch`: 0 is not known.
    """

    epoch: int = 1
    batches: int = 0
    step: int = 0
    seconds: float = 0.0
    best: float = math.inf
    steps_per_epoch: int = 0

    def begin(self, steps_per_epoch: int) -> None:
        """Takes the length of an epoch, and prints a line if it is another one than before the stop."""
        before, self.steps_per_epoch = self.steps_per_epoch, steps_per_epoch
        if before not in (0, steps_per_epoch):
            print(f"note: {counted(steps_per_epoch, 'step')} an epoch; there were {before} when the run was stopped")
            self.batches = self.batches * steps_per_epoch // before  # the same part of the epoch


def save_training(
    run: RunFolder,
    context: DistributedContext,
    model: Any,
    progress: TrainingProgress,
    log: LossLog,
    *tags: str,
) -> None:
    """Saves the weights under each tag, and the state that an exact resume needs, as one set.

    Raises RunError if a weight or a loss is not finite: such a set must not replace a good one.
    """
    log.check()
    for name, network in model.networks.items():
        if not all(weight.isfinite().all() for weight in network.parameters()):
            raise RunError(
                f"weights of {name} are not finite after step {progress.step}: the training stops; earlier "
                "checkpoints are kept. Start again with a lower --lr"
            )
    rank_states = context.gather(
        {
            "system": model.rank_state_dict(),
            "losses": log.state_dict(),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
        }
    )
    if context.is_main:
        state = {"system": model.state_dict(), "position": asdict(progress), "replicas": rank_states}
        checkpoint.save(run.path, tags, {name: network.state_dict() for name, network in model.networks.items()}, state)


def restore_training(folder: Path, context: DistributedContext, model: Any) -> tuple[TrainingProgress, dict[str, Any]]:
    """Restores a model from the last save; returns the progress, and the losses that were not logged yet.

    Raises UtilError if state.pt does not match the weights or the options.
    """
    state = checkpoint.load_state(folder)
    if not isinstance(state, dict) or "replicas" not in state:
        raise UtilError(f"{folder / 'state.pt'}: written by another version; use --overwrite to start again")
    model.load(folder, "latest")
    try:
        rank_state = state["replicas"][context.rank % len(state["replicas"])]
        model.load_state_dict(state["system"])
        model.load_rank_state_dict(rank_state["system"])
        torch.set_rng_state(rank_state["random"])
        if torch.cuda.is_available() and rank_state["random_cuda"] is not None:
            torch.cuda.set_rng_state(rank_state["random_cuda"])
        progress = _progress_from(state["position"])
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError):
        raise UtilError(
            f"{folder / 'state.pt'}: does not match these weights and options; use --overwrite to start again"
        ) from None
    return progress, rank_state["losses"]


def _progress_from(saved: Mapping[str, Any]) -> TrainingProgress:
    # Older runs saved `steps_per_epoch` as `length`.
    return TrainingProgress(**{"steps_per_epoch" if name == "length" else name: value for name, value in saved.items()})
