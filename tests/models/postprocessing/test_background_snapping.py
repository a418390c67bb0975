"""Laws of the background and of background snapping."""

import numpy as np

from data.simulator.hole_geometry import depth_grey
from data.simulator.trench_geometry import normalised_trench_depth, random_line, random_trench
from models import snap_background
from models.postprocessing.background_snapping import find_background


def hole(level, noise=0.0, seed=0):
    rows, columns = np.mgrid[:72, :48]
    inside = ((rows - 35.5) / 25) ** 2 + ((columns - 23) / 15) ** 2 < 1
    image = np.where(inside, 30.0, level) + noise * np.random.default_rng(seed).standard_normal(inside.shape)
    return image.astype(np.float32), ~inside


def test_background_is_what_lies_outside_the_hole():
    image, outside = hole(152, noise=1.0)
    assert (find_background(image[None])[0] == outside).all()


def test_an_island_of_the_same_grey_inside_the_hole_is_not_background():
    image, outside = hole(150)
    image[30:40, 20:26] = 150
    assert not find_background(image[None])[0, 30:40, 20:26].any()
    assert (find_background(image[None])[0] == outside).all()


def test_nearest_level_is_set_and_nothing_else_changes():
    image, outside = hole(153.0, noise=1.0)
    result = snap_background(image[None])
    assert result.level.tolist() == [150]
    assert (result.depth_grey[0][outside] == 150).all()
    assert (result.depth_grey[0][~outside] == image[~outside]).all()


def test_each_map_of_a_batch_has_the_level_nearest_to_the_median_of_its_own_background():
    images = np.stack([hole(level, noise=4.0, seed=seed)[0] for seed, level in enumerate((144.9, 145.1, 165.0, 155.0))])
    masks = images < 100
    masks[1], masks[2, 0, 0] = True, not masks[2, 0, 0]  # all hole; an odd number of pixels
    border = np.ones(masks.shape[1:], dtype=bool)
    border[1:-1, 1:-1] = False
    medians = [np.median(image[border if mask.all() else ~mask]) for image, mask in zip(images, masks, strict=True)]
    levels = (140, 150, 160, 170)
    expected = [min(levels, key=lambda level: abs(level - median)) for median in medians]
    assert snap_background(images, levels, hole_mask=masks).level.tolist() == expected


def test_snapping_is_idempotent():
    images = np.stack([hole(level, noise=1.5)[0] for level in (138, 147, 156, 171)])
    once = snap_background(images)
    twice = snap_background(once.depth_grey)
    assert (once.depth_grey == twice.depth_grey).all() and (once.level == twice.level).all()


def test_levels_are_the_users():
    assert snap_background(hole(97)[0][None], levels=(100, 200)).level.tolist() == [100]


def test_a_hole_mask_and_levels_that_are_given_are_used():
    image, outside = hole(150)
    hole_mask = ~outside
    hole_mask[:, :20] = True  # a part of the background that the mask counts as hole
    result = snap_background(image[None], level=np.array([170]), hole_mask=hole_mask[None])
    assert (result.depth_grey[0] == np.where(hole_mask, image, 170)).all()
    assert (result.hole_mask[0] == hole_mask).all() and result.level.tolist() == [170]
    assert snap_background(image[None], hole_mask=hole_mask[None]).level.tolist() == [150]


def test_a_map_without_a_common_border_value_keeps_its_pixels():
    split = np.zeros((1, 72, 48), dtype=np.float32)
    split[:, :, 24:] = 200
    result = snap_background(split)
    assert result.hole_mask.all() and (result.depth_grey == split).all()


def etched(draw, size, level):
    """A noisy map of trenches or lines, and what is quite unetched."""
    rng = np.random.default_rng(2)
    u = normalised_trench_depth(draw(rng), size)
    return (depth_grey(u, level) + rng.normal(0, 1.5, size)).astype(np.float32), u == 0


def test_a_trench_leaves_most_of_the_border_to_the_background():
    for size in ((72, 48), (256, 256), (72, 240)):
        image, top = etched(random_trench, size, 150)
        result = snap_background(image[None])
        assert result.level.tolist() == [150] and (~result.hole_mask[0] & top).sum() > 0.99 * top.sum()
        assert (image[~result.hole_mask[0]] > 135).all()


def test_where_most_of_the_border_is_etched_it_has_to_be_said():
    for draw, size in ((random_line, (72, 48)), (random_line, (256, 320)), (random_trench, (72, 1008))):
        image, top = etched(draw, size, 160)
        assert snap_background(image[None]).level.tolist() == [140], "the ground is taken for the background"
        result = snap_background(image[None], lines=True)
        assert result.level.tolist() == [160] and (~result.hole_mask[0] & top).sum() > 0.99 * top.sum()
        assert (image[~result.hole_mask[0]] > 140).all()


def test_a_holes_level_does_not_depend_on_it():
    images = np.stack([hole(level, noise=1.0)[0] for level in (138, 161)])
    assert (snap_background(images).level == snap_background(images, lines=True).level).all()
