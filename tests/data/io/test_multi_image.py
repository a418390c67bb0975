"""Files of several images: each image is one of its own, wherever images are read."""

import os
import time
import zipfile

import numpy as np
import pytest
import tifffile
from PIL import Image

from data import DataError, DataOptions, DatasetLayout, PairedDataset, UnpairedDataset, read_grey, read_stack
from data import InferenceImages as Images
from data.io.header_checks import MAX_PIXELS
from data.io.multi_image import images_of

STACK = np.random.default_rng(1).integers(0, 200, (5, 24, 20), dtype=np.uint8)
PAGES = {"photometric": "minisblack"}


def npz(path, **arrays):
    np.savez_compressed(path, **arrays)


def mixed_chain(path):
    """Pages, each followed by a smaller version of itself, with still smaller ones behind the first: a pyramid."""
    with tifffile.TiffWriter(path) as tiff:
        for page in STACK:
            tiff.write(page, subifds=1)
            tiff.write(page[::2, ::2], subfiletype=1)
            tiff.write(page[::4, ::4], subfiletype=1)


def lzw(path):
    first, *others = (Image.fromarray(page) for page in STACK)
    first.save(path, save_all=True, append_images=others, compression="tiff_lzw")


WRITERS = {
    "pages.tif": lambda path: tifffile.imwrite(path, STACK, **PAGES),
    "big.tiff": lambda path: tifffile.imwrite(path, STACK, bigtiff=True, byteorder=">", **PAGES),
    "deflated.tif": lambda path: tifffile.imwrite(path, STACK, compression="zlib", **PAGES),
    "lzw.TIF": lzw,
    "imagej.tif": lambda path: tifffile.imwrite(path, STACK, imagej=True),
    "x.ome.tif": lambda path: tifffile.imwrite(path, STACK[:, None], metadata={"axes": "ZCYX"}, **PAGES),
    "pyramid.tif": mixed_chain,
    "stack.npy": lambda path: np.save(path, STACK),
    "fortran.npy": lambda path: np.save(path, np.asfortranarray(STACK)),
    "stack.npz": lambda path: npz(path, a=STACK[:2], names=["x"], b=STACK[2], mean=3.5, c=STACK[3:]),
}


@pytest.mark.parametrize("name", WRITERS)
def test_each_image_of_a_file_is_read_by_its_page(tmp_path, name):
    WRITERS[name](tmp_path / name)
    names = images_of(str(tmp_path / name))
    assert names == [f"{tmp_path / name}::p{n:03}" for n in range(5)]
    assert all(np.array_equal(read_grey(name), page) for name, page in zip(names, STACK, strict=True))
    with pytest.raises(DataError, match=f"{name}: holds 5 images, allowed only in"):
        read_grey(tmp_path / name)
    with pytest.raises(DataError, match="::p005: now holds only 5 images"):
        read_grey(f"{tmp_path / name}::p005")


@pytest.mark.parametrize("name", ["one.npy", "one.npz", "one.tif", "colour.npy", "deep.npy"])
def test_a_file_of_one_image_keeps_its_name(tmp_path, name):
    path, image = tmp_path / name, STACK[0]
    expected = image
    if name == "one.npz":
        npz(path, image=image[None])
    elif name == "one.tif":
        tifffile.imwrite(path, image)
    elif name == "deep.npy":
        np.save(path, image.astype(">u2") * 257)
        with pytest.raises(DataError, match="use --grey_range"):
            read_grey(path)
    else:
        np.save(path, np.dstack([image] * 3) if name == "colour.npy" else image)
    assert images_of(str(path)) == [str(path)]
    assert np.allclose(read_grey(path, (0, 65535)), expected)


def claims(path, shape, descr="|u1", data=b""):
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
        file.write(data)


def zipped(path, shape, data, **how):
    claims(path.with_suffix(".npy"), shape, data=data)
    with zipfile.ZipFile(path, "w", **how) as archive:
        archive.write(path.with_suffix(".npy"), "x.npy")


def circle(path):
    tifffile.imwrite(path, np.concatenate([STACK] * 40), **PAGES)
    with tifffile.TiffFile(path) as tiff:
        chain = [page.offset for page in tiff.pages]
        last = tiff.pages.next_page_offset
    content = bytearray(path.read_bytes())
    content[last : last + 4] = np.array(chain[7], "<u4").tobytes()
    path.write_bytes(content)


def cut_stack(path):
    WRITERS["imagej.tif"](path)
    os.truncate(path, path.stat().st_size - 40)


BAD = {
    "pickle.npy": (lambda path: np.save(path, np.array([{}, []], dtype=object), allow_pickle=True), "array of object"),
    "line.npy": (lambda path: np.save(path, np.arange(5)), r"array of int64 \(5,\); expected"),
    "film.npy": (lambda path: np.save(path, np.zeros((2, 2, 9, 9))), "expected numbers"),
    "none.npy": (lambda path: np.save(path, np.zeros((0, 9, 9))), "expected numbers"),
    "cut.npy": (lambda path: claims(path, (72, 48), data=bytes(3000)), "damaged or cut short"),
    "claims.npy": (lambda path: claims(path, (1 << 40, 72, 48)), "damaged or cut short"),
    "minus.npy": (lambda path: claims(path, (-1, 48)), "damaged or cut short"),
    "words.npz": (lambda path: npz(path, words=["a", "b"]), "holds no image"),
    "bomb.npz": (
        lambda path: zipped(path, (MAX_PIXELS + 9, 1), bytes(MAX_PIXELS + 9), compression=zipfile.ZIP_DEFLATED),
        "more than the 134217728 that an .npz may hold",
    ),
    "claims.npz": (lambda path: zipped(path, (1 << 13, 1 << 13), b""), "damaged or cut short"),
    "packed.npz": (
        lambda path: zipped(path, (4, 4), bytes(16), compression=zipfile.ZIP_LZMA),
        "has a compression that NumPy cannot read",
    ),
    "circle.tif": (circle, "damaged or cut short"),
    "stack.tif": (cut_stack, "damaged or cut short"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_image_with_one_line_at_once(tmp_path, name):
    make, reason = BAD[name]
    make(tmp_path / name)
    began = time.monotonic()
    assert images_of(str(tmp_path / name)) == [str(tmp_path / name)]
    with pytest.raises(DataError, match=rf"^{tmp_path / name}: .*{reason}"):
        read_grey(tmp_path / name, (0, 1))
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("suffix", ["tif", "npy"])
def test_pages_are_tested_as_images_of_their_own(tmp_path, suffix):
    folder = tmp_path / "set"
    for part, values in (("testA", STACK), ("testB", STACK // 2)):
        (folder / part).mkdir(parents=True)
        WRITERS[f"pages.{suffix}" if suffix == "tif" else "stack.npy"](folder / part / f"s.{suffix}")
        Image.fromarray(values[0]).save(folder / part / "t.png")
    images = Images.of(DatasetLayout(folder), DataOptions(dataroot=str(folder)), "test", 0)
    (batch,) = images.batches(16)
    assert batch.stems == [*(f"s_p{n:03}" for n in range(5)), "t"] and not images.skipped
    assert np.array_equal(batch.images[:5], STACK) and np.array_equal(batch.truth[:5], STACK)
    assert np.array_equal(batch.truth[5], STACK[0] // 2)


def test_a_bad_page_costs_no_other(tmp_path):
    pages = STACK.astype(np.float32)
    pages[3, 2, 2] = np.nan
    tifffile.imwrite(tmp_path / "s.tif", pages, **PAGES)
    options = DataOptions(dataroot=str(tmp_path / "s.tif"), grey_range=(0, 255))
    images = Images.of(DatasetLayout(tmp_path / "s.tif"), options, "test", 0)
    stems = [stem for batch in images.batches(2) for stem in batch.stems]
    assert stems == [f"s_p{n:03}" for n in (0, 1, 2, 4)]
    assert [*images.skipped.values()] == [
        f"{tmp_path}/s.tif::p003: 1 pixel of value NaN or infinite; replace them first"
    ]


def test_pages_are_learned_from_and_kept_in_the_cache(tmp_path, monkeypatch):
    for part in ("trainA", "trainB"):
        (tmp_path / part).mkdir()
        np.save(tmp_path / part / "s.npy", STACK)
    time.sleep(0.05)
    options = DataOptions(dataroot=str(tmp_path))
    batches = UnpairedDataset(DatasetLayout(tmp_path), options, 2, 0)
    assert len(batches) == 3 and np.array_equal(batches.images["sem"], STACK)
    with monkeypatch.context() as patch:
        patch.setattr("data.batches.image_stack.read_grey", lambda *_: pytest.fail("decoded again"))
        assert np.array_equal(read_stack(DatasetLayout(tmp_path).sem(), options, "reading"), STACK)
    np.save(tmp_path / "trainA/s.npy", STACK[::-1])
    assert np.array_equal(read_stack(DatasetLayout(tmp_path).sem(), options, "reading"), STACK[::-1])


def test_pages_of_both_files_are_pairs(tmp_path):
    for part, values in (
        ("SEM/Case_1/80/s_itr0", STACK),
        ("SEM/Case_1/80/s_itr1", STACK),
        ("Depth/Case_1/80/s", STACK),
    ):
        path = tmp_path / f"simulation_data/{part}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(path, values, **PAGES)
    batches = PairedDataset(DatasetLayout(tmp_path), DataOptions(dataroot=str(tmp_path)), 2, 0)
    assert sorted(set(batches.groups)) == [f"s_{n}" for n in range(5)]
    assert np.array_equal(batches.images["sem"], batches.images["depth"][batches.depth_of])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_image_is_turned_back_alike_whoever_unpacks_it(tmp_path, orientation):
    image = STACK[0]
    tags = [(274, 3, 1, orientation, True)]
    tifffile.imwrite(tmp_path / "raw.tif", image, extratags=tags)
    Image.fromarray(image).save(tmp_path / "lzw.tif", compression="tiff_lzw", tiffinfo={274: orientation})
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(image).save(tmp_path / "exif.png", exif=exif)
    first, *others = (read_grey(tmp_path / name) for name in ("raw.tif", "lzw.tif", "exif.png"))
    assert first.shape == ((20, 24) if orientation > 4 else (24, 20))
    assert all(np.array_equal(first, other) for other in others)
    assert np.array_equal(first, image) == (orientation == 1)


def test_imagejs_stack_in_one_page_is_refused(tmp_path):
    description = "ImageJ=1.11a\nimages=9\nslices=9\n"
    tifffile.imwrite(tmp_path / "s.tif", STACK[0], description=description, metadata=None)
    with pytest.raises(DataError, match="holds 9 images in one page; save one page per image"):
        read_grey(tmp_path / "s.tif")
