"""One table of how fast everything is, beside plain references: make bench

Each row is a quotient of two ways that were measured in turn on this machine, and the figures behind it. A quotient
that is more than 10 % below the recorded table's (docs/speed.json) is marked, and makes the exit status 1. --record
makes this table the recorded one.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from tqdm import tqdm

from benchmarks import inference_speed, loading_speed, model_speed, training_step
from benchmarks.timing import machine
from util.run.device import choose_device, tune_malloc

RECORD = Path(__file__).parents[1] / "docs/speed.json"
LOSS = 0.10  # share of a recorded quotient
Rows = dict[str, tuple[str, str, float]]


def training(rounds: int) -> Rows:
    device = choose_device("auto")
    rows = {}
    for batch in (1, 4, 8):
        found = training_step.speed(batch, rounds, device, bf16=False, compiled=False)
        plain, ours = (f"{found[name]:,.0f} ms/image" for name in ("reference_ms_per_image", "ms_per_image"))
        rows[f"training step, published CycleGAN, fp32, batch {batch}"] = plain, ours, found["ratio"]
    return rows


def images(rounds: int) -> Rows:
    found = loading_speed.measure(4000, rounds)
    plain, ours = (f"{found[name]:,.0f} images/s" for name in ("public_images_per_second", "images_per_second"))
    first = [found[f"first_epoch_{way}_s"] for way in ("decoded", "cached")]
    return {
        "reading, batches of 64": (plain, ours, found["ratio"]),
        "first epoch, cache being made": (f"{first[0]:.2f} s", f"{first[1]:.2f} s", first[0] / first[1]),
    }


def testing(rounds: int) -> Rows:
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        shown, maps = inference_speed.simulated(Path(folder))
        found = inference_speed.everything_else(shown, maps, 3000, rounds)
        plain, ours = (f"{found[name]:.2f} ms/image" for name in ("plain_ms_per_image", "ms_per_image"))
        rows["test, all but the network"] = plain, ours, found["ratio"]
        for title, (name, options) in inference_speed.NETWORKS.items():
            found = inference_speed.end_to_end(shown, name, options, max(2, rounds // 2))
            bare, whole = (f"{found[name]:,.0f} images/s" for name in ("bare_images_per_second", "images_per_second"))
            rows[f"test, {title}: bare network, whole program"] = bare, whole, found["share"]
    return rows


def ddp_modules(rounds: int) -> Rows:
    rows = {}
    for title, name in model_speed.ALL.items():
        for kind in ("training", "test") if title in model_speed.LEARNING else ("test",):
            found = model_speed.measure(model_speed.ways(name, kind), rounds)
            plain, ours = (f"{found[key]:,.0f} images/s" for key in ("plain_images_per_second", "images_per_second"))
            rows[f"{title}, {kind}, batch {model_speed.BATCH}"] = plain, ours, found["ratio"]
    for title, name in {"CycleGAN": "cycle_gan", "U-Net": "unet_regressor"}.items():
        found = model_speed.onnx(name, rounds)
        plain, ours = (f"{found[key]:,.0f} images/s" for key in ("plain_images_per_second", "images_per_second"))
        rows[f"{title}, quantised: torch, onnxruntime"] = plain, ours, found["ratio"]
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=7, help="alternating measurements of each row (7)")
    parser.add_argument("--record", action="store_true", help="compare later tables with this one")
    arguments = parser.parse_args()
    tune_malloc()
    before = json.loads(RECORD.read_text()) if RECORD.exists() else {"machine": "", "ratios": {}}
    rows: Rows = {}
    for part in tqdm((training, images, testing, ddp_modules), unit="part"):
        rows |= part(arguments.rounds)
    exact = training_step.exactness(50, choose_device("auto"))
    print(f"{machine()}\n\n| | plain | ours | quotient | recorded |\n| --- | --- | --- | --- | --- |")
    worse = []
    for name, (plain, ours, quotient) in rows.items():
        recorded = before["ratios"].get(name)
        lost = recorded is not None and quotient < (1 - LOSS) * recorded
        worse += [name] * lost
        said = "–" if recorded is None else f"{recorded:.2f}{' **worse**' * lost}"
        print(f"| {name} | {plain} | {ours} | {quotient:.2f} | {said} |")
    print(f"\nLargest relative difference of a loss: {exact['float64']:.1e} in float64 over 50 steps, "
          f"{exact['float32']:.1e} in float32 at the first.")  # fmt: skip
    if before["ratios"]:
        print(f"Recorded on: {before['machine']}")
    if arguments.record:
        ratios = {name: round(quotient, 3) for name, (_, _, quotient) in rows.items()}
        RECORD.write_text(json.dumps({"machine": machine(), "ratios": ratios}, indent=1) + "\n")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
