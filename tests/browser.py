"""A headless browser for tests of pages; tests that need it are skipped, with a reason, where there is none."""

import shutil
import subprocess

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PROGRAM = next((path for name in NAMES if (path := shutil.which(name))), None)
needs_browser = pytest.mark.skipif(PROGRAM is None, reason=f"no browser on the PATH ({', '.join(NAMES)})")


def content(address, milliseconds=8000):
    """The page's HTML after its scripts have run for a while."""
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    command = [PROGRAM, *flags, f"--virtual-time-budget={milliseconds}", "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
