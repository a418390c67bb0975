"""In which way an image differs from the rendering of its answer, compared with real images of the domain."""

import torch
import torch.nn.functional as F
from torch import Tensor

from .buffers import BufferModule

N_DIFFERENCES = 4
FLOOR_U, WALL_U, SURFACE_U = 0.9, (0.2, 0.8), 0.05  # bounds of u in the three regions
NORMAL_FRACTION = 0.95  # of the real images, those nearest to their mean, that tell how far images scatter
MIN_REAL = 5 * N_DIFFERENCES  # fewer images determine no covariance
KNOWN_QUANTILE = 0.99  # fraction of new images of the domain within the threshold
MAX_REAL_FACTOR = 1.5  # largest ratio of the threshold to that of normally distributed differences


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
    difference = images - rendering
    regions = (u > FLOOR_U, (u > WALL_U[0]) & (u < WALL_U[1]), u < SURFACE_U)
    means = [(difference * mask).sum((1, 2, 3)) / mask.sum((1, 2, 3)).clamp_min(1) for mask in regions]
    means_of_3 = F.avg_pool2d(fitted, (3, 1), 1, (1, 0)) + F.avg_pool2d(fitted, (1, 3), 1, (0, 1))
    laplacian = (3 * means_of_3 - 6 * fitted)[..., 2:-2, 2:-2]
    residual = (images - fitted)[..., 2:-2, 2:-2]
    blur = (residual * laplacian).sum((1, 2, 3)) / laplacian.square().sum((1, 2, 3)).clamp_min(1e-6)
    return torch.stack((*means, blur), 1)
