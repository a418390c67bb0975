"""The page of a training: what is trained and how far it is, at any width, by keys, on paper."""

import json

import numpy as np
import pytest

from models import MODELS
from tests.browser import BrowserPage, needs_browser
from util.monitor.training_page import TrainingPage
from util.monitor.training_time import TrainingTime, duration_text

LAYOUT = MODELS["cycle_gan"].load_class().plot_layout
LOSSES = {"epoch": [1, 2, 3], "step": [10, 20, 25], "seconds": [0.5, 0.5, 0.5], "G_A": [1, 0.5, 0.4]}
EPOCHS = {"epoch": [1, 2], "step": [10, 20], "seconds": [300, 100], "lr": [1, 1]}


@pytest.fixture
def page(tmp_path):
    options = {"model": "cycle_gan", "dataroot": "./sem <x>", "batch_size": 4, "n_epochs": 6, "n_epochs_decay": 4}
    (tmp_path / "opt.json").write_text(json.dumps(options))
    page = TrainingPage(tmp_path, "my run", {"grey_range": ([1] * 40, [])}, LAYOUT)
    image = np.full((72, 48), 100.0, np.float32)
    for epoch in (1, 2):
        page.add_images(epoch, dict.fromkeys(("real_A", "fake_B", "rec_A", "real_B", "fake_A", "rec_B"), image))
    page.write(LOSSES, {"D_A is 0": "lower the learning rate"}, EPOCHS | {"val_rmse": [float("nan"), 2.5]})
    return tmp_path / "web/index.html"


def test_it_says_model_data_epochs_and_times(page):
    text = page.read_text()
    for part in ("model cycle_gan", "data ./sem &lt;x&gt;", "images a batch 4", "2 of 10", "6 min 40 s"):
        assert part in text, part
    assert "about 26 min 37 s" in text, "eight epochs of 200 s, less five steps of the next"
    assert "best is epoch 2: RMSE of validation images [grey level] 2.5" in text, "an epoch without a value is not best"


@pytest.mark.parametrize(
    "epochs, options, expected",
    [
        ({}, {"n_epochs": 5}, (0, 5, 0.0, None)),
        ({"epoch": [3], "step": [25], "seconds": [7.0]}, {}, (3, 0, 7.0, None)),
        ({"epoch": [5], "step": [25], "seconds": [7.0]}, {"n_epochs": 4, "n_epochs_decay": 1}, (5, 5, 7.0, 0.0)),
    ],
)
def test_what_is_not_known_is_not_said(epochs, options, expected):
    time = TrainingTime.of(LOSSES, epochs, options)
    assert (time.finished, time.total, time.elapsed, time.remaining) == expected


def test_durations_have_two_units():
    seconds = (0, 59.9, 60, 3600 * 3 + 300, 86400 + 7200)
    assert [duration_text(number) for number in seconds] == ["0 s", "59 s", "1 min 0 s", "3 h 5 min", "1 d 2 h"]


@needs_browser
@pytest.mark.parametrize("width, dark", [(400, False), (400, True), (1024, False), (1400, True)])
def test_it_fits_the_window_and_has_no_serious_finding(page, width, dark):
    with BrowserPage(page.as_uri(), width, dark=dark) as browser:
        assert not browser.is_too_wide() and not browser.findings() and not browser.errors
        assert {url.partition(":")[0] for url in browser.requests} <= {"file", "data"}
        right = "Math.max(...[...document.querySelectorAll('svg, img')].map(e => e.getBoundingClientRect().right))"
        assert browser.run(right) > 0.9 * min(width, 84 * 16), "no part of the window stays empty"
        browser.resize(width // 2)  # as at 200 % zoom
        assert not browser.is_too_wide()


@needs_browser
def test_a_table_that_is_too_wide_scrolls_by_keys_and_all_is_printed(page):
    with BrowserPage(page.as_uri(), 400) as browser:
        browser.press("Tab")
        assert browser.run("document.activeElement.getAttribute('aria-label')") == "options"
        assert browser.pdf().startswith(b"%PDF")
        browser.emulate("print")
        assert browser.run("[...document.images].every(image => image.naturalWidth && image.offsetParent)")
