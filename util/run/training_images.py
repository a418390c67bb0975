"""What is known of the images that a run was trained on: it lies beside the weights, because the images may be gone."""

import json
from pathlib import Path
from typing import Any

from .run_folder import TRAINING_IMAGES
from .run_start import saved_options


def training_images(run: Path) -> dict[str, Any]:
    """What train.py found of the images: `pixel_nm` [nm], `size` (H, W) [px], `hole_px`, height and width of the median
    hole [px]; and `dataroot`, where they were. What is not known is missing. An ensemble's are those of its first
    member that knows them.
    """
    saved = saved_options(run)
    known: dict[str, Any] = {"dataroot": str(saved["dataroot"])} if "dataroot" in saved else {}
    for path in (run / TRAINING_IMAGES, *sorted(run.glob(f"members/*/{TRAINING_IMAGES}"))):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            pixel_nm, size, hole_px = facts.get("pixel_nm"), facts.get("size"), facts.get("hole_px")
            known |= {"pixel_nm": float(pixel_nm)} if pixel_nm else {}
            known |= {"size": (int(size[0]), int(size[1]))} if size else {}
            known |= {"hole_px": (float(hole_px[0]), float(hole_px[1]))} if hole_px else {}
        except (OSError, ValueError, TypeError, AttributeError, IndexError):
            continue
        break
    return known
