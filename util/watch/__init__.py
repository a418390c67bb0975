"""Prediction of what a tool writes as it comes: which files are finished, what was done with them, their results.

Not here: how an image is read and predicted; `test.py` hands that over. Results of a test that knows all its images are
in `..results`."""

from .watch import Watch

__all__ = ["Watch"]
