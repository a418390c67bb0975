"""Depth maps as triangles: STL for 3D printing and volumes, PLY for viewers.

Axes [nm]: x points to the right, y upwards in the image, z out of the surface. They are right-handed: nothing is
mirrored. The first pixel of the last row is at x = y = 0, the top surface at z = 0. Pixels are the corners of the
triangles; four neighbouring pixels give two triangles.
"""

import numpy as np
from numpy.typing import NDArray

from ..errors import UtilError

BASE = 0.1  # distance from the deepest pixel to the base, as a fraction of the greatest difference in height
FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])  # 50 bytes, as in STL
FACE = np.dtype([("count", "u1"), ("corners", "<i4", 3)])
PLY_HEAD = """ply
format binary_little_endian 1.0
comment lengths in nm
element vertex {vertices}
property float x
property float y
property float z
element face {faces}
property list uchar int vertex_indices
end_header
"""


def surface(depth_nm: NDArray, pixel_nm: float = 1.0) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Vertices (H W, 3) [nm] and triangles (2 (H-1) (W-1), 3) of a depth map (H, W) [nm below the top surface].

    Seen from above, the corners of each triangle are in counter-clockwise order. Raises UtilError if a side is below
    2 px or a depth is not finite.
    """
    height, width = depth_nm.shape
    if min(height, width) < 2 or not np.isfinite(depth_nm).all():
        raise UtilError(f"a depth map of {height} x {width} px: a mesh needs sides of 2 px and finite depths")
    vertices = np.empty((height, width, 3), np.float32)
    vertices[:, :, 0] = np.arange(width) * pixel_nm
    vertices[:, :, 1] = np.arange(height)[::-1, None] * pixel_nm
    np.subtract(0, depth_nm, out=vertices[:, :, 2], casting="same_kind")
    index = _vertex_indices(height, width)
    upper_left, upper_right, lower_left, lower_right = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    squares = np.stack((upper_left, lower_left, upper_right, upper_right, lower_left, lower_right), axis=-1)
    return vertices.reshape(-1, 3), squares.reshape(-1, 3)


def solid(depth_nm: NDArray, pixel_nm: float = 1.0) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Vertices and triangles of the `surface`, closed by upright sides and a flat base; normals point outwards."""
    vertices, faces = surface(depth_nm, pixel_nm)
    low, high = vertices[:, 2].min(), vertices[:, 2].max()
    index = _vertex_indices(*depth_nm.shape)
    # counter-clockwise seen from above
    rim = np.concatenate((index[-1, :-1], index[:0:-1, -1], index[0, :0:-1], index[:-1, 0]))
    below = vertices[rim]
    centre = below.mean(axis=0, keepdims=True)
    below[:, 2] = centre[:, 2] = low - max(pixel_nm, BASE * (high - low))
    foot = np.arange(len(vertices), len(vertices) + len(rim), dtype=np.int32)
    middle = np.full_like(foot, foot[-1] + 1)
    next_rim, next_foot = np.roll(rim, -1), np.roll(foot, -1)
    closing = [(foot, next_foot, next_rim), (foot, next_rim, rim), (middle, next_foot, foot)]
    closed = [faces, *(np.stack(corners, axis=-1) for corners in closing)]
    return np.concatenate((vertices, below, centre)), np.concatenate(closed)


def stl(depth_nm: NDArray, pixel_nm: float = 1.0) -> bytes:
    """The `solid` of a depth map (H, W) [nm] as binary STL. STL has no unit; the numbers are nm.

    Source: 3D Systems, StereoLithography interface specification (1989): a header of 80 bytes, the number of facets,
    50 bytes for each facet.
    """
    vertices, faces = solid(depth_nm, pixel_nm)
    corners = vertices[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    facets = np.zeros(len(faces), FACET)
    facets["corners"] = corners
    facets["normal"] = normal / np.sqrt(np.einsum("ij,ij->i", normal, normal))[:, None]
    return b"lengths in nm".ljust(80) + np.uint32(len(faces)).astype("<u4").tobytes() + facets.tobytes()


def ply(depth_nm: NDArray, pixel_nm: float = 1.0) -> bytes:
    """The open `surface` of a depth map (H, W) [nm] as binary PLY [nm].

    Source: G. Turk, The PLY polygon file format (Stanford, 1994).
    """
    vertices, corners = surface(depth_nm, pixel_nm)
    faces = np.empty(len(corners), FACE)
    faces["count"], faces["corners"] = 3, corners
    head = PLY_HEAD.format(vertices=len(vertices), faces=len(faces))
    return head.encode() + vertices.astype("<f4").tobytes() + faces.tobytes()


def _vertex_indices(height: int, width: int) -> NDArray[np.int32]:
    """Index of each pixel's vertex: int32 (H, W)."""
    return np.arange(height * width, dtype=np.int32).reshape(height, width)
