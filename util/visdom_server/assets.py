"""The JavaScript of visdom's page, out of npm packages.

visdom ships none of it: its server fetches it from a CDN at its first start, and dies where there is no internet. The
same files are in packages that npm, with whatever registry it is set up for, can bring once; then no start needs a
network. Versions and places are those of visdom's own visdom/server/build.py.
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
        **{f"dist/{GLYPHS}.{kind}": [f"{GLYPHS}.{kind}"] for kind in ("eot", "woff2", "woff", "ttf")},
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
OF_VERSION = {
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
    """Whether visdom's folder `static` holds every file that its server of `version` asks for."""
    mark = static / "version.built"
    return mark.is_file() and mark.read_text().strip() == version


def install(static: Path, version: str) -> None:
    """Puts the files below visdom's folder `static`; the mark that it is complete comes last."""
    if version not in OF_VERSION:
        raise UtilError(f"visdom {version}: its files are not known here; known are {', '.join(OF_VERSION)}")
    if shutil.which("npm") is None:
        raise UtilError("npm is not on the PATH; install it (Debian: apt-get install npm), or start visdom once online")
    wanted = FILES | OF_VERSION[version]
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--json", "--pack-destination", folder, *wanted]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            reason = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
            raise UtilError(f"npm could not bring visdom's files: {reason[-1]}")
        packed = json.loads(done.stdout)
        for entry in packed.values() if isinstance(packed, dict) else packed:
            with tarfile.open(Path(folder, Path(entry["filename"]).name)) as archive:
                for source, places in wanted[f"{entry['name']}@{entry['version']}"].items():
                    content = archive.extractfile(f"package/{source}")
                    data = content.read() if content else b""
                    for place in places:
                        path = static / place
                        path.parent.mkdir(parents=True, exist_ok=True)
                        write_bytes(path, data)
    write_bytes(static / "version.built", version.encode())
