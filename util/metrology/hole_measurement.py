"""Measures holes and trenches in depth maps: depth, critical dimensions (CD), sidewall angles, volume."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .contour import Contour
from .interval_scale import EDGES_FACTOR, IntervalScale, interval_scales
from .quantity_names import BOTTOM, HALF, QUANTITIES, SIDES, TOP, UNCERTAIN

POWERS = ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2))  # of x and y in a quadratic surface
PRODUCTS = sorted({(a + c, b + d) for a, b in POWERS for c, d in POWERS})
PLACES = [[PRODUCTS.index((a + c, b + d)) for c, d in POWERS] for a, b in POWERS]  # in the normal matrix
BLOCK = 512  # holes measured at once, which limits the memory
UNCALIBRATED = {"cd_half_nm": EDGES_FACTOR}  # factors without a calibration; it holds more than 90 % of these CDs


def measure_holes(
    depth_nm: NDArray,
    pixel_nm: float = 1.0,
    depth_u90_nm: NDArray | None = None,
    lines: bool = False,
    factors: Mapping[str, float] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """The `QUANTITIES` (N,) of one hole in each depth map (N, H, W) [nm below the top surface]; `pixel_nm` [nm].

    A trench is measured like a hole. With `lines`, CDs and sidewall angles are those of the largest line, which
    stands between etched ground; depth, roughness and volume are those of the ground.

    Values that cannot be measured are NaN: all of them where there is no hole, and those across an image border that
    the hole crosses, as a trench does. If a map has several holes, the largest is measured. `depth_u90_nm` (N, H, W)
    is the expanded uncertainty U90 of each pixel; `factors` (`calibrate_intervals`) turn it into that of measures.
    Contours are linear between pixels. Top, half and bottom CD are at fractions of the plateau's depth. The walls are
    straight lines between two of them, as in the trapezoid of ISO 21466:2019, whose top and bottom are at 0 and 100 %.
    Raises ValueError for another shape, and for a pixel size that is not above 0.
    """
    values, scales = measure_with_scales(depth_nm, pixel_nm, depth_u90_nm, lines)
    for name, (common, own) in scales.items():
        if factors is None and name in UNCALIBRATED:
            u90 = UNCALIBRATED[name] * (common + own)
        elif factors is not None and name in factors:
            u90 = common + factors[name] * own
        else:
            continue
        values[UNCERTAIN[name]] = np.where(np.isnan(values[name]), np.nan, u90)
    return values


def measure_with_scales(
    depth_nm: NDArray, pixel_nm: float, depth_u90_nm: NDArray | None, lines: bool
) -> tuple[dict[str, NDArray[np.float64]], dict[str, IntervalScale]]:
    """The `QUANTITIES` of `measure_holes`, and the scales of their intervals; no scales without U90."""
    depth = np.asarray(depth_nm, dtype=np.float32)
    if depth.ndim != 3 or min(depth.shape[1:]) < 3:
        raise ValueError(f"depth maps of shape {depth.shape}: expected (N, H, W) with sides of at least 3 px")
    if not 0 < pixel_nm < np.inf:
        raise ValueError(f"pixel_nm is {pixel_nm}: expected a length above 0")
    blocks = [slice(start, start + BLOCK) for start in range(0, len(depth), BLOCK)]
    parts = [
        _measure_block(depth[block], pixel_nm, None if depth_u90_nm is None else depth_u90_nm[block], lines)
        for block in blocks
    ]
    values = {name: np.concatenate([np.empty(0), *(part[name] for part, _ in parts)]) for name in QUANTITIES}
    scales = {
        name: IntervalScale(*map(np.concatenate, zip(*(part[name] for _, part in parts), strict=True)))
        for name in (parts[0][1] if parts else ())
    }
    return values, scales


def _measure_block(
    depth: NDArray, pixel_nm: float, depth_u90_nm: NDArray | None, lines: bool
) -> tuple[dict[str, NDArray[np.float64]], dict[str, IntervalScale]]:
    depth = depth if lines else np.where(_smaller_regions(depth), 0, depth)
    plateau = _plateau_depth(depth)
    floor = depth > BOTTOM * plateau[:, None, None]
    fractions, relief = (TOP, HALF, BOTTOM), depth
    if lines:
        relief = plateau[:, None, None].astype(np.float32) - depth
        fractions, relief = (1 - TOP, 1 - HALF, 1 - BOTTOM), np.where(_smaller_regions(relief), 0, relief)
    contours = {
        height: Contour(relief, fraction * plateau)
        for height, fraction in zip(("top", "half", "bottom"), fractions, strict=True)
    }
    half = contours["half"]
    values = dict.fromkeys(QUANTITIES, np.full(len(depth), np.nan))
    values["depth_mean_nm"] = (depth * floor).sum((1, 2), dtype=np.float64) / np.maximum(floor.sum((1, 2)), 1)
    values["depth_max_nm"] = depth.max((1, 2)).astype(np.float64)
    values["depth_median_nm"] = plateau
    values["floor_sq_nm"] = _floor_sq(depth - plateau[:, None, None].astype(np.float32), floor)
    values["volume_nm3"] = depth.sum((1, 2), dtype=np.float64) * pixel_nm**2
    edges = {}
    for height, contour in contours.items():
        left, right, top, bottom = edges[height] = contour.edges(half.box)
        values[f"cd_{height}_x_nm"], values[f"cd_{height}_y_nm"] = (right - left) * pixel_nm, (bottom - top) * pixel_nm
        values[f"cd_{height}_nm"] = np.sqrt(contour.area * 4 / np.pi) * pixel_nm
    for side, outer, inner in zip(SIDES, edges["top"], edges["bottom"], strict=True):
        values[f"swa_{side}_deg"] = np.degrees(np.arctan2((BOTTOM - TOP) * plateau, np.abs(inner - outer) * pixel_nm))
    # Contours count from the centre of a pixel, centre_x_nm and centre_y_nm from its edge.
    values["centre_x_nm"], values["centre_y_nm"] = ((position + 0.5) * pixel_nm for position in half.centre)
    values["ellipticity"], values["orientation_deg"] = half.ellipse
    scales = {} if depth_u90_nm is None else interval_scales(depth, relief, depth_u90_nm, values, pixel_nm)
    return {name: np.where(plateau > 0, column, np.nan) for name, column in values.items()}, scales


def _smaller_regions(depth: NDArray) -> NDArray[np.bool_]:
    """Mask (N, H, W) of pixels deeper than 1/20 of the deepest one that do not belong to the largest such region."""
    from scipy.ndimage import label  # here and below, because importing scipy is slow

    below = depth > depth.max((1, 2), keepdims=True).clip(min=0) / 20
    neighbours = np.zeros((3, 3, 3), dtype=bool)
    neighbours[1] = True  # regions do not connect across images
    regions, count = label(below, neighbours)
    sizes = np.bincount(regions.ravel(), minlength=count + 1)
    sizes[0] = 0
    flat = regions.reshape(len(depth), -1)
    largest = np.take_along_axis(flat, sizes[flat].argmax(axis=1)[:, None], 1)
    return below & (regions != largest[:, :, None])


def _plateau_depth(depth: NDArray) -> NDArray[np.float64]:
    """Depth (N,) of the plateau: the median of all pixels deeper than 90 % of it, by iteration."""
    ordered = -np.sort(-depth.reshape(len(depth), -1), axis=1)
    median = ordered[:, 0] * (HALF / BOTTOM)  # the first step then takes all pixels deeper than half the maximum
    for _ in range(3):
        count = (ordered > BOTTOM * median[:, None]).sum(axis=1)
        ranks = np.stack(((count - 1).clip(min=0) // 2, count // 2), axis=1)
        median = np.take_along_axis(ordered, ranks, axis=1).mean(axis=1)
    return median.astype(np.float64)


def _floor_sq(height: NDArray, floor: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Sq (N,): root mean square of heights (N, H, W) around their least-squares quadratic surface, on the floor.

    Pixels at the floor's rim do not count, as they are partly wall.
    """
    inner = floor.copy()
    inner[:, 1:] &= floor[:, :-1]
    inner[:, :-1] &= floor[:, 1:]
    floor = inner.copy()
    floor[:, :, 1:] &= inner[:, :, :-1]
    floor[:, :, :-1] &= inner[:, :, 1:]
    basis, products = _monomials(height.shape[1:])
    weights = floor.reshape(len(floor), -1).astype(np.float32)
    values = height.reshape(len(floor), -1) * weights
    normal_matrix = (weights @ products)[:, PLACES].astype(np.float64)
    right_side = (values @ basis).astype(np.float64)
    coefficients = np.linalg.pinv(normal_matrix, rcond=1e-6, hermitian=True) @ right_side[:, :, None]
    residual_squares = np.einsum("ij,ij->i", values, values) - (right_side[:, None] @ coefficients)[:, 0, 0]
    return np.sqrt(residual_squares.clip(min=0) / np.maximum(weights.sum(axis=1), 1))


@lru_cache(maxsize=8)  # maps of one size have the same
def _monomials(size: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """x^a y^b of the pixels of a map (H, W), x and y in -1..1: of the POWERS (H*W, 6), of the PRODUCTS (H*W, 15)."""
    y, x = (grid.ravel() for grid in np.meshgrid(*(np.linspace(-1, 1, side) for side in size), indexing="ij"))
    basis, products = (
        np.stack([x**a * y**b for a, b in powers], axis=1, dtype=np.float32) for powers in (POWERS, PRODUCTS)
    )
    return basis, products
