"""The recommended model. It learns from simulated pairs and adapts to real images; depth of real images is not needed.

Training stages: 1. "renderer": the renderer `R` learns from simulated pairs to draw a clean image of any shape; then an
`Appearance` (`A`) is fitted to statistics of the real images. 2. "shape": the shape network `S` learns normalised depth
u from renderings of known and of deformed shapes, and from those of the fitted instrument. 3. "real renderer": real
images that match a shape of the library (`L`) become pairs (`P`), from which the renderer learns the real domain; if
they are few, it learns from renderings. 4. "shape" again. 3 and 4 repeat: a better shape network finds more matches.

Before weights are saved, the uncertainty (`T`) is calibrated. In all stages the classifier `C` learns the background
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
from .base_model import BaseModel, KnownOutput, ModelOutput
from .grey_levels import background_prob, expected_depth, normalised_depth
from .model_options import DepthPipelineOptions
from .networks import HalfUNet, LevelNet, to_network
from .pipeline import (
    Appearance,
    BatchMixture,
    Calibration,
    DomainRenderer,
    RendererPairs,
    ShapeLibrary,
    ShapeLookup,
    UncertaintyCalibration,
    align,
    find_matches,
    gaussian_nll,
    per_image,
    renderer_input,
    sigma_from_log,
    translate,
)
from .training import Step, StepOutput, adam_options, set_lr

RENDERING_WEIGHT = 0.3  # of a rendering in the classifier's loss; a real image has 1
EPOCHS_OF_RENDERINGS = 2  # epochs that draw from the same renderings


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
        self.mixture = BatchMixture(self.domain_renderer, self.pairs)
        predict = self._predict_shape, self._predict_level
        self.calibration = Calibration(self.lookup, self.pairs, self.uncertainty, *predict)
        self.ddp_modules = {"R": self.renderer, "S": self.shape_network, "C": self.classifier}
        buffers = {"A": self.appearance, "L": self.library, "P": self.pairs, "T": self.uncertainty}
        self.networks = {**self.ddp_modules, **buffers}
        self.epochs, self.seed = 0, seed
        self.calibrated_stage = -1  # the first epoch of the stage that the last calibration was in
        self._losses = {name: torch.zeros((), device=device) for name in ("render", "shape", "level")}
        self._images: dict[str, Tensor] = {}

    def new_optimiser(self, module: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.AdamW(module.parameters(), **adam_options(self.options.lr, self.device))

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
            set_lr(optimiser, self.options.lr * (0.5 * factor if name == "C" else stage_factor))

    def step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """One step on a batch of kind "sim_to_real"; losses () by name. Those of other stages keep their value."""
        sem, level_index, is_known = self.mixture.select_levels(batch)
        stage, start, _ = self.options.training_stage(self.epochs)
        if stage == "renderer":
            pair, depth, level = (batch[key].to(self.device) for key in ("sem", "depth", "level"))
            self._run(self._train_renderer, normalised_depth(depth, per_image(level)), level, pair)
        elif stage == "real renderer":
            indices = torch.randint(len(self.pairs), (len(batch["sem"]),), device=self.device)
            pair, u, pair_index, offset = self.pairs.select(indices)
            self._run(self._train_renderer, u, self.background_levels[pair_index], pair, offset)
        else:
            first = self.epochs - (self.epochs - start) % EPOCHS_OF_RENDERINGS
            u, images, rendered_index = self.mixture.sample_shapes(batch, 1000 * self.seed + first)
            self._run(self._train_shape, u, images)
            if self.pairs.is_real:  # renderings help the classifier only if their brightness equals the real images'
                sem = torch.cat((sem, images[len(images) - len(rendered_index) :]))
                level_index = torch.cat((level_index, rendered_index))
                is_known = F.pad(is_known, (0, len(rendered_index)), value=1.0)
        real_index = level_indices(batch["real_level"], self.levels)
        self._run(self._train_classifier, batch["real"], real_index, sem, level_index, is_known)
        return dict(self._losses)

    def _run(self, step: Step, *tensors: Tensor) -> None:
        losses, images = self.capture.run(step.__name__, step, *tensors)
        self._losses |= losses
        self._images |= images

    def _train_renderer(self, u: Tensor, level: Tensor, sem: Tensor, offset: Tensor | None = None) -> StepOutput:
        with self.autocast():
            rendering = self.ddp_modules["R"](renderer_input(u, level)).float()
        if offset is not None:
            rendering = translate(rendering, offset)
        loss = F.mse_loss(rendering, sem / 255)
        self._optimise("R", loss)
        return StepOutput({"render": loss}, {"sem": sem, "rendering": 255 * rendering})

    def _train_shape(self, u: Tensor, sem: Tensor) -> StepOutput:
        with self.autocast():
            predicted, log_sigma = self.ddp_modules["S"](to_network(sem)).float().split(1, 1)
        error = F.mse_loss(predicted, u)
        nll = gaussian_nll(predicted.detach() - u, log_sigma)  # detached: a larger sigma must not excuse a wrong shape
        self._optimise("S", error + 0.002 * nll)
        shown = {"look": sem, "shape": 255 * predicted.clamp(0, 1), "truth": 255 * u}
        return StepOutput({"shape": error}, shown)

    def _train_classifier(
        self, real: Tensor, real_index: Tensor, sem: Tensor, level_index: Tensor, is_known: Tensor
    ) -> StepOutput:
        """On real images (N, 1, H, W) with their level indices (N,), and on renderings (M, 1, H, W) with theirs;
        `is_known` (M,) is 1, or 0 to leave a rendering out."""
        images = real.clone()
        images[1::2] = images[1::2].flip(3)  # a mirrored image has the same level
        images[2::4] = images[2::4].flip(2)
        logits = self.ddp_modules["C"](torch.cat((images, sem)))  # in float32: bfloat16 does not tell two levels apart
        weights = torch.cat((torch.ones(len(images), device=self.device), RENDERING_WEIGHT * is_known))
        losses = F.cross_entropy(logits, torch.cat((real_index, level_index)), reduction="none")
        loss = (weights * losses).sum() / weights.sum()
        self._optimise("C", loss)
        return StepOutput({"level": loss}, {"real": real})

    def _optimise(self, network: str, loss: Tensor) -> None:
        self.optimisers[network].zero_grad(set_to_none=True)
        loss.backward()
        self.optimisers[network].step()

    @property
    def _has_learned_shapes(self) -> bool:
        return self.epochs > self.options.renderer_epochs

    @torch.no_grad()
    def end_epoch(self, eval_set: dict[str, NDArray]) -> None:
        """Fits the appearance or matches real images, as the training stage requires."""
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
        if stage == "real renderer" and stage != previous:
            self.match_real_images(eval_set)
        if previous == "real renderer" and stage != previous:
            self.appearance.reset_to_identity()
        self.train()

    def prepare_save(self, eval_set: dict[str, NDArray], is_numbered: bool) -> None:
        stage = self.options.training_stage(self.epochs).start
        if self._has_learned_shapes and (is_numbered or self.calibrated_stage != stage):
            self.calibrate(eval_set)
            self.calibrated_stage = stage

    def calibrate(self, eval_set: dict[str, NDArray]) -> None:
        """Calibrates look-up, intervals and OOD thresholds."""
        self.train(False)
        self.calibration.calibrate(*self._real_images(eval_set), self.mixture.strength)
        self.train()

    def match_real_images(self, eval_set: dict[str, NDArray]) -> None:
        """Pairs real images with library shapes if enough of them match; else stores renderings as pairs."""
        level_index = self._index_levels(torch.from_numpy(eval_set["real_level"]))
        real = torch.from_numpy(eval_set["real"])[:, None].to(self.device)
        batches = zip(real.split(64), level_index.split(64), strict=True)
        parts = [self.lookup.find(x.float(), self._predict_shape(x.float())[0], n, exact=True) for x, n in batches]
        index, features = (torch.cat(column) for column in zip(*parts, strict=True))
        unknown = self.calibration.find_renderings(held_out=True, strength=self.mixture.strength, exact=True)
        is_match = find_matches(features, unknown)
        if is_match.any():
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

    def _real_images(self, eval_set: dict[str, NDArray]) -> tuple[NDArray, Tensor, Tensor]:
        """Real images (N, H, W), their level indices (N,), and which are held out, bool (N,); with them the simulated
        images of held-out shapes if these look like real ones."""
        real, level, held_out = (eval_set[f"real{part}"] for part in ("", "_level", "_held_out"))
        if self.appearance.is_same_domain:
            is_known = np.isin(eval_set["level"], self.levels)
            real, level = (np.concatenate((a, eval_set[b][is_known])) for a, b in ((real, "sem"), (level, "level")))
            held_out = np.pad(held_out, (0, is_known.sum()), constant_values=True)
        return real, level_indices(torch.from_numpy(level), self.levels), torch.from_numpy(held_out)

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
        inferred = self.calibration.infer(sem)
        u, level_probs = inferred.u, inferred.level_probs
        output = ModelOutput(expected_depth(u, level_probs, self.background_levels), level_probs, background_prob(u))
        if torch.compiler.is_exporting():
            return output
        depth_u90, floor_depth, score = self.calibration.judge(sem, inferred)
        return output._replace(depth_u90=depth_u90, floor_depth=floor_depth, ood_score=score)

    def recall_known(self) -> KnownOutput | None:
        return self.calibration.recall_known()

    def _predict_level(self, sem: Tensor) -> Tensor:
        """Probability (N, K) of each level, from an image and its mirror image."""
        logits = [self.classifier(image) for image in (sem, sem.flip(3))]
        return (0.5 * (logits[0] + logits[1])).softmax(dim=1)

    def evaluate(self, eval_set: dict[str, NDArray]) -> dict[str, float]:
        """RMSE [grey level] of held-out shapes with their true level, NaN until one is learned; accuracy of levels."""
        self.train(False)
        rmse, accuracy = self.calibration.evaluate(*self._real_images(eval_set), self.mixture.strength)
        self.train()
        return {"val_rmse": rmse if self._has_learned_shapes else math.nan, "val_accuracy": accuracy}

    def load_networks(self, states: dict[str, dict[str, Tensor]]) -> None:
        super().load_networks(states)
        self.has_learned = self.uncertainty.is_calibrated
        if self.library.needs_calibration:
            self.train(False)
            self.calibration.calibrate_lookup(self.mixture.strength)

    def get_visuals(self) -> dict[str, Tensor]:
        return self._images

    def preview(self, eval_set: dict[str, NDArray]) -> dict[str, Tensor]:
        return self.calibration.preview(self._has_learned_shapes)

    def state_dict(self) -> dict[str, Any]:
        own = {"epochs": self.epochs, "losses": self._losses, "calibrated_stage": self.calibrated_stage}
        return super().state_dict() | own

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.epochs, self.calibrated_stage = state["epochs"], state.get("calibrated_stage", -1)
        self._losses = {name: value.to(self.device) for name, value in state["losses"].items()}
