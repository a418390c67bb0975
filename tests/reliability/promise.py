"""A promise: a test that is tried many times, a few in the ordinary suite and all in `make soak`."""

import os

import pytest

SOAK = os.environ.get("SEMDEPTH_SOAK") == "1"


def promise(text: str, ordinary: int, soak: int):
    """Decorates a test that takes `count`, how often it is to be tried."""

    def decorated(test):
        count = soak if SOAK else ordinary
        test = pytest.mark.parametrize("count", [count], ids=str)(test)
        return pytest.mark.promise(text=text, count=count)(test)

    return decorated
