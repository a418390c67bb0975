"""What several files of tests share."""

import pytest

from models.pipeline import domain_renderer


@pytest.fixture
def few_renderings(monkeypatch):
    """depth_pipeline draws and fits with few renderings: enough for what does not depend on how well it learns."""
    monkeypatch.setattr(domain_renderer, "N_RENDERINGS", 100)
    monkeypatch.setattr(domain_renderer, "N_FIT", 96)
