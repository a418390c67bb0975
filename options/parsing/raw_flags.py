"""Flags as they were typed on the command line or in a file, before they are resolved."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

import yaml

from ..errors import OptionsError
from .flag_index import FlagIndex
from .value import to_one_line, to_text


@dataclass(frozen=True)
class RawFlag:
    """One spelling and its text; `text` is None without a value. `as_typed` is both in printable form, for messages."""

    key: str
    text: str | None
    as_typed: str


def read_arguments(argv: list[str], flag_index: FlagIndex) -> list[RawFlag]:
    """The flags in `argv`: `--key value`, `--key=value`, or `--key` alone for those that take no value."""
    raw_flags: list[RawFlag] = []
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or word == "--":
            before = raw_flags[-1].text if raw_flags else None
            raise OptionsError(_explain_split_path(before, [word, *rest]) or _explain_stray(word))
        flag, equals, value = word.partition("=")
        text = value if equals else None
        if flag_index.takes_value(flag[2:], to_one_line(flag)) and not equals:
            if not rest or rest[0].startswith("--"):
                raise OptionsError(f"{to_one_line(flag)}: needs a value")
            text = rest.pop(0)
        as_typed = to_one_line(word if equals or text is None else f"{word} {text}")
        raw_flags.append(RawFlag(flag[2:], text, as_typed))
    return raw_flags


def read_config(path: str, as_typed: str, flag_index: FlagIndex) -> list[RawFlag]:
    """The flags in a YAML file: a flat mapping of spellings to values; booleans and lists as YAML writes them.

    The function reads YAML's nodes, not the objects that YAML would make of them. So a value means the same as on the
    command line (`name: 2026-11-23` is a name, not a date), and an error can name its line.
    """
    try:
        root = yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise OptionsError(f"{as_typed}: cannot be read: {error.strerror}") from None
    except RecursionError:
        raise OptionsError(f"{as_typed}: must be a flat mapping, one `option: value` a line") from None
    except UnicodeDecodeError:
        raise OptionsError(f"{as_typed}: is not UTF-8 text") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "unreadable"
        raise OptionsError(f"{as_typed}:{where} is not YAML: {problem}") from None
    if root is None:
        return []
    if not isinstance(root, yaml.MappingNode):
        raise OptionsError(f"{as_typed}: must be a flat mapping, one `option: value` a line")
    entries: dict[str, RawFlag] = {}
    for key, value in root.value:
        entry = _read_entry(key, value, path, flag_index)
        if entry.key in entries:
            raise OptionsError(f"{entries[entry.key].as_typed} and {entry.as_typed}: given twice; keep one of them")
        entries[entry.key] = entry
    return list(entries.values())


def read_saved(saved: dict[str, object], path: Path) -> list[RawFlag]:
    """The options of an `opt.json` in the form of typed flags."""
    return [
        RawFlag(key, to_text(value), to_one_line(f"{path}: {key} {to_text(value)}")) for key, value in saved.items()
    ]


def _read_entry(key: yaml.Node, value: yaml.Node, path: str, flag_index: FlagIndex) -> RawFlag:
    where = to_one_line(f"{path} line {key.start_mark.line + 1}: {key.value}")
    if not isinstance(key, yaml.ScalarNode):
        raise OptionsError(f"{to_one_line(path)} line {key.start_mark.line + 1}: a key must be the name of an option")
    name = key.value.removeprefix("--")
    takes_no_value = not flag_index.belongs_to_other(name) and not flag_index.takes_value(name, where)
    if isinstance(value, yaml.SequenceNode) and all(isinstance(part, yaml.ScalarNode) for part in value.value):
        text = ",".join(part.value for part in value.value)
    elif isinstance(value, yaml.ScalarNode):
        text = value.value
    else:
        raise OptionsError(f"{where}: must be one value or a list of values")
    if takes_no_value and text == "":
        return RawFlag(name, None, where)
    return RawFlag(name, text, to_one_line(f"{where} {text}"))


def _explain_split_path(start: str | None, words: list[str]) -> str:
    """What to do if the value before, `start`, and the first words are one path, split at its spaces; else ''."""
    for end in range(1, len(words) + 1):
        path = " ".join([start or "", *words[:end]])
        if start and os.path.exists(path):
            return f"{to_one_line(words[0])}: unknown argument; put a path with spaces in quotes: {shlex.quote(path)}"
    return ""


def _explain_stray(word: str) -> str:
    text = to_one_line(word)
    key, equals, value = text.lstrip("-").partition("=")
    if equals:
        return f"{text}: unknown argument; use --{key} {value}"
    if word.startswith("-") and len(word) > 2:
        return f"{text}: unknown option; did you mean --{key}?"
    if os.path.exists(word):
        return f"{text}: unknown argument; a path follows its option; use --dataroot {shlex.quote(text)}"
    return f"{text}: unknown argument; a value follows its --option, and flags such as --x or --no_x take none"
