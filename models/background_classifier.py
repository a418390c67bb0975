"""ResNet18 that tells which background level a SEM image has; it sees the image's absolute grey."""

from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .base_model import BaseModel, ModelOutput
from .errors import ModelError
from .grey_levels import LEVELS
from .networks import grey_resnet18, to_network

LEARN_FROM = {"real": "labelled", "simulation": "paired"}


@dataclass(frozen=True)
class BackgroundClassifierOptions:
    """background_classifier: SEM -> level of the background, learned from folders or cases"""

    label_source: str = field(
        default="real",
        metadata={
            "former": "labels",
            "help": "real = the depth folders of the real training images, simulation = the simulated cases",
            "choices": tuple(LEARN_FROM),
        },
    )
    levels: tuple[int, ...] = field(
        default=LEVELS,
        metadata={"help": "the classes: levels that a background can have", "unit": "grey level", "bounds": (0, 255)},
    )
    lr: float = field(default=1e-3, metadata={"help": "initial learning rate of Adam", "bounds": (0, None)})


class BackgroundClassifier(BaseModel):
    """Knows levels only. In a `fusion` it snaps the background of any model's depth map to the level that it sees."""

    Options = BackgroundClassifierOptions
    options: BackgroundClassifierOptions

    def __init__(self, options: BackgroundClassifierOptions, device: torch.device, seed: int = 0) -> None:
        super().__init__(options, device)
        self.dataset_kind = LEARN_FROM[options.label_source]
        self.levels = options.levels
        self.network = grey_resnet18(len(options.levels)).to(device)
        self.networks = self.ddp_modules = {"C": self.network}
        self.optimisers = {"C": torch.optim.Adam(self.network.parameters(), lr=options.lr, fused=True)}
        self._images: dict[str, Tensor] = {}

    def step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """One step on `batch["sem"]`, (N, 1, H, W) grey levels, and its `batch["level"]`, (N,) grey levels."""
        sem = batch["sem"].to(self.device)
        classes = level_indices(batch["level"], self.levels).to(self.device)
        with self.autocast():
            logits = self.ddp_modules["C"](to_network(sem))
        loss = F.cross_entropy(logits.float(), classes)
        self.optimisers["C"].zero_grad(set_to_none=True)
        loss.backward()
        self.optimisers["C"].step()
        self._images["sem"] = sem
        return {"cross_entropy": loss.detach()}

    def predict(self, sem: Tensor) -> ModelOutput:
        with self.autocast():
            return ModelOutput(level_probs=self.network(to_network(sem.to(self.device))).float().softmax(dim=1))

    def evaluate(self, eval_set: dict[str, NDArray]) -> dict[str, float]:
        levels = self.predict_batched(eval_set["sem"]).level_probs
        assert levels is not None
        probability = levels.cpu()
        classes = level_indices(torch.from_numpy(eval_set["level"]), self.levels)
        right = probability.gather(1, classes[:, None])[:, 0].clamp_min(1e-9)
        found = probability.argmax(dim=1)
        table = torch.zeros(2 * (len(self.levels),))
        table.index_put_((classes, found), torch.ones(len(classes)), accumulate=True)
        self._images["confusion"] = table[None, None]
        accuracy = float((found == classes).float().mean())
        return {"held-out loss": float(-right.log().mean()), "held-out accuracy": accuracy}

    def get_visuals(self) -> dict[str, Tensor]:
        """`sem`, and `confusion` (1, 1, K, K): how many held-out images of each level (rows) were taken for which."""
        return self._images


def level_indices(level: Tensor, levels: tuple[int, ...]) -> Tensor:
    """Number (N,) in `levels` of each `level` (N,), both [grey level]; one that is not among them is an error."""
    known = torch.tensor(levels)
    match = level.cpu()[:, None] == known
    if not match.any(dim=1).all():
        found = ", ".join(str(int(one)) for one in np.setdiff1d(level.cpu().numpy(), known.numpy()))
        raise ModelError(f"the data set has images of background level {found}, which --levels does not name; name all")
    return match.int().argmax(dim=1)
