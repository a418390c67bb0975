"""The JavaScript files of visdom's page, taken from npm packages.

visdom does not ship them: its server downloads them from a CDN at its first start, and stops without internet. npm can
download the same files from its configured registry; after that no start needs a network. Versions and paths are those
of visdom's own visdom/server/build.py.
"""

import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from ..errors import UtilError
from ..files import write_bytes

GLYPHS = "fonts/glyphicons-halflings-regular"
FILES = {
    "jquery@3.1.1": {"dist/jquery.min.js": ["js/jquery.min.js"]},
    "bootstrap@3.3.7": {
        "dist/js/bootstrap.min.js": ["js/bootstrap.min.js"],
        "dist/css/bootstrap.min.css": ["css/bootstrap.min.css"],
        **{f"dist/{GLYPHS}.{suffix}": [f"{GLYPHS}.{suffix}"] for suffix in ("eot", "woff2", "woff", "ttf")},
        f"dist/{GLYPHS}.svg": [f"{GLYPHS}.svg#glyphicons_halflingsregular"],
    },
    "react@16.2.0": {"umd/react.production.min.js": ["js/react-react.min.js"]},
    "react-dom@16.2.0": {"umd/react-dom.production.min.js": ["js/react-dom.min.js"]},
    "react-modal@3.1.10": {"dist/react-modal.min.js": ["js/react-modal.min.js"]},
    "plotly.js-dist-min@2.11.1": {"plotly.min.js": ["js/plotly-plotly.min.js"]},
    "sjcl@1.0.7": {"sjcl.js": ["js/sjcl.js"]},
    "layout-bin-packer@1.4.0": {
        "dist/layout-bin-packer.js.map": ["js/layout-bin-packer.js.map"],
        "dist/layout-bin-packer.js": ["js/layout_bin_packer.js", "fonts/layout_bin_packer.js"],
    },
    "d3@3.5.17": {"d3.min.js": ["js/d3.v3.min.js"]},
    "d3-selection-multi@1.0.1": {"build/d3-selection-multi.js": ["js/d3-selection-multi.v1.js"]},
    "save-svg-as-png@1.4.17": {"lib/saveSvgAsPng.js": ["js/saveSvgAsPng.js"]},
    "classnames@2.2.5": {"index.js": ["fonts/classnames"]},
}
MATHJAX_2 = (
    "config/Safe.js",
    "config/TeX-AMS-MML_HTMLorMML.js",
    "extensions/Safe.js",
    "jax/output/SVG/jax.js",
    "jax/output/SVG/config.js",
    "jax/output/SVG/fonts/TeX/fontdata.js",
    "jax/output/SVG/fonts/TeX/Size1/Regular/Main.js",
    "MathJax.js",
)
FILES_BY_VERSION = {
    "0.2.4": {
        "react-resizable@1.4.6": {"css/styles.css": ["css/react-resizable-styles.css"]},
        "react-grid-layout@0.16.3": {"css/styles.css": ["css/react-grid-layout-styles.css"]},
        "mathjax@2.7.5": {name: [f"js/mathjax/2.7.5/{name}"] for name in MATHJAX_2},
    },
    "0.3.0": {
        "react-resizable@3.1.3": {"css/styles.css": ["css/react-resizable-styles.css"]},
        "react-grid-layout@2.2.3": {"css/styles.css": ["css/react-grid-layout-styles.css"]},
        "mathjax@3.2.2": {"es5/tex-mml-svg.js": ["js/mathjax/3.2.2/es5/tex-mml-svg.js"]},
    },
}


def complete(static: Path, version: str) -> bool:
    """Whether visdom's folder `static` contains every file that a server of `version` needs."""
    marker = static / "version.built"
    return marker.is_file() and marker.read_text().strip() == version


def install(static: Path, version: str) -> None:
    """Downloads the files into visdom's folder `static`; writes the marker of a complete set last."""
    if version not in FILES_BY_VERSION:
        raise UtilError(f"visdom {version}: its files are not known; known versions are {', '.join(FILES_BY_VERSION)}")
    if shutil.which("npm") is None:
        raise UtilError("npm is not on the PATH; install it (Debian: apt-get install npm), or start visdom once online")
    packages = FILES | FILES_BY_VERSION[version]
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--json", "--pack-destination", folder, *packages]
        result = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if result.returncode:
            reason = (result.stderr or result.stdout).strip().splitlines() or ["no message"]
            raise UtilError(f"npm could not download visdom's files: {reason[-1]}")
        packed = json.loads(result.stdout)
        for entry in packed.values() if isinstance(packed, dict) else packed:
            with tarfile.open(Path(folder, Path(entry["filename"]).name)) as archive:
                for source, targets in packages[f"{entry['name']}@{entry['version']}"].items():
                    content = archive.extractfile(f"package/{source}")
                    data = content.read() if content else b""
                    for target in targets:
                        path = static / target
                        path.parent.mkdir(parents=True, exist_ok=True)
                        write_bytes(path, data)
    write_bytes(static / "version.built", version.encode())
