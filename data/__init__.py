"""What is read or made: the layouts of a data set, batches of images, and the SEM simulator."""

from .batches.base import Batches
from .batches.image_stack import read_stack
from .batches.inference_images import TestBatch, TestImages
from .batches.labelled import LabelledBatches
from .batches.paired import PairedBatches
from .batches.sim_to_real import DomainBatches
from .batches.unpaired import UnpairedBatches
from .data_options import DataOptions
from .dataset_layout import ImageFile, Layout
from .errors import BadImageError, DataError
from .io.image import read_grey

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
