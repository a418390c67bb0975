"""Options of train.py and test.py: the command line, the config file, the checks and opt.json.

The options of the data set and of the models are declared in `data` and `models`; this package only parses them.
"""

from .errors import OptionsError
from .inference_options import InferenceOptions
from .parsed_options import Options
from .parser import index_test_flags, index_train_flags, parse_test, parse_train
from .saved import Difference, compare

__all__ = [
    "Difference",
    "InferenceOptions",
    "Options",
    "OptionsError",
    "compare",
    "index_test_flags",
    "index_train_flags",
    "parse_test",
    "parse_train",
]
