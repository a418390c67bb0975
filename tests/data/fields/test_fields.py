"""Fields of view: holes found, cut out, and put back where they were."""

import csv
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from scipy.ndimage import gaussian_filter

import test as testing
from data import BadImageError, DataError, DataOptions, ImageFile, inference_images, read_grey
from data.fields.hole_detection import detect_holes
from data.fields.inference_crops import InferenceCrops
from data.fields.stitching import AT_BORDER, NEAR_BORDER, TOO_LARGE, cut_crops
from data.io.image import resized
from data.simulate import main as simulate
from data.simulator.hole_geometry import normalised_depth, random_hole
from data.simulator.image_formation import clean_signal, sem_image
from data.simulator.instrument import REAL
from options.inference_options import InferenceOptions

ROOT = Path(__file__).parents[3]
PORES = Path(__file__).with_name("pores.png")
DEPTH = 120  # [nm] of the made holes
STILL = replace(REAL, jitter_x_px=0, jitter_y_px=0)  # the holes of a field do not move against one another
SIZE = 72, 48


def made(rows, columns, margin=8, pitch=(80, 56)):
    """A SEM image of holes on a grid, each up to 3 px beside its place; the depth map [nm]; the centres (N, 2)."""
    rng = np.random.default_rng(0)
    depth = np.zeros((rows * pitch[0] + 2 * margin, columns * pitch[1] + 2 * margin), dtype=np.float32)
    signal, centres = np.ones_like(depth), []
    for row, column in np.ndindex(rows, columns):
        y, x = np.array([row, column]) * pitch + margin + rng.integers(-3, 4, 2)
        hole = DEPTH * normalised_depth(random_hole(rng))
        box = slice(y, y + SIZE[0]), slice(x, x + SIZE[1])
        depth[box], signal[box] = hole, clean_signal(hole, STILL)
        centres.append(np.add((y, x), np.mean(np.nonzero(hole > 0.3 * DEPTH), axis=1)))
    return sem_image(signal, STILL, rng), depth, np.array(centres)


@pytest.fixture(scope="module")
def field():
    return made(5, 8)


def field_of(image, scale=1.0, size=SIZE):
    return cut_crops(ImageFile("wafer.png", "", ""), detect_holes(image), size, scale)


def test_every_hole_is_found_once_and_within_a_pixel(field):
    image, _, centres = field
    detections = detect_holes(image)
    assert len(detections.holes) == len(centres) and detections.n_at_border == 0
    distance = np.array([np.hypot(*(centres - (hole.y, hole.x)).T) for hole in detections.holes])
    assert distance.min(axis=1).max() < 1 and len(set(distance.argmin(axis=1))) == len(centres)


def test_holes_are_numbered_row_by_row(field):
    image, _, _ = field
    places = np.array([(hole.y, hole.x) for hole in detect_holes(image).holes]).reshape(5, 8, 2)
    assert (np.diff(places[..., 1], axis=1) > 0).all() and (np.diff(places[..., 0], axis=0) > 0).all()


@pytest.mark.parametrize("threshold", ["otsu", "local"])
def test_brightness_contrast_and_shading_do_not_matter(field, threshold):
    image, _, centres = field
    ramp = np.linspace(0, 60, image.shape[1])
    shaded = 0.5 * image + (ramp if threshold == "local" else 20)
    assert len(detect_holes(shaded, threshold).holes) == len(centres)


def test_true_crops_put_back_give_the_true_field(field):
    image, depth, centres = field
    cut_out = field_of(image)
    assert len(cut_out.crops) == len(centres)
    crops = {name: cut_out.cut(depth, name) for name in cut_out.crops}
    assert all(crop.shape == SIZE for crop in crops.values())
    assert np.array_equal(cut_out.stitch(crops), depth)


def test_holes_that_a_network_moves_to_the_middle_go_back_to_their_place(field):
    image, depth, _ = field
    cut_out = field_of(image)
    crops = {name: cut_out.cut(depth, name) for name in cut_out.crops}
    moved = {name: np.roll(crop, (2, -1), (0, 1)) for name, crop in crops.items()}
    error, not_moved = (np.sqrt(np.mean((cut_out.stitch(moved, in_place) - depth) ** 2)) for in_place in (False, True))
    assert error < 4 < 8 < not_moved


@pytest.mark.parametrize("scale", [0.5, 0.8, 1.5, 2.3])
def test_crops_at_another_scale_come_back_to_their_place(field, scale):
    image, depth, _ = field
    size = round(72 * scale), round(48 * scale)
    cut_out = field_of(image, scale, size)
    at_scale = resized(depth, cut_out.scaled)
    back = cut_out.stitch({name: cut_out.cut(at_scale, name) for name in cut_out.crops})
    assert len(cut_out.crops) == 40 and np.sqrt(np.mean((back - depth) ** 2)) < 6


def test_where_two_claim_a_pixel_the_nearer_centre_has_it():
    image = np.full((72, 100), 200.0)
    image[20:50, 20:40] = image[20:50, 50:70] = 30
    cut_out = field_of(image, size=(60, 60))
    left, right = cut_out.crops
    back = cut_out.stitch({left: np.full((60, 60), 1.0), right: np.full((60, 60), 2.0)})
    assert cut_out.crops[left].neighbours and cut_out.crops[right].neighbours
    assert (back[30, 20:44] == 1).all() and (back[30, 46:70] == 2).all()


def test_a_crops_neighbour_is_not_taken_from_it():
    image = np.full((72, 100), 200.0)
    image[20:50, 20:40] = image[20:50, 50:70] = 30
    cut_out = field_of(image, size=(60, 60))
    first = next(iter(cut_out.crops))
    back = cut_out.stitch({first: cut_out.cut(np.where(image == 30, 1.0, 0.0), first)})
    assert back[20:50, 20:40].all() and not back[:, 45:].any()


def test_holes_at_the_border_are_skipped_and_counted(field):
    image, _, _ = field
    cut = image[44:, 36:]  # through the first row and the first column
    cut_out = field_of(cut)
    assert cut_out.n_skipped[AT_BORDER] == 12 and len(cut_out.crops) + cut_out.n_skipped[NEAR_BORDER] == 28
    assert len(cut_out.uncropped) == cut_out.n_skipped[NEAR_BORDER]
    assert field_of(image, 2.0).n_skipped[TOO_LARGE] == 40


def test_touching_holes_are_two_and_a_waist_is_one():
    y, x = np.indices((120, 160))
    image = np.full(y.shape, 180.0)
    image[(np.hypot(y - 60, x - 45) < 22) | (np.hypot(y - 60, x - 85) < 22)] = 40
    assert len(detect_holes(image).holes) == 2
    image[(np.abs(y - 60) < 16) & (np.abs(x - 65) < 30)] = 40
    assert len(detect_holes(image).holes) == 1


@pytest.mark.parametrize("blur", [0, 1, 3])
def test_noise_has_no_holes(blur):
    rng = np.random.default_rng(blur)
    image = gaussian_filter(rng.normal(0, 1, (300, 400)), blur)
    assert not detect_holes(128 + 20 * image / image.std()).holes


@pytest.mark.parametrize("shape", [(16, 16), (300, 200), (16, 4000)])
@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_constant_image_has_no_holes(shape, grey):
    detections = detect_holes(np.full(shape, grey, dtype=np.uint8))
    assert detections.holes == [] and detections.settings


def test_a_data_bar_is_no_part_of_the_field(tmp_path, field):
    image, _, centres = field
    bar = np.zeros((40, image.shape[1]), dtype=np.uint8)
    bar[10:30, 20:120:7] = 255
    Image.fromarray(np.vstack([image, bar])).save(tmp_path / "wafer.png")
    images = images_of(tmp_path)
    (field_of_view,) = images.fields
    assert field_of_view.shape == image.shape and len(field_of_view.crops) == len(centres)
    assert images.records.lines() == ["data bar: 40 rows cut from 1 image; --data_bar N or --no_data_bar decides"]
    assert np.array_equal(images.read(field_of_view), image)


def test_some_hundred_holes_take_about_a_second():
    image, _, centres = made(12, 22)
    started = time.process_time()
    assert len(detect_holes(image).holes) == len(centres) == 264
    assert time.process_time() - started < 6  # 1.2 s on one core that others use, too


def test_the_pores_of_a_micrograph():
    detections = detect_holes(read_grey(PORES))
    assert 25 <= len(detections.holes) <= 33  # 38 by eye, the faint and the joined ones counted
    seen_by_eye = [(62, 115), (47, 205), (115, 265), (128, 165), (130, 330), (148, 100), (170, 400), (187, 335)]
    places = [
        [
            n
            for n, hole in enumerate(detections.holes)
            if 0 <= y - hole.top < len(hole.mask)
            and 0 <= x - hole.left < hole.mask.shape[1]
            and hole.mask[y - hole.top, x - hole.left]
        ]
        for y, x in seen_by_eye
    ]
    assert all(len(holes) == 1 for holes in places) and len({holes[0] for holes in places}) == len(places)


def images_of(folder, scale=1.0, training_root="", area=()):
    files = [ImageFile(str(path), "", path.stem) for path in sorted(folder.iterdir())]
    return InferenceCrops(files, DataOptions(), "otsu", area, scale, training_root)


def test_fields_without_a_hole_are_named_with_what_was_tried(tmp_path, field):
    Image.fromarray(np.full((100, 100), 90, dtype=np.uint8)).save(tmp_path / "flat.png")
    (tmp_path / "torn.png").write_bytes(b"\x89PNG")
    with pytest.raises(BadImageError, match=r"no hole to predict \(0 holes with threshold otsu at 90 .*--field_area"):
        images_of(tmp_path)
    Image.fromarray(field[0]).save(tmp_path / "good.png")
    images = images_of(tmp_path)
    assert len(images) == 40 and {Path(name).name for name in images.skipped} == {"flat.png", "torn.png"}
    batches = list(images.batches(16))
    assert [len(batch.stems) for batch in batches] == [16, 16, 8] and batches[0].images.shape == (16, *SIZE)
    assert batches[0].stems[0] == "good_h0000"


def test_a_scale_that_makes_a_field_huge_is_one_line(tmp_path, field):
    Image.fromarray(field[0]).save(tmp_path / "good.png")
    with pytest.raises(BadImageError, match="at 100 times its size more than 134,217,728 pixels"):
        images_of(tmp_path, 100)


def test_holes_larger_than_a_crop_name_the_scale_that_fits_them(tmp_path, field):
    large = np.kron(field[0], np.ones((3, 3))).astype(np.uint8)
    Image.fromarray(large).save(tmp_path / "large.png")
    with pytest.raises(BadImageError, match=r"larger than a crop.*--field_scale auto, or a number below 0") as error:
        images_of(tmp_path)
    limit = float(str(error.value).rpartition("below ")[2])
    images = images_of(tmp_path, 0.95 * limit)
    assert len(images) == 40 and "larger holes" not in images.summary
    Image.fromarray(field[0]).save(tmp_path / "field.png")
    assert "larger holes" not in images_of(tmp_path, 0.3).summary


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_field_that_is_refused_does_not_decide_about_the_others(tmp_path, field, order, capsys):
    """The first field is deeper than 8 bits; of the others one states no width."""
    widths = {"resolution": (1e7 / 2, 1e7 / 2), "resolutionunit": "CENTIMETER"}
    (tmp_path / "fields").mkdir()
    tifffile.imwrite(
        tmp_path / "fields/1.tif", field[0].astype(np.uint16) * 99, resolution=(2e6, 2e6), resolutionunit=3
    )
    for name, tags in zip(order, (widths, {}), strict=True):
        tifffile.imwrite(tmp_path / f"fields/{name}.tif", field[0], **tags)
    options = DataOptions(dataroot=str(tmp_path / "fields"))
    request = InferenceOptions(field=True)
    images, pixel_nm = inference_images(options, request, {}, tmp_path / "results")
    assert pixel_nm == pytest.approx(2) and [field.name for field in images.fields] == [order[0]]
    assert "pixel size 2 nm" in capsys.readouterr().out
    reasons = {Path(name).stem: reason for name, reason in images.skipped.items()}
    assert "--grey_range" in reasons["1"] and reasons[order[1]].endswith("use --pixel_nm 2 if it is that of all")


def test_limits_of_the_area_are_the_users(tmp_path, field):
    Image.fromarray(field[0]).save(tmp_path / "good.png")
    with pytest.raises(BadImageError, match="areas 1 to 20 px"):
        images_of(tmp_path, area=(1, 20))


def test_the_scale_can_come_from_the_training_images(tmp_path, field):
    (tmp_path / "fields").mkdir()
    small = Image.fromarray(field[0]).resize((field[0].shape[1] // 2, field[0].shape[0] // 2), Image.Resampling.BOX)
    small.save(tmp_path / "fields/small.png")
    with pytest.raises(
        DataError, match=r"--field_scale auto measures the training images .*no such folder.*or use a number"
    ):
        images_of(tmp_path / "fields", 0, str(tmp_path / "sem"))
    assert (
        simulate(["--dataroot", str(tmp_path / "sem"), "--num_shapes", "2", "--num_real", "40", "--num_test", "1"]) == 0
    )
    images = images_of(tmp_path / "fields", 0, str(tmp_path / "sem"))
    assert images.scale == pytest.approx(2, abs=0.15) and "nm are not scaled" in images.summary


def test_the_scale_can_come_from_the_weights_folder_of_the_pretrained_model(tmp_path, field, capsys):
    (tmp_path / "fields").mkdir()
    small = Image.fromarray(field[0]).resize((field[0].shape[1] // 2, field[0].shape[0] // 2), Image.Resampling.BOX)
    small.save(tmp_path / "fields/small.png")
    run = ["--checkpoints_dir", str(Path(__file__).parents[3] / "pretrained"), "--name", "holes"]
    words = ["--dataroot", str(tmp_path / "fields"), "--results_dir", str(tmp_path / "results"), "--field"]
    assert testing.main([*words, *run, "--field_scale", "auto", "--pixel_nm", "4.16"]) == 0
    said = capsys.readouterr().out
    scale = float(said.partition("--field_scale auto: ")[2].partition(",")[0])
    assert scale == pytest.approx(2, abs=0.15) and "as in the training images, 52x31 px" in said
    assert "where those of the training have" not in said, "scaled, the pixels are those of the training"


@pytest.mark.slow
def test_a_field_from_image_to_depth_map(tmp_path, field, capsys):
    image, depth, _ = field
    (tmp_path / "wafer").mkdir()
    Image.fromarray(image).save(tmp_path / "wafer/a.png")
    Image.fromarray(image[:170]).save(tmp_path / "wafer/b.png")
    run = ["--checkpoints_dir", str(ROOT / "pretrained"), "--name", "holes", "--results_dir", str(tmp_path / "results")]
    flags = ["--dataroot", str(tmp_path / "wafer"), "--field", "--pixel_nm", "2", "--gpu_ids", "-1", *run]
    assert testing.main(flags) == 0
    assert "fields of view: 2, holes: 56" in capsys.readouterr().out
    folder = tmp_path / "results/holes/test_latest_field"
    with tifffile.TiffFile(folder / "fields/a_depth_nm.tiff") as tiff:
        back = tiff.asarray()
        numerator, denominator = tiff.pages[0].tags["XResolution"].value
    assert back.shape == depth.shape and back.dtype == np.float32 and numerator / denominator == 1e7 / 2
    assert np.sqrt(np.mean((back - depth) ** 2)) < 3 < 40 < np.sqrt(np.mean(depth**2))
    with Image.open(folder / "fields/a_depth.png") as picture:
        half = 0.5 + 2**-16  # and the last bit of a float32 near 255, in which the picture's grey was computed
        assert np.abs(255 - np.asarray(picture, dtype=float) - back).max() <= half
    with Image.open(folder / "fields/a.png") as picture:
        assert picture.size == image.shape[::-1] and picture.mode == "RGB"
    with (folder / "fields.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 56 and {row["field"] for row in rows} == {"a", "b"}
    assert float(rows[0]["y_nm"]) == pytest.approx(2 * (float(rows[0]["y_px"]) + 0.5), abs=0.02)
    assert all((folder / f"depth/{row['image']}.png").is_file() for row in rows)
    assert "fields/a.png" in (folder / "index.html").read_text()
    assert json.loads((folder / "metrics.json").read_text())["images"] == 56
    assert testing.main([*flags, "--num_test", "1"]) == 0
    assert not (folder / "fields/b.png").exists(), "results are replaced, those of fields, too"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--which_direction", "BtoA"], "--field and --which_direction BtoA exclude each other"),
        (["--no_quantise"], "leave --no_quantise out"),
        (["--field_area", "9,4"], "MIN must be at most MAX"),
        (["--field_scale", "large"], "must be a number"),
    ],
)
def test_what_does_not_go_together_is_one_line(tmp_path, capsys, flags, message):
    run = ["--checkpoints_dir", str(ROOT / "pretrained"), "--name", "holes", "--dataroot", str(tmp_path)]
    assert testing.main(["--field", *flags, *run]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
