"""The registry of the readers: each returns what its maker says about an image, or None."""

from collections.abc import Callable

from ..image_file import ImageFile
from ..image_header import ImageHeader
from . import (
    fibsemos,
    gatan,
    hitachi,
    jeol,
    nikon,
    olympus,
    orion,
    point_electronic,
    programs,
    tescan,
    thermo,
    tvips,
    zeiss,
)

# In the order in which they are believed; widths that they state must agree.
READERS: tuple[Callable[[ImageFile], ImageHeader | None], ...] = (
    zeiss.read_smartsem,
    zeiss.read_atlas,
    orion.read_orion,
    thermo.read_fei,
    thermo.read_thermo_xml,
    thermo.read_phenom,
    tescan.read_tescan_tag,
    tescan.read_tescan_sidecar,
    jeol.read_jeol,
    jeol.read_sightx,
    hitachi.read_hitachi,
    olympus.read_olympus,
    gatan.read_gatan_tiff,
    gatan.read_gatan_file,
    tvips.read_tvips,
    nikon.read_nikon,
    point_electronic.read_point_electronic,
    fibsemos.read_fibsemos,
    programs.read_ome,
    programs.read_imagej,
    programs.read_gwyddion,
    programs.read_simple_field,
)
