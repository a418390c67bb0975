"""How long it takes from a finished file to its row, with test.py --watch and the pretrained model, for 72x48 pixels.

python benchmarks/watch_latency.py [--images 40]
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # the packages are beside this folder

from benchmarks.timing import machine

ROOT = Path(__file__).parents[1]
PAUSE = 0.5  # [s] between two images


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(images: list[Path], folder: Path, table: Path, pid: int) -> tuple[list[float], list[float]]:
    """Seconds, and CPU seconds of the watch, from each finished file to its row."""
    seconds, cpu = [], []
    for count, image in enumerate(images, 1):
        time.sleep(PAUSE)
        before = cpu_seconds(pid)
        shutil.copy(image, folder)
        start = time.monotonic()
        while not table.exists() or table.read_bytes().count(b"\n") <= count:
            time.sleep(0.002)
        seconds.append(time.monotonic() - start)
        cpu.append(cpu_seconds(pid) - before)
    return seconds, cpu


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=40)
    count = parser.parse_args().images
    with tempfile.TemporaryDirectory() as place:
        sem, folder, results = Path(place, "sem"), Path(place, "in"), Path(place, "results")
        folder.mkdir()
        simulate = [sys.executable, "-m", "data.simulate", "--dataroot", str(sem), "--num_shapes", "2"]
        subprocess.run([*simulate, "--num_real", "8", "--num_test", str(count)], cwd=ROOT, check=True)
        flags = ["--watch", str(folder), "--name", "holes", "--pixel_nm", "2.08", "--results_dir", str(results)]
        command = [sys.executable, "test.py", *flags, "--gpu_ids", "-1"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as watch:
            assert watch.stdout and "watching" in watch.stdout.readline()
            images = sorted((sem / "test/SEM").rglob("*.png"))
            seconds, cpu = measure(images, folder, results / "holes/test_latest/holes.csv", watch.pid)
            watch.send_signal(signal.SIGINT)
            watch.communicate()
    print(f"{machine()}; load {os.getloadavg()[0]:.1f}")
    for name, values in (("from file to row", seconds), ("CPU time of it", cpu)):
        median, slow = np.quantile(values, (0.5, 0.9))
        print(f"{name}: median {median:.2f} s, 90 % below {slow:.2f} s, {len(values)} images of 72x48")


if __name__ == "__main__":
    main()
