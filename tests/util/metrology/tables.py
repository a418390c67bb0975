"""Tables of simulated holes whose statistics are known."""

import csv

import numpy as np

HEADER = ("image", "site", "depth_mean_nm", "depth_mean_u90_nm", "cd_half_nm", "orientation_deg", "note")


def write(path, rows, header=HEADER):
    """A holes.csv at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return path


def wafer(path, sites=60, holes=20, repeats=2, true=2.0, noise=1.0, u90=None, seed=0):
    """Sites of holes whose depth and CD vary by `true` inside a site, measured with `noise`; the sites' true depths."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(120, 8, sites)
    rows, depths = [], {}
    for s, centre in enumerate(centres):
        depth = centre + rng.normal(0, true, holes)
        cd = 80 + rng.normal(0, true, holes)
        depths[f"depth_140_site_{s:05d}"] = depth.mean()
        for h in range(holes):
            for r in range(repeats):
                name = f"SEM_{s:03d}_{h:03d}" + (f"_itr{r}" if repeats > 1 else "")
                seen = (depth[h] + rng.normal(0, noise), "" if u90 is None else u90, cd[h] + rng.normal(0, noise))
                rows.append((name, f"depth_140_site_{s:05d}", *seen, 89 if h % 2 else -89, "text"))
    write(path, rows)
    return depths
