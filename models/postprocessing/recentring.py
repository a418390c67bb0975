"""Moving a predicted hole to where the depth maps have theirs."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import shift


def centroid(depth_grey: NDArray, level: NDArray) -> NDArray[np.float64]:
    """Centroid (y, x), float64 (N, 2) [px], of the holes of maps (N, H, W) with background `level` (N,) [grey level].

    Every pixel weighs as much as it is deep; NaN where nothing is deeper than the background.
    """
    weight = np.maximum(np.asarray(level, dtype=np.float64)[:, None, None] - depth_grey, 0)
    mass = weight.sum(axis=(1, 2))
    rows, columns = np.arange(weight.shape[1]), np.arange(weight.shape[2])
    with np.errstate(invalid="ignore"):
        return np.stack([weight.sum(axis=2) @ rows / mass, weight.sum(axis=1) @ columns / mass], axis=1)


def recentre(depth_grey: NDArray, level: NDArray, centre: tuple[float, ...]) -> NDArray[np.float32]:
    """Maps, float32 (N, H, W) [grey level], moved until the centroid of each hole lies at `centre` (y, x) [px].

    A stage that stops a little beside the hole moves it in the SEM image; the depth map that belongs to it is drawn
    around the hole's middle. The move is linear between pixels; what enters at the border is background.
    """
    moved = depth_grey.astype(np.float32, copy=True)
    for n, offset in enumerate(np.asarray(centre) - centroid(depth_grey, level)):
        if np.isfinite(offset).all():
            shift(depth_grey[n], offset, moved[n], order=1, mode="constant", cval=float(level[n]))
    return moved
