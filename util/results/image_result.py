"""One test image with all that a model says about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ImageResult:
    """One test image. None is what is not known or was not asked for.

    `input` (H, W): the SEM image, or the depth map that a SEM image was rendered of [grey level]. `raw_depth`,
    `snapped`, `recentred`, `truth` (H, W): depth maps [grey level, smaller is deeper]. `rendering` (H, W): SEM image
    [grey level]. `hole_mask` bool (H, W): True is hole. `level`: of the background [grey level]. `level_probs` (K,):
    probability of each level [0..1]. `depth_u90` (H, W): expanded uncertainty of each pixel, half its 90 % interval
    [grey level]. `floor_depth` (2,): mean depth of the floor below the background, and its expanded uncertainty
    [grey level]. `ood_score`: above 1 the image is out of distribution. `measurements`, `true_measurements`: of the
    hole in the final map and in the ground truth, by name (metrology/quantity_names.py). `site`: where it was taken.
    `instrument`: what its file says, by the names of metrology.INSTRUMENT. `warnings`: words of metrology.FLAGS.
    """

    stem: str
    input: NDArray
    raw_depth: NDArray | None = None
    snapped: NDArray | None = None
    recentred: NDArray | None = None
    rendering: NDArray | None = None
    truth: NDArray | None = None
    hole_mask: NDArray | None = None
    level: int | None = None
    level_probs: NDArray | None = None
    depth_u90: NDArray | None = None
    floor_depth: NDArray | None = None
    ood_score: float | None = None
    measurements: dict[str, float] | None = None
    true_measurements: dict[str, float] | None = None
    site: str = ""
    instrument: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def final(self) -> NDArray | None:
        """The map that is written: the recentred one, else the snapped one, else the raw one."""
        if self.recentred is not None:
            return self.recentred
        return self.raw_depth if self.snapped is None else self.snapped

    @property
    def is_ood(self) -> bool:
        """Whether the image is out of distribution."""
        return self.ood_score is not None and self.ood_score > 1

    @property
    def flags(self) -> tuple[str, ...]:
        """All words of metrology.FLAGS that are said of the image."""
        return ("ood",) * self.is_ood + self.warnings

    @property
    def reverse(self) -> bool:
        """Whether a depth map went in and a SEM image came out."""
        return self.rendering is not None

    @property
    def true_level(self) -> int | None:
        """Background level of the ground truth [grey level]."""
        return None if self.truth is None or self.reverse else int(self.truth.max())

    @property
    def rmse(self) -> float | None:
        """Error of the final map [grey level]."""
        if self.truth is None or self.final is None:
            return None
        return float(np.sqrt(np.mean((self.final - self.truth) ** 2.0)))
