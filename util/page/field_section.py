"""The fields of view that the holes of a test were cropped from."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from dominate import tags

from ..results import FieldView

DEPTH_SUFFIX = "_depth_nm.tiff"  # end of the name of a field's depth map


def add_fields(folder: Path, views: Sequence[FieldView]) -> None:
    """The fields that the page holds, each with SEM image and depth map, which open in the large view."""
    count = len(list(folder.glob(f"fields/*{DEPTH_SUFFIX}")))
    with tags.p(f"{len(views)} of {count}, with the detected holes; a field opens, and there each hole. "):
        tags.a("fields.csv", href="fields.csv")
    with tags.div(cls="fields"):
        for number, view in enumerate(views):
            with tags.figure():
                with tags.a(href=f"#field={quote(view.name, safe='')}", cls="field", aria_label=f"open {view.name}"):
                    for picture in ("SEM", "depth"):
                        tags.canvas(data_field=str(number), data_picture=picture, role="img", aria_label=picture)
                with tags.figcaption(f"{view.name}, SEM image and depth: "):
                    tags.a("picture", href=quote(f"fields/{view.name}.png"))
                    tags.span(" ")
                    tags.a("nm, float32", href=quote(f"fields/{view.name}{DEPTH_SUFFIX}"))
