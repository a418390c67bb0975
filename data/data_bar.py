"""Finds the data bar: the rows above or below an image where an instrument writes its scale bar and settings.

Zeiss, Hitachi and programs that export pictures draw it into the image, and no key of the header tells its height.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MIN_ROWS = 3
MAX_FRACTION = 0.4  # of the image's height that a bar may have
MIN_NOISE = 1.0  # [grey level] median difference of neighbours in an image with noise
QUIET = 1 / 3  # of that difference, below which neighbours count as equal
MIN_QUIET = 0.5  # fraction of a row's neighbours that are equal: noise leaves 0.2, text more than a half
MAX_QUIET = 0.4  # the same of an image whose noise is not correlated
MIN_BACKGROUND = 0.35  # fraction of a row at the bar's background level; dense text leaves more
MIN_EDGE = 0.7  # the same of one of the bar's first rows, which are its margin or its frame
MIN_SOLID = 0.95  # the same of a row without text
MIN_CLOSE = 0.85  # fraction of a row within RINGING of the background
GAP = 4  # rows of still denser text that a bar may have one after the other
MARGIN = 6  # rows at the border from which the background is taken
EXACT, TOLERANCE, RINGING = 0.5, 3, 20  # [grey level] around the background: none, lossy compression, beside its edges
BLOCK = 8  # [px] of JPEG
LOSSY = 1.02  # pixels within TOLERANCE per pixel of exactly the background's level, if compression was lossy
MAX_ABOVE, MAX_ABOVE_TEXT = 0.3, 0.7  # fraction of the rows beside the bar at its level, if text does not tell the bar
MAX_ELSEWHERE = 0.05  # fraction of the image's inner rows that are at the bar's level
MIN_SHARPNESS = 0.4  # contrast of the row beside the bar, relative to those behind: the edge of a trench is blurred
MIN_TEXT_ROWS = 6  # of a bar with letters
MIN_TEXT, MAX_TEXT, MIN_CONTRAST = 0.005, 0.6, 40  # fraction of the bar that is text; its contrast [grey level]
MIN_INK, INK_TOLERANCE = 0.15, 8  # fraction of the text at one level; [grey level] around it after lossy compression
MAX_EDGES = 1.5  # pixels within MIN_CONTRAST of the text's level, per pixel within half of it
GLASS_NOISE, GLASS_COLUMNS = 0.8, 16  # noise under a translucent bar over that beside it; parts that show the step
MIN_STEP, STEP_RATIO = 10, 1.2  # of the level there [grey level]; over any other step between two rows of the image

MAX_CHANGE = 1.5  # of the levels where a bar begins, relative to the median change between rows, if there is no bar


class DataBar(NamedTuple):
    """Rows at the `top` and at the `bottom` of an image that are no image."""

    top: int
    bottom: int

    @property
    def rows(self) -> int:
        """Both together."""
        return self.top + self.bottom

    def cut(self, image: NDArray) -> NDArray:
        """The image (H, W) without these rows."""
        return image[self.top : len(image) - self.bottom]


NO_BAR = DataBar(0, 0)


def ends_in_image(image: NDArray, rows: int) -> bool:
    """Whether the last `rows` of an image (H, W) go on as the image above them: where they begin, the grey levels
    change no more than elsewhere. It looks one row further on either side, as a header's number may be rounded."""
    steps = np.diff(image.astype(np.float32), axis=0)
    edge = len(image) - rows - 1  # the step into the first of these rows
    above, here = slice(max(1, edge - 1)), slice(max(0, edge - 1), edge + 2)
    of_pixels, of_means = np.abs(steps).mean(axis=1), np.abs(steps.mean(axis=1))
    is_usual = of_pixels[here].max() <= MAX_CHANGE * np.median(of_pixels[above])
    return bool(is_usual and of_means[here].max() <= of_means[above].max())


def find_data_bar(image: NDArray, rows_from_header: int | None = None) -> DataBar:
    """The data bar of an image (H, W) [grey level 0..255]: the rows that the header tells, else those that show it.

    A band at the border is a bar if its background is constant although the image is noisy, and if it ends in one row
    over the whole width. Text tells a bar, too, where the background is black, white or translucent, as those occur in
    images.
    """
    if rows_from_header is not None:
        return DataBar(0, rows_from_header)
    levels = image.astype(np.float32, copy=False)
    if min(levels.shape) < 4 * MIN_ROWS:
        return NO_BAR
    noise = _noise(levels)
    bottom = _bar_rows(levels, noise)
    top = _bar_rows(levels[: len(levels) - bottom][::-1], noise)
    return DataBar(top, bottom)


def _noise(levels: NDArray) -> float:
    """Median over the rows of the median difference of neighbours [grey level]; 0 where many neighbours are equal."""
    rows = levels[:: max(1, len(levels) // 256)]
    noise = float(np.median(_row_noise(rows)))
    return noise if np.median(_quiet(rows, noise)) < MAX_QUIET else 0.0


def _row_noise(levels: NDArray) -> NDArray:
    return np.median(np.abs(np.diff(levels, axis=1)), axis=1)


def _bar_rows(levels: NDArray, noise: float) -> int:
    """Rows of the bar at the bottom of an image (H, W); 0 without one."""
    # The last rows of a bar are its margin or its frame: without a quiet one among them it is no opaque bar.
    may_be_opaque = (_quiet(levels[-MIN_ROWS:], noise) >= MIN_QUIET).any()
    rows = _opaque_rows(levels, noise) if may_be_opaque else 0
    return rows or (_translucent_rows(levels) if noise >= MIN_NOISE else 0)


def _quiet(levels: NDArray, noise: float) -> NDArray:
    """Fraction of the neighbouring pixels of each row that are equal."""
    return (np.abs(np.diff(levels, axis=1)) <= QUIET * noise).mean(axis=1)


def _opaque_rows(levels: NDArray, noise: float) -> int:
    """Rows of a bar whose background is constant."""
    limit = int(MAX_FRACTION * len(levels))
    tail = levels[-limit:]
    quiet = _quiet(tail, noise)
    margin = tail[quiet >= MIN_QUIET][-MARGIN:]
    background = _background(margin)
    distance = np.abs(tail - background)
    lossy = _is_lossy(np.abs(margin - background)) or _is_lossy(
        distance[_start((distance <= EXACT).mean(axis=1), quiet) :]
    )
    tolerance = TOLERANCE if lossy else EXACT
    near = (distance <= tolerance).mean(axis=1)
    flat = np.maximum(near, quiet) if noise >= MIN_NOISE else near  # a line of another level is flat, too
    start = _start(near, flat)
    if lossy:
        start = _with_ringing((distance <= RINGING).mean(axis=1), start)
    rows = limit - start
    if rows < MIN_ROWS or start < MIN_ROWS:
        return 0
    image = np.abs(levels[: len(levels) - rows] - background)
    middle = image[limit:]  # beyond it a second bar may be
    if ((middle <= tolerance).mean(axis=1) >= MIN_SOLID).mean() > MAX_ELSEWHERE:
        return 0
    share_above = float((image[-MIN_ROWS:] <= EXACT).mean())
    contrast = image[-BLOCK:].mean(axis=1)
    is_sharp = contrast[-1] >= MIN_SHARPNESS * contrast.max()
    if noise >= MIN_NOISE and share_above <= MAX_ABOVE and is_sharp and flat[start:].min() >= MIN_SOLID:
        return rows
    if rows < MIN_TEXT_ROWS or not _has_text(tail[start:], background, lossy):
        return 0
    edge = (distance[start : start + 2] <= (RINGING if lossy else tolerance)).mean(axis=1).max()
    edge = max(edge, flat[start : start + 2].max())
    min_edge, max_above = (MIN_EDGE, MAX_ABOVE_TEXT) if noise >= MIN_NOISE else (MIN_SOLID, MAX_ABOVE)
    return rows if edge >= min_edge and share_above <= max_above else 0


def _is_lossy(distance: NDArray) -> bool:
    """Whether compression changed a bar, by the distance of its levels to that of the background. It leaves those of a
    margin as they are, and changes those beside letters."""
    return bool((distance <= TOLERANCE).sum() > LOSSY * (distance <= EXACT).sum())


def _background(rows: NDArray) -> float:
    """The commonest level of some rows."""
    values, counts = np.unique(rows, return_counts=True)
    return float(values[counts.argmax()])


def _start(near: NDArray, flat: NDArray) -> int:
    """First row of the bar at the end of an image; at most GAP rows of dense text one after the other interrupt it.

    `near` (H,) is the fraction of a row at the background's level, `flat` (H,) that of equal neighbours.
    """
    is_bar = (near >= MIN_BACKGROUND) | (flat >= MIN_QUIET)
    start, gap = len(near), 0
    for row in range(len(near) - 1, -1, -1):
        gap = 0 if is_bar[row] else gap + 1
        if gap > GAP or (gap and near[row] < MIN_BACKGROUND / 2):
            break
        start = start if gap else row
    return start


def _with_ringing(close: NDArray, start: int) -> int:
    """The first row with those that compression changed: they are closer to the background than the image's."""
    beyond = close[max(0, start - 2 * BLOCK) : max(0, start - BLOCK)]
    if len(beyond) and beyond.max() > MIN_BACKGROUND:
        return start
    while start and close[start - 1] >= MIN_CLOSE:
        start -= 1
    return start


def _has_text(band: NDArray, background: float, lossy: bool) -> bool:
    """Whether a band (h, W) has text: pixels of one other level, sharply beside the background."""
    ink = band[np.abs(band - background) > MIN_CONTRAST]
    if not MIN_TEXT <= len(ink) / band.size <= MAX_TEXT:
        return False
    level = _background(ink)
    return bool((np.abs(ink - level) <= (INK_TOLERANCE if lossy else EXACT)).mean() >= MIN_INK)


def _translucent_rows(levels: NDArray) -> int:
    """Rows of a bar through which the image is seen: one sharp step of the level, less noise below it, and text."""
    n_rows, width = levels.shape
    if width < 2 * GLASS_COLUMNS:
        return 0
    parts = levels[:, : width - width % GLASS_COLUMNS].reshape(n_rows, GLASS_COLUMNS, -1).mean(axis=2)
    steps = np.diff(parts, axis=0)  # row r: from row r to row r + 1
    size = np.sort(np.abs(steps), axis=1)[:, 1] * (np.abs(np.sign(steps).sum(axis=1)) >= GLASS_COLUMNS - 2)
    first = n_rows - int(MAX_FRACTION * n_rows)
    edge = first + int(size[first : n_rows - MIN_ROWS].argmax())
    others = np.delete(size, range(edge - 1, min(edge + 2, len(size))))
    if size[edge] < max(MIN_STEP, STEP_RATIO * others.max()):
        return 0
    band, rows = levels[edge + 1 :], n_rows - edge - 1
    above = levels[max(0, edge + 1 - 2 * rows - BLOCK) : edge + 1]
    if np.median(_row_noise(band)) > GLASS_NOISE * np.median(_row_noise(above)):
        return 0
    has_ink = any(_is_ink(band, levels[: edge + 1], level) for level in (band.max(), band.min()))
    return rows if has_ink else 0


def _is_ink(band: NDArray, image: NDArray, level: float) -> bool:
    """Whether a level, the highest or the lowest of a translucent band (h, W), is that of its text.

    It is far from the others of the band and rare in the image. Lossy compression spreads it; then levels between it
    and those of the band are rare, and the band begins with rows without it: the edge of a trench does not.
    """
    distance, in_image = np.abs(band - level), np.abs(image - level)
    contrast = np.abs(level - np.median(band))
    ink, nearly, with_edges = ((distance <= limit).mean() for limit in (EXACT, MIN_CONTRAST / 2, MIN_CONTRAST))
    if contrast <= MIN_CONTRAST or not MIN_TEXT <= nearly <= MAX_TEXT:
        return False
    is_exact = ink >= max(MIN_TEXT, nearly / 2) and (in_image <= EXACT).mean() < MIN_TEXT / 5
    begins_without = (distance[:2] > MIN_CONTRAST).all()
    is_apart = contrast > 2 * MIN_CONTRAST and with_edges <= MAX_EDGES * nearly and begins_without
    return bool(is_exact or (is_apart and (in_image <= MIN_CONTRAST / 2).mean() < nearly / 5))
