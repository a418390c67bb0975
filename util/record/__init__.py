"""The record of a golden sample: measurements that nobody can change unseen, and control charts of them.

Measuring holes is in `..metrology`; what a test writes is in `..results`.
"""

from .command import main

__all__ = ["main"]
