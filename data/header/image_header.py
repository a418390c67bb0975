"""What a file says about one of its images: the record that all readers of headers fill."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ImageHeader:
    """What the header of an image, or a text file beside it, says; None where nothing says it.

    `pixel_nm` and `pixel_y_nm`: width and height of a pixel [nm]. `pixel_source`: the key that says the width.
    `is_estimated`: the width follows from the magnification, so it is an estimate. `data_bar_rows`: rows at the bottom
    that are no image. `tilt_deg`: tilt of the stage; `is_tilt_corrected`: whether the instrument stretched y for it.
    """

    maker: str | None = None
    model: str | None = None
    signal: str | None = None
    pixel_nm: float | None = None
    pixel_y_nm: float | None = None
    pixel_source: str | None = None
    is_estimated: bool = False
    voltage_kv: float | None = None
    working_distance_mm: float | None = None
    tilt_deg: float | None = None
    is_tilt_corrected: bool | None = None
    dwell_us: float | None = None
    frames: int | None = None
    scan_rotation_deg: float | None = None
    date: str | None = None
    bits: int | None = None
    data_bar_rows: int | None = None
