"""Hitachi: a text beside the image, with the section [SemImageFile] or [TemImageFile]."""

import re

from ..image_file import ImageFile
from ..image_header import ImageHeader, PixelSize, first_width, of_several_texts, scaled
from ..values import LENGTHS_MM, TIMES_US, VOLTAGES_KV, count, in_unit, length_nm, number, sections, word

SECTION = re.compile(r"\s*\[(SemImageFile|TemImageFile)\]", re.IGNORECASE)
# Width of the photograph that the magnification refers to: 127 mm of an S-4700, 166 mm of a TM3000.
PHOTO_NM, PHOTO_TM_NM = 127e6, 166e6
MAX_TILT_DEG = 90


def read_hitachi(image: ImageFile) -> ImageHeader | None:
    """What the text says; a width from the magnification is an estimate. The bar is drawn into the image: no key."""
    texts = [(name, text, match[1].lower()) for name, text in image.sidecars.items() if (match := SECTION.match(text))]
    headers = (_header(sections(text)[section], name, image) for name, text, section in texts)
    return of_several_texts(headers, image.is_given)


def _header(entries: dict[str, str], name: str, image: ImageFile) -> ImageHeader:
    tilt = number(entries.get("stagepositiont", ""))
    return ImageHeader(
        maker="Hitachi",
        model=word(entries.get("instructname"), entries.get("instrumentname"), entries.get("instrument name")),
        signal=word(entries.get("signalname"), entries.get("signal")),
        **_width(entries, name, image),
        voltage_kv=in_unit(entries.get("acceleratingvoltage", ""), VOLTAGES_KV, "V"),
        working_distance_mm=in_unit(entries.get("workingdistance", ""), LENGTHS_MM, "um"),
        tilt_deg=tilt if tilt is not None and abs(tilt) <= MAX_TILT_DEG else None,
        dwell_us=in_unit(entries.get("dwelltime", ""), TIMES_US, "us"),
        date=word(f"{entries.get('date', '')} {entries.get('time', '')}"),
    )


def _width(entries: dict[str, str], name: str, image: ImageFile) -> PixelSize:
    """PixelSize [nm] is of DataSize: a file of another width was resampled."""
    size = re.match(r"\s*(\d{1,6})", entries.get("datasize", ""))
    raster = int(size[1]) if size else None
    stated = first_width(
        [(f"PixelSize in {name}", scaled(length_nm(entries.get("pixelsize", ""), "nm"), raster, image.width), None)]
    )
    magnification, across = count(entries.get("magnification", "")), image.width or raster
    photo = PHOTO_TM_NM if (entries.get("instructname") or "").upper().startswith("TM") else PHOTO_NM
    pixel = photo / magnification / across if magnification and across else None
    return stated or first_width([(f"Magnification in {name}", pixel, None)], is_estimated=True)
