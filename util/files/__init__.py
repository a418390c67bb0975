"""Files and output: atomic writes, locks, PNG files, CSV cells, logs of numbers, one-line error messages.

What the files contain (checkpoints, results, pages) is decided elsewhere.
"""

from .argument_parser import ArgumentParser, positive_number
from .atomic import UNFINISHED, append_bytes, name_file, prepare, write_bytes
from .csv_cells import escape_formula, row_id, unescape_formula
from .csv_table import read_rows
from .error_messages import counted, explain_error
from .folder_lock import LOCK, acquire_lock
from .new_files import File, write_files
from .numeric_csv import read_numbers
from .png import grey_png
from .safe_output import make_output_safe
from .warn_on_error import WarnOnError

__all__ = [
    "LOCK",
    "UNFINISHED",
    "ArgumentParser",
    "File",
    "WarnOnError",
    "acquire_lock",
    "append_bytes",
    "counted",
    "escape_formula",
    "explain_error",
    "grey_png",
    "make_output_safe",
    "name_file",
    "positive_number",
    "prepare",
    "read_numbers",
    "read_rows",
    "row_id",
    "unescape_formula",
    "write_bytes",
    "write_files",
]
