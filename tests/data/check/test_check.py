"""What `python -m data.check` finds in a data set, and that a training agrees with its verdict."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from data import DATASETS, DataError, DataOptions, DatasetLayout
from data.batches.inference_images import InferenceImages as ImagesToTest
from data.check import __main__ as check
from data.check.folder_statistics import robust_z
from data.check.image_info import HEAD_BYTES, duplicate_files, measure_image, percentiles
from data.check.training_plan import DESCRIPTIONS
from data.simulate import main as simulate
from models import MODELS, build
from models.registry import options_from

ROOT = Path(__file__).parents[3]


HINT = "`python train.py -h` lists which --model learns from which kind of data set"


def verdict_of(text):
    """The line of the verdict, which is followed by one about train.py only if there are training images."""
    *_, verdict, hint = text.splitlines()
    assert (hint == HINT) == ("\nfor training: no (no training images)\n" not in text)
    return verdict if hint == HINT else hint


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("made") / "sem"
    assert simulate(["--dataroot", str(root), "--num_shapes", "3", "--num_real", "16", "--num_test", "4"]) == 0
    return root


@pytest.fixture
def root(made, tmp_path):
    return shutil.copytree(made, tmp_path / "sem")


@pytest.fixture
def run_check(tmp_path, capsys):
    def run(root, *flags):
        status = check.main([str(root), "--sheet", str(tmp_path / "sheet.png"), *flags])
        captured = capsys.readouterr()
        return status, captured.out if status < 2 else captured.err

    return run


def images(root, folder="train/SEM"):
    return sorted((root / folder).rglob("*.png"))


def grey(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


def test_a_good_data_set_is_ready(root, run_check, tmp_path):
    status, text = run_check(root)
    assert status == 0
    assert verdict_of(text) == f"ready to train: {', '.join(DATASETS)}"
    for kind, description in DESCRIPTIONS.items():
        line = next(line for line in text.splitlines() if line.split()[:1] == [kind])
        assert line.split()[1] == "ready:" and line.endswith(f", 72x48 ({description})")
    assert not any(model in text for model in MODELS), "data knows kinds, not models"
    assert "train/SEM: 16 images, all read" in text and "Depth_110: 4" in text and "72x48: 24" in text
    assert "140: 3, 150: 3, 160: 3, 170: 3" in text and "24 SEM images with a depth map" in text
    assert "none looks suspicious" in text
    assert not (root / ".semdepth_cache").exists()
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height > 13 * 96 and np.ptp(np.asarray(sheet)) > 150  # four classes thrice, and the test images


def truncate(root):
    os.truncate(images(root)[0], 200)


def cut(root):
    Image.fromarray(grey(images(root)[3])[:60]).save(images(root)[3])


def deepen(root):
    for path in images(root):
        tifffile.imwrite(path.with_suffix(".tif"), grey(path).astype(np.uint16) * 16)
        path.unlink()


def orphan(root):
    images(root, "simulation_data/Depth")[0].unlink()


def unlabel(root):
    (root / "train/SEM/Depth_110").rename(root / "train/SEM/unknown")


def no_depth(root):
    shutil.rmtree(root / "simulation_data")


def one_stem(root):
    for path in images(root, "simulation_data"):
        if "M0000" not in path.name:
            path.unlink()


def other_size(root):
    for path in images(root):
        Image.fromarray(np.pad(grey(path), 4, "edge")).save(path)


def nothing(root):
    pass


def starts(root, kind, options):
    """Whether a training of this kind would start."""
    try:
        DATASETS[kind](DatasetLayout(root), options, 1, 0)
    except DataError:
        return False
    return True


FLAGS = {"on_bad_image": "skip", "preprocess": "crop", "max_dataset_size": 2, "grey_range": (0, 4095)}


@pytest.mark.parametrize("flag", ["", *FLAGS])
@pytest.mark.parametrize(
    "harm", [nothing, truncate, cut, deepen, orphan, unlabel, no_depth, one_stem, other_size], ids=lambda f: f.__name__
)
def test_the_verdict_is_what_a_training_says(root, run_check, harm, flag):
    harm(root)
    chosen = {flag: FLAGS[flag]} if flag else {}
    typed = [text for name, value in chosen.items() for text in (f"--{name}", ",".join(map(str, np.atleast_1d(value))))]
    status, text = run_check(root, *typed)
    options = DataOptions(dataroot=str(root), cache=False, **chosen)
    expected = {kind: starts(root, kind, options) for kind in DATASETS}
    lines = {kind: next(line for line in text.splitlines() if line.split()[:1] == [kind]) for kind in DATASETS}
    words = {kind: line.split()[1:3] for kind, line in lines.items()}
    assert all(start[0] == "ready:" or start == ["not", "ready:"] for start in words.values()), text
    verdict = {kind: start[0] == "ready:" for kind, start in words.items()}
    assert verdict == expected, text
    if all(expected.values()):
        assert status == 0 and verdict_of(text).startswith("ready to train")
    if not any(expected.values()):
        assert status == 1 and verdict_of(text).startswith("not ready")


def test_every_kind_that_a_model_learns_from_is_described():
    kinds = {build(name, options_from(name, {}), "cpu").dataset_kind for name in MODELS}
    assert list(DESCRIPTIONS) == list(DATASETS) and kinds - {""} == set(DATASETS)


def test_each_thing_that_is_wrong_is_named(root, run_check):
    real = images(root)
    truncate(root)
    Image.new("L", (48, 72), 7).save(real[4])
    image = grey(real[5]).copy()
    image[:40] = 255
    Image.fromarray(image).save(real[5])
    shutil.copy(real[6], real[6].with_name("SEM_copy.png"))
    Image.fromarray(grey(real[7])).save(images(root, "test/SEM")[0], compress_level=9)
    (root / "train/SEM/.ipynb_checkpoints").mkdir()
    shutil.copy(real[8], root / "train/SEM/.ipynb_checkpoints/one.png")
    (root / "train/Thumbs.db").touch()
    (root / "train/average_depth.csv").write_text("0,1\ndepth_110_site_00099,100\n")
    images(root, "test/Depth")[0].write_bytes(b"no image")
    images(root, "test/Depth")[1].unlink()
    status, text = run_check(root)
    assert status == 1
    for line in (
        f"{real[0]}: damaged or cut short",
        f"{real[4]}: constant, 7 everywhere",
        f"{real[5]}: saturated",
        f"{real[6]} = {real[6].with_name('SEM_copy.png')}",
        f"{images(root, 'test/SEM')[0]} = {real[7]}",
        "files skipped, in .ipynb_checkpoints: 1",
        "files skipped, .db ending: 1",
        "without an image: 1, such as depth_110_site_00099",
        "missing in train/average_depth.csv: 4, such as depth_110_site_00000",
        "1 cannot be read; nothing else was checked",
        "without a true depth map, which test.py cannot score: 1",
    ):
        assert line in text, (line, text)
    assert "1 of 17 images of train/SEM cannot be used" in verdict_of(text)


def test_the_truth_of_the_test_images_changes_nothing_but_whether_it_can_be_read(root, run_check):
    before = run_check(root)
    for path in images(root, "test/Depth"):
        Image.new("L", (48, 72), 3).save(path)
    assert run_check(root) == before


def test_more_images_than_are_read_are_drawn_evenly_and_it_says_so(root, run_check, monkeypatch):
    monkeypatch.setattr(check, "MAX_IMAGES", 4)
    os.truncate(images(root)[1], 200)  # which is not drawn
    status, text = run_check(root)
    assert "train/SEM: 16 images, 4 read, spread evenly" in text
    assert status == 0 and "judged by 20 of 60 images" in verdict_of(text)
    status, text = run_check(root, "--all")
    assert status == 1 and "16 images, 15 read, 1 cannot be\n" in text


def test_the_classic_layout_and_a_plain_folder(made, tmp_path, run_check):
    classic = tmp_path / "classic"
    for folder, source in (("trainA", "train/SEM"), ("trainB", "simulation_data/Depth"), ("testA", "test/SEM")):
        (classic / folder).mkdir(parents=True)
        for n, path in enumerate(images(made, source)):
            shutil.copy(path, classic / folder / f"{folder}_{n}.png")
    status, text = run_check(classic)
    assert status == 0 and verdict_of(text) == "ready to train: unpaired"
    status, text = run_check(classic / "testA")
    assert status == 0 and "ready to test: 4 of 4 images as they are, with `python test.py --dataroot" in text
    assert "\nfor training: no (no training images)\n" in text and not any(kind in text for kind in DATASETS)
    status, text = run_check(next((classic / "testA").iterdir()))
    assert status == 0 and "ready to test: the image as it is" in text


@pytest.fixture
def lot(tmp_path):
    """What an instrument may leave: 16-bit images of 2 nm pixels, stacks, and files of another kind, width and size."""
    folder, rng = tmp_path / "lot", np.random.default_rng(0)
    folder.mkdir()

    def write(name, *shape, width=2.0):
        about = {"resolution": (1e7 / width, 1e7 / width), "resolutionunit": "CENTIMETER"} if width else {}
        pixels = rng.integers(1000, 40000, shape, dtype=np.uint16)
        pixels.flat[:2] = 900, 41000
        tifffile.imwrite(folder / name, pixels, photometric="minisblack", **about)

    for n in range(6):
        write(f"site_{n:02}.tif", 72, 48)
    write("pages.tif", 3, 72, 48)
    write("wide.tif", 600, 800, width=2.5)
    np.save(folder / "stack.npy", rng.integers(1000, 40000, (4, 72, 48), dtype=np.uint16))
    Image.fromarray(rng.integers(20, 200, (72, 48), dtype=np.uint8)).save(folder / "eight.png")
    (folder / "broken.tif").write_bytes((folder / "site_00.tif").read_bytes()[:300])
    return folder


def test_a_lot_without_a_grey_range(lot, run_check):
    status, text = run_check(lot)
    assert status == 1
    for line in (
        ".: 16 images in 11 files, 15 read, 1 cannot be",
        "pixels       2 nm: 9, 2.5 nm: 1, not given: 5",
        "warning: pixel sizes differ",
        "warning: for 5 images no file gives",
        "1 of 16 in . cannot be used",
        "14 of 16 in ., 16-bit, 900 to 41000: need --grey_range",
        "proposed: --grey_range 900,41000, the smallest and largest value of these images; values outside are rejected",
    ):
        assert line in text, (line, text)
    values = next(line for line in text.splitlines() if "values " in line)
    assert "16-bit 900 to 41000" in values and "8-bit 20 to 199" in values
    assert "share their name" not in text and "files skipped" not in text and "sites" not in text
    assert text.count("use --grey_range") == 0, "one line for all"
    count = f"not ready to test all: 1 of 16 images as it is, with `python test.py --dataroot {lot} --name holes`; "
    assert verdict_of(text) == f"{count}14 with such a --grey_range"


def test_a_lot_with_the_proposed_range_is_what_a_test_takes(lot, run_check):
    _, text = run_check(lot, "--grey_range", "900,41000")
    assert "not ready to test all: 9 of 16 images as they are, with `python test.py" in verdict_of(text)
    assert (
        verdict_of(text).endswith("--grey_range 900,41000`")
        and "test.py skips, of the images that can be read: 6" in text
    )
    options = DataOptions(dataroot=str(lot), grey_range=(900, 41000))
    for given_nm, count in ((0, 9), (2, 15)):
        images = ImagesToTest.of(DatasetLayout(lot), options, "test", 0)
        assert given_nm or images.pixel_nm() == pytest.approx(2)
        assert sum(len(batch.stems) for batch in images.batches(4, ahead=False)) == count
        assert len(images.skipped) == 16 - count
    _, text = run_check(lot, "--grey_range", "900,41000", "--pixel_nm", "2")
    assert "all: 15 of 16 images" in verdict_of(text) and verdict_of(text).endswith(
        "--grey_range 900,41000 --pixel_nm 2`"
    )
    assert "1 in . are not 72x48" in text
    _, text = run_check(lot, "--grey_range", "0,5000")
    assert "outside --grey_range 0,5000" in text and "proposed: --grey_range 0,41000," in text


def test_a_range_is_proposed_for_floats_below_0(tmp_path, run_check):
    (tmp_path / "f").mkdir()
    tifffile.imwrite(tmp_path / "f/a.tif", np.linspace(-0.5, 1.25, 72 * 48, dtype=np.float32).reshape(72, 48))
    text = run_check(tmp_path / "f")[1]
    assert "32-bit float, -0.5 to 1.25: need --grey_range" in text and "--grey_range=-0.5,1.25," in text
    assert "ready to test: the image as it is" in run_check(tmp_path / "f", "--grey_range=-0.5,1.25")[1]


def test_each_kind_of_sample_gets_a_range_of_its_own(tmp_path, run_check):
    folder = tmp_path / "mixed"
    folder.mkdir()
    ramp = np.linspace(0, 1, 72 * 48).reshape(72, 48)
    for name, values in {
        "unsigned": (65535 * ramp).astype(np.uint16),
        "signed": (-25600 + 51000 * ramp).astype(np.int16),
        "float": (ramp * 892.5).astype(np.float32),
        "eight": (255 * ramp).astype(np.uint8),
    }.items():
        tifffile.imwrite(folder / f"{name}.tif", values)
    for flags in ((), ("--grey_range", "0,65535")):
        _, text = run_check(folder, *flags)
        assert "no single range is that of values of different kinds" in text
        for proposal in (
            "16-bit --grey_range 0,65535",
            "signed --grey_range=-25600,25400",
            "float --grey_range 0,892.5",
        ):
            assert f"{proposal}" in text
        assert "-25600,65535" not in text and "for 8-bit" not in text
    assert "1 of 4 in ., 16-bit signed, -25600 to 25400: lie outside --grey_range 0,65535" in text
    alone = run_check(folder / "float.tif", "--grey_range", "0,9999999")[1]
    assert "are less than one grey level of --grey_range" in alone and "proposed: --grey_range 0,892.5," in alone


def test_what_files_say_is_summed_up_with_units_and_nothing_is_left_out_silently(tmp_path, run_check):
    (tmp_path / "many").mkdir()
    for n in range(8):
        Image.fromarray(np.random.default_rng(n).integers(20, 200, (72, 48), dtype=np.uint8)).save(
            tmp_path / f"many/{n}.png"
        )
        said = f"$CM_FORMAT JEOL\r\n$CM_ACCEL_VOLT {n + 1}.00\r\n$$SM_MICRON_BAR 40\r\n$$SM_MICRON_MARKER {n}00nm\r\n"
        (tmp_path / f"many/{n}.txt").write_text(said)
    Image.new("L", (48, 72), 90).save(tmp_path / "many/notes.png")
    (tmp_path / "many/notes.txt").write_text("my notes: wafer 7\n")
    (tmp_path / "many/notes.csv").write_text("PixelSize;2,08\n")
    _, text = run_check(tmp_path / "many")
    assert f"texts read as the headers of images: 8, such as {tmp_path}/many/0.txt" in text
    assert f"files skipped, .txt ending: 1, such as {tmp_path}/many/notes.txt" in text
    assert "files skipped, .csv ending, in which no pixel size is looked for: 1, such as" in text
    assert "maker JEOL; " in text and "voltage 1, 2, 3, 4, 5, and 3 more kV" in text and " kv" not in text
    assert "7 of 9 images have another pixel size than the commonest (" in text


def test_sites_of_test_images_are_those_of_test(lot, run_check):
    (lot / "left").mkdir()
    for n in range(2):
        (lot / f"site_{n:02}.tif").rename(lot / f"left/{n}.tif")
    assert "sites        1, of 2 images each, and 14 images of none" in run_check(lot)[1]


def test_copies_of_stacks_and_images_of_one_name(lot, run_check):
    shutil.copy(lot / "stack.npy", lot / "again.npy")
    (lot / "below").mkdir()
    shutil.copy(lot / "pages.tif", lot / "below/pages.tif")
    text = run_check(lot)[1]
    assert "copies of another file: 2" in text and "share their name" not in text  # results keep the sub-folder
    (lot / "below/pages.tif").rename(lot / "pages.tiff")
    text = run_check(lot)[1]
    assert "copies of another file: 2" in text and "that share their name: 6" in text
    assert verdict_of(text).endswith("once those that share their name are renamed")


def test_a_hostile_name_cannot_move_the_cursor(root, run_check):
    truncated = images(root)[0].with_name("evil\n\x1b[2Jé\udcff.png")
    images(root)[0].rename(truncated)
    os.truncate(truncated, 100)
    _, text = run_check(root)
    assert "\x1b" not in text and "evil\\n\\x1b[2Jé\\udcff.png" in text


def test_no_data_exits_with_2_in_one_line(tmp_path, run_check):
    (tmp_path / "empty/trainA").mkdir(parents=True)
    for folder, reason in (("nowhere", "no such folder"), ("empty/trainA", "no data set"), ("empty", "holds no image")):
        status, text = run_check(tmp_path / folder)
        assert status == 2 and reason in text and text.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("folder", ["", "train/SEM/Depth_110"])
def test_a_folder_without_permission_exits_with_2(root, run_check, folder):
    (root / folder).chmod(0)
    try:
        status, text = run_check(root)
    finally:
        (root / folder).chmod(0o755)
    assert status == 2 and "ermission denied" in text and text.count("\n") == 1


@pytest.mark.parametrize(
    "bad, reason",
    [
        (["--grey_range", "1,2,3"], "expected 0 or 2 numbers"),
        (["--grey_range", "5,5"], "LOW must be below HIGH"),
        (["--load_size", "1"], "must be 4 to 4096"),
        (["--preprocess", "zoom"], "invalid choice"),
        (["--al"], "unknown option"),
        (["elsewhere"], "unrecognized arguments"),
        (["--grey_range", "0,x"], "expected a number"),
        (["--data_bar", "2.5"], "expected a whole number"),
    ],
)
def test_bad_usage_exits_with_2_in_one_line(made, bad, reason):
    command = [sys.executable, "-m", "data.check", str(made), *bad]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and reason in done.stderr and done.stderr.count("\n") == 1


def test_a_path_that_was_split_at_its_spaces_needs_quotes(tmp_path, capsys):
    (tmp_path / "all my images").mkdir()
    with pytest.raises(SystemExit):
        check.main([str(tmp_path / "all"), "my", "images"])
    assert capsys.readouterr().err.endswith(f"in quotes: '{tmp_path}/all my images'\n")


def test_the_ends_of_a_range_are_numbers(tmp_path, run_check):
    tifffile.imwrite(tmp_path / "a.tif", np.linspace(0, 0.9, 72 * 48, dtype=np.float32).reshape(72, 48))
    assert "--grey_range 0,0.9, the smallest and largest value of these images" in run_check(tmp_path / "a.tif")[1]
    assert run_check(tmp_path / "a.tif", "--grey_range", "0,0.9")[0] == 0


def test_the_sheet_never_lies_among_the_images(root, capsys):
    assert check.main([str(root), "--sheet", str(root / "train/SEM/sheet.png")]) == 2
    assert "use another path" in capsys.readouterr().err
    assert len(images(root)) == 16


def test_a_picture_of_refused_annotation_lies_beside_the_sheet(tmp_path, run_check):
    (tmp_path / "images").mkdir()
    image = np.full((72, 48, 3), 120, np.uint8)
    image[20:40, 10:30] = 0, 255, 0
    Image.fromarray(image).save(tmp_path / "images/a.png")
    _, text = run_check(tmp_path / "images")
    (drawn,) = (tmp_path / "sheet_annotation").iterdir()
    assert f"{drawn} shows it in red" in text and len(list((tmp_path / "images").iterdir())) == 1


def test_help_names_the_options():
    done = subprocess.run([sys.executable, "-m", "data.check", "-h"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    assert all(f"--{name}" in done.stdout for name in (*check.OPTIONS, "all", "sheet", "dataroot"))


def test_same_bytes_beyond_the_start_of_large_files(tmp_path):
    contents = {
        "a": b"x" * HEAD_BYTES + b"1",
        "b": b"x" * HEAD_BYTES + b"2",
        "c": b"x" * HEAD_BYTES + b"2",
        "d": b"y",
        "e": b"z",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    names = [str(tmp_path / name) for name in contents]
    assert duplicate_files([*names, str(tmp_path / "gone")]) == [[str(tmp_path / "b"), str(tmp_path / "c")]]


def test_measurements_agree_with_numpy(tmp_path):
    pixels = np.random.default_rng(0).integers(20, 200, (40, 30), dtype=np.uint8)
    Image.fromarray(np.dstack([pixels] * 3)).save(tmp_path / "one.png")
    info, histogram = measure_image(tmp_path / "one.png", DataOptions(), True)
    assert info.pixel_format == "8-bit RGB" and info.shape == (40, 30) and info.mean == pytest.approx(pixels.mean())
    assert (info.low, info.high) == (pixels.min(), pixels.max()) and info.warnings == ()
    assert percentiles(histogram, [0.5])[0] == int(np.quantile(pixels, 0.5, method="inverted_cdf"))


def test_one_bright_image_stands_out_and_ordinary_scatter_does_not():
    means = np.random.default_rng(0).normal(100, 3, 200)
    means[7] = 150
    assert np.flatnonzero(np.abs(robust_z(means)) > 6).tolist() == [7]
    assert not robust_z(np.full(9, 100.0)).any()


def with_bar(path, width_nm, rows=24):
    """Writes a noisy SEM image of 120x160 px above a black data bar with marks, with its pixel width."""
    noise = np.random.default_rng(int(path.stem)).normal(140, 8, (120, 160)).clip(0, 255)
    bar = np.zeros((rows, 160))
    bar[6:18, 10:80:9] = 255
    about = {"resolution": (1e7 / width_nm, 1e7 / width_nm), "resolutionunit": "CENTIMETER"}
    tifffile.imwrite(path, np.vstack([noise, bar]).round().astype(np.uint8), metadata=None, **about)


def test_data_bars_and_each_file_of_another_width_are_named(tmp_path, run_check):
    folder = tmp_path / "fields"
    folder.mkdir()
    for n, width_nm in enumerate([2, 2, 2, 2.5, 3]):
        with_bar(folder / f"{n}.tif", width_nm)
    status, text = run_check(folder)
    assert status == 1 and "24 rows cut from 5 images" in text and "120x160: 5" in text
    assert "not ready to test all: 3 of 5 images as they are" in verdict_of(text)
    assert run_check(folder, "--pixel_nm", "2")[0] == 0
    lines = [line.strip() for line in text.splitlines()]
    assert f"{folder}/3.tif: 2.5 nm" in lines and f"{folder}/4.tif: 3 nm" in lines
    assert not any(line.startswith(f"{folder}/0.tif") for line in lines)
    assert "144x160: 5" in run_check(folder, "--no_data_bar")[1]
    assert "114x160: 5" in run_check(folder, "--data_bar", "30")[1]
    status, text = run_check(folder, "--data_bar", "144")
    assert status == 1 and "144 rows, and --data_bar 144 would cut them all" in text


def test_images_that_state_no_width_need_that_of_the_others(tmp_path, run_check):
    folder = tmp_path / "my lot"
    folder.mkdir()
    with_bar(folder / "1.tif", 2)
    Image.fromarray(tifffile.imread(folder / "1.tif")).save(folder / "2.png")
    status, text = run_check(folder)
    command = f"`python test.py --dataroot '{folder}' --name holes"
    assert status == 1 and f"{folder}/2.png: states no pixel size; other images: 2 nm" in text
    assert verdict_of(text) == (
        f"not ready to test all: 1 of 2 images as it is, with {command}`; 1 more with {command} --pixel_nm 2`, "
        "if that is the pixel size of all"
    )
    status, text = run_check(folder, "--pixel_nm", "2")
    assert status == 0 and verdict_of(text) == f"ready to test: 2 of 2 images as they are, with {command} --pixel_nm 2`"
    with_bar(folder / "3.tif", 5)
    status, text = run_check(folder)
    assert status == 1 and "not ready to test: two pixel sizes are equally frequent" in text
    for path in folder.glob("*.tif"):
        path.unlink()
    status, text = run_check(folder)
    assert status == 0 and verdict_of(text).endswith("; add --pixel_nm N for results in nm")


def test_what_the_files_say_of_the_instrument_is_shown(tmp_path, run_check):
    (tmp_path / "site.txt").write_text(
        "$CM_FORMAT JEOL\r\n$CM_ACCEL_VOLT 5.00\r\n$$SM_MICRON_BAR 40\r\n$$SM_MICRON_MARKER 100nm\r\n"
    )
    Image.fromarray(np.random.default_rng(0).integers(90, 200, (72, 96), dtype=np.uint8)).save(tmp_path / "site.png")
    status, text = run_check(tmp_path / "site.png")
    line = next(line for line in text.splitlines() if line.split()[:1] == ["instrument"])
    assert status == 0 and "maker JEOL" in line and "voltage 5 kV" in line and "2.5 nm: 1" in text


def test_without_a_path_the_sheet_goes_to_a_temporary_folder(made, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    assert check.main([str(made)]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("thumbnails: "))
    path = Path(line.removeprefix("thumbnails: "))
    assert path.is_file() and path.is_relative_to(tmp_path / "temporary")
    assert [entry.name for entry in tmp_path.iterdir()] == ["temporary"]
