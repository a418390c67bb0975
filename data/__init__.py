"""Reads, checks, batches and simulates images: data set layouts, image files, batches for training and inference.

Models, training, scoring and writing of results are not here.
"""

from .batches import (
    BatchedDataset,
    InferenceBatch,
    InferenceImages,
    LabelledDataset,
    PairedDataset,
    SimToRealDataset,
    UnpairedDataset,
    read_stack,
)
from .data_options import DataOptions
from .dataset_layout import DatasetLayout, ImageFile
from .errors import BadImageError, DataError
from .fields import InferenceCrops
from .inference_set import inference_images, training_maps
from .io import read_grey

DATASETS = {
    "unpaired": UnpairedDataset,
    "paired": PairedDataset,
    "labelled": LabelledDataset,
    "sim_to_real": SimToRealDataset,
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
    "InferenceCrops",
    "InferenceImages",
    "LabelledDataset",
    "PairedDataset",
    "SimToRealDataset",
    "UnpairedDataset",
    "inference_images",
    "read_grey",
    "read_stack",
    "training_maps",
]
