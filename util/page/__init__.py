"""The parts of the page of a test."""

from . import results_page

__all__ = ["results_page"]
