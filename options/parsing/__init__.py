"""From words on the command line, in a YAML file or in opt.json to values: spellings, flags, values, help.

The options themselves, and the rules between them, are in the package above.
"""

from .aliases import VALUES
from .flag_index import Flag, FlagIndex
from .help import format_help
from .parsed_flags import ParsedFlag, find_last, note_no_effect, read_value, resolve_flags
from .public_flags import GENERATIONS
from .raw_flags import RawFlag, read_arguments, read_config, read_saved
from .suffix import add_suffix
from .unsupported import UNSUPPORTED_VALUES, Unsupported
from .value import to_one_line, to_text

__all__ = [
    "GENERATIONS",
    "UNSUPPORTED_VALUES",
    "VALUES",
    "Flag",
    "FlagIndex",
    "ParsedFlag",
    "RawFlag",
    "Unsupported",
    "add_suffix",
    "find_last",
    "format_help",
    "note_no_effect",
    "read_arguments",
    "read_config",
    "read_saved",
    "read_value",
    "resolve_flags",
    "to_one_line",
    "to_text",
]
