"""The fields of view that the holes of a test were cropped from; their files lie beside the page."""

from pathlib import Path
from urllib.parse import quote

from dominate import tags

MAX_FIELDS = 20
DEPTH_SUFFIX = "_depth_nm.tiff"  # end of the name of a field's depth map


def field_names(folder: Path) -> list[str]:
    """Names of the fields in fields/ of a results folder."""
    return sorted(path.name.removesuffix(DEPTH_SUFFIX) for path in folder.glob(f"fields/*{DEPTH_SUFFIX}"))


def add_fields(fields: list[str]) -> None:
    """Pictures of the fields with the detected holes, at most MAX_FIELDS."""
    shown = fields[:MAX_FIELDS]
    with tags.p(f"{len(shown)} of {len(fields)}, with the detected holes; a number is the image's below. "):
        tags.a("fields.csv", href="fields.csv")
    for name in shown:
        with tags.figure():
            tags.img(src=quote(f"fields/{name}.png"), alt=f"holes detected in {name}", cls="field", loading="lazy")
            with tags.figcaption(f"{name}: "):
                tags.a("nm, float32", href=quote(f"fields/{name}{DEPTH_SUFFIX}"))
