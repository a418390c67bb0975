"""How far a prediction can be trusted: 90 % intervals (split conformal prediction) and an OOD score."""

from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .buffers import BufferModule
from .grey_difference import KNOWN_QUANTILE, MAX_REAL_FACTOR, MIN_FLOOR_U, GreyDifferences, LevelComparison
from .held_out_maps import HeldOutMaps

COVERAGE = 0.9  # fraction of true values that an interval must contain
NORMAL_U90 = 1.645  # U90 of a normal distribution in standard deviations
WALL_ROUNDING_U90, FLOOR_ROUNDING_U90 = 0.6, 0.45  # [grey level] of two roundings, the map's and the ground truth's
MEAN_ROUNDING_U90 = 0.17  # [grey level] of the floor's mean depth: rounding decides which pixels are floor
LOG_SIGMA_RANGE = -8.0, 2.0  # bounds of the logarithm of sigma [u]
TRIMMED_FRACTION = 0.05  # of the pixels, those that fit worst
REAL_MARGIN = 1.1  # new images against those that the renderer and the classifier have learned from
MAX_STATED_U90 = 12.0  # [grey level] a map of a larger U90, root mean square, tells hardly more than the mean map


class Misfit(NamedTuple):
    """Of images and renderings: `reduced_chi2` (N,), once without the pixels that fit worst, and the differences (N, 4)
    of `measure_differences`."""

    chi2: Tensor
    trimmed_chi2: Tensor
    differences: Tensor


class OodFeatures(NamedTuple):
    """Of images (N,): reduced chi-square of the answer's rendering; root mean square of the stated U90 [grey level];
    reduced chi-square without the pixels that fit worst; how far the mean of u is from the library's, in standard
    deviations. Older thresholds have no size, and the network's mean sigma on the floor [u] for the stated U90.

    `differences` (N, 4) have a threshold of their own (`GreyDifferences`)."""

    chi2: Tensor
    stated: Tensor
    trimmed_chi2: Tensor
    size: Tensor
    differences: Tensor


N_THRESHOLDS = len(OodFeatures._fields) - 1


class Population(NamedTuple):
    """Mean and standard deviation (1, 1, H, W) of the library's u, and those () of the mean of u of a shape."""

    mean: Tensor
    spread: Tensor
    size: Tensor
    size_spread: Tensor


class Answer(NamedTuple):
    """A prediction to be judged: u and sigma (N, 1, H, W); match probability [0..1] and depth of the plateau
    [grey level], both (N, 1, 1, 1); U90 (N,) of the level [grey level]."""

    u: Tensor
    sigma: Tensor
    match_probability: Tensor
    plateau_depth: Tensor
    level_u90: Tensor


class ValidationRenderings(NamedTuple):
    """True u (N, 1, H, W), level indices (N,), images (N, 1, H, W) [grey level], predicted u and its sigma."""

    u: Tensor
    level_index: Tensor
    sem: Tensor
    predicted: Tensor
    sigma: Tensor


class UncertaintyCalibration(BufferModule):
    """Factors that turn the network's sigma into an interval, and thresholds of the OOD score.

    Split conformal prediction (Lei et al., JASA 113, 2018), normalised and for each region of the hole: the factor is
    the 90 % quantile of error / scale on renderings of held-out shapes. The scale is sigma times the trimmed reduced
    chi-square of the answer's rendering, at least 1: an image that fits worse is predicted worse (as in the Birge ratio
    of metrology; the chi-square itself holds 90 % on real images, its root 85 %).
    """

    FORMER_NAMES: ClassVar[dict[str, str]] = {
        "pixel": "pixel_factor",
        "floor": "floor_factor",
        "limits": "ood_thresholds",
    }

    RESIZED = ("pixel_factor", "ood_thresholds")  # older files have one factor, and two or three thresholds
    ADDED = ("level_error",)

    pixel_factor: Tensor
    floor_factor: Tensor
    ood_thresholds: Tensor
    level_error: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("pixel_factor", torch.ones(2))  # of walls, and of floors
        self.register_buffer("floor_factor", torch.ones(()))  # of the mean depth of a floor
        self.register_buffer("ood_thresholds", torch.full((N_THRESHOLDS,), torch.inf))
        self.register_buffer("level_error", torch.zeros(()))  # of the classifier, beyond what it states [0..1]
        self.grey_differences, self.level_comparison = GreyDifferences(), LevelComparison()
        self.held_out_maps = HeldOutMaps()

    @property
    def is_calibrated(self) -> bool:
        """Whether an epoch that trained the shape network has ended: its intervals have been measured."""
        return bool(self.floor_factor != 1)

    @property
    def judges_answers(self) -> bool:
        """Whether the thresholds are those of final answers; older ones are those of the network's u."""
        return len(self.ood_thresholds) == N_THRESHOLDS

    def calibrate_intervals(self, predicted: Tensor, u: Tensor, sigma: Tensor, trimmed_chi2: Tensor) -> None:
        """Sets the factors from predicted u, true u and sigma (N, 1, H, W) of renderings whose shape is unknown, and
        their trimmed reduced chi-square (N,)."""
        scale = scale_sigma(sigma, trimmed_chi2)
        is_floor = predicted > MIN_FLOOR_U
        hole = (u > 0) | (predicted > 0.01)
        ratio = (predicted - u).abs() / scale
        regions = [ratio[hole & ~is_floor], ratio[hole & is_floor]]
        factors = [quantile(scores, COVERAGE) if len(scores) else ratio.new_ones(()) for scores in regions]
        self.pixel_factor = torch.stack(factors)
        self.floor_factor.copy_(quantile(floor_nonconformity(predicted, u, scale), COVERAGE))

    def calibrate_level(self, level_probs: Tensor, level_index: Tensor) -> None:
        """Sets by how much the classifier overstates itself, from its probabilities (N, K) for held-out real images and
        their level indices (N,). N images cannot show a smaller error than (errors + 1) / (N + 2), the rule of
        succession."""
        wrong = (level_probs.argmax(1) != level_index).sum()
        stated = 1 - level_probs.amax(1).mean() if len(level_probs) else 0.0
        self.level_error.copy_(((wrong + 1) / (len(level_probs) + 2) - stated).clamp(0, 1))

    def soften(self, level_probs: Tensor) -> Tensor:
        """Probabilities (N, K) that give the levels beside the likeliest one the classifier's `level_error`, too."""
        count = level_probs.shape[1]
        weight = (self.level_error * count / max(1, count - 1)).clamp_max(1)
        return (1 - weight) * level_probs + weight / count

    def calibrate_ood(self, rendered: OodFeatures, matched: OodFeatures, real: OodFeatures, is_verified: bool) -> None:
        """Sets the thresholds from renderings of unknown shapes, from real images that matched a shape, and from real
        training images.

        As in split conformal prediction each threshold holds KNOWN_QUANTILE of renderings and of real images. Real
        images raise it by MAX_REAL_FACTOR at most, above renderings or COVERAGE of the matched ones (some matches may
        be wrong): where all of them fit badly, the whole domain is out of distribution. Not `is_verified`: no real
        image shows that renderings look like the domain, and renderings alone set the thresholds.
        """
        thresholds = _quantiles(rendered, KNOWN_QUANTILE)
        if is_verified:
            maximum = MAX_REAL_FACTOR * torch.maximum(thresholds, _quantiles(matched, COVERAGE))
            typical = REAL_MARGIN * _quantiles(real, KNOWN_QUANTILE)
            thresholds = torch.maximum(thresholds, torch.minimum(typical, maximum))
        thresholds[1] = MAX_STATED_U90
        self.ood_thresholds = thresholds
        self.grey_differences.calibrate(real.differences)

    def compute_u90(self, answer: Answer, trimmed_chi2: Tensor) -> tuple[Tensor, Tensor]:
        """U90 (N, 1, H, W) of the depth, and U90 (N,) of the floor's mean depth, both [grey level].

        A match of probability COVERAGE fills the 90 % interval: only rounding is left. A shape is never more uncertain
        than the plateau is deep.
        """
        is_floor = answer.u > MIN_FLOOR_U
        unknown = (answer.match_probability < COVERAGE) * answer.plateau_depth
        scale = scale_sigma(answer.sigma, trimmed_chi2) * unknown
        wall_factor, floor_factor = self.pixel_factor.expand(2)
        shape_u90 = (torch.where(is_floor, floor_factor, wall_factor) * scale).minimum(answer.plateau_depth)
        rounding = torch.where(is_floor, FLOOR_ROUNDING_U90, WALL_ROUNDING_U90)
        background = (1 - answer.u).clamp(0, 1)
        depth_u90 = shape_u90 + rounding + answer.level_u90[:, None, None, None] * background
        floor_u, mean_scale = average_floor(answer.u, scale)
        mean_u90 = (self.floor_factor * mean_scale).minimum(answer.plateau_depth.flatten())
        return depth_u90, mean_u90 + MEAN_ROUNDING_U90 + answer.level_u90 * floor_u

    def widen(
        self, answer: Answer, stated: tuple[Tensor, Tensor], score: Tensor, population: Population, level_range: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The U90 of `compute_u90`, widened where the OOD score (N,) is above 1.

        It tends to what the population itself spreads over: the interval around the prediction that holds 90 % of the
        library's shapes at each pixel, whatever the image shows, and the level's `level_range` () [grey level]. Its
        weight is 1 - 1 / score.
        """
        weight = 1 - 1 / score.clamp_min(1)
        shape = ((answer.u - population.mean).abs() + NORMAL_U90 * population.spread) * answer.plateau_depth
        floor_u, floor = average_floor(answer.u, shape)
        widest = shape + level_range * (1 - answer.u).clamp(0, 1), floor + level_range * floor_u
        weights = weight[:, None, None, None], weight
        wider = [u90 + w * (wide - u90).clamp_min(0) for u90, wide, w in zip(stated, widest, weights, strict=True)]
        return wider[0], wider[1]

    def ood_score(self, features: OodFeatures) -> Tensor:
        """OOD score (N,); above 1 is out of distribution.

        The largest ratio of a feature to its threshold. Where it is below 1, the misfit says nothing of the error, and
        the stated U90 does: the score is the geometric mean of both ratios.
        """
        n = len(self.ood_thresholds)
        ratios = torch.stack(features[:n]) / self.ood_thresholds[:, None]
        largest = ratios.amax(0).maximum(self.grey_differences.score(features.differences))
        return torch.where(largest > 1, largest, (largest * ratios[1]).sqrt())


def compute_level_u90(level_probs: Tensor, levels: Tensor) -> Tensor:
    """Expanded uncertainty U90 (N,) [grey level] of the expected level, from probabilities (N, K) of `levels` (K,)
    [grey level]: the half-width that holds levels of probability COVERAGE."""
    distance, order = (levels - (level_probs @ levels)[:, None]).abs().sort(dim=1)
    is_outside = level_probs.gather(1, order).cumsum(1) < COVERAGE
    return distance.gather(1, is_outside.sum(1, keepdim=True).clamp_max(len(levels) - 1))[:, 0]


def describe_population(u: Tensor) -> Population:
    """The Population of shapes u (N, 1, H, W)."""
    size, spread = u.mean((1, 2, 3)), u.std(0, keepdim=True, correction=0)
    return Population(u.mean(0, keepdim=True), spread, size.mean(), size.std(correction=0))


def measure_size(u: Tensor, population: Population) -> Tensor:
    """Distance (N,) of the mean of u (N, 1, H, W) from the population's, in its standard deviations."""
    return (u.mean((1, 2, 3)) - population.size).abs() / population.size_spread.clamp_min(1e-6)


def scale_sigma(sigma: Tensor, trimmed_chi2: Tensor) -> Tensor:
    """Sigma (N, 1, H, W) of images whose rendering has a trimmed reduced chi-square (N,): times that, if above 1."""
    return sigma * trimmed_chi2.clamp_min(1)[:, None, None, None]


def average_floor(u: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    """Means (N,) of u and of sigma, both (N, 1, H, W), over the floor; over the whole image if it has no floor."""
    floor = (u > MIN_FLOOR_U).float()
    floor = torch.where(floor.sum((1, 2, 3), keepdim=True) > 0, floor, torch.ones_like(floor))
    area = floor.sum((1, 2, 3))
    return (floor * u).sum((1, 2, 3)) / area, (floor * sigma).sum((1, 2, 3)) / area


def floor_nonconformity(predicted: Tensor, u: Tensor, sigma: Tensor) -> Tensor:
    """|mean error| / mean sigma (N,) over the predicted floor of shapes (N, 1, H, W)."""
    floor = (predicted > MIN_FLOOR_U).float()
    area = floor.sum((1, 2, 3)).clamp_min(1)
    return (floor * (predicted - u)).sum((1, 2, 3)).abs() / (floor * sigma).sum((1, 2, 3)).clamp_min(1e-9) * (area > 1)


def reduced_chi2(images: Tensor, fitted: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    """Reduced chi-square (N,) of image minus rendering (N, 1, H, W) on 3x3 means; 1 is noise of `variance` only.

    Twice: of all pixels, and without the TRIMMED_FRACTION that fits worst. A wrong shape shows in means more than in
    single pixels. The first finds a particle; a pit that is predicted too shallow raises it as well. The second ignores
    the pit, and finds another instrument, which changes all pixels a little.
    """
    mean_variance = F.avg_pool2d(variance, 3, stride=1) / 9
    ordered = (F.avg_pool2d(images - fitted, 3, stride=1).square() / mean_variance).flatten(1).sort(1).values
    return ordered.mean(1), ordered[:, : round((1 - TRIMMED_FRACTION) * ordered.shape[1])].mean(1)


def quantile(scores: Tensor, fraction: float) -> Tensor:
    """Quantile () of scores of any shape, without interpolation; `fraction` [0..1]."""
    ordered = scores.flatten().sort().values
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]


def _quantiles(features: OodFeatures, fraction: float) -> Tensor:
    return torch.stack([quantile(feature, fraction) for feature in features[:N_THRESHOLDS]])


def sigma_from_log(log_sigma: Tensor) -> Tensor:
    """Sigma of u from the network's output, within LOG_SIGMA_RANGE."""
    return log_sigma.clamp(*LOG_SIGMA_RANGE).exp()


def gaussian_nll(error: Tensor, log_sigma: Tensor) -> Tensor:
    """Mean negative log-likelihood () of errors under a normal distribution, without its constant."""
    return (0.5 * (error / sigma_from_log(log_sigma)).square() + log_sigma.clamp(*LOG_SIGMA_RANGE)).mean()
