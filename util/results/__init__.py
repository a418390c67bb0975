"""What a test gives: one record an image, predicted batch by batch, written whole or not at all, read back.

Not here: errors against the ground truth (`..scoring`), measuring (`..metrology`) and pages (`..page`)."""

from .earlier_results import ResultsPlace, place_results
from .field_view import FieldView
from .field_writer import FieldWriter
from .image_result import ImageResult
from .inference_loop import InferenceLoop
from .ray_shards import ShardedInference, ShardTask
from .reference_depth import ReferenceDepth
from .result_builder import ResultBuilder
from .results_folder import ALIGNED_RMSE, UNKNOWN, ResultsFolder
from .results_writer import JOURNAL, ResultsWriter, check_pixel_nm
from .shards import shards_of
from .training_scale import TrainingScale

__all__ = [
    "ALIGNED_RMSE",
    "JOURNAL",
    "UNKNOWN",
    "FieldView",
    "FieldWriter",
    "ImageResult",
    "InferenceLoop",
    "ReferenceDepth",
    "ResultBuilder",
    "ResultsFolder",
    "ResultsPlace",
    "ResultsWriter",
    "ShardTask",
    "ShardedInference",
    "TrainingScale",
    "check_pixel_nm",
    "place_results",
    "shards_of",
]
