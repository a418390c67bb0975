"""What an image file may be, and what is said of the others."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from data import DataError, read_grey


def test_grey_and_identical_channels_are_the_same(tmp_path):
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    Image.fromarray(grey).save(tmp_path / "l.png")
    Image.fromarray(np.stack([grey] * 3, axis=2)).save(tmp_path / "rgb.png")
    for name in ("l.png", "rgb.png"):
        image = read_grey(tmp_path / name)
        assert image.dtype == np.uint8 and np.array_equal(image, grey)


def test_a_colour_image_is_refused(tmp_path):
    Image.new("RGB", (4, 3), (10, 20, 30)).save(tmp_path / "c.png")
    with pytest.raises(DataError, match=r"c.png: a colour image; convert"):
        read_grey(tmp_path / "c.png")


@pytest.mark.parametrize("name", ["deep.png", "deep.tiff"])
def test_sixteen_bits_need_a_declared_range_and_are_then_scaled(tmp_path, name):
    deep = np.array([[0, 1000], [2000, 4000]], dtype=np.uint16)
    if name.endswith("png"):
        Image.fromarray(deep).save(tmp_path / name)
    else:
        tifffile.imwrite(tmp_path / name, deep)
    with pytest.raises(DataError, match="--grey_range LOW,HIGH"):
        read_grey(tmp_path / name)
    assert np.allclose(read_grey(tmp_path / name, (0, 4000)), deep * (255 / 4000))
    with pytest.raises(DataError, match=r"values 0..4000 lie outside --grey_range 0,3000"):
        read_grey(tmp_path / name, (0, 3000))


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n"])
def test_a_damaged_file_is_one_line(tmp_path, content):
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(DataError, match=r"bad\.png: not a readable image") as error:
        read_grey(tmp_path / "bad.png")
    assert "\n" not in str(error.value)
