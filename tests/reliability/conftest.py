"""Records what `make soak` found in docs/reliability.md."""

import datetime
from pathlib import Path

import pytest

from benchmarks.timing import machine
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
        text = mark.kwargs["text"].format(**item.callspec.params)
        known = item.config.stash[FOUND].get(text, (0, "kept", 0.0))  # of other parameters
        said = known[1] if said == "kept" else said
        count = dict(item.user_properties).get("count", mark.kwargs["count"])  # of a test that tries all there is
        item.config.stash[FOUND][text] = known[0] + count, said, known[2] + report.duration
    return report


def pytest_sessionfinish(session):
    found = session.config.stash.get(FOUND, {})
    if not SOAK or not found:
        return
    head, _, tail = PAGE.read_text().partition(MARK)
    rows = [line.strip("| ").split(" | ") for line in tail.splitlines() if line.startswith("| ")][1:]
    known = {row[0]: row for row in rows}  # a part of the tests renews its lines alone
    today = f"{datetime.date.today():%d %B %Y}"
    known |= {text: [text, f"{count:,}", said, f"{spent:.0f}", today] for text, (count, said, spent) in found.items()}
    lines = ["| what was tried | how often | result | seconds | when |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in known.values()]
    PAGE.write_text("\n".join([head + MARK, *lines, "", f"{machine()}.", ""]))
