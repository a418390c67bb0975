"""How the grey of an image differs from a rendering of its hole, and what that tells: its level, or another domain."""

import torch
import torch.nn.functional as F
from torch import Tensor

from .buffers import BufferModule

N_DIFFERENCES, N_BRIGHTNESS = 4, 5
DARKEST = 2.0  # [grey level] added before the logarithm
MIN_FLOOR_U, WALL_U, SURFACE_U = 0.9, (0.2, 0.8), 0.05  # bounds of u in the three regions
NORMAL_FRACTION = 0.95  # of the real images, those nearest to their mean, that tell how far images scatter
MIN_REAL = 20  # fewer images determine no covariance
MIN_HELD_OUT = 50  # fewer images do not tell what the classifier is worth
# What brightness and the classifier may count; the first where nothing tells: classifiers of few images are too sure.
LEVEL_WEIGHTS = (1.0, 0.2), (1.0, 0.5), (1.0, 1.0), (0.3, 1.0), (0.1, 1.0), (0.0, 1.0)
KNOWN_QUANTILE = 0.99  # fraction of renderings, and of real images, within each OOD threshold
# Largest ratio of an OOD threshold to what known answers, or normally distributed differences, need. Real images that
# fit worse show that the renderer does not draw their domain.
MAX_REAL_FACTOR = 1.5


class LevelComparison(BufferModule):
    """Which background level an image has, by its brightness against a rendering of its own hole.

    Linear discriminant analysis (Fisher, Annals of Eugenics 7, 1936) of `measure_brightness`, whose means change
    linearly with the level. The rendering explains how shape and size change the brightness, so that some ten images a
    level are enough; the classifier, which has to learn that, needs hundreds. Both are combined.
    """

    ADDED = ("intercept", "slope", "precision", "classifier_weight")

    intercept: Tensor
    slope: Tensor
    precision: Tensor
    classifier_weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("intercept", torch.zeros(N_BRIGHTNESS))
        self.register_buffer("slope", torch.zeros(N_BRIGHTNESS))  # per 100 grey levels
        self.register_buffer("precision", torch.zeros(N_BRIGHTNESS, N_BRIGHTNESS))  # zeros: the classifier decides
        self.register_buffer("classifier_weight", torch.ones(()))  # exponent of its probabilities

    def calibrate(
        self, brightness: Tensor, level_index: Tensor, levels: Tensor, probs: Tensor, held_out: Tensor
    ) -> None:
        """Sets all from real images: their brightness (N, 5), level indices (N,) into `levels` (K,) [grey level], the
        classifier's `probs` (N, K), and which of them it has not learned, bool (N,).

        Held-out images decide what either counts, if there are enough of them.
        """
        known, level = brightness[~held_out].double(), levels[level_index[~held_out]].double() / 100
        if len(levels) < 2 or len(known) < MIN_REAL or level.std() == 0:
            return
        design = torch.stack((torch.ones_like(level), level), 1)
        coefficients = torch.linalg.lstsq(design, known).solution
        residual = known - design @ coefficients
        covariance = residual.T @ residual / (len(known) - 2)
        ridge = 1e-6 * covariance.diagonal().mean() * torch.eye(N_BRIGHTNESS, device=known.device)
        self.intercept.copy_(coefficients[0])
        self.slope.copy_(coefficients[1])
        precision = torch.linalg.inv(covariance + ridge).float()
        self._set_weights(precision, *LEVEL_WEIGHTS[0])
        if held_out.sum() < MIN_HELD_OUT:
            return
        losses = []
        for weights in LEVEL_WEIGHTS:
            self._set_weights(precision, *weights)
            combined = self.combine(brightness[held_out], probs[held_out], levels)
            losses.append(float(F.nll_loss(combined.clamp_min(1e-6).log(), level_index[held_out])))
        self._set_weights(precision, *LEVEL_WEIGHTS[losses.index(min(losses))])

    def _set_weights(self, precision: Tensor, brightness_weight: float, classifier_weight: float) -> None:
        self.precision.copy_(brightness_weight * precision)
        self.classifier_weight.fill_(classifier_weight)

    def combine(self, brightness: Tensor, probs: Tensor, levels: Tensor) -> Tensor:
        """Probabilities (N, K) of `levels` (K,) [grey level], from brightness (N, 5) and the classifier's `probs`."""
        expected = self.intercept + self.slope * levels.float()[:, None] / 100
        deviation = brightness[:, None] - expected
        likelihood = -0.5 * ((deviation @ self.precision) * deviation).sum(2)
        return (likelihood + self.classifier_weight * probs.clamp_min(1e-6).log()).softmax(1)


class GreyDifferences(BufferModule):
    """Distance of an image's differences from those of the real training images, in their scatter (Mahalanobis 1936).

    A rendering may differ from all images of a domain in the same way; what differs in another way is no image of it:
    a hole of another material, which would pass for one of another depth, or another focus.
    """

    ADDED = ("mean", "whitening", "threshold")

    mean: Tensor
    whitening: Tensor
    threshold: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(N_DIFFERENCES))
        self.register_buffer("whitening", torch.zeros(N_DIFFERENCES, N_DIFFERENCES))  # zeros: all distances are 0
        self.register_buffer("threshold", torch.full((), torch.inf))

    def calibrate(self, differences: Tensor) -> None:
        """Sets all from the differences (N, 4) of real training images; nothing where they are fewer than MIN_REAL.

        The threshold holds KNOWN_QUANTILE of new images: that of the training images, or that of normally distributed
        ones if it is larger (Hotelling's T-squared, which knows how many images there are).
        """
        if len(differences) < MIN_REAL:
            return
        from scipy.stats import chi2, f  # here, because importing it is slow

        n, k = round(NORMAL_FRACTION * len(differences)), N_DIFFERENCES
        self._describe(differences)
        self._describe(differences[self.distance(differences).argsort()[:n]])
        self.whitening *= (chi2.cdf(chi2.ppf(NORMAL_FRACTION, k), k + 2) / NORMAL_FRACTION) ** 0.5  # cut tails
        normal = (k * (n * n - 1) / (n * (n - k)) * f.ppf(KNOWN_QUANTILE, k, n - k)) ** 0.5
        seen = float(torch.quantile(self.distance(differences), KNOWN_QUANTILE))
        self.threshold.fill_(min(max(seen, normal), MAX_REAL_FACTOR * normal))

    def _describe(self, differences: Tensor) -> None:
        self.mean.copy_(differences.mean(0))
        covariance = differences.T.double().cov() + 1e-6 * torch.eye(N_DIFFERENCES, device=differences.device)
        self.whitening.copy_(torch.linalg.cholesky(torch.linalg.inv(covariance)))

    def score(self, differences: Tensor) -> Tensor:
        """Distance (N,) of differences (N, 4) in units of the threshold; 0 before calibration."""
        return self.distance(differences) / self.threshold

    def distance(self, differences: Tensor) -> Tensor:
        """Distance (N,) of differences (N, 4) from their mean, in standard deviations."""
        return ((differences - self.mean) @ self.whitening).square().sum(1).sqrt()


def measure_differences(images: Tensor, rendering: Tensor, fitted: Tensor, u: Tensor) -> Tensor:
    """Differences (N, 4) of images from renderings of u at the same place, all (N, 1, H, W); images in grey levels.

    The mean of image minus rendering [grey level] on the floor, on the walls and on the surface, 0 where a region is
    empty; and how much blurrier the image is than `fitted`, the rendering with the gain that fits best: the coefficient
    of its Laplacian, half a variance [px^2].
    """
    means = _mean_regions(images - rendering, u)
    means_of_3 = F.avg_pool2d(fitted, (3, 1), 1, (1, 0)) + F.avg_pool2d(fitted, (1, 3), 1, (0, 1))
    laplacian = (3 * means_of_3 - 6 * fitted)[..., 2:-2, 2:-2]
    residual = (images - fitted)[..., 2:-2, 2:-2]
    blur = (residual * laplacian).sum((1, 2, 3)) / laplacian.square().sum((1, 2, 3)).clamp_min(1e-6)
    return torch.stack((*means, blur), 1)


def measure_brightness(images: Tensor, rendering: Tensor, u: Tensor) -> Tensor:
    """Brightness (N, 5) of images against renderings of u at the same place, all (N, 1, H, W); images in grey levels.

    The logarithms of the ratio of mean greys on the floor, on the walls and on the surface; the mean of u, and the
    fraction of the image that is floor: what a rendering leaves unexplained may depend on the size.
    """
    ratios = [
        ((mean + DARKEST) / (rendered + DARKEST)).log()
        for mean, rendered in zip(_mean_regions(images, u), _mean_regions(rendering, u), strict=True)
    ]
    return torch.stack((*ratios, u.mean((1, 2, 3)), (u > MIN_FLOOR_U).float().mean((1, 2, 3))), 1)


def _mean_regions(images: Tensor, u: Tensor) -> list[Tensor]:
    """Means (N,) of images (N, 1, H, W) on the floor, the walls and the surface of u; 0 where a region is empty."""
    regions = (u > MIN_FLOOR_U, (u > WALL_U[0]) & (u < WALL_U[1]), u < SURFACE_U)
    return [(images * mask).sum((1, 2, 3)) / mask.sum((1, 2, 3)).clamp_min(1) for mask in regions]
