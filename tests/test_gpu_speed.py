"""The program that measures a GPU, with tiny networks on a CPU; the programs that it starts are replaced."""

import json
import subprocess

import pytest
import torch

from benchmarks import gpu_speed, speed
from benchmarks.gpu_speed import EPOCHS, TINY, GpuSpeed, describe_pipeline

CPU = torch.device("cpu")


def test_steps_are_measured_and_the_contest_is_extrapolated_from_them():
    measured = GpuSpeed(CPU, 1, 0.001, TINY)
    measured.parts["training_step_ms"] = times = measured.measure_steps((1, 2))
    assert times.keys() == {"batch 1", "batch 2"}
    ways = {f"{way}, {precision}" for way in ("plain", "eager", "captured") for precision in ("fp32", "bf16")}
    assert all(row.keys() == ways and all(ms > 0 for ms in row.values()) for row in times.values())
    hours = measured.extrapolate_contest()
    step = times["batch 2"]["captured, bf16"]
    assert hours["captured, bf16, batch 2"] == pytest.approx(step / 1000 * 200 * 60_664 / 2 / 3600, abs=0.01)


def test_the_slowest_kernels_are_named_with_their_part_of_the_time():
    fractions = GpuSpeed(CPU, 1, 0.001, TINY).profile_step()
    assert any("conv" in name for name in fractions) and 0.5 < sum(fractions.values()) <= 1.001


def test_a_part_that_fails_or_has_no_time_is_said_and_the_others_are_written(tmp_path, monkeypatch):
    measured = GpuSpeed(CPU, 1)

    def fail():
        raise RuntimeError("out of memory")

    def late():
        measured.end = 0
        return {"U-Net": 1}

    parts = ["steps", "pipeline", "starts", "tests", "compiled", "models", "precisions"]
    for part in parts:
        monkeypatch.setattr(measured, f"measure_{part}", fail if part == "steps" else late)
    monkeypatch.setattr(measured, "measure_models", lambda: {"U-Net": 1})
    monkeypatch.setattr(gpu_speed.training_step, "exactness", lambda steps, device: {"float32": 1e-7})
    measured.run(tmp_path / "speed_gpu.json")
    written = json.loads((tmp_path / "speed_gpu.json").read_text())
    assert written["training_step_ms"] == "not measured: RuntimeError: out of memory"
    assert written["contest_200_epochs_h"].startswith("not measured: ")
    assert (
        written["models_images_per_second"] == written["bf16_times_as_fast_as_fp32"] == {"U-Net": 1}
        and "torch" in written["machine"]
    )
    assert written["depth_pipeline"] == "not measured: no time was left"


def test_a_training_that_did_not_finish_is_extrapolated_by_its_stages():
    assert describe_pipeline(True, 80.04, [1.0] * EPOCHS) == {"seconds": 80.0, "is_extrapolated": False}
    # 6 epochs of the renderer at 1 s, 35 of shapes at 3 s and 4 of the second renderer at the mean of what was done.
    done = [1.0] * 6 + [3.0] * 2
    estimate = describe_pipeline(False, sum(done) + 5, done)
    assert estimate["after_epochs"] == 8 and estimate["is_extrapolated"]
    assert estimate["seconds"] == pytest.approx(5 + 6 * 1 + 35 * 3 + 4 * 1.5, abs=0.1)
    assert describe_pipeline(False, 9, [])["seconds"] is None


def test_a_program_that_takes_too_long_does_not_stop_the_measurements(monkeypatch):
    def too_long(*words, **kwargs):
        raise subprocess.TimeoutExpired(words, 1)

    monkeypatch.setattr(gpu_speed, "run_program", too_long)
    times = GpuSpeed(CPU, 1, 0.001, TINY).measure_compiled()
    assert len(times) == 4 and set(times.values()) == {"not measured: TimeoutExpired"}


@pytest.mark.skipif(torch.cuda.is_available(), reason="it would measure the GPU")
def test_without_a_gpu_nothing_is_measured_and_no_file_written(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("sys.argv", ["speed.py", "--gpu-minutes", "1"])
    monkeypatch.setattr(gpu_speed, "RECORD", tmp_path / "speed_gpu.json")
    assert speed.main() == 2
    error = capsys.readouterr().err
    assert "no GPU on this machine" in error and error.count("\n") == 1 and not (tmp_path / "speed_gpu.json").exists()
