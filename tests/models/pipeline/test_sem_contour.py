"""What surrounds a hole is not its contour."""

import numpy as np

from models.pipeline.sem_contour import measure_contour_distance


def test_particles_and_lines_beside_a_hole_are_not_its_contour():
    rows, columns = np.mgrid[:72, :48]
    clean = np.where(((rows - 34) / 24) ** 2 + ((columns - 23) / 14) ** 2 < 1, 40.0, 180.0)
    images = np.stack([clean] * 3)
    images[0, 2:8, 3:9] = images[1, :, :3] = images[2, -3:] = 0
    expected, contour = measure_contour_distance(clean[None]), measure_contour_distance(images)
    assert np.allclose(contour.centroid, expected.centroid) and contour.area == expected.area
    assert (contour.distance == expected.distance).all() and (contour.side == expected.side).all()
