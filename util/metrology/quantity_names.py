"""The quantities that are measured of a hole: names, meanings, units, and the names in older files."""

from functools import cache
from typing import TypeVar

from numpy.typing import NDArray

Values = TypeVar("Values", float, NDArray)

TOP, HALF, BOTTOM = 0.1, 0.5, 0.9  # fractions of the plateau's depth
SIDES = ("left", "right", "top", "bottom")
ANGLES = tuple(f"swa_{side}_deg" for side in SIDES)  # which need the pixel size
UNCERTAIN = {  # quantities with a 90 % interval, and the name of its U90
    "depth_mean_nm": "depth_mean_u90_nm",
    **{f"cd_{height}_nm": f"cd_{height}_u90_nm" for height in ("top", "half", "bottom")},
    **{name: name.replace("_deg", "_u90_deg") for name in ANGLES},
    "volume_nm3": "volume_u90_nm3",
}
DEPTH_U90 = tuple(u90 for u90 in UNCERTAIN.values() if not u90.startswith("cd_"))  # which need the scale of the depth
MEANINGS = {
    "depth_mean_nm": "mean depth of the floor: all pixels deeper than 90 % of the plateau",
    "depth_max_nm": "depth of the deepest pixel",
    "depth_median_nm": "median depth of the floor: the plateau",
    "floor_sq_nm": "Sq of the floor after removal of its quadratic form (ISO 25178-2)",
    **{
        f"cd_{height}{axis}_nm": f"{meaning} at {fraction:.0%} of the plateau's depth"
        for height, fraction in (("top", TOP), ("half", HALF), ("bottom", BOTTOM))
        for axis, meaning in (
            ("_x", "mean width over the middle tenth of its rows; of a trench over all rows"),
            ("_y", "mean height over the middle tenth of its columns"),
            ("", "diameter of the circle of the same area"),
        )
    },
    "ellipticity": "major over minor axis of the ellipse of the same second moments at half the depth; 1 is a circle",
    "orientation_deg": "angle of its major axis to the x axis, counter-clockwise, -90 to 90",
    "centre_x_nm": "centroid of the contour at half the depth, from the left edge of the image",
    "centre_y_nm": "centroid of the contour at half the depth, from the top edge of the image, downwards",
    **{
        name: f"sidewall angle at the {side}, between 10 % and 90 % of the depth; 90 is vertical"
        for name, side in zip(ANGLES, SIDES, strict=True)
    },
    "volume_nm3": "volume below the top surface",
}
U90_MEANINGS = {
    u90: f"expanded uncertainty U90 of {name} (90 % coverage), if the model gives intervals"
    for name, u90 in UNCERTAIN.items()
}
QUANTITIES = {  # in the order of holes.csv: each quantity is followed by its U90
    column: (MEANINGS | U90_MEANINGS)[column] for name in MEANINGS for column in (name, UNCERTAIN.get(name)) if column
}
INSTRUMENT = ("pixel_source", "maker", "signal", "voltage_kv", "tilt_deg", "date")  # what the image's file says
FORMER_NAMES = {  # columns of holes.csv in older results
    "depth_plateau_nm": "depth_median_nm",
    "floor_roughness_nm": "floor_sq_nm",
    "strangeness": "ood_score",
    "outside_known": "is_ood",
}


@cache  # asked for each hole of a table
def name_in_pixels(name: str) -> str:
    """A quantity's name if lateral lengths are in px: `_nm` becomes `_px`."""
    if name.startswith("volume_"):
        return name.replace("_nm3", "_nm_px2")
    return name.replace("_nm", "_px") if name.startswith(("cd_", "centre_")) else name


def in_pixels(measurements: dict[str, float]) -> dict[str, float]:
    """Measurements taken with 1 px as the unit of length, by names in px."""
    return {name_in_pixels(name): value for name, value in measurements.items()}


def difference(name: str, predicted: Values, ground_truth: Values) -> Values:
    """Predicted minus ground truth; of orientations, which repeat every 180 deg, within -90 to 90 deg."""
    if name == "orientation_deg":
        return (predicted - ground_truth + 90) % 180 - 90
    return predicted - ground_truth
