"""Lines of an image that are no image are filled and named; an image without any is left alone."""

import numpy as np
import pytest
from PIL import Image

from data import DataOptions, DatasetLayout, InferenceImages
from data.batches.bad_lines import BadLines, _row_medians, repair_lines
from data.simulator.image_formation import clean_signal, sem_image
from data.simulator.instrument import Instrument

ROWS, COLUMNS = np.mgrid[:72, :48]


def hole_image(seed=0, radii=(27, 17), centre=(35.5, 22.9), instrument=Instrument()):  # noqa: B008
    inside = 1 - ((ROWS - centre[0]) / radii[0]) ** 2 - ((COLUMNS - centre[1]) / radii[1]) ** 2
    depth = 120 * (1 - (1 - np.clip(2 * inside, 0, 1)) ** 2)
    image = sem_image(clean_signal(depth, instrument), instrument, np.random.default_rng(seed))
    return np.rint(image).clip(0, 255).astype(np.uint8)


def test_images_without_bad_lines_are_left_alone():
    shapes = [((27, 17), (35.5, 22.9)), ((27, 17), (66, 22.9)), ((27, 17), (35, 4)), ((500, 10), (35, 24))]
    shapes += [((500, 14), (35, 4 - n)) for n in range(16)] + [((10, 500), (n - 8, 24)) for n in range(16)]
    instruments = Instrument(), Instrument(line_gain=0.05, line_jitter_px=1.0), Instrument(beam_sigma_px=0.5)
    for seed, (radii, centre) in enumerate(shapes):
        for instrument in instruments:
            image = hole_image(seed, radii, centre, instrument)
            repaired, bad = repair_lines(image)
            assert not any(bad) and repaired is image, (radii, centre, instrument)


def test_images_that_are_flat_or_hold_noise_only_are_left_alone():
    noise = np.random.default_rng(0).integers(0, 256, (72, 48)).astype(np.uint8)
    step = np.where(ROWS < 30, 20, 200).astype(np.uint8)
    for image in (noise, step, step.T, np.zeros((72, 48), np.uint8), noise[:8]):
        assert not any(repair_lines(image)[1])


@pytest.mark.parametrize("grey", [0, 255])
@pytest.mark.parametrize("index", [0, 1, 20, 30, -1])
def test_a_dead_line_is_filled_from_its_neighbours(index, grey):
    for transposed in (False, True):
        clean = hole_image().T if transposed else hole_image()
        image = clean.copy()
        image[index] = grey
        repaired, (rows, columns) = repair_lines(image.T if transposed else image)
        assert (columns, rows)[not transposed] == (index % len(clean),) and not (columns, rows)[transposed]
        repaired = repaired.T if transposed else repaired
        assert repaired.dtype == np.uint8 and (np.delete(repaired, index, 0) == np.delete(clean, index, 0)).all()
        assert np.abs(repaired[index] - clean[index].astype(float)).mean() < 25


@pytest.mark.parametrize("width", [1, 2])
def test_a_border_that_is_dark_bright_or_of_another_place_is_filled(width):
    clean = hole_image()
    floor = clean[30 : 30 + width, ::-1]
    for turn in range(4):
        for value in (0.3 * clean[:width], np.minimum(1.5 * clean[:width], 255), floor):
            image = clean.copy()
            image[:width] = value
            repaired, bad = repair_lines(np.rot90(image, turn))
            assert len(bad.rows + bad.columns) == width
            assert np.abs(np.rot90(repaired, -turn) - clean.astype(float)).max() < 60


def test_a_data_bar_is_not_filled():
    image = hole_image()
    image[-3:] = 0
    assert repair_lines(image)[1] == BadLines()


def test_a_test_says_which_lines_were_filled_and_in_how_many_images(tmp_path):
    for seed in range(3):
        image = hole_image(seed)
        image[:, 0] = 0 if seed else image[:, 0]
        Image.fromarray(image).save(tmp_path / f"{seed}.png")
    images = InferenceImages.of(DatasetLayout(tmp_path), DataOptions(dataroot=str(tmp_path)), "test", 0)
    (batch,) = images.batches(8, ahead=False)
    assert batch.images[:, :, 0].min() > 60
    (line,) = images.records.note_lines()
    expected = "1.png: bad lines, which are unlike those beside them: column 0; they are filled from them "
    assert line.endswith(f"{expected}(2 images: 1.png, 2.png)")


@pytest.mark.parametrize("count", [16, 17])
def test_medians_are_those_of_numpy(count):
    values = np.random.default_rng(0).normal(0, 30, (2, 6, count)).astype(np.float32)
    medians = _row_medians(values)
    assert medians.dtype == np.float32 and np.array_equal(medians, np.median(values, axis=2))
