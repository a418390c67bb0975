"""How good depth maps, measurements and intervals are, compared with the ground truth, summed up batch by batch.

Not here: measuring holes (`..metrology`), and pages (`..page`)."""

from .description import describe_test, test_facts
from .evaluator import Evaluator
from .measurement_errors import MeasurementErrors
from .metrics import align_scale_shift
from .result_selection import ResultSelection
from .score_table import score_rows, score_sentences, score_text

__all__ = [
    "Evaluator",
    "MeasurementErrors",
    "ResultSelection",
    "align_scale_shift",
    "describe_test",
    "score_rows",
    "score_sentences",
    "score_text",
    "test_facts",
]
