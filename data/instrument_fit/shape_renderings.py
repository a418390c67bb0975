"""Renderings of given shapes by any instrument, with the same random numbers every time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..simulator import HoleOptics, Instrument, emitted_signal, hole_optics, sem_image
from .image_statistics import measure_images


class ShapeRenderings:
    """Height maps u (N, H, W), [1 = the plateau], at depths (N,) [nm], seen by an instrument without stage jitter.

    The same random numbers are used for every instrument, and their effect on an image is continuous. So a small change
    of a parameter is a small change of the images.
    """

    def __init__(self, u: NDArray, depth_nm: NDArray, seed: int = 0) -> None:
        self.u, self.depth_nm = u, depth_nm
        self.noise: list[Any] = [RepeatableNoise(np.random.default_rng([seed, n]), u.shape[1:]) for n in range(len(u))]
        self._optics: dict[tuple[float, float], list[HoleOptics]] = {}

    def render(self, instrument: Instrument) -> NDArray[np.uint8]:
        """SEM images (N, H, W) [grey level, maximum 212]."""
        optics = self._find_optics(instrument.pixel_nm, instrument.edge_depth_nm)
        return np.stack(
            [
                sem_image(emitted_signal(hole, instrument), instrument, noise)
                for hole, noise in zip(optics, self.noise, strict=True)
            ]
        )

    def measure(self, instrument: Instrument) -> NDArray[np.float64]:
        """Statistics (N, K) of the images, as `measure_images` gives them."""
        return measure_images(self.render(instrument))

    def _find_optics(self, pixel_nm: float, edge_depth_nm: float) -> list[HoleOptics]:
        key = (pixel_nm, round(edge_depth_nm, 6))
        if key not in self._optics:
            while len(self._optics) > 1:  # the present point and its neighbour along this parameter
                del self._optics[next(iter(self._optics))]
            heights = self.u * self.depth_nm[:, None, None]
            self._optics[key] = [hole_optics(height, *key) for height in heights]
        return self._optics[key]


class RepeatableNoise:
    """Stands in for a random generator: the same standard normal numbers, scaled as asked for, at every call."""

    def __init__(self, rng: np.random.Generator, size: tuple[int, ...]) -> None:
        self.lines = rng.normal(size=(2, size[0], 1))
        self.pixels = rng.normal(size=size)
        self.n_calls = 0

    def normal(self, mean: float, sigma: float, _size: tuple[int, int]) -> NDArray[np.float64]:
        """Numbers for scan lines (H, 1): gains at odd calls, offsets at even ones, as the simulator asks for them."""
        self.n_calls += 1
        return mean + sigma * self.lines[self.n_calls % 2]

    def poisson(self, mean: NDArray) -> NDArray[np.float64]:
        """Numbers (H, W) with the mean, the variance and nearly the skewness of a Poisson distribution.

        (sqrt(mean) + z / 2)^2 - 1/4 with z standard normal: the inverse of its variance-stabilising transformation
        (F. J. Anscombe, Biometrika 35, 246, 1948).
        """
        return np.maximum(np.sqrt(mean) + self.pixels / 2, 0) ** 2 - 0.25 * (mean > 0)
