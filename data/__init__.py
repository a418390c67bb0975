"""What is read or made: the layouts of a data set, batches of images, and the SEM simulator."""

from .errors import DataError
from .image import read_grey
from .layout import Layout
from .options import DataOptions
from .stack import read_stack
from .test_images import TestBatch, TestImages
from .unpaired import UnpairedBatches

BATCHES = {"unpaired": UnpairedBatches}

__all__ = [
    "BATCHES",
    "DataError",
    "DataOptions",
    "Layout",
    "TestBatch",
    "TestImages",
    "UnpairedBatches",
    "read_grey",
    "read_stack",
]
