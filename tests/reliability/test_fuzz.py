"""Every reader of files, on files that are damaged at random: what is wrong is one of our errors, never another."""

import json
import os
import time
import warnings
from contextlib import suppress
from functools import partial

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from hypothesis import HealthCheck, settings, strategies
from hypothesis import given as drawn
from PIL import Image

from data import DataError, DataOptions, DatasetLayout, images_of, read_grey, read_header
from data.batches.image_cache import load, store
from data.simulator.parameter_file import read_parameters
from data.simulator.population import Population
from models import MODELS, ModelError
from models.networks.weights import load_weights
from options import OptionsError, parse_test, parse_train
from tests.data.io.instrument_files import field, gatan, gwyddion, simple_field
from tests.reliability.promise import promise
from util.errors import UtilError
from util.run.checkpoint import load_state
from util.run.epoch_log import EpochLog
from util.run.loss_log import LossLog
from util.run.run_folder import RunFolder

OURS = (DataError, ModelError, OptionsError, UtilError)
GREY = np.arange(3456, dtype=np.uint8).reshape(72, 48)
PALETTE = np.tile(np.arange(256, dtype=np.uint16) * 257, (3, 1))
KINDS = {name: model.Options for name, model in MODELS.items()}


def picture(path, **how):
    Image.fromarray(GREY).save(path, **how)


def command(parse, path):
    parse(["--config", str(path), "--checkpoints_dir", str(path.parent)], DataOptions, KINDS)


def run_options(path):
    parse_test(["--checkpoints_dir", str(path.parent.parent), "--name", path.parent.name], DataOptions, KINDS)
    assert RunFolder(str(path.parent.parent), path.parent.name).options is not None


def every_image(path):
    for name in images_of(str(path)):
        with suppress(DataError):  # one page's
            read_grey(name)
    with suppress(DataError):
        read_header(path)


def table(path):
    (path.parent / "train").mkdir(exist_ok=True)
    os.replace(path, path.parent / "train/average_depth.csv")
    DatasetLayout(path.parent).average_depth()


def in_folder(reader, name):
    def read(path):
        os.replace(path, path.with_name(name))
        reader(path.parent)

    return read


OPTIONS = json.dumps({"model": "unet_regressor", "width": 2, "num_downs": 2, "levels": [140, 150, 160, 170], "seed": 3})
READERS = {
    "PNG": ("x.png", picture, partial(read_grey, grey_range=(0, 1))),
    "PNG, 16 bits": ("x.png", lambda path: Image.fromarray(GREY.astype(np.uint16)).save(path), read_grey),
    "TIFF": ("x.tif", lambda path: tifffile.imwrite(path, GREY), read_grey),
    "TIFF, deflated": ("x.tif", lambda path: tifffile.imwrite(path, GREY, compression="zlib"), read_grey),
    "TIFF, pages": (
        "x.tif", lambda path: tifffile.imwrite(path, np.stack([GREY] * 3), imagej=True, resolution=(9, 9)), every_image
    ),
    "npy": ("x.npy", lambda path: np.save(path, np.stack([GREY] * 3)), every_image),
    "npz": ("x.npz", lambda path: np.savez_compressed(path, a=np.stack([GREY] * 3), b=GREY), every_image),
    "TIFF, palette": (
        "x.tif", lambda path: tifffile.imwrite(path, GREY, colormap=PALETTE, compression="lzw"), read_grey
    ),
    "TIFF, JPEG 2000": ("x.tif", lambda path: tifffile.imwrite(path, GREY, compression="jpeg2000"), read_grey),
    "JPEG 2000": ("x.jp2", lambda path: path.write_bytes(imagecodecs.jpeg2k_encode(GREY)), read_grey),
    "JPEG XL": ("x.jxl", lambda path: path.write_bytes(imagecodecs.jpegxl_encode(GREY)), read_grey),
    "WebP": ("x.webp", picture, read_grey),
    "GIF": ("x.gif", picture, read_grey),
    "dm3": ("x.dm3", lambda path: path.write_bytes(gatan([np.stack([GREY] * 2)], 6)), every_image),
    "dm4": ("x.dm4", lambda path: path.write_bytes(gatan([GREY], 6, version=4)), every_image),
    "gsf": ("x.gsf", lambda path: path.write_bytes(simple_field(GREY)), every_image),
    "gwy": ("x.gwy", lambda path: path.write_bytes(gwyddion({"/0/data": field(GREY[:9])})), every_image),
    "JPEG": ("x.jpg", picture, read_grey),
    "BMP": ("x.bmp", picture, read_grey),
    "pack": ("x.pack", lambda path: store(path, "f", [GREY[None]], lambda: True), partial(load, fingerprint="f")),
    "weights": ("x_net_S.pth", lambda path: torch.save({"w": torch.zeros(3, 4)}, path), load_weights),
    "state": (
        "x.pt", lambda path: torch.save({"replicas": [{"a": torch.zeros(2)}]}, path), in_folder(load_state, "state.pt")
    ),
    "opt.json": ("opt.json", lambda path: path.write_text(OPTIONS), run_options),
    "settings, training": ("x.yaml", lambda path: path.write_text("lr: 0.1\nngf: 8\n"), partial(command, parse_train)),
    "settings, testing": ("x.yaml", lambda path: path.write_text("how_many: 9\n"), partial(command, parse_test)),
    "parameters": (
        "x.json", lambda path: path.write_text('{"eccentricity": 0.4}'), lambda path: read_parameters(path, Population)
    ),
    "depths of sites": ("x.csv", lambda path: path.write_text("site,depth\ndepth_140_site_00001,99.5\n"), table),
    "loss log": (
        "x.csv", lambda path: path.write_text("epoch,step,seconds,G\n1,2,0.1,3.5\n1,4,0.1,3.4\n"),
        in_folder(partial(LossLog, step=4), "losses.csv"),
    ),
    "log of epochs": (
        "x.csv", lambda path: path.write_text("epoch,step,seconds,lr,RMSE\n1,2,0.1,3.5,4\n"),
        in_folder(partial(EpochLog, epoch=9), "epochs.csv"),
    ),
}  # fmt: skip
EDITS = strategies.lists(
    strategies.tuples(strategies.floats(0, 1), strategies.binary(min_size=1, max_size=8), strategies.booleans()),
    max_size=6,
)


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
@promise("Files damaged at random, for each of 28 kinds that are read: an error of ours or an answer, in 2 s", 40, 6000)
def test_a_reader_gives_an_answer_or_an_error_of_ours(reader, count, tmp_path):
    name, write, read = READERS[reader]
    (tmp_path / "good").mkdir()
    write(tmp_path / "good" / name)
    good = (tmp_path / "good" / name).read_bytes()
    folder = tmp_path / "damaged"
    folder.mkdir()

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @drawn(EDITS, strategies.floats(0, 1))
    def damaged(edits, kept):
        content = bytearray(good[: max(1, int(kept * len(good)))] if kept < 0.5 else good)
        for place, new, inserts in edits:
            at = int(place * len(content))
            content[at : at + (0 if inserts else len(new))] = new
        path = folder / name
        path.write_bytes(content)
        began = time.monotonic()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", "Detected pickle protocol")
            try:
                read(path)
            except OURS as error:
                assert error.args and str(error)
        assert time.monotonic() - began < 2

    damaged()
