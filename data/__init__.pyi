from .batches import (
    BatchedDataset,
    InferenceBatch,
    InferenceImages,
    LabelledDataset,
    PairedDataset,
    SimToRealDataset,
    UnpairedDataset,
    WatchedImages,
    describe_images,
    read_stack,
    repair_lines,
)
from .data_options import DataOptions
from .dataset_kinds import DATASETS
from .dataset_layout import DatasetLayout, ImageFile
from .errors import BadImageError, DataError, counted
from .header import ImageHeader, read_header
from .inference_set import inference_images, training_maps
from .io import GreyImage, images_of, read_grey, read_image
from .training_check import check_training

__all__ = [
    "DATASETS",
    "BadImageError",
    "BatchedDataset",
    "DataError",
    "DataOptions",
    "DatasetLayout",
    "GreyImage",
    "ImageFile",
    "ImageHeader",
    "InferenceBatch",
    "InferenceImages",
    "LabelledDataset",
    "PairedDataset",
    "SimToRealDataset",
    "UnpairedDataset",
    "WatchedImages",
    "check_training",
    "counted",
    "describe_images",
    "images_of",
    "inference_images",
    "read_grey",
    "read_header",
    "read_image",
    "read_stack",
    "repair_lines",
    "training_maps",
]
