"""ResNet18 that tells which background level a SEM image has; it sees the image's absolute grey."""

from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .base_model import BaseModel, Estimate
from .errors import ModelError
from .networks import grey_resnet18
from .networks.intensity_scaling import to_network
from .postprocessing.background_snapping import LEVELS

LEARN_FROM = {"real": "labelled", "simulation": "paired"}


@dataclass(frozen=True)
class BackgroundClassifierOptions:
    """background_classifier: SEM -> level of the background, learned from folders or cases"""

    labels: str = field(
        default="real",
        metadata={
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
        self.batches = LEARN_FROM[options.labels]
        self.levels = options.levels
        self.network = grey_resnet18(len(options.levels)).to(device)
        self.networks = self.learners = {"C": self.network}
        self.optimisers = {"C": torch.optim.Adam(self.network.parameters(), lr=options.lr, fused=True)}
        self._images: dict[str, Tensor] = {}

    def step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """One step on `batch["sem"]`, (N, 1, H, W) grey levels, and its `batch["level"]`, (N,) grey levels."""
        sem = batch["sem"].to(self.device)
        classes = classes_of(batch["level"], self.levels).to(self.device)
        with self.precision():
            logits = self.learners["C"](to_network(sem))
        loss = F.cross_entropy(logits.float(), classes)
        self.optimisers["C"].zero_grad(set_to_none=True)
        loss.backward()
        self.optimisers["C"].step()
        self._images["sem"] = sem
        return {"cross_entropy": loss.detach()}

    def predict(self, sem: Tensor) -> Estimate:
        with self.precision():
            return Estimate(levels=self.network(to_network(sem.to(self.device))).float().softmax(dim=1))

    def criterion(self, reference: dict[str, NDArray]) -> dict[str, float]:
        levels = self.estimate(reference["sem"]).levels
        assert levels is not None
        probability = levels.cpu()
        classes = classes_of(torch.from_numpy(reference["level"]), self.levels)
        right = probability.gather(1, classes[:, None])[:, 0].clamp_min(1e-9)
        found = probability.argmax(dim=1)
        table = torch.zeros(2 * (len(self.levels),))
        table.index_put_((classes, found), torch.ones(len(classes)), accumulate=True)
        self._images["confusion"] = table[None, None]
        accuracy = float((found == classes).float().mean())
        return {"held-out loss": float(-right.log().mean()), "held-out accuracy": accuracy}

    def snapshot(self) -> dict[str, Tensor]:
        """`sem`, and `confusion` (1, 1, K, K): how many held-out images of each level (rows) were taken for which."""
        return self._images


def classes_of(level: Tensor, levels: tuple[int, ...]) -> Tensor:
    """Number (N,) in `levels` of each `level` (N,), both [grey level]; one that is not among them is an error."""
    known = torch.tensor(levels)
    match = level.cpu()[:, None] == known
    if not match.any(dim=1).all():
        found = ", ".join(str(int(one)) for one in np.setdiff1d(level.cpu().numpy(), known.numpy()))
        raise ModelError(f"the data set has images of background level {found}, which --levels does not name; name all")
    return match.int().argmax(dim=1)
