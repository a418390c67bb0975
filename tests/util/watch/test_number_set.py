"""The compact set is a set."""

import numpy as np

from util.watch.number_set import MAX_RECENT, NumberSet


def test_it_agrees_with_a_set():
    rng = np.random.default_rng(0)
    numbers, plain = NumberSet(), set()
    for number in rng.integers(-5000, 5000, 3 * MAX_RECENT).tolist():
        assert (number in numbers) == (number in plain)
        numbers.add(number)
        plain.add(number)
    asked = np.arange(-6000, 6000)
    assert numbers.contains(asked).tolist() == [number in plain for number in asked.tolist()]


def test_it_takes_the_ends_of_the_range_and_eight_bytes_a_number():
    ends = [-(2**63), 2**63 - 1]
    numbers = NumberSet()
    assert not numbers.contains(np.array(ends)).any() and ends[0] not in numbers
    for number in [*ends, *range(10_000)]:
        numbers.add(number)
    assert numbers.contains(np.array(ends)).all() and all(number in numbers for number in ends)
    assert numbers.sorted.nbytes == 8 * 10_002
