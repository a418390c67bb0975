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
from .dataset_kinds import DATASETS
from .dataset_layout import DatasetLayout, ImageFile
from .errors import BadImageError, DataError
from .inference_set import inference_images, training_maps
from .io import read_grey

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
    "inference_images",
    "read_grey",
    "read_stack",
    "training_maps",
]
