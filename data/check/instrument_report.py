"""What the files of a folder say about their images: pixel sizes, data bars, tilt, and the instrument."""

from collections import Counter
from collections.abc import Iterator

from ..errors import counted
from .folder_statistics import FolderStatistics
from .image_info import NO_PIXEL_SIZE

MAX_FILES = 100  # that are listed
MAX_SIZES = 10
UNITS = {"kv": "kV", "mm": "mm", "deg": "deg", "us": "us"}  # by the last word of a field's name


def instrument_lines(folder: FolderStatistics) -> Iterator[tuple[str, str]]:
    """Lines as (label, text); the label is '' where a line continues the one before."""
    yield from _pixel_size_lines(folder)
    records = folder.records()
    yield "data bar", records.bar_line().removeprefix("data bar: ")
    summary = records.summary()
    if summary.keys() > {"bits"}:
        yield "instrument", "; ".join(_field_text(name, value) for name, value in summary.items())
    for line in (records.bar_conflict_line(), records.estimate_line(), records.tilt_line(), *records.note_lines()):
        yield "", f"warning: {line}" if line else ""


def _pixel_size_lines(folder: FolderStatistics) -> Iterator[tuple[str, str]]:
    """The pixel sizes, and each file whose size is not the commonest one."""
    advice = "; use --pixel_nm with test.py" * (folder.image_set.role == "test_sem")
    sizes: Counter[str] = folder.pixel_sizes()
    if not sizes:
        return
    if set(sizes) == {NO_PIXEL_SIZE}:
        yield "pixels", f"no file gives the pixel size{advice}"
        return
    rest = f", and {len(sizes) - MAX_SIZES:,} other" * (len(sizes) > MAX_SIZES)
    yield "pixels", ", ".join(f"{size}: {count:,}" for size, count in sorted(sizes.most_common(MAX_SIZES))) + rest
    if len(sizes.keys() - {NO_PIXEL_SIZE}) > 1:
        yield "", "warning: pixel sizes differ, and a model knows holes by their size in pixels"
    if missing := sizes[NO_PIXEL_SIZE]:
        yield "", f"warning: for {counted(missing, 'image')} no file gives the pixel size{advice}"
    others = folder.other_pixel_sizes()
    if others:
        (common, _), *_ = sizes.most_common(1)
        verb = "has" if len(others) == 1 else "have"
        count = f"{len(others):,} of {sum(sizes.values()):,} images {verb}"
        yield "", f"{count} another pixel size than the commonest ({common}):"
    for name, size in list(others.items())[:MAX_FILES]:
        yield "", f"{name}: {size}"
    if len(others) > MAX_FILES:
        yield "", f"and {len(others) - MAX_FILES:,} more files of other pixel sizes"


def _field_text(name: str, value: object) -> str:
    """`voltage 5, 2 kV` of the field voltage_kv."""
    words, _, last = name.rpartition("_")
    if last in UNITS:
        return f"{words.replace('_', ' ')} {_text(value)} {UNITS[last]}"
    return f"{name.replace('_', ' ')} {_text(value)}"


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(dict.fromkeys(map(_text, value)))
    return f"{value:g}" if isinstance(value, float) else str(value)
