"""What the user may say: flags in the spellings of three generations, a config file, validation, the frozen result.

A component declares its options in a frozen dataclass, one field an option, with help, unit, bounds and choices in the
field's metadata; `may_change` lets an option differ on --continue_train, `inherit` hands a data option to test.py.
Options are parsed, derived, validated, frozen, printed and written as opt.json, in that order.
"""

from benchmarks.docs_table import command_line_table

from .errors import OptionsError
from .inference_options import InferenceOptions
from .parsed_options import Options
from .parser import parse_test, parse_train
from .saved import Difference, compare

__all__ = [
    "Difference",
    "InferenceOptions",
    "Options",
    "OptionsError",
    "command_line_table",
    "compare",
    "parse_test",
    "parse_train",
]
