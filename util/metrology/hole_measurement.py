"""The measures of holes and trenches from their depth maps: depth, critical dimensions, walls, volume."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label, minimum_filter

from .contour import Contour
from .quantity_names import BOTTOM, HALF, QUANTITIES, SIDES, TOP

BLOCK = 512  # holes measured at once, so that memory does not grow with their number


def measure_holes(
    depth_nm: NDArray, pixel_nm: float = 1.0, interval_nm: NDArray | None = None, lines: bool = False
) -> dict[str, NDArray[np.float64]]:
    """The `MEASURES` (N,) of one hole each in depth maps (N, H, W) [nm below the top surface], pixels of `pixel_nm`.

    A trench is measured as a hole is. With `lines` the dimensions are those of the largest line, what stands between
    etched ground, and its walls'; depth, roughness and volume are the ground's.

    NaN is what cannot be measured: everything where there is no hole, and what lies across a border that the hole runs
    through, as a trench does. Of several holes the largest is measured. `interval_nm` (N, H, W) is half the width of
    each pixel's 90 % interval; each of two opposite edges moves by it over the slope, on its own. Contours are linear
    between pixels. Top, half and bottom CD are at shares of the plateau's depth, and the walls straight lines between
    two of them, as in the trapezoid of ISO 21466:2019, whose top and bottom are at 0 and 100 %.
    """
    depth = np.asarray(depth_nm, dtype=np.float32)
    if depth.ndim != 3 or min(depth.shape[1:]) < 3:
        raise ValueError(f"depth maps of shape {depth.shape}: expected (N, H, W) with sides of at least 3 px")
    if not 0 < pixel_nm < np.inf:
        raise ValueError(f"pixel_nm is {pixel_nm}: expected a length above 0")
    blocks = [slice(start, start + BLOCK) for start in range(0, len(depth), BLOCK)]
    parts = [_measure(depth[at], pixel_nm, None if interval_nm is None else interval_nm[at], lines) for at in blocks]
    return {name: np.concatenate([np.empty(0), *(part[name] for part in parts)]) for name in QUANTITIES}


def _measure(
    depth: NDArray, pixel_nm: float, interval_nm: NDArray | None, lines: bool
) -> dict[str, NDArray[np.float64]]:
    depth = depth if lines else np.where(_others(depth), 0, depth)
    plateau = _plateau(depth)
    floor = depth > BOTTOM * plateau[:, None, None]
    shares, relief = (TOP, HALF, BOTTOM), depth
    if lines:
        relief = plateau[:, None, None].astype(np.float32) - depth
        shares, relief = (1 - TOP, 1 - HALF, 1 - BOTTOM), np.where(_others(relief), 0, relief)
    contours = {
        name: Contour(relief, share * plateau) for name, share in zip(("top", "half", "bottom"), shares, strict=True)
    }
    half = contours["half"]
    found = dict.fromkeys(QUANTITIES, np.full(len(depth), np.nan))
    found["depth_mean_nm"] = (depth * floor).sum((1, 2), dtype=np.float64) / np.maximum(floor.sum((1, 2)), 1)
    found["depth_max_nm"] = depth.max((1, 2)).astype(np.float64)
    found["depth_plateau_nm"] = plateau
    found["floor_roughness_nm"] = _roughness(depth - plateau[:, None, None].astype(np.float32), floor)
    found["volume_nm3"] = depth.sum((1, 2), dtype=np.float64) * pixel_nm**2
    edges = {}
    for name, contour in contours.items():
        left, right, top, bottom = edges[name] = contour.edges(half.box)
        found[f"cd_{name}_x_nm"], found[f"cd_{name}_y_nm"] = (right - left) * pixel_nm, (bottom - top) * pixel_nm
        found[f"cd_{name}_nm"] = np.sqrt(contour.area * 4 / np.pi) * pixel_nm
    for side, outer, inner in zip(SIDES, edges["top"], edges["bottom"], strict=True):
        found[f"swa_{side}_deg"] = np.degrees(np.arctan2((BOTTOM - TOP) * plateau, np.abs(inner - outer) * pixel_nm))
    (found["centre_x_nm"], found["centre_y_nm"]) = ((one + 0.5) * pixel_nm for one in half.centre)
    found["ellipticity"], found["orientation_deg"] = half.ellipse
    if interval_nm is not None:
        found["cd_half_u90_nm"] = np.sqrt(2) * _shift(relief, interval_nm, HALF * plateau) * pixel_nm
    return {name: np.where(plateau > 0, values, np.nan) for name, values in found.items()}


def _others(depth: NDArray) -> NDArray[np.bool_]:
    """What is deeper than a twentieth of the deepest pixel, but not joined to the largest such region (N, H, W)."""
    below = depth > depth.max((1, 2), keepdims=True).clip(min=0) / 20
    within = np.zeros((3, 3, 3), dtype=bool)
    within[1] = True
    regions, count = label(below, within)
    sizes = np.bincount(regions.ravel(), minlength=count + 1)
    sizes[0] = 0
    flat = regions.reshape(len(depth), -1)
    largest = np.take_along_axis(flat, sizes[flat].argmax(axis=1)[:, None], 1)
    return below & (regions != largest[:, :, None])


def _plateau(depth: NDArray) -> NDArray[np.float64]:
    """Median depth (N,) of what is deeper than 90 % of it, found from the median of the deeper half."""
    ordered = -np.sort(-depth.reshape(len(depth), -1), axis=1)
    middle = ordered[:, 0] * (HALF / BOTTOM)
    for _ in range(3):
        count = (ordered > BOTTOM * middle[:, None]).sum(axis=1)
        places = np.stack(((count - 1).clip(min=0) // 2, count // 2), axis=1)
        middle = np.take_along_axis(ordered, places, axis=1).mean(axis=1)
    return middle.astype(np.float64)


def _roughness(height: NDArray, floor: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Root mean square (N,) of heights (N, H, W) around their least-squares quadratic surface, on the floor without the
    pixels at its rim, which are partly wall."""
    floor = np.asarray(minimum_filter(floor, (1, 3, 3)))
    rows, columns = height.shape[1:]
    y, x = (one.ravel() for one in np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij"))
    powers = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)]
    products = sorted({(a + c, b + d) for a, b in powers for c, d in powers})
    share = floor.reshape(len(floor), -1).astype(np.float32)
    values = height.reshape(len(floor), -1) * share
    sums = share @ np.stack([x**a * y**b for a, b in products], axis=1, dtype=np.float32)
    normal = sums[:, [[products.index((a + c, b + d)) for c, d in powers] for a, b in powers]].astype(np.float64)
    right = (values @ np.stack([x**a * y**b for a, b in powers], axis=1, dtype=np.float32)).astype(np.float64)
    fitted = np.linalg.pinv(normal, rcond=1e-6, hermitian=True) @ right[:, :, None]
    left_over = np.einsum("ij,ij->i", values, values) - (right[:, None] @ fitted)[:, 0, 0]
    return np.sqrt(left_over.clip(min=0) / np.maximum(share.sum(axis=1), 1))


def _shift(depth: NDArray, interval: NDArray, threshold: NDArray) -> NDArray[np.float64]:
    """By how much [px] the contour (N,) at `threshold` [nm] moves where the depth moves by `interval` [nm]."""
    slope = np.hypot(*np.gradient(depth, axis=(1, 2)))
    on_contour = np.abs(depth - threshold[:, None, None]) < slope / 2
    steepness = (slope * on_contour).sum((1, 2), dtype=np.float64)
    return (interval * on_contour).sum((1, 2), dtype=np.float64) / np.where(steepness > 0, steepness, np.nan)
