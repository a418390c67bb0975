"""."""

from .aliases import VALUES
from .flag_index import FlagIndex
from .help import help_text
from .parsed_flags import ParsedFlag, last_typed, resolve_flags, value_of
from .raw_flags import RawFlag, read_arguments, read_config, read_saved
from .suffix import add_suffix
from .value import one_line, to_text

__all__ = [
    "VALUES",
    "FlagIndex",
    "ParsedFlag",
    "RawFlag",
    "add_suffix",
    "help_text",
    "last_typed",
    "one_line",
    "read_arguments",
    "read_config",
    "read_saved",
    "resolve_flags",
    "to_text",
    "value_of",
]
