"""The run's name with its suffix: `--suffix {model}_{netG}` tells runs apart by what was asked for."""

import re
from collections.abc import Mapping
from typing import Any

from ..errors import OptionsError
from .value import one_line, to_text


def add_suffix(name: str, suffix: str, values: Mapping[str, Any]) -> str:
    """`name`, an underscore, and `suffix` with `{option}` replaced by its value; `name` alone without a suffix."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise OptionsError(one_line(f"--suffix {suffix}: there is no option {match[1]}"))
        return to_text(values[match[1]])

    return f"{name}_{re.sub(r'[{]([^{}]*)[}]', value, suffix)}" if suffix else name
