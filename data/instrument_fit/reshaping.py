"""Holes with other walls and another size than those of a library: what a real population may differ in."""

from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded where they are first used: scipy.ndimage is slow to import
from numpy.typing import NDArray

OPENING_U = 0.02  # u above which a map is a hole
N_SHAPES, N_STEPS = 24, 12  # to find the size that belongs to a width of the walls


@dataclass(frozen=True)
class Reshaping:
    """`wall` is the width of the walls and `size` that of the openings, both relative to a library's."""

    wall: float = 1.0
    size: float = 1.0

    @classmethod
    def of_wall(cls, wall: float, maps: NDArray) -> "Reshaping":
        """Walls of that relative width in holes (N, H, W) [u] whose area at half depth stays as it is on average.

        Images hardly tell a wide hole from an edge that stands farther out, so the size is taken from the library.
        """
        sample = maps[:: max(1, len(maps) // N_SHAPES)]
        low, high = 0.7, 1.3
        for _ in range(N_STEPS):
            middle = (low + high) / 2
            is_small = np.mean(cls(wall, middle).apply(sample) > 0.5) < np.mean(sample > 0.5)
            low, high = (middle, high) if is_small else (low, middle)
        return cls(wall, (low + high) / 2)

    def describe(self) -> str:
        """One phrase for messages."""
        return f"walls {self.wall:.2f} times as wide, openings {self.size:.2f} times as large"

    def apply(self, maps: NDArray) -> NDArray[np.float32]:
        """Normalised depths u (N, H, W), reshaped."""
        if self == Reshaping():
            return maps.astype(np.float32)
        return np.stack([self._apply(u.astype(np.float32)) for u in maps])

    def _apply(self, u: NDArray[np.float32]) -> NDArray[np.float32]:
        """Each point gets the depth of the library's point that lies in the same direction from the edge, 1 / `wall`
        times as far."""
        middle = (np.array(u.shape) - 1) / 2
        u = scipy.ndimage.affine_transform(u, [1 / self.size] * 2, middle - middle / self.size, order=1)
        inside = u > OPENING_U
        if not inside.any():
            return u
        positions = np.indices(u.shape)
        distance, edge = scipy.ndimage.distance_transform_edt(inside, return_indices=True)
        away = (positions - edge) / np.maximum(distance, 1)
        from_edge = np.maximum(distance - 0.5, 0)  # the edge runs between the pixels
        move = np.minimum(from_edge / self.wall, distance.max()) - from_edge
        reshaped = scipy.ndimage.map_coordinates(u, positions + away * move, order=1, mode="nearest")
        return np.where(inside, reshaped, 0).astype(np.float32)
