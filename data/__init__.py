"""What is read or made: the layouts of a data set, batches of images, and the SEM simulator."""

from .batches.base import BatchedDataset
from .batches.image_stack import read_stack
from .batches.inference_images import InferenceBatch, InferenceImages
from .batches.labelled import LabelledDataset
from .batches.paired import PairedDataset
from .batches.sim_to_real import SimToRealDataset
from .batches.unpaired import UnpairedDataset
from .data_options import DataOptions
from .dataset_layout import DatasetLayout, ImageFile
from .errors import BadImageError, DataError
from .io.image import read_grey

DATASETS = {
    "unpaired": UnpairedDataset,
    "paired": PairedDataset,
    "labelled": LabelledDataset,
    "domains": SimToRealDataset,
}

__all__ = [
    "DATASETS",
    "BadImageError",
    "BatchedDataset",
    "DataError",
    "DataOptions",
    "DatasetLayout",
    "ImageFile",
    "InferenceBatch",
    "InferenceImages",
    "LabelledDataset",
    "PairedDataset",
    "SimToRealDataset",
    "UnpairedDataset",
    "read_grey",
    "read_stack",
]
