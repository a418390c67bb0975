"""SEM images lose their data bar before they are predicted or trained with, and what was cut and differs is said."""

from argparse import Namespace
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from PIL import Image

from data import (
    DataError,
    DataOptions,
    DatasetLayout,
    InferenceImages,
    UnpairedDataset,
    inference_images,
    read_image,
    read_stack,
)
from data.batches import ImageRecords, cut_data_bar, read_sem_image
from data.batches.image_records import ImageRecord
from data.data_bar import DataBar
from data.header import ImageHeader

BAR_ROWS = 20
JEOL = "$CM_FORMAT JEOL\r\n$CM_FULL_SIZE 96 72\r\n$$SM_MICRON_BAR 40\r\n$$SM_MICRON_MARKER 100nm\r\n"


def picture(seed=0, shape=(72, 96)):
    return np.random.default_rng(seed).normal(140, 9, shape).clip(0, 255).round().astype(np.uint8)


def with_bar(image, rows=BAR_ROWS):
    bar = np.zeros((rows, image.shape[1]), np.uint8)
    bar[6 : rows - 4, 8:60:7] = 255
    return np.vstack([image, bar])


@pytest.fixture
def folder(tmp_path):
    for seed in range(3):
        Image.fromarray(with_bar(picture(seed))).save(tmp_path / f"{seed}.png")
    return tmp_path


def read_all(root, **options):
    images = InferenceImages.of(DatasetLayout(root), DataOptions(dataroot=str(root), **options), "test", 0)
    batches = list(images.batches(8, ahead=False))
    return images, {stem: image for batch in batches for stem, image in zip(batch.stems, batch.images, strict=True)}


@pytest.mark.parametrize(("rows", "height"), [(-1, 72), (0, 92), (30, 62)])
def test_the_bar_of_images_in_a_plain_folder_is_cut_as_the_option_says(folder, rows, height):
    images, levels = read_all(folder, data_bar=rows)
    expected = {str(seed): with_bar(picture(seed))[:height] for seed in range(3)}
    assert all(np.array_equal(levels[stem], image) for stem, image in expected.items())
    lines = [line for line in images.records.lines() if line.startswith("data bar")]
    assert len(lines) == (rows != 0) and all(f"{92 - height} rows cut from 3 images;" in line for line in lines)


def test_ground_truth_of_the_whole_file_is_cut_with_its_image(folder):
    for name in ("testA", "testB"):
        (folder / name).mkdir()
    for seed in range(3):
        (folder / f"{seed}.png").rename(folder / f"testA/{seed}.png")
        Image.fromarray(np.full((92, 96), 150, np.uint8)).save(folder / f"testB/{seed}.png")
    images = InferenceImages.of(DatasetLayout(folder), DataOptions(data_bar=BAR_ROWS), "test", 0)
    (batch,) = images.batches(8, ahead=False)
    assert batch.images.shape == batch.truth.shape == (3, 72, 96) and not images.skipped
    images = InferenceImages.of(DatasetLayout(folder), DataOptions(), "test", 0)
    (batch,) = images.batches(8, ahead=False)
    assert batch.images.shape == (3, 92, 96), "in a data set bars are cut only where a header tells them"


def test_a_header_tells_the_bar_of_training_images_and_depth_maps_keep_their_rows(tmp_path, capsys):
    for name in ("trainA", "trainB"):
        (tmp_path / name).mkdir()
    for seed in range(3):
        Image.fromarray(with_bar(picture(seed))).save(tmp_path / f"trainA/{seed}.png")
        depth_map = np.full((72, 96), 150, np.uint8)
        depth_map[20:50, 30:60] = 30
        Image.fromarray(depth_map).save(tmp_path / f"trainB/{seed}.png")
    options, layout = DataOptions(dataroot=str(tmp_path)), DatasetLayout(tmp_path)
    files = layout.sem()
    assert read_stack(files, options, "reading").shape == (3, 92, 96)
    images = UnpairedDataset(layout, replace(options, data_bar=BAR_ROWS), 1, 0).images
    assert images["sem"].shape == images["depth"].shape == (3, 72, 96)
    for seed in range(3):
        (tmp_path / f"trainA/{seed}.txt").write_text(JEOL)
    assert read_stack(files, replace(options, cache=False), "reading").shape == (3, 72, 96)
    assert "data bar: cut where the header tells it" in capsys.readouterr().out


def test_a_bar_as_high_as_the_image_is_refused(folder):
    with pytest.raises(DataError, match="92 rows, and --data_bar 92 would cut them all"):
        read_sem_image(str(folder / "0.png"), DataOptions(data_bar=92), find_bar=False)


def test_data_bar_0_against_headers_that_state_one_is_said_in_one_line(folder, capsys):
    for seed in range(2):
        (folder / f"{seed}.txt").write_text(JEOL)
    images, _ = read_all(folder, data_bar=0)
    (line,) = images.records.lines()
    assert line.startswith("--data_bar 0 (--no_data_bar) is used, but 2 of the 2 with a header that states it differ: ")
    assert "0.png (20 rows)" in line
    images, _ = read_all(folder, data_bar=30)
    assert any(line.startswith("--data_bar 30 is used, but 2 of the 2") for line in images.records.lines())
    files = DatasetLayout(folder).test_sem()
    read_stack(files, DataOptions(dataroot=str(folder), data_bar=0, cache=False), "reading")
    assert "--data_bar 0 is used, but the header of" in capsys.readouterr().out


def test_rows_of_a_header_that_the_picture_does_not_show_are_not_cut_silently(tmp_path):
    for seed, image in enumerate([picture(0, (92, 96)), with_bar(picture(1)), picture(2, (92, 96))]):
        image[72:] = image[72:] // 3 if seed == 2 else image[72:]  # a translucent bar
        Image.fromarray(image).save(tmp_path / f"{seed}.png")
        (tmp_path / f"{seed}.txt").write_text(JEOL)
    images, levels = read_all(tmp_path)
    assert {image.shape for image in levels.values()} == {(72, 96)}
    (line,) = (line for line in images.records.lines() if "the picture shows none" in line)
    assert "0.png: the header states 20 rows of data bar" in line and line.endswith("keeps them (1 image)")
    with pytest.raises(DataError, match=r"92 rows, and the header's data bar of 92 would cut them all"):
        cut_data_bar(read_image(tmp_path / "0.png"), ImageHeader(data_bar_rows=92), DataOptions(), False)


def test_images_of_another_size_are_named_in_one_line(tmp_path):
    for n in range(8):
        Image.fromarray(picture(n, (72, 96) if n < 6 else (64, 64))).save(tmp_path / f"{n}.png")
    images, _ = read_all(tmp_path)
    (line,) = images.records.lines()
    assert line.startswith("2 of 8 images are not 72x96 as the others: ") and "6.png (64x64)" in line


def record(name="a.tif", **header):
    return ImageRecord(name, (72, 96), DataBar(0, 0), ImageHeader(**header), ())


def lines_of(*records, given_nm=0.0):
    summed = ImageRecords(given_nm)
    summed.add(records)
    return summed.lines()


def test_a_batch_says_what_each_file_says_of_its_instrument(tmp_path):
    for name in "ab":
        Image.fromarray(picture()).save(tmp_path / f"{name}.png")
    (tmp_path / "a.txt").write_text(JEOL + "$CM_ACCEL_VOLT 5.00\r\n$CM_SIGNAL SEI\r\n")
    images = InferenceImages.of(DatasetLayout(tmp_path), DataOptions(), "test", 0)
    (batch,) = images.batches(8, ahead=False)
    first, second = batch.instruments
    assert (first["maker"], first["signal"], first["voltage_kv"]) == ("JEOL", "SEI", 5)
    assert "SM_MICRON" in first["pixel_source"]
    assert second["maker"] is second["voltage_kv"] is second["pixel_source"] is None
    images.records.given_nm = 2
    (batch,) = images.batches(8, ahead=False)
    assert [instrument["pixel_source"] for instrument in batch.instruments] == ["option pixel_nm"] * 2


def test_files_that_say_nothing_have_no_instrument():
    summed = ImageRecords()
    summed.add([record("a.png", bits=8)])
    assert summed.summary() == {}
    summed.add([record("b.tif", bits=8, maker="JEOL")])
    assert summed.summary() == {"maker": ["JEOL"], "bits": 8}


def test_pictures_of_refused_annotation_lie_beside_the_results_and_old_ones_are_removed(tmp_path):
    (tmp_path / "images").mkdir()
    image = np.dstack([picture()] * 3)
    image[30:40, 20:60] = 0, 255, 0
    Image.fromarray(image).save(tmp_path / "images/a.png")
    old = tmp_path / "run/test_latest_annotation/old.png"
    old.parent.mkdir(parents=True)
    old.touch()
    request = Namespace(phase="test", num_test=0, direction="AtoB", pixel_nm=2.0, field=False)
    options = DataOptions(dataroot=str(tmp_path / "images"))
    images, _ = inference_images(options, request, {}, tmp_path / "run/test_latest")
    assert list(images.batches(8, ahead=False)) == []
    (reason,), (drawn,) = images.skipped.values(), old.parent.iterdir()
    assert f"{drawn} shows it in red" in reason
    assert [path.name for path in (tmp_path / "images").iterdir()] == ["a.png"]


def test_a_given_width_that_contradicts_the_files_says_so():
    records = [record(f"{n}.tif", pixel_nm=width, pixel_y_nm=width) for n, width in enumerate([2, 2, 2.01, 4])]
    records.append(record("none.tif"))
    (line,) = lines_of(*records, given_nm=2)
    assert line == "--pixel_nm 2 is used, but 1 of the 4 that state a width differs: 3.tif (4 nm)"
    assert lines_of(*records) == [], "without --pixel_nm, images of another width are skipped one by one"
    (line,) = lines_of(record(pixel_nm=2, pixel_y_nm=3), given_nm=2)
    assert "a.tif (2 x 3 nm)" in line


def test_pixels_that_are_not_square_are_refused(tmp_path):
    about = {"resolution": (5e6, 2.5e6), "resolutionunit": "CENTIMETER", "metadata": None}
    tifffile.imwrite(tmp_path / "oblong.tif", picture(), **about)
    images = InferenceImages.of(DatasetLayout(tmp_path), DataOptions(), "test", 0)
    assert images.pixel_nm() == 0
    assert list(images.batches(8, ahead=False)) == []
    (reason,) = images.skipped.values()
    assert "pixels of 2 x 4 nm" in reason and "--pixel_nm" in reason


@pytest.mark.parametrize(
    ("tilt", "corrected", "said"),
    [(45, False, "29%"), (-60, None, "50%"), (45, True, ""), (2, False, ""), (0, False, ""), (None, None, "")],
)
def test_the_stretch_of_y_by_an_uncorrected_tilt_is_said(tilt, corrected, said):
    lines = lines_of(record(tilt_deg=tilt, is_tilt_corrected=corrected))
    assert len(lines) == bool(said) and all(f"up to {said} too short" in line for line in lines)


def test_an_estimated_width_is_said():
    (line,) = lines_of(record(pixel_nm=2, pixel_y_nm=2, is_estimated=True))
    assert "estimate from the magnification: a.tif" in line


def test_the_summary_keeps_one_value_or_those_that_differ():
    summed = ImageRecords()
    summed.add(record(f"{n}.tif", maker="Zeiss", voltage_kv=kv) for n, kv in enumerate([5.0, 5.0, 2.0]))
    assert summed.summary() == {"maker": "Zeiss", "voltage_kv": [5.0, 2.0]}
