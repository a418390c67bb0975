"""Grey levels of pixels that are stored as colours: palettes, and RGB whose chroma is a JPEG's."""

import numpy as np
from numpy.typing import NDArray

RAMP_FRACTION = 0.75  # of the entries of a palette that follow the ramp, so that the others were put into it
LUMA = (0.299, 0.587, 0.114)  # of R, G, B (ITU-R BT.601, as JPEG uses it)
STRONG_CHROMA = 32  # [grey level] largest less smallest channel of what is drawn in colour
JPEG_REACH = 2  # [px] that JPEG's rounding reaches around what is drawn in colour


def look_up(indices: NDArray, colours: NDArray[np.uint8]) -> NDArray:
    """Levels (H, W), uint8 [0..255], of indices into a palette (N, 3).

    Pixels of coloured entries are masked (MaskedArray). In a palette that has some, so are those of grey entries that
    break its ramp: SmartSEM writes white text with an entry of its own. Entries that no pixel uses do not matter.
    """
    levels = colours[:, 0]
    drawn = (colours != levels[:, None]).any(axis=1)
    if drawn.any():
        ramp = np.arange(len(levels)) * 255 // max(1, len(levels) - 1)
        for expected in (ramp, ramp[::-1]):
            if np.mean(levels == expected) >= RAMP_FRACTION:
                drawn |= levels != expected
        if (mask := drawn[indices]).any():
            return np.ma.MaskedArray(levels[indices], mask)
    return levels[indices]


def jpeg_levels(pixels: NDArray) -> NDArray:
    """Levels (H, W) of a grey picture that JPEG stores as RGB (H, W, 3); other pixels as they are.

    JPEG spreads the chroma of what is drawn in colour over its surroundings; their luma is still the level. Pixels of
    strong chroma, and those beside them, are masked (MaskedArray).
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        return pixels
    chroma = np.ptp(pixels, axis=2)
    drawn = chroma > STRONG_CHROMA
    if not chroma.any():
        return pixels[..., 0]
    if np.mean(chroma == 0) < 0.5 or not drawn.any():  # a colour picture, or a tinted one
        return pixels
    for _ in range(JPEG_REACH):
        padded = np.pad(drawn, 1)
        drawn = padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:] | drawn
    return np.ma.MaskedArray(np.rint(pixels @ np.array(LUMA)).astype(np.uint8), drawn)
