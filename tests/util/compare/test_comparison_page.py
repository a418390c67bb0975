"""The page that compares runs in a real browser: it fills the window, is cut nowhere, and is read without a mouse."""

import json
import re

import numpy as np
import pytest

from tests.browser import BrowserPage, needs_browser
from tests.util.compare.test_compare import IMAGE, results
from util.compare.__main__ import main
from util.compare.comparison_page import _describe_difference
from util.results.results_folder import ResultsFolder

NAMES = ("one", "a_run_with_quite_a_long_name")

OPTIONS = {"flip": True, "grey_range": [], "levels": [140, 150], "suffix": "", "width": 8}
OTHER = {"flip": False, "grey_range": [0, 200], "levels": [140], "suffix": "a", "width": 16}


@pytest.fixture
def page(tmp_path):
    for name, deeper, options in ((NAMES[0], 0, OPTIONS), (NAMES[1], 7, OTHER)):
        results(tmp_path / f"r/{name}/test_latest", deeper, 2.5 - deeper / 10)
        (tmp_path / "ck" / name).mkdir(parents=True)
        (tmp_path / "ck" / name / "opt.json").write_text(json.dumps(options))
    words = ["--results_dir", str(tmp_path / "r"), "--checkpoints_dir", str(tmp_path / "ck")]
    assert main([*NAMES, *words]) == 0
    return tmp_path / "r/compare.html"


def test_options_and_volumes_are_in_plain_words(page):
    cells = [re.sub(r"<.*?>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", page.read_text(), re.DOTALL)]
    assert {"yes", "no", "none", "140, 150", "0, 200"} <= set(cells) and not {"True", "False", "[]"} & set(cells)
    volume = cells.index("volume [10³ nm·px²]")
    assert all(re.fullmatch(r"[+−]?\d+\.\d+( ± \d+)?", cell) for cell in cells[volume + 1 : volume + 3]), cells
    assert not [cell for cell in cells if re.search(r"\de[+-]?\d", cell)], "one notation, that of the other pages"


def test_a_spread_has_two_digits_and_no_spread_is_0():
    assert _describe_difference(np.array([-3.0, 3.0, 1.2])) == "+0.40 ± 7.5"
    assert _describe_difference(np.array([-30.0, -31.0])) == "−30.50 ± 1.5"
    assert _describe_difference(np.full(3, 6.97) + 1e-12 * np.arange(3)) == "+6.97 ± 0"


@needs_browser
@pytest.mark.parametrize("width, dark", [(400, True), (1024, False), (1400, True)])
def test_it_fills_the_window_and_has_no_serious_finding(page, width, dark):
    with BrowserPage(page.as_uri(), width, dark=dark) as browser:
        assert not browser.is_too_wide() and not browser.findings() and not browser.errors
        assert {url.partition(":")[0] for url in browser.requests} <= {"file", "data"}
        cut = "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
        assert browser.run(cut) == 0, "a table is cut"
        right = "Math.max(...[...document.images].map(e => e.getBoundingClientRect().right))"
        assert browser.run(right) > 0.75 * min(width, 84 * 16)
        assert browser.run("Math.min(...[...document.images].map(e => e.clientWidth))") > 90
        browser.resize(width // 2)  # as at 200 % zoom
        assert not browser.is_too_wide() and browser.pdf().startswith(b"%PDF")


@needs_browser
def test_tab_leads_through_the_tables(page):
    with BrowserPage(page.as_uri()) as browser:
        labels = []
        for _ in range(4):
            browser.press("Tab")
            labels.append(browser.run("document.activeElement.getAttribute('aria-label')"))
    assert labels == ["scores", "measurements", "options", "depth maps"]


READING = "document.getElementById('reading').textContent"


@needs_browser
def test_the_maps_of_an_image_share_cursor_and_zoom(page):
    """By the mouse and by keys; the values are those of the results."""
    folder = page.parent
    depths = [ResultsFolder(folder / name / "test_latest").depth_nm(IMAGE) for name in NAMES]
    with BrowserPage(page.as_uri()) as browser:
        x, y = browser.place(".maps tbody tr:first-child td:nth-child(3) .view")
        browser.hover(x + 0.5, y + 0.5)
        for row, column, key in ((36, 24, ""), (36, 25, "ArrowRight"), (37, 25, "ArrowDown")):
            if key:
                browser.run("document.querySelector('.maps .view').focus()")
                browser.press(key)
            first, other = (float(depth[row, column]) for depth in depths)
            text = f"{IMAGE}: x {column}, y {row} px · one {first:.1f} nm · {NAMES[1]} {other:.1f} nm · "
            assert browser.run(READING) == text + f"{NAMES[1]} − one {other - first:.1f} nm"
        browser.press("+", 2)
        scales = "[...document.querySelectorAll('.maps tr:first-child img')].map(e => e.getBoundingClientRect().width)"
        views = scales.replace("img", ".view")
        assert browser.run(scales) == pytest.approx([4 * width for width in browser.run(views)])
        assert f"{NAMES[1]} {float(depths[1][37, 25]):.1f} nm" in browser.run(READING)
        browser.press("Escape")
        assert browser.run(scales) == pytest.approx(browser.run(views)) and not browser.errors
