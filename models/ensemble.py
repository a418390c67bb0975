"""Members that were trained apart, combined by votes: mean depth, voted level, voted background mask."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from .base_model import BaseModel, ModelOutput
from .errors import ModelError

VOTES = ("soft", "hard")


@dataclass(frozen=True)
class EnsembleOptions:
    """fusion: regressors, classifiers and segmenters combined by votes"""

    members: tuple[str, ...] = field(
        default=(), metadata={"help": "runA,runB,...: trained runs in --checkpoints_dir; any number of each kind"}
    )
    member_epoch: str = field(
        default="latest", metadata={"help": "weights to take of each member: latest, best, or an epoch's number"}
    )
    vote: str = field(
        default="soft",
        metadata={
            "help": "soft = mean depth, averaged probabilities; hard = median depth, one vote a member",
            "choices": VOTES,
        },
    )


class Ensemble(BaseModel):
    """Each member says what it knows; those who know the same are combined. It has nothing to learn.

    `soft`: means of depths and of probabilities. `hard`: medians of depths, shares of votes; between levels with as
    many votes the averaged probabilities decide, and half of the segmenters' votes make background.
    """

    Options = EnsembleOptions
    options: EnsembleOptions

    def __init__(self, options: EnsembleOptions, device: torch.device, seed: int = 0) -> None:
        super().__init__(options, device)
        self.members: dict[str, BaseModel] = {}

    def set_members(self, members: dict[str, BaseModel]) -> None:
        """Takes the trained members, by the names of their runs."""
        wise = {name: system.levels for name, system in members.items() if system.levels}
        for name, levels in wise.items():
            first = next(iter(wise))
            if levels != wise[first]:
                raise ModelError(f"member {name} votes for levels {levels}, and member {first} for {wise[first]}")
            self.levels = levels
        for name, system in members.items():
            if not system.has_absolute_scale:
                raise ModelError(f"member {name}: its depth has no scale, so it cannot be averaged with others")
        self.members = members
        self.networks = {f"{run}_{key}": net for run, one in members.items() for key, net in one.networks.items()}

    def enable_acceleration(self, bf16: bool = False, compiled: bool = False) -> "Ensemble":
        for member in self.members.values():
            member.enable_acceleration(bf16, compiled)
        return self

    @property
    def n_parameters(self) -> int:
        return sum(member.n_parameters for member in self.members.values())

    def predict(self, sem: Tensor) -> ModelOutput:
        said = [member.predict(sem) for member in self.members.values()]
        depth, levels, background = (
            torch.stack(known) if (known := [one for one in column if one is not None]) else None
            for column in zip(*(one[:3] for one in said), strict=True)  # a member's doubts are its own
        )
        soft = self.options.vote == "soft"
        return ModelOutput(
            None if depth is None else depth.mean(dim=0) if soft else depth.quantile(0.5, dim=0),
            None if levels is None else levels.mean(dim=0) if soft else votes(levels),
            None if background is None else background.mean(dim=0) if soft else (background >= 0.5).float().mean(dim=0),
        )


def votes(levels: Tensor) -> Tensor:
    """Share of the members' votes (N, K), each member's for its most probable level; a hundredth of the averaged
    probabilities on top breaks ties. `levels` (members, N, K)."""
    ballots = torch.nn.functional.one_hot(levels.argmax(dim=2), levels.shape[2]).float().mean(dim=0)
    return 0.99 * ballots + 0.01 * levels.mean(dim=0)
