"""What test.py reads of a data set: the images to predict, and the training maps that their mean map is made of."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from .batches import InferenceImages, read_stack
from .data_options import DataOptions
from .dataset_layout import DatasetLayout
from .errors import DataError


def inference_images(
    options: DataOptions, request: Any, trained: Mapping[str, Any], results: Path
) -> tuple[InferenceImages, float]:
    """The images of a test, and their pixel size [nm], 0 where nothing tells it.

    `request` says which: phase, num_test, direction, pixel_nm and the options of fields of view, whose crops have
    another pixel size where they are scaled. `trained` is what is known of the images that the model was trained on:
    `hole_px`, their median hole, and `dataroot`. Pictures of annotation that is refused go beside the folder `results`;
    those of an earlier test are removed there.
    """
    layout, reverse = DatasetLayout(options.dataroot, options.signal), request.direction == "BtoA"
    images = InferenceImages.of(layout, options, request.phase, request.num_test, reverse)
    images.pictures = results.absolute().with_name(f"{results.name}_annotation")
    for picture in images.pictures.glob("*.png"):
        picture.unlink()
    pixel_nm = images.records.given_nm = request.pixel_nm
    if not pixel_nm and not reverse and (pixel_nm := images.pixel_nm(request.field)):
        print(f"pixel size {images.width}; --pixel_nm overrides it")
    if not request.field:
        return images, pixel_nm
    from .fields import InferenceCrops  # here, because importing scikit-image is slow

    detection = request.field_threshold, request.field_area, request.field_scale
    root, hole = str(trained.get("dataroot", "")), trained.get("hole_px", ())
    crops = InferenceCrops(images.files, options, *detection, root, images.pixel_size, images.pictures, hole)
    crops.records.given_nm = request.pixel_nm
    print(crops.summary)
    return crops, pixel_nm / crops.scale


def training_maps(options: DataOptions) -> NDArray | None:
    """The depth maps (M, H, W) [grey level] of the training set; None, and a line that says why, without them."""
    try:
        files = DatasetLayout(options.dataroot).depth()
        return read_stack(files, replace(options, preprocess="none", data_bar=0), "reading depth maps")
    except DataError as error:
        print(f"no mean map to compare with: {error}")
        return None
