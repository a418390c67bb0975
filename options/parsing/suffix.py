"""The run's name with its suffix: `--suffix {model}_{netG}` puts the values of options into the name."""

import re
from collections.abc import Mapping
from typing import Any

from ..errors import OptionsError
from .value import to_one_line, to_text


def add_suffix(name: str, suffix: str, values: Mapping[str, Any]) -> str:
    """`name`, an underscore, and `suffix` with `{option}` replaced by its value; `name` alone without a suffix."""

    def replace_match(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise OptionsError(to_one_line(f"--suffix {suffix}: there is no option {match[1]}"))
        return to_text(values[match[1]])

    return f"{name}_{re.sub(r'[{]([^{}]*)[}]', replace_match, suffix)}" if suffix else name
