"""The fields of view that the holes of a test were cut from, whose files lie beside the page."""

from pathlib import Path
from urllib.parse import quote

from dominate import tags

MOST_FIELDS = 20
FIELD = "_depth_nm.tiff"  # how the name of a field's depth map ends


def names(folder: Path) -> list[str]:
    """The fields in fields/ of a folder of results."""
    return sorted(path.name.removesuffix(FIELD) for path in folder.glob(f"fields/*{FIELD}"))


def pictures(fields: list[str]) -> None:
    """Fields with what was found in them, at most MOST_FIELDS."""
    shown = fields[:MOST_FIELDS]
    with tags.p(f"{len(shown)} of {len(fields)}, with what was found in them; a number is an image's below. "):
        tags.a("fields.csv", href="fields.csv")
    for name in shown:
        with tags.figure():
            tags.img(src=quote(f"fields/{name}.png"), alt=f"holes found in {name}", cls="field", loading="lazy")
            with tags.figcaption(f"{name}: "):
                tags.a("nm, float32", href=quote(f"fields/{name}{FIELD}"))
