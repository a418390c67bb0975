"""Analysis of variance of any table: nested designs and gauge studies, with their variance components.

Not here: the statistics of a test's holes, sites and repeats (`..metrology`), which are no designed study.
"""

from .command import main

__all__ = ["main"]
