"""."""

from .evaluator import Evaluator
from .measurement_errors import MeasurementErrors
from .result_selection import ResultSelection
from .score_table import score_rows, score_sentences, score_text

__all__ = ["Evaluator", "MeasurementErrors", "ResultSelection", "score_rows", "score_sentences", "score_text"]
