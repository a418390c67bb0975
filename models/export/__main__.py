"""Writes a trained run as one ONNX file, with scaling and background snapping: python -m models.export checkpoints/NAME

Input `sem`: float32 (N, H, W) [grey level 0..255], any N. Outputs, if the model predicts them, named as in the Python
API: `raw_depth` (N, H, W), and `snapped` (N, H, W), with its background set to the level [grey level]; `level` (N,), of
the background [grey level]; `level_probs` (N, K), probability of each level; `background_prob` (N, H, W), of each pixel
to be background. The file's metadata_props hold unit, run, epoch and program version. Not in the file: recentring
(--hole_centre), and the uncertainties and OOD scores of a depth_pipeline.
"""

import sys
from pathlib import Path

from ..errors import ModelError
from ..registry import read_options
from .argument_parser import ArgumentParser

MIN_SIDE, MAX_SIDE = 16, 4096  # [px] of an image


def main(argv: list[str]) -> int:
    """The command; returns the exit status: 0 done, 2 usage or bad input."""
    parser = ArgumentParser(prog="python -m models.export", description=__doc__, allow_abbrev=False)
    parser.add_argument("run", type=Path, help="folder of a run, such as checkpoints/metrology")
    parser.add_argument("--epoch", default="latest", help="latest, best or the number of an epoch (latest)")
    parser.add_argument("--size", default="72,48", help="H,W of the images [px] (72,48)")
    parser.add_argument("--out", type=Path, help="file to write (NAME_EPOCH.onnx in the folder of the run)")
    parser.refuse_unknown(argv)
    args = parser.parse_args(argv)
    path = args.out or args.run / f"{args.run.resolve().name}_{args.epoch}.onnx"
    try:
        height, width = (int(part) for part in args.size.split(","))
        if not MIN_SIDE <= min(height, width) <= max(height, width) <= MAX_SIDE:
            raise ValueError
    except ValueError:
        print(f"--size {args.size}: must be H,W from {MIN_SIDE} to {MAX_SIDE}, as in 72,48", file=sys.stderr)
        return 2
    try:
        read_options(args.run / "opt.json")
        from .onnx_file import write_onnx  # here, because importing torch is slow

        difference = write_onnx(args.run, args.epoch, path, (height, width))
    except ImportError as error:
        print(f"{error.name} is not installed: pip install onnx onnxscript onnxruntime", file=sys.stderr)
        return 2
    except (ModelError, OSError) as error:
        print(f"models.export: {error}", file=sys.stderr)
        return 2
    print(f"{path}: images of {height}x{width}, any number; maximum difference to torch {difference:.1e} of the range")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
