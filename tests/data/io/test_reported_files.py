"""Files as in public reports about image readers: each is read right, or refused in one line that says why.

Each row names its report, an issue or pull request on github.com, and writes the file as the report describes it.
"""

from io import BytesIO

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from data import DataError, DatasetLayout, images_of, read_grey, read_header
from tests.data.header import micrographs
from tests.data.io.raw_writer import DATA, bmp, packed, png, run_lengths, write_tiff

GREY = np.random.default_rng(3).integers(0, 255, (40, 32), dtype=np.uint8)
OTHER = GREY[::-1].copy()
DEEP = GREY.astype(np.uint16) * 257
SIGNED = GREY.astype(np.int8)
BITS = (GREY > 127).astype(np.uint8)
FALLING = [*range(255, -1, -1)]
TURNED = Image.Exif()
TURNED[274] = 6  # Orientation: a quarter turn


def jpeg(pixels=GREY, **how):
    content = BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=100, **how)
    return content.getvalue()


JPEG = jpeg()
JPEG_GREY = np.asarray(Image.open(BytesIO(JPEG)))
OLD_JPEG = {259: (3, [6]), 273: None, 279: None, 513: (4, [DATA]), 514: (4, [len(JPEG)])}
HALF_JPEG = JPEG[: len(JPEG) // 2] + bytes(len(JPEG) // 2)


def samples(*planes, kind=None):
    """Pixels and tags of a TIFF of several samples a pixel."""
    count = len(planes)
    tags = {258: (3, [8] * count), 277: (3, [count]), 338: None if kind is None else (3, [kind] * (count - 1))}
    return np.dstack(planes), tags


def reversed_bits(pixels):
    return np.packbits(np.unpackbits(pixels.view(np.uint8)), bitorder="little").tobytes()


def png_palette(levels):
    return [("PLTE", np.repeat(np.array(levels, np.uint8), 3).tobytes())]


def thumbnail_before_its_image(path):
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(GREY[::4, ::4], subifds=1, subfiletype=1, metadata=None)
        tiff.write(GREY, metadata=None)


READ = {  # file: report, what writes it, grey levels; the range of values of 16 bits is 0,65535
    "inverting_lut.tif": (
        "ome/bioformats/issues/3901",
        lambda path: write_tiff(path, 255 - GREY, {262: (3, [0])}),
        GREY,
    ),
    "signed_white_is_zero.tif": (
        "image-rs/image-tiff/issues/129",
        lambda path: write_tiff(path, ~SIGNED, {262: (3, [0]), 339: (3, [2])}),
        SIGNED + np.float32(128),
    ),
    "no_byte_counts.tif": (
        "locationtech/geotrellis/issues/3141",
        lambda path: write_tiff(path, GREY, {279: None}),
        GREY,
    ),
    "byte_count_of_zero.tif": (
        "haraldk/TwelveMonkeys/issues/449",
        lambda path: write_tiff(path, GREY, {279: (4, [0])}),
        GREY,
    ),
    "byte_count_in_pixels.tif": (
        "halide/Halide/pull/3403",
        lambda path: write_tiff(path, DEEP, {279: (4, [GREY.size])}),
        GREY,
    ),
    "endless_strip.tif": (
        "python-pillow/Pillow/issues/5319",
        lambda path: write_tiff(path, GREY, {278: (4, [2**32 - 1])}),
        GREY,
    ),
    "no_rows_per_strip.tif": (
        "quintusdias/glymur/issues/678",
        lambda path: write_tiff(path, GREY, {278: None}),
        GREY,
    ),
    "predictor_without_packing.tif": (
        "opencv/opencv/pull/21871",
        lambda path: write_tiff(path, GREY, {317: (3, [2])}),
        GREY,
    ),
    "bits_for_each_colour.tif": (
        "python-pillow/Pillow/pull/6041",
        lambda path: write_tiff(path, GREY, {258: (3, [8, 8, 8])}),
        GREY,
    ),
    "bits_in_reverse.tif": (
        "python-pillow/Pillow/issues/5249",
        lambda path: write_tiff(path, DEEP, {266: (3, [2])}, reversed_bits(DEEP)),
        GREY,
    ),
    "no_bits_per_sample.tif": (
        "python-pillow/Pillow/issues/3766",
        lambda path: write_tiff(path, BITS, {258: None}, packed(BITS, 1)),
        BITS * 255,
    ),
    "fax.tif": (
        "image-rs/image-tiff/issues/296",
        lambda path: Image.fromarray(BITS.astype(bool)).save(path, compression="group4"),
        BITS * 255,
    ),
    "four_bits.tif": (
        "python-pillow/Pillow/issues/932",
        lambda path: write_tiff(path, GREY, {258: (3, [4])}, packed(GREY >> 4, 4)),
        (GREY >> 4) * 17,
    ),
    "falling_palette.tif": (
        "piximi/piximi/issues/302",
        lambda path: write_tiff(path, 255 - GREY, {262: (3, [3]), 320: (3, [257 * level for level in FALLING] * 3)}),
        GREY,
    ),
    "palette_of_8_bits.tif": (
        "python-pillow/Pillow/issues/2157",
        lambda path: write_tiff(path, 255 - GREY, {262: (3, [3]), 320: (3, FALLING * 3)}),
        GREY,
    ),
    "lossless_jpeg.tif": (
        "haraldk/TwelveMonkeys/issues/304",
        lambda path: write_tiff(path, DEEP, {259: (3, [7])}, imagecodecs.ljpeg_encode(DEEP)),
        GREY,
    ),
    "old_jpeg.tif": (
        "python-pillow/Pillow/issues/3132",
        lambda path: write_tiff(path, GREY, OLD_JPEG, JPEG),
        JPEG_GREY,
    ),
    "unknown_sample.tif": (
        "cgohlke/tifffile/issues/5",
        lambda path: write_tiff(path, *samples(GREY, np.full_like(GREY, 255), kind=0)),
        GREY,
    ),
    "a_jpeg.TIF": ("seikichi/tiff.js/issues/40", lambda path: path.write_bytes(JPEG), JPEG_GREY),
    "a_tiff.png": ("AndreaCodegoni/Tiny_model_4_CD/issues/7", lambda path: write_tiff(path, GREY), GREY),
    "nine_bits.j2k": (
        "python-pillow/Pillow/issues/7899",
        lambda path: path.write_bytes(imagecodecs.jpeg2k_encode(DEEP >> 7, level=0, bitspersample=9)),
        (DEEP >> 7) * np.float32(255 / 65535),
    ),
    "lossless.jpg": (
        "cgohlke/imagecodecs/issues/27",
        lambda path: path.write_bytes(imagecodecs.ljpeg_encode(GREY)),
        GREY,
    ),
    "turned.jpg": (
        "scikit-image/scikit-image/issues/3150",
        lambda path: path.write_bytes(jpeg(exif=TURNED)),
        np.rot90(JPEG_GREY, -1),
    ),
    "deep.png": ("python-pillow/Pillow/issues/3041", lambda path: path.write_bytes(png(DEEP, 0, 16)), GREY),
    "deep_opaque.png": (
        "dmMaze/BallonsTranslator/pull/1205",
        lambda path: path.write_bytes(png(np.dstack([DEEP, np.full_like(DEEP, 65535)]), 4, 16)),
        GREY,
    ),
    "deep_colours.png": (
        "python-pillow/Pillow/issues/4073",
        lambda path: path.write_bytes(png(np.dstack([DEEP] * 3), 2, 16)),
        GREY,
    ),
    "deep_interlaced.png": (
        "imageio/imageio/pull/987",
        lambda path: path.write_bytes(png(DEEP, 0, 16, interlaced=True)),
        GREY,
    ),
    "unused_key.png": (
        "oxipng/oxipng/pull/470",
        lambda path: path.write_bytes(png(GREY, 0, 8, [("tRNS", b"\0\xff")])),
        GREY,
    ),
    "falling_palette.png": (
        "tensorbee/rdocx/pull/19",
        lambda path: path.write_bytes(png(255 - GREY, 3, 8, png_palette(FALLING))),
        GREY,
    ),
    "falling_bits.bmp": (
        "embedded-graphics/tinybmp/issues/18",
        lambda path: path.write_bytes(bmp(1 - BITS, 1, (255, 0))),
        BITS * 255,
    ),
    "falling_palette.bmp": (
        "imageio/imageio/pull/388",
        lambda path: path.write_bytes(bmp(255 - GREY, 8, FALLING)),
        GREY,
    ),
    "four_bits.bmp": (
        "treeform/pixie/issues/561",
        lambda path: path.write_bytes(bmp(15 - (GREY >> 4), 4, FALLING[::17])),
        (GREY >> 4) * 17,
    ),
    "run_lengths.bmp": (
        "python-pillow/Pillow/pull/6384",
        lambda path: path.write_bytes(bmp(GREY, 8, FALLING[::-1], 1, data=run_lengths(GREY))),
        GREY,
    ),
    "big_endian.npy": ("pytorch/pytorch/issues/3671", lambda path: np.save(path, DEEP.astype(">u2")), GREY),
}

REFUSED = {  # file: report, what writes it, what the line says
    "white_is_zero.tif": (
        "ome/bioformats/issues/3901",
        lambda path: write_tiff(path, GREY.astype(np.float32), {262: (3, [0]), 339: (3, [3])}),
        "white is 0",
    ),
    "polarity_unsaid.tif": (
        "photopea/UTIF.js/issues/85",
        lambda path: write_tiff(path, GREY, {262: None}),
        "does not say whether 0 is black or white",
    ),
    "predictor.tif": (
        "opencv/opencv/pull/21871",
        lambda path: write_tiff(path, GREY, {259: (3, [32773]), 317: (3, [2])}, imagecodecs.packbits_encode(GREY)),
        "a predictor that does not belong to its compression",
    ),
    "empty_strip.tif": (
        "haraldk/TwelveMonkeys/issues/449",
        lambda path: write_tiff(path, GREY, {259: (3, [5]), 279: (4, [0])}, imagecodecs.lzw_encode(GREY)),
        "parts without content",
    ),
    "sparse.tif": (
        "geotiffjs/geotiff.js/issues/304",
        lambda path: write_tiff(path, GREY, {273: (4, [DATA, 0]), 278: (4, [20]), 279: (4, [640, 0])}),
        "parts without content",
    ),
    "thumbnail.tif": ("photopea/UTIF.js/issues/93", thumbnail_before_its_image, "shows a smaller version alone"),
    "metamorph.tif": (
        "imageio/imageio/issues/802",
        lambda path: write_tiff(path, GREY, {33629: (5, [1, 1] * 2)}, GREY.tobytes() + OTHER.tobytes()),
        "holds 2 images in one page",
    ),
    "imagej.tif": (
        "cgohlke/tifffile/issues/279",
        lambda path: tifffile.imwrite(path, GREY, description="ImageJ=1.11a\nimages=57\n", metadata=None),
        "holds 57 images in one page",
    ),
    "truncated.tif": (
        "cgohlke/tifffile/issues/279",
        lambda path: tifffile.imwrite(path, np.stack([GREY, OTHER]), photometric="minisblack", truncate=True),
        "holds 2 images in one page",
    ),
    "planes.tif": (
        "cgohlke/tifffile/issues/206",
        lambda path: tifffile.imwrite(
            path, np.stack([GREY, OTHER] * 3), photometric="minisblack", planarconfig="separate"
        ),
        "holds 6 grey levels a pixel",
    ),
    "second_sample.tif": (
        "cgohlke/tifffile/issues/5",
        lambda path: write_tiff(path, *samples(GREY, OTHER, kind=0)),
        "holds 2 grey levels a pixel",
    ),
    "samples_unsaid.tif": (
        "cgohlke/tifffile/issues/5",
        lambda path: write_tiff(path, *samples(GREY, OTHER)),
        "holds 2 grey levels a pixel",
    ),
    "nan.tif": (
        "napari/napari/issues/1310",
        lambda path: tifffile.imwrite(path, np.where(GREY > 250, np.nan, GREY)),
        "NaN or infinite",
    ),
    "jpeg_in.tif": (
        "python-pillow/Pillow/issues/123",
        lambda path: write_tiff(path, GREY, {259: (3, [7])}, HALF_JPEG),
        "damaged or cut short",
    ),
    "half.jpg": ("python-pillow/Pillow/issues/123", lambda path: path.write_bytes(HALF_JPEG), "damaged or cut short"),
    "two_pictures.jpg": (
        "python-pillow/Pillow/issues/1960",
        lambda path: Image.fromarray(GREY).save(path, "MPO", save_all=True, append_images=[Image.fromarray(OTHER)]),
        "an animation of 2 frames",
    ),
    "12_bits.jpg": (
        "libvips/libvips/issues/664",
        lambda path: path.write_bytes(imagecodecs.jpeg8_encode(DEEP >> 4, bitspersample=12)),
        "JPEG of more than 8 bits or a damaged JPEG is not read here",
    ),
    "lossless_16_bits.jpg": (
        "pydicom/pydicom/issues/813",
        lambda path: path.write_bytes(imagecodecs.ljpeg_encode(DEEP)),
        "JPEG of more than 8 bits or a damaged JPEG is not read here",
    ),
    "key.png": (
        "python-pillow/Pillow/issues/154",
        lambda path: path.write_bytes(png(GREY, 0, 8, [("tRNS", bytes([0, GREY[3, 3]]))])),
        "has transparent pixels",
    ),
    "key_of_2_bits.png": (
        "python-pillow/Pillow/pull/3744",
        lambda path: path.write_bytes(png(GREY >> 6, 0, 2, [("tRNS", b"\0\2")])),
        "has transparent pixels",
    ),
    "deep_key.png": (
        "python-pillow/Pillow/pull/3744",
        lambda path: path.write_bytes(png(DEEP, 0, 16, [("tRNS", DEEP[3, 3].astype(">u2").tobytes())])),
        "has transparent pixels",
    ),
    "colour_key.png": (
        "python-pillow/Pillow/pull/423",
        lambda path: path.write_bytes(png(np.dstack([GREY] * 3), 2, 8, [("tRNS", bytes([0, GREY[3, 3]]) * 3)])),
        "has transparent pixels",
    ),
    "short_palette.png": (
        "pnggroup/libpng/issues/822",
        lambda path: path.write_bytes(png(GREY, 3, 8, png_palette(FALLING[:254]))),
        "pixels of entry 254 in a palette of 254",
    ),
    "two_colours.bmp": (
        "python-pillow/Pillow/pull/9778",
        lambda path: path.write_bytes(bmp(BITS, 8, (0, 255))),
        "a BMP of 8 bits with a short palette of greys",
    ),
    "few_greys.bmp": (
        "python-pillow/Pillow/issues/6572",
        lambda path: path.write_bytes(bmp(GREY >> 4, 4, range(16))),
        "a BMP of 4 bits with a short palette of greys",
    ),
    "objects.npy": (
        "yangxue0827/RCNN/issues/6",
        lambda path: np.save(path, np.array([GREY, None], object), allow_pickle=True),
        "an array of object",
    ),
    "grey.pgm": ("ihmwg/IHMCIF/issues/33", lambda path: path.write_bytes(b"P5\n2 1\n255\nab"), "PNM is not read here"),
    "stack.mrc": (
        "ImageMagick/ImageMagick/issues/6975",
        lambda path: path.write_bytes(bytes(208) + b"MAP " + bytes(900)),
        "MRC is not read here; save the images as TIFF",
    ),
    "stack.h5": (
        "napari/napari/issues/4834",
        lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99)),
        "HDF5 is not read here",
    ),
    "frames.emd": (
        "hyperspy/rosettasciio/issues/93",
        lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99)),
        "HDF5 is not read here",
    ),
}


def imagej(unit, across=(500, 1)):
    return lambda path: write_tiff(
        path, GREY, {270: (2, f"ImageJ=1.53t\n{unit}\nloop=false\n\0".encode()), 282: (5, across), 283: (5, across)}
    )


def resolution(per_unit, unit):
    return lambda path: write_tiff(
        path, GREY, {282: (5, [per_unit, 1]), 283: (5, [per_unit, 1]), 296: unit and (3, [unit])}
    )


def ome(*images):
    """A file whose OME-XML describes images of these widths [um], each in a file or after others in this one."""
    xml = "".join(
        f'<Image><Pixels PhysicalSizeX="{width}" PhysicalSizeY="{width}">{place}</Pixels></Image>'
        for width, place in images
    )
    return lambda path: write_tiff(path, GREY, {270: (2, f"<OME>{xml}</OME>\0".encode())})


def place(file):
    return f'<TiffData IFD="0" PlaneCount="1"><UUID FileName="{file}">urn:uuid:1</UUID></TiffData>'


def navigation_camera(path):
    """A picture of a camera beside the beams: an FEI header without [Scan]."""
    sections = micrographs.fei_sections(Beam__Beam="IRBeam", IRBeam__HFW="0.128", Image__ResolutionX="256")
    text = micrographs.ini_text({name: entries for name, entries in sections.items() if name != "Scan"})
    micrographs.write_tiff(path, [(34682, micrographs.ASCII, text.encode() + b"\0")])


def beside_a_text(encoding):
    def write(path):
        write_tiff(path, GREY)
        path.with_suffix(".txt").write_bytes(micrographs.hitachi_text(DataSize="32x40").encode(encoding))

    return write


TWO_WIDTHS = "states two pixel widths, 1 nm .* and 2 nm"
WIDTHS = {  # file: report, what writes it, pixel width [nm], or what the line says
    "zeiss_2k.tif": (
        "hyperspy/hyperspy/pull/2056",
        lambda path: micrographs.zeiss(
            path,
            {"AP_PIXEL_SIZE": "Pixel Size = 24.66 nm", "AP_IMAGE_PIXEL_SIZE": "Image Pixel Size = 12.33 nm"},
            2048,
        ),
        12.33,
    ),
    "zeiss_picometres.tif": (
        "IMBalENce/EM-tool/issues/1",
        lambda path: micrographs.zeiss(path, {"AP_IMAGE_PIXEL_SIZE": "Image Pixel Size = 558.2 pm"}),
        0.5582,
    ),
    "zeiss_micrometres.tif": (
        "ome/bioformats/issues/4352",
        lambda path: micrographs.zeiss(path, {"AP_PIXEL_SIZE": "Pixel Size = 1.116 µm"}, encoding="latin-1"),
        1116.0,
    ),
    "zeiss_512.tif": (
        "hyperspy/hyperspy/pull/2056",
        lambda path: micrographs.zeiss(path, {"AP_PIXEL_SIZE": "Pixel Size = 5.825 nm"}, 512),
        11.65,
    ),
    "fei_camera.tif": ("hyperspy/hyperspy/issues/2941", navigation_camera, None),
    "phenom.tif": (
        "ome/bioformats/pull/3740",
        lambda path: micrographs.write_tiff(path, [(34683, micrographs.ASCII, micrographs.phenom_xml().encode())]),
        3.1,
    ),
    "hitachi.tif": ("ome/bioformats/pull/3809", beside_a_text("utf-16"), 3.96875),
    "olympus.tif": ("hyperspy/hyperspy/issues/2511", micrographs.sis, 0.81),
    "micron.tif": ("blink1073/tifffile/issues/48", imagej("unit=micron"), 2.0),
    "microns.tif": ("cgohlke/tifffile/issues/152", imagej("unit=microns"), 2.0),
    "escaped.tif": ("hyperspy/hyperspy/pull/1043", imagej("unit=\\u00B5m"), 2.0),
    "one_unit.tif": ("ilastik/ilastik/issues/3091", imagej("unit=nm", (1, 2)), 2.0),
    "unit_unsaid.tif": ("hyperspy/hyperspy/issues/1167", imagej("min=0"), None),
    "centimetre.tif": ("blink1073/tifffile/issues/15", resolution(5_000_000, 3), 2.0),
    "inch.tif": ("blink1073/tifffile/issues/15", resolution(12_700_000, None), 2.0),
    "no_unit.tif": ("blink1073/tifffile/issues/15", resolution(5_000_000, 1), None),
    "other.ome.tif": (
        "cgohlke/tifffile/issues/72",
        ome((0.001, place("first.ome.tif")), (0.002, place("other.ome.tif"))),
        2.0,
    ),
    "renamed.ome.tif": ("tlnagy/OMETIFF.jl/issues/14", ome((0.002, place("old.ome.tif"))), 2.0),
    "lost.ome.tif": (
        "ome/bioformats/issues/3062",
        ome((0.001, place("first.ome.tif")), (0.002, place("other.ome.tif"))),
        TWO_WIDTHS,
    ),
    "later.ome.tif": (
        "imaging-formats/ome-types/issues/71",
        ome((0.001, '<TiffData IFD="1" PlaneCount="2"/>'), (0.002, '<TiffData IFD="0" PlaneCount="1"/>')),
        2.0,
    ),
}


@pytest.mark.parametrize("name", READ)
def test_a_reported_file_is_read_right(tmp_path, name):
    _, write, levels = READ[name]
    write(tmp_path / name)
    assert images_of(str(tmp_path / name)) == [str(tmp_path / name)]
    grey_range = (-128, 127) if name.startswith("signed") else (0, 65535)
    assert np.allclose(read_grey(tmp_path / name, grey_range), levels, atol=1e-4)


@pytest.mark.parametrize("name", REFUSED)
def test_a_reported_file_is_refused_with_its_reason(tmp_path, name):
    _, write, reason = REFUSED[name]
    write(tmp_path / name)
    with pytest.raises(DataError, match=rf"^{tmp_path / name}: .*{reason}"):
        read_grey(tmp_path / name, (0, 65535))


@pytest.mark.parametrize("name", WIDTHS)
def test_a_reported_file_has_its_pixel_width(tmp_path, name):
    _, write, width = WIDTHS[name]
    write(tmp_path / name)
    if isinstance(width, str):
        with pytest.raises(DataError, match=rf"{name}: {width}.*; --pixel_nm decides"):
            read_header(tmp_path / name)
        assert read_header(tmp_path / name, 3.0).pixel_nm == 3.0
    else:
        assert read_header(tmp_path / name).pixel_nm == (width and pytest.approx(width))


@pytest.mark.parametrize("name", ["stack.mrc", "stack.h5", "field.RAW"])
def test_a_format_that_is_not_read_is_named_for_a_file_and_a_folder(tmp_path, name):
    (tmp_path / name).write_bytes(bytes(99))
    kind = {".mrc": "MRC", ".h5": "HDF5", ".RAW": "raw data without size and type"}[(tmp_path / name).suffix]
    for root in (tmp_path / name, tmp_path):
        with pytest.raises(DataError, match=f"^{root}: .*{kind} is not read here; save the images as TIFF$"):
            DatasetLayout(root)
