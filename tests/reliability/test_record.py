"""The record of a golden sample under force: bytes changed, programs killed, programs that write at once."""

import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import time

from tests.reliability.promise import promise
from tests.util.record.test_chain import append
from util import record
from util.errors import UtilError
from util.record.chain import Chain, verify

FORK = multiprocessing.get_context("fork")


@promise("A byte of a golden sample's record changed at random: found, and in one line", ordinary=150, soak=2000)
def test_a_changed_byte_anywhere_in_the_file_is_found(tmp_path, count):
    path = tmp_path / "record.sqlite"
    append(path, *({"value": n} for n in range(9)))
    whole, rng = path.read_bytes(), random.Random(3)
    for n in range(count):
        damaged = bytearray(whole)
        position = n % 100 if n < 100 else rng.randrange(len(whole))
        damaged[position] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        try:
            faults = verify(path)[1]
        except UtilError as error:
            faults = [str(error)]
        assert faults and all("\n" not in line for line in faults), f"byte {position} of {len(whole)}"
    path.write_bytes(whole)
    assert verify(path) == (9, [])


def _write(path, name, rows):
    for n in range(rows):
        append(path, {"writer": name, "value": n})


@promise("Rows that four programs append to one record at once: none lost, none doubled", ordinary=40, soak=400)
def test_programs_that_write_at_once_lose_no_row(tmp_path, count):
    path = tmp_path / "new/record.sqlite"
    writers = [FORK.Process(target=_write, args=(path, name, count // 4)) for name in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(300)
        assert writer.exitcode == 0
    assert verify(path) == (count, [])
    with Chain(path) as chain:
        written = [(row.content["writer"], row.content["value"]) for row in chain.rows()]
    assert sorted(written) == [(name, n) for name in range(4) for n in range(count // 4)]


def _append_for_ever(path):
    n = 0
    while True:
        with Chain(path) as chain:
            with chain.locked():
                n = len(chain.rows())
                chain.append({"value": n})
            (path.parent / "reported").write_text(str(n + 1))
            chain.seal()


@promise(
    "SIGKILL of a program that appends to a record: the chain is whole, no reported row lost", ordinary=25, soak=1000
)
def test_a_kill_at_any_point_leaves_a_whole_chain(tmp_path, count):
    path, rng = tmp_path / "record.sqlite", random.Random(7)
    for n in range(count):
        if n % 10 == 0:  # each time from the first moment on
            shutil.rmtree(tmp_path, ignore_errors=True)
            tmp_path.mkdir()
        writer = FORK.Process(target=_append_for_ever, args=(path,))
        writer.start()
        time.sleep(rng.uniform(0, 0.06))
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        reported = tmp_path / "reported"
        least = int(reported.read_text() or 0) if reported.exists() else 0
        append(path, {"value": -1})
        rows, faults = verify(path)
        assert faults == [] and rows > least
    with Chain(path) as chain:
        assert [row.number for row in chain.rows()] == list(range(1, rows + 1))


def _measure_and_record(folder, days):
    os.chdir(folder)
    record.command.render_page = lambda *_: "page"
    results = folder / f"results {days[0]}"
    results.mkdir()
    for day in days:
        (results / "holes.csv").write_text(f"image,depth_mean_nm\nhole,{100 + day % 7}\n")
        os.utime(results / "holes.csv", (86400 * day, 86400 * day))
        if record.main([str(results), "--golden", "A", "--baseline", "5"]) == 2:
            os._exit(1)


@promise(
    "Measurements of two jobs that record a golden sample at once: none lost, table and page whole",
    ordinary=12,
    soak=200,
)
def test_two_jobs_record_one_sample(tmp_path, count):
    jobs = [FORK.Process(target=_measure_and_record, args=(tmp_path, range(n, count, 2))) for n in range(2)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(300)
        assert job.exitcode == 0
    path = tmp_path / "records/A/record.sqlite"
    assert verify(path) == (count + 1, [])  # and the baseline
    rows = path.with_suffix(".csv").read_text().splitlines()
    assert len(rows) == count + 1 and len({row.split(",")[1] for row in rows[1:]}) == count
    assert path.with_suffix(".html").read_text() == "page"
    assert not list(path.parent.glob("*.unfinished")) and not list(path.parent.glob(".*"))


def _record_with_small_files(folder, limit, output):
    """Records as if the disk had room for files of `limit` bytes; the exit status, or 99 for a traceback."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    os.chdir(folder)
    record.command.render_page = lambda *_: "page" * 5000
    sys.stderr = output.open("w", buffering=1)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        status = record.main([str(folder), "--golden", "A"])
    except BaseException:
        status = 99
    os._exit(status)


@promise(
    "A disk that takes no larger file, while recording: one line, the record whole, the next try records once",
    ordinary=8,
    soak=60,
)
def test_a_full_disk_leaves_a_whole_record(tmp_path, count):
    path, output = tmp_path / "records/A/record.sqlite", tmp_path / "said"
    statuses = set()
    for n in range(count):
        (tmp_path / "holes.csv").write_text(f"image,depth_mean_nm\nhole,{100 + n % 7}\n")
        os.utime(tmp_path / "holes.csv", (86400 * n, 86400 * n))
        for limit in (1000 + 60_000 * n // count, 10**9):
            job = FORK.Process(target=_record_with_small_files, args=(tmp_path, limit, output))
            job.start()
            job.join(60)
            statuses.add(job.exitcode)
            assert job.exitcode in ((0, 2) if limit < 10**9 else (0,)), output.read_text()
            assert limit == 10**9 or job.exitcode == 0 or str(path.parent.relative_to(tmp_path)) in output.read_text()
            assert not path.exists() or not path.stat().st_size or verify(path)[1] == []
        assert verify(path) == (n + 1, [])
    assert statuses == {0, 2}
