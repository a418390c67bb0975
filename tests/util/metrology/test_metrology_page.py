"""The metrology page in a real browser: charts of any column with names and limits, by mouse and by keys."""

import csv
import io
import re

import numpy as np
import pytest

from tests.browser import BrowserPage, needs_browser
from tests.util.metrology.tables import HEADER, wafer, write
from util.metrology.__main__ import main

PLOT = "figure.charts .plot.run"
READING = "document.querySelector('figure.charts output').textContent"
KEYS = "document.querySelector('figure.charts figcaption').textContent"
CHOOSE = (
    "(s => {{ s.value = [...s.options].find(o => o.text.includes({!r})).value; s.dispatchEvent(new Event('input')); }})"
)


@pytest.fixture
def page(tmp_path):
    rows = [(f"hole {n}", "", 100 + n % 7, 2, 50 + n / 10, 5, "") for n in range(40)]
    rows[12] = ("<b>odd</b>", "", 100, 2, 99.5, 5, "")
    write(tmp_path / "holes.csv", rows)
    assert main([str(tmp_path)]) == 0
    return tmp_path / "metrology.html"


def choose(browser, text):
    """Shows another column."""
    browser.run(f"{CHOOSE.format(text)}(document.querySelector('figure.charts select'))")
    browser.settle()


def test_heads_are_plain_names_with_units(page):
    text = page.read_text()
    for head in ("depth mean [nm]", "CD half [nm]", "orientation [°]"):
        assert head in text
    shown = re.sub(r"<script.*?</script>|<style.*?</style>", "", text, flags=re.DOTALL)
    assert "depth_mean_nm" not in shown and "cd_half_nm" not in shown


@needs_browser
def test_a_point_is_named_under_the_cursor_and_by_keys(page):
    with BrowserPage(page.as_uri()) as browser:
        choose(browser, "CD half [nm], holes")
        assert "1 outliers" in browser.run(KEYS) and "mean + 3σ" in browser.run(KEYS)
        browser.run(f"document.querySelector('{PLOT}').focus()")
        browser.press("ArrowRight", 13)
        assert browser.run(READING) == "<b>odd</b> · CD half [nm] 99.5 · outlier"
        browser.press("End")
        assert browser.run(READING).startswith("hole 39 · CD half [nm] 53.9")
        browser.press("+", 2)
        browser.press("Escape")
        place = browser.run(
            f"(r => [r.x + r.width / 2, r.y + 5])(document.querySelector('{PLOT} .ring').getBoundingClientRect())"
        )
        browser.press("Home")
        browser.hover(place[0] + 2, place[1] + 3)
        assert browser.run(READING).startswith("hole 39 ·")
        assert not browser.errors and not browser.run("document.querySelector('b b, output b')")


@needs_browser
def test_keys_and_mouse_zoom_and_all_is_shown_again(page):
    ticks = "document.querySelector('.plot.run canvas').toDataURL()"
    with BrowserPage(page.as_uri()) as browser:
        before = browser.run(ticks)
        x, y = browser.place(f"{PLOT} .u-over")
        browser.drag((x - 100, y), (x + 50, y))
        assert browser.run(ticks) != before
        browser.run(f"document.querySelector('{PLOT}').focus()")
        browser.press("Escape")
        assert browser.run(ticks) == before
        browser.press("+")
        assert browser.run(ticks) != before
        browser.press("-")
        assert browser.run(ticks) == before


@needs_browser
def test_typed_limits_are_drawn_and_count_what_is_outside(page):
    with BrowserPage(page.as_uri()) as browser:
        choose(browser, "depth mean [nm], holes")
        browser.click("figure.charts input")
        browser.type("101.5")
        assert "lower limit 101.5" in browser.run(KEYS)
        low = sum((100 + n % 7) < 101.5 for n in range(40) if n != 12) + 1
        assert f"{low} of 40 outside the limits" in browser.run(KEYS)


@needs_browser
def test_a_column_is_copied_as_csv(page):
    board = "{value: {writeText: async text => { copied = text; }}}"
    catch = f"copied = ''; Object.defineProperty(navigator, 'clipboard', {board}); 0"
    with BrowserPage(page.as_uri()) as browser:
        browser.run(catch)
        choose(browser, "CD half [nm], holes")
        browser.click("figure.charts .csv")
        rows = list(csv.reader(io.StringIO(browser.run("copied"))))
    assert rows[0] == ["name", "CD half [nm]"] and len(rows) == 41
    assert rows[13] == ["<b>odd</b>", "99.5"] and rows[1] == ["hole 0", "50"]


@needs_browser
@pytest.mark.parametrize("width, dark", [(400, True), (1024, False), (1400, True)])
def test_it_fits_the_window_and_has_no_serious_finding(tmp_path, width, dark):
    depths = wafer(tmp_path / "holes.csv", sites=8, holes=6)
    (tmp_path / "known.csv").write_text("0,1\n" + "".join(f"{site},{depth}\n" for site, depth in depths.items()))
    assert main([str(tmp_path), "--reference", str(tmp_path / "known.csv")]) == 0
    with BrowserPage((tmp_path / "metrology.html").as_uri(), width, dark=dark) as browser:
        assert not browser.is_too_wide() and not browser.findings() and not browser.errors
        assert {url.partition(":")[0] for url in browser.requests} <= {"file", "data"}
        assert browser.run("document.querySelectorAll('figure.charts canvas').length") == 2 + 2 + 2
        cut = "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
        assert browser.run(cut) == 0, "a table is cut"
        browser.resize(width // 2)  # as at 200 % zoom
        browser.settle()
        assert not browser.is_too_wide()
        assert browser.pdf().startswith(b"%PDF") and not browser.errors


@needs_browser
def test_ten_thousand_holes_follow_the_cursor_without_delay(tmp_path):
    rng = np.random.default_rng(0)
    rows = [(f"hole {n}", "", *rng.normal((100, 2, 50, 0), 1).round(3), "") for n in range(10_000)]
    write(tmp_path / "holes.csv", rows, HEADER)
    assert main([str(tmp_path)]) == 0
    assert (tmp_path / "metrology.html").stat().st_size < 2e6
    with BrowserPage((tmp_path / "metrology.html").as_uri()) as browser:
        x, y = browser.place(f"{PLOT} .u-over")
        script = f"""(over => {{
          const start = performance.now();
          for (let n = 0; n < 50; n++)
            over.dispatchEvent(new MouseEvent('mousemove', {{clientX: {x} + n, clientY: {y}}}));
          return (performance.now() - start) / 50;
        }})(document.querySelector('{PLOT} .u-over'))"""
        assert browser.run(script) < 50, "milliseconds for a move of the cursor"
        assert browser.run(READING).startswith("hole ")
