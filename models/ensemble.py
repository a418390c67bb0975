"""Separately trained models, combined by votes: mean depth, voted background level, voted background mask."""

import torch
from torch import Tensor

from .base_model import BaseModel, ModelOutput
from .errors import ModelError
from .model_options import EnsembleOptions


class Ensemble(BaseModel):
    """Averages the outputs of its members, or lets them vote. It needs no training.

    Each output is combined from the members that predict it. `soft`: means of depths and of probabilities. `hard`:
    medians of depths, fractions of votes. If levels have equally many votes, the averaged probabilities decide. A pixel
    is background if at least half of the segmenters vote for it.
    """

    Options = EnsembleOptions
    options: EnsembleOptions

    def __init__(self, options: EnsembleOptions, device: torch.device, seed: int = 0) -> None:
        super().__init__(options, device)
        self.members: dict[str, BaseModel] = {}

    def set_members(self, members: dict[str, BaseModel]) -> None:
        """Sets the trained members, by the names of their runs; a `ModelError` names members that do not fit."""
        member_levels = {name: member.levels for name, member in members.items() if member.levels}
        for name, levels in member_levels.items():
            first = next(iter(member_levels))
            if levels != member_levels[first]:
                raise ModelError(
                    f"member {name} votes for levels {levels}, and member {first} for {member_levels[first]}: "
                    "use classifiers with the same --levels"
                )
            self.levels = levels
        for name, member in members.items():
            if not member.has_absolute_scale:
                raise ModelError(f"member {name}: its depth has no scale, so it cannot be averaged with others")
        self.members = members
        self.has_learned = all(member.has_learned for member in members.values())
        self.networks = {
            f"{name}_{key}": network for name, member in members.items() for key, network in member.networks.items()
        }

    def enable_acceleration(
        self, precision: str = "auto", compiled: bool = False, task: str = "prediction"
    ) -> "Ensemble":
        for member in self.members.values():
            member.enable_acceleration(precision, compiled, task)
        return self

    @property
    def n_parameters(self) -> int:
        return sum(member.n_parameters for member in self.members.values())

    def predict(self, sem: Tensor) -> ModelOutput:
        outputs = [member.predict(sem) for member in self.members.values()]
        depth, level_probs, background = (
            stack([output[field] for output in outputs])
            for field in range(3)  # uncertainties and OOD scores of single members do not hold for the ensemble
        )
        if self.options.vote == "soft":
            return ModelOutput(
                *(None if part is None else part.mean(dim=0) for part in (depth, level_probs, background))
            )
        return ModelOutput(
            None if depth is None else depth.quantile(0.5, dim=0),
            None if level_probs is None else count_votes(level_probs),
            None if background is None else (background >= 0.5).float().mean(dim=0),
        )


def stack(parts: list[Tensor | None]) -> Tensor | None:
    """The members' tensors as one (members, ...), without the members that have None; None if all have None."""
    tensors = [part for part in parts if part is not None]
    return torch.stack(tensors) if tensors else None


def count_votes(level_probs: Tensor) -> Tensor:
    """Fraction of the members' votes (N, K) [0..1]: a member votes for its most probable level.

    One hundredth of the averaged probabilities is mixed in to break ties. `level_probs` is (members, N, K).
    """
    ballots = torch.nn.functional.one_hot(level_probs.argmax(dim=2), level_probs.shape[2]).float().mean(dim=0)
    return 0.99 * ballots + 0.01 * level_probs.mean(dim=0)
