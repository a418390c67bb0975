"""Data sets by another renderer than the simulator: python benchmarks/development/horizon.py --dataroot DIR

Candidates are compared on them, so that none is chosen for what the simulator's own equations make easy. A surface
emits what it sees of the sky, by its horizon in sixteen directions, and of its own walls; a corner shines where it is
above its surroundings; the beam has a wide halo; the detector stands on one side; electrons come in Gamma-distributed
bunches; the gain is a sigmoid, and lines drift. Shapes and folders are the simulator's: what else the command takes is
that of data.simulate.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, shift

sys.path.insert(0, str(Path(__file__).parents[2]))  # the rooms lie beside this folder

from data import simulate
from data.simulator.instrument import Instrument

DIRECTIONS = 16


@dataclass(frozen=True)
class Look:
    """What differs between the simulated and the real images."""

    floor: float  # yield of the floor's material
    bounce: float  # share of the walls' emission that reaches a point and is emitted again
    corner: float  # extra emission of a corner [1 / px of height above its surroundings]
    beam: float  # [px]
    halo: float  # share of the beam's halo, 6 px wide
    side: float  # how much the detector's side matters
    electrons: float  # a pixel on the flat surface
    bend: float  # of the sigmoid gain
    jitter: float  # [px]
    drift: float  # [px] random walk of lines


SIMULATED = Look(0.75, 0.55, 0.055, 1.0, 0.10, 0.0, 160.0, 0.2, 0.0, 0.0)
REAL = Look(0.6, 0.45, 0.075, 1.4, 0.25, 0.10, 700.0, 1.2, 1.2, 0.02)


def clean(depth: NDArray, look: Look) -> NDArray[np.float32]:
    """Signal (H, W), about 1 on the flat surface, of a height map (H, W), [px below the surface]."""
    height = -depth.astype(np.float32) / 2.08
    sky = np.zeros_like(height)
    for n in range(DIRECTIONS):
        angle = 2 * np.pi * (n + 0.5) / DIRECTIONS
        horizon = np.zeros_like(height)
        for far in (1, 2, 3, 4, 6, 8, 11, 15, 20, 27):
            move = (-far * np.sin(angle), -far * np.cos(angle))
            there = shift(height, move, order=1, mode="nearest")
            horizon = np.maximum(horizon, (there - height) / far)
        sky += 1 / (1 + horizon**2) / DIRECTIONS  # cos^2 of the horizon's angle: a cosine emitter's share
    slope_y, slope_x = np.gradient(height)
    tilt = np.minimum((1 + slope_x**2 + slope_y**2) ** 0.2, 1.7)
    deep = np.clip(depth / 100, 0, 1)
    walls = gaussian_filter(sky * tilt, 3)
    emitted = (1 - (1 - look.floor) * deep) * tilt * (sky + look.bounce * (1 - sky) * walls)
    above = np.maximum(height - gaussian_filter(height, 2.0, mode="nearest"), 0)
    signal = emitted * (1 + look.corner * above) + look.corner * above
    signal = signal * (1 + look.side * slope_x / (1 + np.abs(slope_x)))
    near, far = (gaussian_filter(signal, sigma, mode="nearest") for sigma in (look.beam, 6.0))
    return ((1 - look.halo) * near + look.halo * far).astype(np.float32)


def seen(signal: NDArray, look: Look, rng: np.random.Generator) -> NDArray[np.uint8]:
    """One SEM image, uint8 (H, W)."""
    image = shift(signal, rng.uniform(-1, 1, 2) * look.jitter, order=3, mode="nearest")
    if look.drift:
        walk = np.cumsum(rng.normal(0, look.drift, len(image)))
        for row, by in enumerate(walk - walk.mean()):
            image[row] = shift(image[row], by, order=1, mode="nearest")
    shape = np.maximum(image, 1e-3) * look.electrons / 1.5
    image = rng.gamma(shape, 1.5 / look.electrons)
    image = np.tanh(look.bend * image / image.max()) / np.tanh(look.bend)
    return np.rint(212 * image / image.max()).clip(0, 212).astype(np.uint8)


def main(argv: list[str] | None = None) -> int:
    """data.simulate with this renderer in place of its own, but for the real images where a --real_instrument is given.

    Without it the real instrument's record means nothing: its jitter tells only which images are real.
    """
    argv = sys.argv[1:] if argv is None else argv
    clean_signal, sem_image = simulate.clean_signal, simulate.sem_image

    def simulator(instrument: Instrument) -> bool:
        return "--real_instrument" in argv and instrument.jitter_x_px > 0

    def signal_of(depth: NDArray, instrument: Instrument) -> NDArray[np.float32]:
        if simulator(instrument):
            return clean_signal(depth, instrument)
        return clean(depth, LOOKS[instrument.jitter_x_px > 0])

    def image_of(signal: NDArray, instrument: Instrument, rng: np.random.Generator) -> NDArray[np.uint8]:
        if simulator(instrument):
            return sem_image(signal, instrument, rng)
        return seen(signal, LOOKS[instrument.jitter_x_px > 0], rng)

    simulate.clean_signal, simulate.sem_image = signal_of, image_of  # type: ignore[assignment]
    return simulate.main(argv)


LOOKS = {False: SIMULATED, True: REAL}

if __name__ == "__main__":
    sys.exit(main())
