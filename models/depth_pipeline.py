"""The recommended model. It learns from simulated pairs and adapts to real images; depth of real images is not needed.

Training stages: 1. "renderer": the renderer `R` learns from simulated pairs to draw a clean image of any shape; then an
`Appearance` (`A`) is fitted to statistics of the real images. 2. "shape": the shape network `S` learns normalised depth
u from renderings of known and of deformed shapes, and from those of the fitted instrument. 3. "real renderer": real
images that match a shape of the library (`L`) become pairs (`P`), from which the renderer learns the real domain; if
they are few, it learns from renderings. 4. "shape" again. 3 and 4 repeat: a better shape network finds more matches.

After every "shape" epoch the uncertainty (`T`) is calibrated. In all stages the classifier `C` learns the background
level L. The predicted depth is L - (L - FLOOR) u: its expectation over the levels, and over whether the shape is the
library's that fits the image best, or the shape network's.
"""

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from .background_classifier import level_indices
from .base_model import BaseModel, ModelOutput
from .grey_levels import FLOOR, normalised_depth
from .model_options import DepthPipelineOptions
from .networks import HalfUNet, LevelNet, to_network
from .pipeline import (
    MIN_MATCHES,
    Appearance,
    Calibration,
    DomainRenderer,
    RendererPairs,
    ShapeLibrary,
    ShapeLookup,
    UncertaintyCalibration,
    align,
    gaussian_nll,
    passes_ratio_test,
    per_image,
    renderer_input,
    sigma_from_log,
    translate,
)

RENDERING_WEIGHT = 0.3  # of a rendering in the classifier's loss; a real image has 1
MATCHED_AUGMENTATION = 0.3  # strength once the renderer has learned real images; 1 if only their statistics are known
PAIRS_SHARE = 0.5  # of the images in a shape step that are simulated pairs, where these look like real images
FITTED_SHARE, MATCHED_FITTED_SHARE = 0.5, 0.25  # that are renderings by a fitted instrument, without and with matches
MIN_MATCH_FRACTION = 0.05  # of the real images; fewer may match by chance
BACKGROUND_U = 0.012  # u of 1.5 grey levels; a pixel below it is background or its noise


class DepthPipeline(BaseModel):
    """SEM -> depth. Of the real domain it uses only training images and their background levels."""

    Options = DepthPipelineOptions
    dataset_kind = "sim_to_real"
    preserves_position = False
    options: DepthPipelineOptions

    def __init__(self, options: DepthPipelineOptions, device: torch.device, seed: int = 0) -> None:
        super().__init__(options, device)
        options.check()
        self.levels, width = options.levels, options.width
        self.has_absolute_scale = not options.relative_depth
        self.background_levels = torch.tensor(options.levels, device=device)
        self.renderer = HalfUNet(2, 1, width, 3, "batch").to(device)
        self.shape_network = HalfUNet(1, 2, width, 3, "batch").to(device)
        self.classifier = LevelNet(len(options.levels), max(1, width // 2)).to(device)
        self.appearance, self.library = Appearance(len(options.levels)).to(device), ShapeLibrary().to(device)
        self.pairs, self.uncertainty = RendererPairs().to(device), UncertaintyCalibration().to(device)
        self.domain_renderer = DomainRenderer(self.renderer, self.appearance, self.library, self.background_levels)
        self.lookup = ShapeLookup(self.library, self.domain_renderer)
        self.calibration = Calibration(
            self.lookup, self.pairs, self.uncertainty, self._predict_shape, self._predict_level
        )
        self.ddp_modules = {"R": self.renderer, "S": self.shape_network, "C": self.classifier}
        buffers = {"A": self.appearance, "L": self.library, "P": self.pairs, "T": self.uncertainty}
        self.networks = {**self.ddp_modules, **buffers}
        self.epochs, self.seed = 0, seed
        self._losses = {name: torch.zeros((), device=device) for name in ("render", "shape", "level")}
        self._images: dict[str, Tensor] = {}

    def new_optimiser(self, module: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.AdamW(module.parameters(), lr=self.options.lr, fused=True)

    @property
    def training_stage(self) -> str:
        """Name of the current training stage."""
        return self.options.training_stage(self.epochs).name

    def check_training(self, last: int) -> None:
        self.options.check(last)

    def set_learning_rate(self, factor: float) -> None:
        """The last stage has `factor` [0..1] times the initial rate; each earlier one has its own cosine decay to 0."""
        _, start, end = self.options.training_stage(self.epochs)
        stage_factor = factor if end is None else 0.5 * (1 + math.cos(math.pi * (self.epochs - start) / (end - start)))
        for name, optimiser in self.optimisers.items():
            for group in optimiser.param_groups:
                group["lr"] = self.options.lr * (0.5 * factor if name == "C" else stage_factor)

    def step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """One step on a batch of kind "sim_to_real"; losses () by name. Those of other stages keep their value."""
        has_level = batch["fitted_level"] > 0
        renderings = batch["fitted"][has_level].to(self.device), self._index_levels(batch["fitted_level"][has_level])
        if self.training_stage == "renderer":
            sem, depth = (batch[key].to(self.device) for key in ("sem", "depth"))
            level = batch["level"].to(self.device)
            self._train_renderer(normalised_depth(depth, per_image(level)), level, sem)
        elif self.training_stage == "real renderer":
            indices = torch.randint(len(self.pairs), (len(batch["sem"]),), device=self.device)
            sem, u, level_index, offset = self.pairs.select(indices)
            self._train_renderer(u, self.background_levels[level_index], sem, offset)
        else:
            seed = 1000 * self.seed + self.epochs
            u, level_index, sem = self.domain_renderer.sample_batch(len(batch["sem"]), seed, self._strength)
            self._train_shape(*self._add_pairs(u, sem, batch))
            if self.pairs.is_real:  # renderings help the classifier only if their brightness equals the real images'
                renderings = torch.cat((renderings[0], sem)), torch.cat((renderings[1], level_index))
        self._train_classifier(batch, *renderings)
        return dict(self._losses)

    def _train_renderer(self, u: Tensor, level: Tensor, sem: Tensor, offset: Tensor | None = None) -> None:
        with self.autocast():
            rendering = self.ddp_modules["R"](renderer_input(u, level)).float()
        if offset is not None:
            rendering = translate(rendering, offset)
        self._optimise("render", "R", F.mse_loss(rendering, sem / 255))
        self._images |= {"sem": sem, "rendering": 255 * rendering.detach()}

    def _add_pairs(self, u: Tensor, sem: Tensor, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """u and images (N, 1, H, W), some replaced by simulated pairs if these look like real images, else by what
        the fitted instrument renders."""
        if self.appearance.is_same_domain:
            other_sem, depth, level = (batch[key].to(self.device) for key in ("sem", "depth", "level"))
            other_u, share = normalised_depth(depth, per_image(level)), PAIRS_SHARE
        else:
            other_sem, other_u = (batch[key].to(self.device) for key in ("fitted", "fitted_u"))
            other_sem = self.domain_renderer.augment(other_sem, self._strength, is_noisy=True)
            share = MATCHED_FITTED_SHARE if self.pairs.is_real else FITTED_SHARE
            share = 1.0 if self.appearance.is_reshaped else share  # the library's shapes would mislead
        count = round(share * len(other_u))
        return torch.cat((other_u[:count], u[count:])), torch.cat((other_sem[:count], sem[count:]))

    def _train_shape(self, u: Tensor, sem: Tensor) -> None:
        with self.autocast():
            predicted, log_sigma = self.ddp_modules["S"](to_network(sem)).float().split(1, 1)
        error = F.mse_loss(predicted, u)
        nll = gaussian_nll(predicted.detach() - u, log_sigma)  # detached: a larger sigma must not excuse a wrong shape
        self._optimise("shape", "S", error + 0.002 * nll, error)
        self._images |= {"look": sem, "shape": 255 * predicted.detach().clamp(0, 1), "truth": 255 * u}

    def _train_classifier(self, batch: dict[str, Tensor], sem: Tensor, level_index: Tensor) -> None:
        """On real images with their levels, and on renderings (N, 1, H, W) with their level indices (N,)."""
        self._images["real"] = images = batch["real"].to(self.device)
        images = images.clone()
        images[1::2] = images[1::2].flip(3)  # a mirrored image has the same level
        images[2::4] = images[2::4].flip(2)
        real_level_index = self._index_levels(batch["real_level"])
        logits = self.ddp_modules["C"](torch.cat((images, sem)))  # in float32: bfloat16 does not tell two levels apart
        weights = torch.ones(len(logits), device=self.device)
        weights[len(images) :] = RENDERING_WEIGHT
        losses = F.cross_entropy(logits, torch.cat((real_level_index, level_index)), reduction="none")
        self._optimise("level", "C", (weights * losses).sum() / weights.sum())

    def _optimise(self, loss_name: str, network: str, loss: Tensor, logged: Tensor | None = None) -> None:
        self.optimisers[network].zero_grad(set_to_none=True)
        loss.backward()
        self.optimisers[network].step()
        self._losses[loss_name] = (loss if logged is None else logged).detach()

    @property
    def _strength(self) -> float:
        """Strength of the augmentation."""
        return MATCHED_AUGMENTATION if self.pairs.is_real else 1.0

    @torch.no_grad()
    def end_epoch(self, eval_set: dict[str, NDArray]) -> None:
        """Fits the appearance, matches real images, or calibrates, as the training stage requires."""
        if self.epochs == 0:
            self.library.store(*(eval_set[f"library{part}"] for part in ("", "_level", "_held_out")))
        previous = self.training_stage
        self.epochs += 1
        stage = self.training_stage
        if stage != previous:
            tqdm.write(f"training stage: {stage}")
        self.train(False)
        if previous == "renderer" and stage != previous:
            real_index = level_indices(torch.from_numpy(eval_set["real_level"]), self.levels).numpy()
            is_real_level = np.isin(eval_set["level"], self.levels)  # pairs may have more levels than real images
            index = level_indices(torch.from_numpy(eval_set["level"][is_real_level]), self.levels).numpy()
            real, simulated = (eval_set["real"], real_index), (eval_set["sem"][is_real_level], index)
            self.domain_renderer.fit_domain(real, simulated)
            self.appearance.is_reshaped.fill_(bool(eval_set["reshaped"]))
            if self.appearance.is_same_domain:
                tqdm.write("simulated images look like the real ones: shapes are learned from them, too")
        if previous == "shape":
            self.calibrate(eval_set)
        if stage == "real renderer" and stage != previous:
            self.match_real_images(eval_set)
        if previous == "real renderer" and stage != previous:
            self.appearance.reset_to_identity()
        self.train()

    def calibrate(self, eval_set: dict[str, NDArray]) -> None:
        """Calibrates look-up, intervals and OOD thresholds."""
        level_index = level_indices(torch.from_numpy(eval_set["real_level"]), self.levels)
        held_out = torch.from_numpy(eval_set["real_held_out"])
        self.calibration.calibrate(eval_set["real"], level_index, held_out, self._strength)

    def match_real_images(self, eval_set: dict[str, NDArray]) -> None:
        """Pairs real images with library shapes if enough of them match; else stores renderings as pairs."""
        level_index = self._index_levels(torch.from_numpy(eval_set["real_level"]))
        real = torch.from_numpy(eval_set["real"])[:, None].to(self.device)
        batches = zip(real.split(64), level_index.split(64), strict=True)
        parts = [self.lookup.find(x.float(), self._predict_shape(x.float())[0], n, exact=True) for x, n in batches]
        index, features = (torch.cat(column) for column in zip(*parts, strict=True))
        unknown = self.calibration.find_renderings(held_out=True, strength=self._strength, exact=True)
        is_match = passes_ratio_test(features, unknown)
        if is_match.sum() >= max(MIN_MATCHES, MIN_MATCH_FRACTION * len(real)):
            sem = real[is_match].float()
            u, level_index = self.library.get_shapes(index[is_match]), level_index[is_match]
            offset, _ = align(sem, self.domain_renderer.render(u, level_index))
            self.pairs.store(sem, u, level_index, offset, is_real=True)
            tqdm.write(f"{int(is_match.sum())} of {len(real)} real images match a simulated shape")
            self.appearance.set_jitter(offset)
        elif not len(self.pairs):
            if self.appearance.is_reshaped:
                u, sem = (torch.from_numpy(eval_set[name])[:, None].to(self.device) for name in ("fitted_u", "fitted"))
                level_index = self._index_levels(torch.from_numpy(eval_set["fitted_level"]))
            else:
                u, level_index, sem = self.domain_renderer.sample_renderings()
            offset = torch.zeros(len(u), 2, device=self.device)
            self.pairs.store(sem.clamp(0, 255), u, level_index, offset, is_real=False)

    def _index_levels(self, level: Tensor) -> Tensor:
        return level_indices(level, self.levels).to(self.device)

    def _predict_shape(self, sem: Tensor) -> tuple[Tensor, Tensor]:
        """The shape network's u and its sigma, both (N, 1, H, W), of images (N, 1, H, W) [grey level]."""
        with self.autocast():
            u, log_sigma = self.shape_network(to_network(sem)).float().split(1, 1)
        return u, sigma_from_log(log_sigma)

    def predict(self, sem: Tensor) -> ModelOutput:
        """Depth, level, 90 % intervals and OOD score of SEM images (N, 1, H, W) [grey level 0..255]."""
        sem = sem.to(self.device)
        (network_u, sigma), level_probs = self._predict_shape(sem), self._predict_level(sem)
        level_index = level_probs.argmax(dim=1)
        u, match_probability = self.lookup.blend(sem, network_u, level_index)
        levels = self.background_levels.float()
        level, plateau_depth = ((level_probs @ values)[:, None, None, None] for values in (levels, levels - FLOOR))
        background_prob = (3 * (BACKGROUND_U - u) / BACKGROUND_U).sigmoid()
        output = ModelOutput((level - plateau_depth * u).clamp(0, 255), level_probs, background_prob)
        if torch.compiler.is_exporting():
            return output
        answer = u, match_probability, level_probs
        depth_u90, floor_depth, score = self.calibration.judge(sem, network_u, sigma, *answer)
        return output._replace(depth_u90=depth_u90, floor_depth=floor_depth, ood_score=score)

    def _predict_level(self, sem: Tensor) -> Tensor:
        """Probability (N, K) of each level, from an image and its mirror image."""
        logits = [self.classifier(image) for image in (sem, sem.flip(3))]
        return (0.5 * (logits[0] + logits[1])).softmax(dim=1)

    def evaluate(self, eval_set: dict[str, NDArray]) -> dict[str, float]:
        """RMSE [grey level] on renderings of held-out shapes with the true level, and the level's accuracy [0..1] on
        held-out real images. The RMSE is NaN as long as no shape was learned."""
        self.train(False)
        validation, held_out = self.calibration.validate(True, self._strength), eval_set["real_held_out"]
        images = torch.from_numpy(eval_set["real"][held_out])[:, None].to(self.device, torch.float32)
        with torch.no_grad():
            level_probs = torch.cat([self._predict_level(part) for part in images.split(64)])
        self.train()
        plateau_depth = per_image(self.background_levels[validation.level_index] - FLOOR)
        rmse = ((validation.predicted - validation.u) * plateau_depth).square().mean().sqrt()
        real_level_index = level_indices(torch.from_numpy(eval_set["real_level"][held_out]), self.levels)
        accuracy = float((level_probs.cpu().argmax(dim=1) == real_level_index).float().mean())
        return {"val_rmse": float(rmse) if self.uncertainty.is_calibrated else math.nan, "val_accuracy": accuracy}

    def load_networks(self, states: dict[str, dict[str, Tensor]]) -> None:
        super().load_networks(states)
        self.has_learned = self.uncertainty.is_calibrated
        if self.library.needs_calibration:
            self.train(False)
            self.calibration.calibrate_lookup(self._strength)

    def get_visuals(self) -> dict[str, Tensor]:
        return self._images

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"epochs": self.epochs, "losses": self._losses}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.epochs = state["epochs"]
        self._losses = {name: value.to(self.device) for name, value in state["losses"].items()}
