"""The errors of many depth maps, summed up batch by batch."""

import numpy as np
from numpy.typing import NDArray


class MapErrors:
    """Sums over maps (N, H, W) [grey level] from which the errors of all of them follow."""

    def __init__(self) -> None:
        self.images = self.pixels = self.background_pixels = self.correct = 0
        self.squared = self.background_squared = self.absolute = self.signed = self.roots = 0.0

    def add(self, maps: NDArray, truth: NDArray, background: NDArray[np.bool_], correct: NDArray[np.bool_]) -> None:
        """A batch, the true background's pixels, and whether each map (N,) has the right level."""
        error = np.subtract(maps, truth, dtype=np.float64)
        squares = np.square(error)
        image_squares = squares.sum(axis=(1, 2))
        self.images, self.pixels = self.images + len(error), self.pixels + error.size
        self.squared += float(image_squares.sum())
        self.roots += float(np.sqrt(image_squares / error[0].size).sum())
        self.background_squared += float(squares[background].sum())
        self.background_pixels += int(background.sum())
        self.absolute += float(np.abs(error).sum())
        self.signed += float(error.sum())
        self.correct += int(correct.sum())

    def summary(self, nm_per_grey: float) -> dict[str, float | None]:
        """The errors by name [grey level]; None, for which JSON has a word, is what is not defined."""
        rmse = _root(self.squared, self.pixels)
        hole = self.squared - self.background_squared, self.pixels - self.background_pixels
        values = {
            "rmse": rmse,
            "rmse_nm": rmse * nm_per_grey,
            "mean_image_rmse": self.roots / max(self.images, 1),
            "mae": self.absolute / max(self.pixels, 1),
            "bias": self.signed / max(self.pixels, 1),
            "rmse_background": _root(self.background_squared, self.background_pixels),
            "rmse_hole": _root(*hole),
            "level_accuracy": self.correct / max(self.images, 1),
        }
        return {key: value if np.isfinite(value) else None for key, value in values.items()}


def _root(squared: float, count: int) -> float:
    return float(np.sqrt(max(squared, 0.0) / count)) if count else float("nan")
