"""Data sets by a small Monte Carlo program: python benchmarks/development/monte_carlo.py --dataroot DIR [--library own]

It shares no equation with the simulator: electrons of 500 eV scatter in a resist on silicon (screened Rutherford, Joy
and Luo's energy loss) and make slow electrons along their path; these leave if they reach the surface, fly straight,
and are reflected (quantum step) or emitted again where they hit a wall. Those above the top are counted. The real
images are its own; the library is the simulator's (built_in), or its own (own: no gap). Hole and depth map are at one
place. What else the command takes is that of data.simulate; an instrument counts only with its pixel_nm. Needs numba.

Its constants are fitted by hand to 9 of 30 Nebula images (500 eV, PMMA and silicon, depths 15 to 120 nm). Ratio to
Nebula: yield of the flat resist 1.00 (1.72), backscattered 0.97, silicon 1.00 and 0.96; in resist the rim 1 to 3 nm
from the edge 0.91 to 0.94, 3 to 5 nm 0.95, the last 3 nm before the edge up to 1.2, walls of 76 degrees 1.07 to 1.15,
floors 0.94 to 1.12; silicon floors at H/r = 1 2 3 4 6 8: 0.97 1.02 1.09 1.15 1.07 1.04. Holes in silicon: rim
0.8, floors 0.7 to 0.95.
Noise, variance / mean: 3.05 on resist (Nebula 3.5), 1.6 on silicon (2.2), 1.1 to 1.3 on deep floors (1.3).
About 2 s an image on one core.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

try:
    from numba import njit
except ImportError:
    sys.exit("monte_carlo.py: numba is missing; install it: pip install numba")

sys.path.insert(0, str(Path(__file__).parents[2]))  # the rooms lie beside this folder

from data import simulate
from data.simulator.instrument import Instrument

# Of each material: free path [nm / keV^2] and screening [keV] of elastic scattering, stopping power [keV^2 / nm] and
# mean ionisation energy [keV], slow electrons a keV lost, their escape length [nm], the share that a hit emits again.
RESIST = (155.0, 0.0113, 0.0063, 0.070, 33.0, 4.2, 0.58)
SILICON = (66.0, 0.0200, 0.0091, 0.172, 11.3, 3.2, 0.58)
ENERGY, LEAST = 0.5, 0.05  # [keV] of the beam, and below which an electron is no longer followed
BEAM = 1.0  # [nm] standard deviation
FORWARD = 1.4  # emission goes as the cosine to this power
BARRIER = 1.0  # height of the surface's potential step over a slow electron's energy
DOSE = 87.0  # electrons a pixel: the top surface is as noisy as Nebula's is at 100
RESIST_PART = 0.9  # of the floor's depth; below it is silicon

jit = njit(cache=True, fastmath=True)


@jit
def height(surface, pixel, x, y):
    """Height [nm] of the surface (H, W) at x, y [nm], bilinear; level beyond the border."""
    rows, columns = surface.shape
    u, v = min(max(x / pixel, 0.0), columns - 1.001), min(max(y / pixel, 0.0), rows - 1.001)
    j, i = int(u), int(v)
    u, v = u - j, v - i
    above = surface[i, j] * (1 - u) + surface[i, j + 1] * u
    return above * (1 - v) + (surface[i + 1, j] * (1 - u) + surface[i + 1, j + 1] * u) * v


@jit
def between(start, end, t):
    """The point at a fraction t of the way."""
    return (start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1]), start[2] + t * (end[2] - start[2]))


@jit
def crossing(surface, pixel, start, end):
    """Where the line from `start` to `end`, on two sides of the surface, meets it (to 1/64): still on start's side."""
    outside = start[2] > height(surface, pixel, start[0], start[1])
    low, high = 0.0, 1.0
    for _ in range(6):
        t = (low + high) / 2
        x, y, z = between(start, end, t)
        if (z > height(surface, pixel, x, y)) == outside:
            low = t
        else:
            high = t
    return between(start, end, low)


@jit
def fly(surface, pixel, p, d):
    """Flight in vacuum from p along d: (whether the surface is hit, where)."""
    step = min(0.5 * pixel / max(np.hypot(d[0], d[1]), 1e-3), 40.0)
    for _ in range(2000):
        q = (p[0] + step * d[0], p[1] + step * d[1], p[2] + step * d[2])
        if q[2] < height(surface, pixel, q[0], q[1]):
            return True, crossing(surface, pixel, p, q)
        if q[2] > 0 and d[2] > 0:
            return False, q
        p = q
    return False, p


@jit
def turned(d, cosine):
    """The direction d turned by an angle of this cosine, to a random side."""
    sine, angle = np.sqrt(max(1 - cosine * cosine, 0.0)), 2 * np.pi * np.random.random()
    across, along = sine * np.cos(angle), sine * np.sin(angle)
    flat = np.hypot(d[0], d[1])
    if flat < 1e-6:
        return (across, along, cosine * np.sign(d[2]))
    x, y = d[0] / flat, d[1] / flat
    return (
        cosine * d[0] + across * d[2] * x - along * y,
        cosine * d[1] + across * d[2] * y + along * x,
        cosine * d[2] - across * flat,
    )


@jit
def normal_at(surface, pixel, p):
    """Unit normal of the surface at p, out of the solid."""
    slope_x = (height(surface, pixel, p[0] + 0.3, p[1]) - height(surface, pixel, p[0] - 0.3, p[1])) / 0.6
    slope_y = (height(surface, pixel, p[0], p[1] + 0.3) - height(surface, pixel, p[0], p[1] - 0.3)) / 0.6
    length = np.sqrt(1 + slope_x**2 + slope_y**2)
    return (-slope_x / length, -slope_y / length, 1 / length)


@jit
def leaves(surface, pixel, materials, film, p):
    """1 if a slow electron at the surface point p gets above the top, after flights and re-emissions; otherwise 0."""
    n = normal_at(surface, pixel, p)
    d = turned(n, np.random.random() ** (1 / (1 + FORWARD)))
    while True:
        x, y, z = p[0] + 0.1 * n[0], p[1] + 0.1 * n[1], p[2] + 0.1 * n[2]
        z = max(z, height(surface, pixel, x, y) + 0.01)
        hit, p = fly(surface, pixel, (x, y, z), d)
        if not hit:
            return 1
        n = normal_at(surface, pixel, p)
        c = max(-(d[0] * n[0] + d[1] * n[1] + d[2] * n[2]), 0.0)
        inside = np.sqrt(c * c + BARRIER)
        if np.random.random() < ((inside - c) / (inside + c)) ** 2:
            d = (d[0] + 2 * c * n[0], d[1] + 2 * c * n[1], d[2] + 2 * c * n[2])
        elif np.random.random() < materials[1 if p[2] < -film + 0.5 else 0, 6]:
            d = turned(n, np.random.random() ** (1 / (1 + FORWARD)))
        else:
            return 0


@jit
def slow_electrons(surface, pixel, materials, film, p, q, lost):
    """Number that gets above the top of those which a loss of energy [keV] between p and q makes."""
    count, m = 0, 1 if p[2] < -film else 0
    for _ in range(np.random.poisson(lost * materials[m, 4])):
        t = np.random.random()
        a = between(p, q, t)
        far, cosine = -materials[m, 5] * np.log(1 - np.random.random()), 2 * np.random.random() - 1
        d = turned((0.0, 0.0, 1.0), cosine)
        b = (a[0] + far * d[0], a[1] + far * d[1], a[2] + far * d[2])
        if b[2] > height(surface, pixel, b[0], b[1]):
            count += leaves(surface, pixel, materials, film, crossing(surface, pixel, b, a))
    return count


@jit
def primary(surface, pixel, materials, film, x, y, energy):
    """(Slow electrons above the top, 1 if it is scattered back) of one electron of the beam that lands at x, y."""
    slow, p, d = 0, (x, y, height(surface, pixel, x, y) - 0.001), (0.0, 0.0, -1.0)
    while energy > LEAST:
        free, screen, stop, ionisation = materials[1 if p[2] < -film else 0, :4]
        a = screen / energy
        step = -np.log(1 - np.random.random()) * free * energy**2 * a * (1 + a)
        power = stop / energy * np.log(1.166 * (energy / ionisation + 0.85))
        step = min(step, 0.3 * energy / power)
        q = (p[0] + step * d[0], p[1] + step * d[1], p[2] + step * d[2])
        out = q[2] > height(surface, pixel, q[0], q[1])
        end = crossing(surface, pixel, q, p) if out else q
        lost = power * np.sqrt((end[0] - p[0]) ** 2 + (end[1] - p[1]) ** 2 + (end[2] - p[2]) ** 2)
        slow += slow_electrons(surface, pixel, materials, film, p, end, lost)
        energy -= lost
        p = end
        if out:
            hit, p = fly(surface, pixel, end, d)
            if not hit:
                return slow, 1
            p = (p[0] + 0.02 * d[0], p[1] + 0.02 * d[1], p[2] + 0.02 * d[2])
        else:
            r = np.random.random()
            d = turned(d, 1 - 2 * a * r / (1 + a - r))
    return slow, 0


@jit
def image(surface, pixel, materials, film, dose, energy, seed):
    """Slow and backscattered electrons (H, W) for `dose` electrons a pixel [nm] on a surface (H, W) [nm, top 0]."""
    np.random.seed(seed)
    slow, back = np.zeros(surface.shape), np.zeros(surface.shape)
    for i in range(surface.shape[0]):
        for j in range(surface.shape[1]):
            for _ in range(np.random.poisson(dose)):
                x, y = j * pixel + np.random.normal(0, BEAM), i * pixel + np.random.normal(0, BEAM)
                s, b = primary(surface, pixel, materials, film, x, y, energy)
                slow[i, j] += s
                back[i, j] += b
    return slow, back


def seen(depth: NDArray, pixel_nm: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """One SEM image, uint8 (H, W), of a depth map (H, W) [nm]; 99.9 % of its pixels are at most 212."""
    film = RESIST_PART * float(np.median(depth[depth > depth.max() / 2]))
    surface, materials = -depth.astype(float), np.array([RESIST, SILICON])
    slow, _ = image(surface, pixel_nm, materials, film, DOSE, ENERGY, int(rng.integers(2**31)))
    return np.rint(212 * slow / np.quantile(slow, 0.999)).clip(0, 212).astype(np.uint8)


def main(argv: list[str] | None = None) -> int:
    """data.simulate with this program in place of its own rendering, of the real images or of all.

    A library of its own has one image of a case, not two: half the time.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--library", choices=("built_in", "own"), default="built_in")
    args, others = parser.parse_known_args(argv)
    clean_signal, sem_image, save = simulate.clean_signal, simulate.sem_image, simulate._save
    done: list[NDArray] = []

    def built_in(instrument: Instrument) -> bool:
        return args.library == "built_in" and not instrument.jitter_x_px  # only the real images' stage jitters

    def signal_of(depth: NDArray, instrument: Instrument) -> NDArray:
        return clean_signal(depth, instrument) if built_in(instrument) else depth

    def image_of(signal: NDArray, instrument: Instrument, rng: np.random.Generator) -> NDArray[np.uint8] | None:
        if built_in(instrument):
            return sem_image(signal, instrument, rng)
        if done and signal is done[-1]:  # the second image of a case
            return None
        done[:] = [signal]
        return seen(signal, instrument.pixel_nm, rng)

    def save_image(path: Path, pixels: NDArray[np.uint8] | None, mode: str = "L") -> None:
        if pixels is not None:
            save(path, pixels, mode)

    simulate.clean_signal, simulate.sem_image, simulate._save = signal_of, image_of, save_image  # type: ignore[assignment]
    return simulate.main(others)


if __name__ == "__main__":
    sys.exit(main())
