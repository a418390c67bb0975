"""The background levels of real images, as the names of their folders or train/average_depth.csv tell them."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from tqdm import tqdm

from ..dataset_layout import DatasetLayout, ImageFile
from ..errors import DataError
from ..grey_levels import FLOOR

UNKNOWN = 0  # level of real images whose depth nothing tells
MAX_GREY = 255
MAX_SPREAD = 10  # [grey level] of the depths of a folder's sites; more is worth a line


def grouped_by_site(files: Iterable[ImageFile]) -> list[ImageFile]:
    """Real images as sites of a class: the site folders that lie in no other folder are sites of the class ''."""
    return [
        replace(file, class_folder="", group=file.class_folder) if file.class_folder.startswith("site_") else file
        for file in files
    ]


def levels_of_folders(layout: DatasetLayout, files: Iterable[ImageFile]) -> dict[str, int]:
    """The background level [grey level] of the real images in each class folder, '' for those in none.

    A folder Depth_110 names its depth. The depth of another is the mean of its sites in train/average_depth.csv. Where
    neither tells a depth, all levels are UNKNOWN. Raises DataError where only some are known, where a folder is named
    almost as Depth_110, where the table has no row of a folder, and for levels above 255.
    """
    sites: dict[str, set[str]] = defaultdict(set)
    for file in files:
        sites[file.class_folder].add(file.group)
    levels = {folder: _level_of_name(folder) for folder in sites}
    unnamed = [folder for folder, level in levels.items() if level == UNKNOWN]
    path = layout.folder("train") / "average_depth.csv"
    has_table = bool(unnamed) and path.is_file()
    rows = {name.lower(): depth for name, depth in layout.average_depth().items()} if has_table else {}
    for folder in unnamed:
        levels[folder] = _level_of_sites(folder, sites[folder], rows)
    for folder, level in levels.items():
        where = layout.folder("train/SEM") / folder
        if level == UNKNOWN and folder.lower().startswith("depth"):
            raise DataError(f"{where}: names no depth; expected a name such as Depth_110")
        if level == UNKNOWN and has_table:
            example = _row_names(folder, sites[folder])[1]
            raise DataError(
                f"{path}: has no row such as {example} for {where}, which is not in a folder Depth_110, ... that names "
                "its depth; add a row, or remove the file"
            )
        if level == UNKNOWN and any(levels.values()):
            raise DataError(f"{where}: names no depth, other folders do; rename it, such as Depth_110, or remove it")
        if level > MAX_GREY:
            raise DataError(
                f"{where}: depth {level - FLOOR}, but depth maps have room for {MAX_GREY - FLOOR} grey levels; give "
                "depths in grey levels, and use --nm_per_grey in test.py"
            )
    return levels


def average_depth_if_usable(layout: DatasetLayout) -> dict[str, float]:
    """`layout.average_depth()`; empty where there is no table, and where it cannot be used, which a line says."""
    if not (layout.folder("train") / "average_depth.csv").exists():
        return {}
    try:
        return layout.average_depth()
    except DataError as error:
        tqdm.write(f"depths are those of the folders' names: {error}")
        return {}


def _level_of_name(folder: str) -> int:
    match = re.fullmatch(r"depth_(\d+)", folder.lower())
    return int(match[1]) + FLOOR if match else UNKNOWN


def _level_of_sites(folder: str, sites: set[str], rows: dict[str, float]) -> int:
    """The level of a folder that has rows in the table of depths, or whose sites have; else UNKNOWN."""
    depths = [rows[name] for name in _row_names(folder, sites) if name in rows]
    if not depths:
        return UNKNOWN
    if np.ptp(depths) > MAX_SPREAD:
        print(
            f"warning: train/average_depth.csv: the sites of train/SEM/{folder} have depths from {min(depths):g} to "
            f"{max(depths):g}, and get one level; in folders by depth they would get several"
        )
    return round(float(np.mean(depths))) + FLOOR


def _row_names(folder: str, sites: set[str]) -> list[str]:
    """The names of a folder and of its sites in the table: wafer7, wafer7_site_00000; site_00000 in no folder."""
    return [name.lower() for name in (folder, *(f"{folder}_{site}".lstrip("_") for site in sorted(sites)))]
