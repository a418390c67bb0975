"""Meshes of depth maps: closed, of the right volume, the right way round."""

from collections import Counter

import numpy as np
import pytest

from util.errors import UtilError
from util.results.mesh import FACE, FACET, ply, solid, stl, surface

PIXEL = 2.08


def hole(height=24, width=17):
    """A depth map [nm] whose border is the top surface, with the hole near the upper left corner."""
    depth = np.zeros((height, width))
    depth[2:9, 3:8] = np.random.default_rng(0).uniform(50, 100, (7, 5))
    return depth


def facets(content):
    """The facets of a binary STL, whose size must be as its count says."""
    count = int(np.frombuffer(content, "<u4", 1, 80)[0])
    assert len(content) == 84 + 50 * count
    return np.frombuffer(content, FACET, count, 84)


def parts(content):
    """Vertices (V, 3) and triangles (F, 3) of a binary PLY, as its head says."""
    head, body = content.split(b"end_header\n", 1)
    words = head.decode().split()
    vertices, faces = (int(words[words.index(name) + 1]) for name in ("vertex", "face"))
    assert words[:3] == ["ply", "format", "binary_little_endian"] and len(body) == 12 * vertices + 13 * faces
    triangles = np.frombuffer(body, FACE, faces, 12 * vertices)
    assert (triangles["count"] == 3).all()
    return np.frombuffer(body, "<f4", 3 * vertices).reshape(-1, 3), triangles["corners"]


def volume(corners):
    """Volume inside closed triangles (F, 3, 3): the sum of tetrahedra to the origin, positive if normals point out."""
    one, two, three = np.moveaxis(corners.astype(np.float64), 1, 0)
    return np.einsum("ij,ij->", one, np.cross(two, three)) / 6


def test_the_body_is_closed_and_turned_outwards():
    _, faces = solid(hole(), PIXEL)
    edges = Counter((int(a), int(b)) for face in faces for a, b in zip(face, np.roll(face, -1), strict=True))
    assert set(edges.values()) == {1} and all((b, a) in edges for a, b in edges)


def test_the_body_is_a_block_without_the_hole():
    depth = hole()
    corners = facets(stl(depth, PIXEL))["corners"]
    sides = (corners.max((0, 1)) - corners.min((0, 1))).astype(np.float64)
    assert sides == pytest.approx([16 * PIXEL, 23 * PIXEL, depth.max() * 1.1], rel=1e-6)
    assert volume(corners) == pytest.approx(np.prod(sides) - depth.sum() * PIXEL**2, rel=1e-6)


def test_normals_are_those_of_the_corners_and_of_length_one():
    found = facets(stl(hole(), PIXEL))
    one, two, three = np.moveaxis(found["corners"].astype(np.float64), 1, 0)
    normal = np.cross(two - one, three - one)
    assert np.linalg.norm(found["normal"], axis=1) == pytest.approx(1, abs=1e-6)
    assert np.einsum("ij,ij->i", normal, found["normal"]) == pytest.approx(np.linalg.norm(normal, axis=1), rel=1e-5)
    bottom, top = found["corners"][:, :, 2].max(1) < -100, found["corners"][:, :, 2].min(1) == 0
    assert bottom.any() and (found["normal"][bottom] == [0, 0, -1]).all()
    assert top.any() and (found["normal"][top] == [0, 0, 1]).all()


def test_no_axis_is_mirrored():
    depth = np.zeros((6, 9))
    depth[1, 7] = 50  # near the upper right corner of the image
    vertices, faces = surface(depth, PIXEL)
    assert vertices[vertices[:, 2].argmin()] == pytest.approx([7 * PIXEL, 4 * PIXEL, -50])
    one, two, three = (vertices[faces[:, corner]] for corner in range(3))
    assert (np.cross(two - one, three - one)[:, 2] > 0).all(), "seen from above, x to the right and y upwards"


def test_ply_holds_the_surface():
    depth = hole()
    vertices, faces = parts(ply(depth, PIXEL))
    assert vertices.reshape(24, 17, 3)[:, :, 2] == pytest.approx(-depth)
    assert (faces == surface(depth, PIXEL)[1]).all() and len(faces) == 2 * 23 * 16


def test_a_flat_map_has_a_body_too():
    corners = facets(stl(np.zeros((2, 3)), PIXEL))["corners"]
    assert volume(corners) == pytest.approx(2 * PIXEL**3, rel=1e-6)


@pytest.mark.parametrize("depth", [np.zeros((1, 9)), np.full((4, 4), np.nan)])
def test_what_makes_no_mesh_is_refused(depth):
    with pytest.raises(UtilError, match="a mesh needs"):
        stl(depth)


def test_other_programs_readers_agree(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    depth = hole()
    for name, make in (("stl", stl), ("ply", ply)):
        (tmp_path / f"one.{name}").write_bytes(make(depth, PIXEL))
    body, skin = (trimesh.load(tmp_path / f"one.{name}") for name in ("stl", "ply"))
    assert body.is_watertight and body.is_winding_consistent and body.volume > 0
    assert len(skin.faces) == 2 * 23 * 16 and not skin.is_watertight
