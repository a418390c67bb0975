"""The pictures of one result, for contact sheets and for the leaderboard's page."""

import numpy as np
from PIL import Image

from util.drawing import figure
from util.results import ImageResult

ERROR_LIMIT = 30.0  # [grey level] at which the colours of an error map are full
DEPTH_RANGE = 20.0, 170.0  # [grey level] at the ends of the depth colours, the same on every page


def pictures(result: ImageResult) -> dict[str, Image.Image]:
    """The pictures of a result by name, in the order of a contact sheet."""
    low, high = DEPTH_RANGE
    if result.reverse:
        return {"depth": figure.depth(result.input, low, high), "SEM": figure.grey(np.asarray(result.rendering))}
    columns = {"SEM": figure.grey(result.input)}
    if result.hole_mask is not None:
        true_hole = None if result.truth is None else result.truth != result.true_level
        columns["contour"] = figure.contours(result.input, result.hole_mask, true_hole)
    for name, image in (("raw", result.raw_depth), ("snapped", result.snapped), ("recentred", result.recentred)):
        if image is not None:
            columns[name] = figure.depth(image, low, high)
    if result.truth is not None:
        columns["ground truth"] = figure.depth(result.truth, low, high)
        if result.final is not None:
            columns["error"] = figure.error(result.final - result.truth, ERROR_LIMIT)
    if result.depth_u90 is not None:
        columns["U90"] = figure.interval(result.depth_u90, ERROR_LIMIT)
    return columns
