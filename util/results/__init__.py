"""."""

from . import ray_shards
from .field_writer import FieldWriter
from .image_result import ImageResult
from .results_folder import ResultsFolder
from .results_writer import ResultsWriter
from .shards import Shard, shards_of, write_manifest

__all__ = [
    "FieldWriter",
    "ImageResult",
    "ResultsFolder",
    "ResultsWriter",
    "Shard",
    "ray_shards",
    "shards_of",
    "write_manifest",
]
