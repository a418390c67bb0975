"""Records what `make soak` found in docs/reliability.md."""

import datetime
from pathlib import Path

import pytest

from benchmarks.machine import machine
from tests.reliability.promise import SOAK

PAGE = Path(__file__).parents[2] / "docs/reliability.md"
MARK = "<!-- what `make soak` found -->\n"
FOUND = pytest.StashKey[dict]()


def pytest_configure(config):
    config.addinivalue_line("markers", "promise: what is tried, and how often")
    config.stash[FOUND] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    mark = item.get_closest_marker("promise")
    if mark and (report.when == "call" or report.outcome == "skipped"):
        said = {"passed": "kept", "failed": "**broken**"}.get(report.outcome, "not tried")
        item.config.stash[FOUND][mark.kwargs["text"]] = (mark.kwargs["count"], said, report.duration)
    return report


def pytest_sessionfinish(session):
    found = session.config.stash.get(FOUND, {})
    if not SOAK or not found:
        return
    lines = ["| what was tried | how often | result | seconds |", "|---|---|---|---|"]
    lines += [f"| {text} | {count:,} | {said} | {spent:.0f} |" for text, (count, said, spent) in found.items()]
    head = PAGE.read_text().partition(MARK)[0]
    when = f"{datetime.date.today():%d %B %Y}, {machine()}."
    PAGE.write_text("\n".join([head + MARK, *lines, "", when, ""]))
