"""The quantities that are measured of a hole: their names, meanings and units, and the names they had before."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Values = TypeVar("Values", float, NDArray)

TOP, HALF, BOTTOM = 0.1, 0.5, 0.9  # fractions of the plateau's depth
SIDES = ("left", "right", "top", "bottom")
UNCERTAIN = {"depth_mean_nm": "depth_mean_u90_nm", "cd_half_nm": "cd_half_u90_nm"}  # quantities with a 90 % interval
QUANTITIES = {
    "depth_mean_nm": "mean depth of the floor, which is what is deeper than 90 % of the plateau",
    "depth_mean_u90_nm": "half the width of its 90 % interval, where the model gives one",
    "depth_max_nm": "depth of the deepest pixel",
    "depth_plateau_nm": "median depth of the floor",
    "floor_roughness_nm": "Sq of the floor after removal of its quadratic form (ISO 25178-2)",
    **{
        f"cd_{where}{axis}_nm": f"{kind} at {share:.0%} of the plateau's depth"
        for where, share in (("top", TOP), ("half", HALF), ("bottom", BOTTOM))
        for axis, kind in (
            ("_x", "mean width of the middle tenth of its rows, of all of a trench"),
            ("_y", "mean height of the middle tenth of its columns"),
            ("", "diameter of the circle of the same area"),
        )
    },
    "cd_half_u90_nm": "half the width of the 90 % interval of cd_half_nm, where the model gives one",
    "ellipticity": "major over minor axis of the ellipse of the same second moments at half the depth; 1 is a circle",
    "orientation_deg": "angle of its major axis to the x axis, counter-clockwise, -90 to 90",
    "centre_x_nm": "centroid of the contour at half the depth, from the left edge of the image",
    "centre_y_nm": "the same from the top edge, downwards",
    **{
        f"swa_{side}_deg": f"sidewall angle at the {side}, between 10 % and 90 % of the depth; 90 is upright"
        for side in SIDES
    },
    "volume_nm3": "volume below the top surface",
}
FORMER_NAMES = {  # columns of holes.csv in older results
    "depth_plateau_nm": "depth_median_nm",
    "floor_roughness_nm": "floor_sq_nm",
    "strangeness": "ood_score",
    "outside_known": "is_ood",
}


def name_in_pixels(name: str) -> str:
    """A measure's name where a pixel is the unit of length across the image."""
    if name == "volume_nm3":
        return "volume_nm_px2"
    return name.replace("_nm", "_px") if name.startswith(("cd_", "centre_")) else name


def in_pixels(measures: dict[str, float]) -> dict[str, float]:
    """Measures that were taken with a pixel as the unit of length, under names that say so; wall angles need nm."""
    return {name_in_pixels(name): np.nan if name.startswith("swa_") else value for name, value in measures.items()}


def difference(name: str, found: Values, truth: Values) -> Values:
    """Found less true; of orientations, which repeat after half a turn, from -90 up to 90 degrees."""
    return (found - truth + 90) % 180 - 90 if name == "orientation_deg" else found - truth
