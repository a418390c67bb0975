"""Names the formats of microscopes and programs that are not read here, by their first bytes or their ending."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

PNM = tuple(f"P{kind}{space}".encode() for kind in range(1, 8) for space in "\n ")
HEAD_BYTES = 256  # of a file, which tell these formats
ADVICE = "not read here; save the images as TIFF"


class ForeignFormat(NamedTuple):
    """A format's name, the bytes that its files have at `offset`, and the endings of their names."""

    name: str
    suffixes: tuple[str, ...]
    magic: tuple[bytes, ...] = ()
    offset: int = 0


FORMATS = (
    ForeignFormat("HDF5", (".h5", ".hdf5", ".hdf", ".emd", ".hspy", ".nxs", ".ims"), (b"\x89HDF\r\n\x1a\n",)),
    ForeignFormat("MRC", (".mrc", ".mrcs", ".rec", ".ccp4"), (b"MAP ", b"MAP\0"), 208),
    ForeignFormat("TIA of FEI", (".ser", ".emi"), (b"II\x97\x01",)),
    ForeignFormat("Bruker BCF", (".bcf",), (b"AAMVHFSS",)),
    ForeignFormat("Zeiss CZI", (".czi",), (b"ZISRAWFILE",)),
    ForeignFormat("OLE (ZVI, OIB, Office)", (".zvi", ".oib"), (b"\xd0\xcf\x11\xe0",)),
    ForeignFormat("Nikon ND2", (".nd2",), (b"\xda\xce\xbe\x0a",)),
    ForeignFormat("Leica LIF", (".lif",), (b"\x70\0\0\0",)),
    ForeignFormat("DICOM", (".dcm", ".dicom"), (b"DICM",), 128),
    ForeignFormat("FITS", (".fits", ".fit"), (b"SIMPLE  =",)),
    ForeignFormat("MATLAB", (".mat",), (b"MATLAB ",)),
    ForeignFormat("PNM", (".pgm", ".pnm", ".ppm", ".pbm"), PNM),
    ForeignFormat("HEIF or AVIF", (".heic", ".heif", ".avif"), (b"ftyp",), 4),
    ForeignFormat("OpenEXR", (".exr",), (b"\x76\x2f\x31\x01",)),
    ForeignFormat("Photoshop", (".psd",), (b"8BPS",)),
    ForeignFormat("PDF", (".pdf",), (b"%PDF",)),
    ForeignFormat("JPEG-LS, JPEG of more than 8 bits or a damaged JPEG", (".jls",), (b"\xff\xd8\xff",)),
    ForeignFormat("raw data without size and type", (".raw", ".bin", ".dat")),
)


def describe_foreign(path: Path) -> str | None:
    """What a file is and what to do, if it is of a format that is not read here; its content comes before its name."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    by_content = (entry for entry in FORMATS if entry.magic and head.startswith(entry.magic, entry.offset))
    entry = next(by_content, None) or _by_suffix(path.name)
    return f"{entry.name} is {ADVICE}" if entry else None


def describe_foreign_names(names: Iterable[str]) -> str | None:
    """The same for the first of some names of files that has such an ending."""
    entry = next((entry for name in names if (entry := _by_suffix(name))), None)
    return f"{entry.name} is {ADVICE}" if entry else None


def _by_suffix(name: str) -> ForeignFormat | None:
    return next((entry for entry in FORMATS if name.lower().endswith(entry.suffixes)), None)
