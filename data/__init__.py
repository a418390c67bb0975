"""What is read or made: the layouts of a data set, batches of images, and the SEM simulator."""

from .batches import Batches
from .domains import DomainBatches
from .errors import BadImageError, DataError
from .image import read_grey
from .labelled import LabelledBatches
from .layout import ImageFile, Layout
from .options import DataOptions
from .paired import PairedBatches
from .stack import read_stack
from .test_images import TestBatch, TestImages
from .unpaired import UnpairedBatches

BATCHES = {
    "unpaired": UnpairedBatches,
    "paired": PairedBatches,
    "labelled": LabelledBatches,
    "domains": DomainBatches,
}

__all__ = [
    "BATCHES",
    "BadImageError",
    "Batches",
    "DataError",
    "DataOptions",
    "DomainBatches",
    "ImageFile",
    "LabelledBatches",
    "Layout",
    "PairedBatches",
    "TestBatch",
    "TestImages",
    "UnpairedBatches",
    "read_grey",
    "read_stack",
]
