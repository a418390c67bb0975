"""The maps of the compared runs on their page: a row for each image, with linked cursor, zoom and values."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from dominate import tags
from dominate.util import raw
from numpy.typing import NDArray

from ..drawing import figure, wide
from ..scoring import align_scale_shift
from .image_folder import ImageFolder

COLOUR_PERCENTILE = 99.5  # of all depths: end of the maps' colour scale
MAX_PIXELS = 1_500_000  # of all maps together, whose values the page holds
STEP = 0.1  # of these values [nm, grey level]
SCRIPT = Path(__file__).with_name("linked_maps.js")
HINT = (
    "Point at a map, or press Tab and then the arrow keys: all maps of the row show the same place. + and − or a "
    "double click zoom, dragging moves, Esc shows all."
)

Depths = Sequence[NDArray | None]


class DepthMaps(Protocol):
    """Depth maps by the names of their images."""

    def depth_nm(self, image: str) -> NDArray | None: ...


class Scale(NamedTuple):
    """Ends of the colours of depths and of differences [nm]; the depths among them that have no absolute scale."""

    max_depth: float
    limit: float
    is_relative: Sequence[bool]


class MapPicture(NamedTuple):
    """A picture, the values (H, W) that it shows, their unit, and a text below it."""

    picture: Any
    values: NDArray
    unit: str = "nm"
    caption: str = ""


def add_maps(
    names: Sequence[str],
    runs: Sequence[DepthMaps],
    are_relative: Sequence[bool],
    images: Sequence[str],
    truth: DepthMaps | None,
    sem: ImageFolder | None,
) -> None:
    """Adds a row for each image: its depth maps, and how they differ from the ground truth or the first run."""
    maps = {image: [run.depth_nm(image) for run in (*((truth,) if truth else ()), *runs)] for image in images}
    valid = [depth for row in maps.values() for depth in row if depth is not None]
    if not valid:
        tags.p("There are none.", cls="quiet")
        return
    max_depth = max(float(np.percentile(np.concatenate([depth.ravel() for depth in valid]), COLOUR_PERCENTILE)), 1.0)
    scale = Scale(max_depth, max(max_depth / 5, 1e-9), [*((False,) if truth else ()), *are_relative])
    columns = ["ground truth", *names] if truth else list(names)
    tags.p(
        f"Depth from 0 (yellow) to {max_depth:.0f} nm (blue), below the top surface; differences to the "
        f"{'ground truth' if truth else 'first run'} from −{scale.limit:.0f} nm (red, shallower) to "
        f"+{scale.limit:.0f} nm (blue, deeper). {HINT}",
        cls="quiet",
    )
    heads = [*(["SEM"] if sem else []), *columns, *(f"{name} − {columns[0]}" for name in columns[1:])]
    has_values = sum(depth.size for depth in valid) * len(heads) / len(columns) <= MAX_PIXELS
    rows = {image: _draw_row(image, depths, scale, truth is not None, sem) for image, depths in maps.items()}
    _add_table(heads, rows, has_values)
    tags.output(id="reading", cls="reading")
    tags.script(raw(SCRIPT.read_text(encoding="utf-8")))


def _draw_row(
    image: str, depths: Depths, scale: Scale, has_truth: bool, sem: ImageFolder | None
) -> list[MapPicture | None]:
    grey = sem.grey(image) if sem else None
    pictures = [None if grey is None else MapPicture(figure.grey(grey), grey, "grey levels")] if sem else []
    for depth in depths:
        picture = None if depth is None else MapPicture(figure.depth(-depth, -scale.max_depth, 0), depth)
        pictures.append(picture)
    return pictures + _draw_differences(depths, scale, has_truth)


def _draw_differences(depths: Depths, scale: Scale, has_truth: bool) -> list[MapPicture | None]:
    """Pictures of differences to the first depth, with their RMS where that is the truth."""
    pictures: list[MapPicture | None] = []
    for depth, relative in zip(depths[1:], scale.is_relative[1:], strict=True):
        is_aligned = relative or scale.is_relative[0]
        error = _subtract(depth, depths[0], is_aligned)
        if error is None:
            pictures.append(None)
            continue
        text = f"{np.sqrt(np.square(error).mean()):.1f} nm" + " aligned" * is_aligned if has_truth else ""
        pictures.append(MapPicture(figure.error(-error, scale.limit), error, caption=text))
    return pictures


def _subtract(depth: NDArray | None, reference: NDArray | None, is_aligned: bool) -> NDArray | None:
    """How much deeper `depth` (H, W) is than `reference` [nm]; None if one is missing or shapes differ.

    With `is_aligned`, after the scale and shift that bring it closest, as scores of relative depths have it.
    """
    if reference is None or depth is None or reference.shape != depth.shape:
        return None
    return (align_scale_shift(depth[None], reference[None])[0] if is_aligned else depth) - reference


def _add_table(heads: Sequence[str], rows: Mapping[str, Sequence[MapPicture | None]], has_values: bool) -> None:
    with wide("depth maps"), tags.table(cls="cards maps"):
        with tags.thead(), tags.tr():
            for head in ("image", *heads):
                tags.th(head, scope="col")
        with tags.tbody():
            for image, pictures in rows.items():
                first = next((n for n, picture in enumerate(pictures) if picture), None)
                with tags.tr(data_image=image):
                    tags.td(image)
                    for n, (head, picture) in enumerate(zip(heads, pictures, strict=True)):
                        _add_picture(picture, image, head, has_values, n == first)


def _add_picture(shown: MapPicture | None, image: str, head: str, has_values: bool, takes_focus: bool) -> None:
    with tags.td(data_label=head):
        if shown is None:
            tags.span("–")
            return
        focus = {"tabindex": "0", "role": "group", "aria-label": f"maps of {image}"} if takes_focus else {}
        values = {"data-values": _pack(shown.values), "data-unit": shown.unit} if has_values else {}
        data = base64.b64encode(figure.png(shown.picture)).decode()
        with tags.div({"data-label": head, **focus, **values}, cls="view"):
            tags.img(src=f"data:image/png;base64,{data}", alt=f"{head}: {image}", cls="map", draggable="false")
        if shown.caption:
            tags.small(shown.caption)


def _pack(values: NDArray) -> str:
    """Values (H, W) as int16 in steps of 0.1, for the script."""
    limits = np.iinfo(np.int16)
    numbers = np.rint(np.nan_to_num(values) / STEP).clip(limits.min, limits.max).astype("<i2")
    return base64.b64encode(numbers.tobytes()).decode()
