"""The recommended way: shapes from rendered images that look real, levels from real ones, known shapes looked up.

A training has stages, each so many epochs long:

1. A renderer learns from the simulated pairs how a clean image of any shape looks (`R`). Then an `Appearance` is fitted
   to statistics of the real training images, so that renderings look as those do (`A`).
2. A network learns the unit shape u from renderings of known and of deformed shapes (`S`).
3. Real images whose shape is surely one of the library's (`L`) are paired with it (`P`), and the renderer learns from
   them how the real domain looks. Where there are few, it learns what the appearance makes of it.
4. As 2, with that renderer; then 3 and 4 again, with the more matches that are found now. After every epoch of shapes
   it is found out how far a prediction can be trusted (`T`).

Meanwhile a network learns the level from the real images' folders and such renderings (`C`). The depth is L - D u,
expected over the levels, and over whether the shape is the library's nearest or as the network says.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from .background_classifier import level_indices
from .base_model import BaseModel, ModelOutput
from .grey_levels import FLOOR, normalised_depth
from .networks import HalfUNet, LevelNet, to_network
from .pipeline import (
    COVERAGE,
    MIN_MATCHES,
    Appearance,
    DepthPipelineOptions,
    DomainRenderer,
    RendererPairs,
    ShapeLibrary,
    UncertaintyCalibration,
    ValidationRenderings,
    align,
    deform,
    even_indices,
    floor_of,
    fork_rng,
    gaussian_nll,
    per_image,
    reduced_chi2,
    renderer_input,
    sigma_from_log,
    translate,
)

N_VALIDATION = 128  # renderings
RENDERED = 0.3  # weight of a rendering beside a real image where levels are learned
KNOWN = 0.3  # how far a matched domain's appearance is varied, where 1 is for one known by statistics
RARE = 0.05  # share of the real images that may seem to match by chance
ROUNDING = 0.6  # [grey level] within which nine of ten sums of two roundings lie, the map's and the truth's
NOTHING = 0.012  # u of a grey level and a half: less is background, or its noise


class DepthPipeline(BaseModel):
    """Of a real domain nothing is given but its training images."""

    Options = DepthPipelineOptions
    dataset_kind = "domains"
    preserves_position = False
    options: DepthPipelineOptions

    def __init__(self, options: DepthPipelineOptions, device: torch.device, seed: int = 0) -> None:
        super().__init__(options, device)
        options.check()
        self.levels, width = options.levels, options.width
        self.grey = torch.tensor(options.levels, device=device)
        self.renderer = HalfUNet(2, 1, width, 3, "batch").to(device)
        self.shape = HalfUNet(1, 2, width, 3, "batch").to(device)
        self.classifier = LevelNet(len(options.levels), max(1, width // 2)).to(device)
        self.appearance, self.library = Appearance(len(options.levels)).to(device), ShapeLibrary().to(device)
        self.pairs, self.uncertainty = RendererPairs().to(device), UncertaintyCalibration().to(device)
        self.domain_renderer = DomainRenderer(self.renderer, self.appearance, self.library, self.grey)
        self.ddp_modules = {"R": self.renderer, "S": self.shape, "C": self.classifier}
        self.networks = {
            **self.ddp_modules,
            "A": self.appearance,
            "L": self.library,
            "P": self.pairs,
            "T": self.uncertainty,
        }
        self.optimisers = {
            name: torch.optim.AdamW(network.parameters(), lr=options.lr, fused=True)
            for name, network in self.ddp_modules.items()
        }
        self.epochs, self.seed = 0, seed
        self._renderings: tuple[int, Tensor, Tensor, Tensor] | None = None
        self._losses = {name: torch.zeros((), device=device) for name in ("render", "shape", "level")}
        self._images: dict[str, Tensor] = {}

    @property
    def training_stage(self) -> str:
        """What is learned now."""
        return self.options.training_stage(self.epochs).name

    def check_epochs(self, last: int) -> None:
        self.options.check(last)

    def set_learning_rate(self, factor: float) -> None:
        """As always in the last stage; before, what a stage learns ends it at a rate of zero."""
        _, since, until = self.options.training_stage(self.epochs)
        stage = factor if until is None else 0.5 * (1 + math.cos(math.pi * (self.epochs - since) / (until - since)))
        for learner, optimiser in self.optimisers.items():
            for group in optimiser.param_groups:
                group["lr"] = self.options.lr * (0.5 * factor if learner == "C" else stage)

    def step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """One step on a batch of the kind `domains`; what is not learned at this stage keeps its last loss."""
        rendered = batch["sem"][:0].to(self.device), batch["level"][:0].to(self.device)
        if self.training_stage == "renderer":
            sem, depth = (batch[key].to(self.device) for key in ("sem", "depth"))
            level = batch["level"].to(self.device)
            self._learn_rendering(normalised_depth(depth, per_image(level)), level, sem)
        elif self.training_stage == "real renderer":
            some = torch.randint(len(self.pairs), (len(batch["sem"]),), device=self.device)
            sem, u, level, offset = self.pairs.take(some)
            self._learn_rendering(u, self.grey[level], sem, offset)
        else:
            u, level, sem = self._drawn(len(batch["sem"]))
            self._learn_shape(u, sem)
            if self.pairs.is_real:  # only then renderings are as bright as real images to a hair
                rendered = sem, level
        self._learn_level(batch, *rendered)
        return dict(self._losses)

    def _learn_rendering(self, u: Tensor, grey: Tensor, sem: Tensor, offset: Tensor | None = None) -> None:
        with self.autocast():
            rendering = self.ddp_modules["R"](renderer_input(u, grey)).float()
        seen = rendering if offset is None else translate(rendering, offset)
        self._descend("render", "R", F.mse_loss(seen, sem / 255))
        self._images |= {"sem": sem, "rendering": 255 * seen.detach()}

    def _learn_shape(self, u: Tensor, sem: Tensor) -> None:
        with self.autocast():
            found, sigma = self.ddp_modules["S"](to_network(sem)).float().split(1, 1)
        error = F.mse_loss(found, u)
        doubt = gaussian_nll(found.detach() - u, sigma)  # the spread may not make up for the shape's errors
        self._descend("shape", "S", error + 0.002 * doubt, error)
        self._images |= {"look": sem, "shape": 255 * found.detach().clamp(0, 1), "truth": 255 * u}

    def _learn_level(self, batch: dict[str, Tensor], sem: Tensor, level: Tensor) -> None:
        """On real images with their folders, and on renderings (N, 1, H, W) with the numbers of their levels (N,)."""
        self._images["real"] = images = batch["real"].to(self.device)
        images = images.clone()
        images[1::2] = images[1::2].flip(3)  # a mirrored image has the same level
        images[2::4] = images[2::4].flip(2)
        folders = level_indices(batch["real_level"], self.levels).to(self.device)
        with self.autocast():
            logits = self.ddp_modules["C"](torch.cat((images, sem))).float()
        share = torch.ones(len(logits), device=self.device)
        share[len(images) :] = RENDERED
        doubt = F.cross_entropy(logits, torch.cat((folders, level)), reduction="none")
        self._descend("level", "C", (share * doubt).sum() / share.sum())

    def _descend(self, name: str, learner: str, loss: Tensor, shown: Tensor | None = None) -> None:
        self.optimisers[learner].zero_grad(set_to_none=True)
        loss.backward()
        self.optimisers[learner].step()
        self._losses[name] = (loss if shown is None else shown).detach()

    def _drawn(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """Unit shapes, numbers of levels and images as a stage and a dose give them, out of the epoch's gallery."""
        if self._renderings is None or self._renderings[0] != self.epochs:
            # Drawn as after a resume, which does not keep it.
            with fork_rng(1000 * self.seed + self.epochs, self.device):
                self._renderings = (self.epochs, *self.domain_renderer.sample_renderings())
        _, u, level, image = self._renderings
        some = torch.randint(len(u), (count,), device=self.device)
        return u[some], level[some], self._augmented_rendering(image[some])

    def _augmented_rendering(self, image: Tensor) -> Tensor:
        return self.domain_renderer.augment(image, KNOWN if self.pairs.is_real else 1.0)

    @torch.no_grad()
    def end_epoch(self, eval_set: dict[str, NDArray]) -> None:
        """What is learned between the stages: the library, the appearance, the pairs; and how far to trust all that."""
        if self.epochs == 0:
            self.library.store(*(eval_set[f"library{part}"] for part in ("", "_level", "_held_out")))
        before, self.epochs = self.training_stage, self.epochs + 1
        after = self.training_stage
        if before != after:
            tqdm.write(f"from now on the {after} is learned")
        self.train(False)
        if before == "renderer" != after:
            level = level_indices(torch.from_numpy(eval_set["real_level"]), self.levels)
            self.domain_renderer.fit_domain(eval_set["real"], level.numpy())
        if before == "shape":
            self._calibrate(eval_set["real"])
        if after == "real renderer" != before:
            self._match_real_images(eval_set)
        if before == "real renderer" != after:
            self.appearance.reset_to_identity()
        self.train()

    def _match_real_images(self, eval_set: dict[str, NDArray]) -> None:
        """Pairs real images with the library's shapes where they surely match; else renderings with theirs."""
        real, level = eval_set["real"], level_indices(torch.from_numpy(eval_set["real_level"]), self.levels)
        images = torch.from_numpy(real)[:, None]
        parts = [
            self.library.nearest(self._predict_shape(some.to(self.device).float())[0]) for some in images.split(64)
        ]
        place, features = (torch.cat(some) for some in zip(*parts, strict=True))
        sure = self.library.passes_ratio_test(features)
        if sure.sum() >= max(MIN_MATCHES, RARE * len(real)):
            sem = images[sure.cpu()].to(self.device).float()
            u, level = self.library.shapes(place[sure]), level.to(self.device)[sure]
            offset, _ = align(sem, self.domain_renderer.render(u, level))
            self.pairs.store(sem, u, level, offset, is_real=True)
            tqdm.write(f"{int(sure.sum())} of {len(real)} real images surely show a simulated shape")
            self.appearance.set_jitter(offset)
        elif not len(self.pairs):
            u, level, sem = self.domain_renderer.sample_renderings()
            self.pairs.store(sem.clamp(0, 255), u, level, torch.zeros(len(u), 2, device=self.device), is_real=False)

    def _predict_shape(self, sem: Tensor) -> tuple[Tensor, Tensor]:
        """Unit shapes that the network finds in images (N, 1, H, W) [grey level], and its spread."""
        with self.autocast():
            u, sigma = self.shape(to_network(sem)).float().split(1, 1)
        return u, sigma_from_log(sigma)

    def predict(self, sem: Tensor) -> ModelOutput:
        sem = sem.to(self.device)
        found, sigma = self._predict_shape(sem)
        posterior = self._posterior(sem)
        u, known = self._blend_with_library(found)
        grey = self.grey.float()
        level, deep = ((posterior @ values)[:, None, None, None] for values in (grey, grey - FLOOR))
        answer = ModelOutput((level - deep * u).clamp(0, 255), posterior, (3 * (NOTHING - u) / NOTHING).sigmoid())
        if torch.compiler.is_exporting():
            return answer
        strange = self.uncertainty.ood_score(*self._ood_features(sem, found, sigma, posterior.argmax(dim=1)))
        sure = known >= COVERAGE  # then 90 % of the probability is on one shape, and the interval is its rounding
        half = torch.where(sure, 0.0, self.uncertainty.pixel_factor * sigma * deep) + ROUNDING
        floor, unsure = floor_of(u, torch.where(sure, 0.0, self.uncertainty.floor_factor * sigma * deep))
        # So it is with levels: where one has 90 %, there is no doubt; else 1.64 deviations, of normal doubts.
        variance = (posterior @ grey.square()) - (posterior @ grey).square()
        doubt = torch.where(posterior.amax(1) >= COVERAGE, 0.0, 1.64 * variance.clamp_min(0).sqrt())
        interval = half + doubt[:, None, None, None] * (1 - u).clamp(0, 1)
        floor = torch.stack((floor * deep.flatten(), unsure + ROUNDING + doubt * floor), 1)
        return answer._replace(depth_u90=interval, floor_depth=floor, ood_score=strange)

    def _posterior(self, sem: Tensor) -> Tensor:
        """Probability (N, K) of each level, from an image and its mirror image."""
        with self.autocast():
            logits = [self.classifier(image).float() for image in (sem, sem.flip(3))]
        return (0.5 * (logits[0] + logits[1])).softmax(dim=1)

    def _ood_features(self, sem: Tensor, u: Tensor, sigma: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """How badly images fit the renderings of what was found in them (N,), and how unsure that is (N,)."""
        _, looks = align(sem, self.domain_renderer.render(u, level))
        return reduced_chi2(sem, looks, self.appearance.variance_at(looks)), floor_of(u, sigma)[1]

    def _blend_with_library(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """The expectation over that a shape is the nearest of the library, and that it is as the network says; and the
        probability of the first (N, 1, 1, 1)."""
        if not len(self.library.level) or self.library.maps.shape[1:] != u.shape[2:]:
            return u, torch.zeros_like(u[:, :, :1, :1])
        place, features = self.library.nearest(u)
        known = self.library.probability(features).float()[:, None, None, None]
        return known * self.library.shapes(place) + (1 - known) * u, known

    def evaluate(self, eval_set: dict[str, NDArray]) -> dict[str, float]:
        """The error on renderings of held-out shapes, level given; how often a held-out real image's level is right."""
        self.train(False)
        judged = self._validation_renderings(held_out=True)
        apart = eval_set["real_held_out"]
        images = torch.from_numpy(eval_set["real"][apart])[:, None].to(self.device, torch.float32)
        with torch.no_grad():
            levels = torch.cat([self._posterior(some) for some in images.split(64)])
        self.train()
        error = (judged.found - judged.u) * (self.grey[judged.level] - FLOOR)[:, None, None, None]
        classes = level_indices(torch.from_numpy(eval_set["real_level"][apart]), self.levels)
        right = float((levels.cpu().argmax(dim=1) == classes).float().mean())
        return {"held-out RMSE": float(error.square().mean().sqrt()), "held-out accuracy": right}

    @torch.no_grad()
    def _validation_renderings(self, held_out: bool, deformed: bool = False) -> ValidationRenderings:
        """Shapes that were held out, or others, in renderings whose noise is the same each time."""
        places = self.library.places(held_out)
        u = self.library.shapes(places[torch.arange(N_VALIDATION, device=self.device) % len(places)])
        level = torch.arange(N_VALIDATION, device=self.device) % len(self.levels)
        with fork_rng(0, self.device):
            if deformed:
                u = deform(u, self.library.centre)
            sem = self._augmented_rendering(self.domain_renderer.render(u, level))
        return ValidationRenderings(u, level, sem, *self._predict_shape(sem))

    def _calibrate(self, real: NDArray) -> None:
        """How sure a match is, how wide an interval, and what is strange: from renderings of held-out shapes, deformed
        where no population is to be taken for granted, from paired real images beside renderings of as well known
        shapes, and from real images (N, H, W)."""
        new, known = self._validation_renderings(held_out=True), self._validation_renderings(held_out=False)
        other = self._validation_renderings(held_out=True, deformed=True)
        outside, within = (self.library.nearest(one.found, exclude_held_out=True)[1].cpu() for one in (new, known))
        scored = [(one.found, one.u, one.sigma) for one in (other, known)]
        if self.pairs.is_real:
            images, shapes, *_ = self.pairs.take(
                torch.from_numpy(even_indices(len(self.pairs), N_VALIDATION)).to(self.device)
            )
            found, sigma = self._predict_shape(images)
            scored.append((found, shapes, sigma))
            within = torch.cat((within, self.library.nearest(found)[1].cpu()))
        self.library.calibrate(outside, within)
        self.uncertainty.calibrate_intervals(*scored)
        images = torch.from_numpy(real[even_indices(len(real), 2 * N_VALIDATION)])[:, None].to(
            self.device, torch.float32
        )
        theirs = self._ood_features(images, *self._predict_shape(images), self._posterior(images).argmax(dim=1))
        mine = self._ood_features(other.sem, other.found, other.sigma, other.level)
        self.uncertainty.calibrate_ood(mine, theirs)

    def get_visuals(self) -> dict[str, Tensor]:
        return self._images

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"epochs": self.epochs, "losses": self._losses}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.epochs = state["epochs"]
        self._losses = {name: value.to(self.device) for name, value in state["losses"].items()}
