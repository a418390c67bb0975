"""Reads the images of a data set and assembles batches for training and inference, with a cache of decoded images.

How one file is decoded is in data.io, and which files belong to a data set in data.dataset_layout.
"""

from .bad_lines import repair_lines
from .base import BatchedDataset
from .image_records import ImageRecord, ImageRecords
from .image_stack import CACHE_FOLDER, height_width, read_stack, size_text
from .inference_images import MIN_SIDE, InferenceBatch, InferenceImages
from .labelled import LabelledDataset
from .paired import PairedDataset
from .pixel_width import only_width
from .real_levels import UNKNOWN, average_depth_if_usable, grouped_by_site, levels_of_folders
from .sem_image import SemImage, cut_data_bar, fill_bad_lines, read_lenient_header, read_sem_image
from .sim_to_real import SimToRealDataset
from .training_images import describe_images, median_hole
from .unpaired import UnpairedDataset
from .watched_images import WatchedImages

__all__ = [
    "CACHE_FOLDER",
    "MIN_SIDE",
    "UNKNOWN",
    "BatchedDataset",
    "ImageRecord",
    "ImageRecords",
    "InferenceBatch",
    "InferenceImages",
    "LabelledDataset",
    "PairedDataset",
    "SemImage",
    "SimToRealDataset",
    "UnpairedDataset",
    "WatchedImages",
    "average_depth_if_usable",
    "cut_data_bar",
    "describe_images",
    "fill_bad_lines",
    "grouped_by_site",
    "height_width",
    "levels_of_folders",
    "median_hole",
    "only_width",
    "read_lenient_header",
    "read_sem_image",
    "read_stack",
    "repair_lines",
    "size_text",
]
