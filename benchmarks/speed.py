"""Measures the speed of everything beside plain references, and prints one table: make bench

Each row compares two programs, which are measured in turn on this machine, and gives the ratio of their speeds. A ratio
that is more than 10 % below the recorded one (docs/speed.json) is marked, and the exit status is then 1. --record
records the ratios of this table. --gpu-minutes 10 measures a GPU instead, and writes docs/speed_gpu.json.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from tqdm import tqdm

from benchmarks import gpu_speed, inference_speed, loading_speed, model_speed, training_step
from benchmarks.timing import machine
from util.run import choose_device, tune_malloc

RECORD = Path(__file__).parents[1] / "docs/speed.json"
MAX_LOSS = 0.10  # fraction of a recorded ratio
Rows = dict[str, tuple[str, str, float]]


def measure_training(rounds: int) -> Rows:
    device = choose_device("auto")
    rows = {}
    for batch in (1, 4, 8):
        speeds = training_step.measure_speed(batch, rounds, device, bf16=False, compiled=False)
        plain, ours = (f"{speeds[name]:,.0f} ms/image" for name in ("reference_ms_per_image", "ms_per_image"))
        rows[f"training step, published CycleGAN, fp32, batch {batch}"] = plain, ours, speeds["ratio"]
    return rows


def measure_loading(rounds: int) -> Rows:
    speeds = loading_speed.measure(4000, rounds)
    plain, ours = (f"{speeds[name]:,.0f} images/s" for name in ("public_images_per_second", "images_per_second"))
    first = [speeds[f"first_epoch_{name}_s"] for name in ("decoded", "cached")]
    return {
        "reading, batches of 64": (plain, ours, speeds["ratio"]),
        "first epoch, cache being made": (f"{first[0]:.2f} s", f"{first[1]:.2f} s", first[0] / first[1]),
    }


def measure_inference(rounds: int) -> Rows:
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        images, maps = inference_speed.simulate_images(Path(folder))
        speeds = inference_speed.measure_overhead(images, maps, 3000, rounds)
        plain, ours = (f"{speeds[name]:.2f} ms/image" for name in ("plain_ms_per_image", "ms_per_image"))
        rows["test, all but the network"] = plain, ours, speeds["ratio"]
        for title, (name, options) in inference_speed.NETWORKS.items():
            speeds = inference_speed.measure_end_to_end(images, name, options, max(2, rounds // 2))
            bare, whole = (f"{speeds[name]:,.0f} images/s" for name in ("bare_images_per_second", "images_per_second"))
            rows[f"test, {title}: bare network, whole program"] = bare, whole, speeds["fraction"]
    return rows


def measure_models(rounds: int) -> Rows:
    rows = {}
    for title, name in model_speed.ALL.items():
        for task in model_speed.TASKS if title in model_speed.TRAINED else ("prediction",):
            speeds = model_speed.measure(model_speed.workloads(name, task, choose_device("auto")), rounds)
            plain, ours = (f"{speeds[key]:,.0f} images/s" for key in ("plain_images_per_second", "images_per_second"))
            phase = "test" if task == "prediction" else task
            rows[f"{title}, {phase}, batch {model_speed.BATCH}"] = plain, ours, speeds["ratio"]
    for title, name in {"CycleGAN": "cycle_gan", "U-Net": "unet_regressor"}.items():
        speeds = model_speed.measure_onnx(name, rounds)
        plain, ours = (f"{speeds[key]:,.0f} images/s" for key in ("plain_images_per_second", "images_per_second"))
        rows[f"{title}, snapped: torch, onnxruntime"] = plain, ours, speeds["ratio"]
    return rows


def measure_gpu(minutes: float) -> int:
    device = choose_device("auto")
    if device.type != "cuda":
        print("--gpu-minutes: torch finds no GPU on this machine; nothing was measured", file=sys.stderr)
        return 2
    gpu_speed.GpuSpeed(device, minutes).run(gpu_speed.RECORD)
    print(f"{gpu_speed.RECORD} was written")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=7, help="alternating measurements of each row (7)")
    parser.add_argument(
        "--record", action="store_true", help="record the ratios, so that later tables are compared with them"
    )
    parser.add_argument(
        "--gpu-minutes", type=float, default=0, help="measure the GPU alone for so long, and write docs/speed_gpu.json"
    )
    args = parser.parse_args()
    tune_malloc()
    if args.gpu_minutes:
        return measure_gpu(args.gpu_minutes)
    before = json.loads(RECORD.read_text()) if RECORD.exists() else {"machine": "", "ratios": {}}
    rows: Rows = {}
    for part in tqdm((measure_training, measure_loading, measure_inference, measure_models), unit="part"):
        rows |= part(args.rounds)
    exact = training_step.exactness(50, choose_device("auto"))
    print(f"{machine()}\n\n| | plain | here | ratio | recorded |\n| --- | --- | --- | --- | --- |")
    worse = []
    for name, (plain, ours, ratio) in rows.items():
        recorded = before["ratios"].get(name)
        is_worse = recorded is not None and ratio < (1 - MAX_LOSS) * recorded
        worse += [name] * is_worse
        text = "–" if recorded is None else f"{recorded:.2f}{' **worse**' * is_worse}"
        print(f"| {name} | {plain} | {ours} | {ratio:.2f} | {text} |")
    print(f"\nLargest relative difference of a loss: {exact['float64']:.1e} in float64 over 50 steps, "
          f"{exact['float32']:.1e} in float32 at the first.")  # fmt: skip
    if before["ratios"]:
        print(f"Recorded on: {before['machine']}")
    if args.record:
        ratios = {name: round(ratio, 3) for name, (_, _, ratio) in rows.items()}
        RECORD.write_text(json.dumps({"machine": machine(), "ratios": ratios}, indent=1) + "\n")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
