"""Mean and 3 sigma of sites, the noise taken off, outliers, P/T: against simulated wafers whose truth is known."""

import numpy as np
import pytest

from tests.util.metrology.tables import wafer, write
from util.metrology.hole_table import read
from util.metrology.site_statistics import find_outliers, site_families, summarise_quantity


def test_noise_corrected_lcdu_recovers_the_true_sigma_from_repeats(tmp_path):
    wafer(tmp_path / "holes.csv", sites=100, holes=30, true=2.0, noise=2.0)
    found = summarise_quantity(read(tmp_path / "holes.csv"), "cd_half_nm")
    assert found.noise_source == "repeats" and found.measurement_sigma == pytest.approx(2.0, rel=0.05)
    assert found.sigma_within_sites == pytest.approx(np.sqrt(4 + 4 / 2), rel=0.03), (
        "a hole is the mean of its two repeats"
    )
    assert found.sigma_within_sites_corrected == pytest.approx(2.0, rel=0.04)
    assert np.sqrt(np.mean(found.corrected**2)) == pytest.approx(2.0, rel=0.04)
    assert found.precision_to_tolerance(24) == pytest.approx(0.5, rel=0.05)
    assert found.count.tolist() == [30] * 100


def test_without_repeats_the_intervals_tell_the_noise(tmp_path):
    wafer(tmp_path / "holes.csv", sites=100, holes=30, repeats=1, true=2.0, noise=1.5, u90=1.5 * 1.6449)
    depth, cd = (summarise_quantity(read(tmp_path / "holes.csv"), name) for name in ("depth_mean_nm", "cd_half_nm"))
    assert depth.noise_source == "intervals" and depth.measurement_sigma == pytest.approx(1.5)
    assert depth.sigma_within_sites == pytest.approx(
        2.5, rel=0.03
    ) and depth.sigma_within_sites_corrected == pytest.approx(2.0, rel=0.04)
    assert depth.run_sigma > 7, "the run also holds what differs between the sites"
    assert cd.noise_source == "" and np.isnan(cd.measurement_sigma) and np.isnan(cd.sigma_within_sites_corrected)
    assert cd.repeats is None and np.isnan(cd.precision_to_tolerance(10))


def test_more_noise_than_is_seen_leaves_nothing(tmp_path):
    wafer(tmp_path / "holes.csv", sites=2, repeats=1, u90=50)
    assert summarise_quantity(read(tmp_path / "holes.csv"), "depth_mean_nm").corrected.tolist() == [0, 0]


def test_exact_numbers_of_a_small_site_and_of_one_hole(tmp_path):
    rows = [("a", "s", 1, "", "", "", ""), ("b", "s", 3, "", "", "", ""), ("c", "t", 7, "", 4, "", "")]
    found = summarise_quantity(read(write(tmp_path / "holes.csv", rows)), "depth_mean_nm")
    assert found.mean.tolist() == [2, 7] and found.sigma[0] == pytest.approx(np.sqrt(2)) and np.isnan(found.sigma[1])
    assert found.sigma_within_sites == pytest.approx(np.sqrt(2)) and found.run_sigma == pytest.approx(
        np.std([1, 3, 7], ddof=1)
    )
    cd = summarise_quantity(read(tmp_path / "holes.csv"), "cd_half_nm")
    assert (
        cd.count.tolist() == [0, 1]
        and np.isnan(cd.mean[0])
        and np.isnan(cd.sigma_within_sites)
        and np.isnan(cd.run_sigma)
    )


def test_a_site_is_judged_by_the_sites_of_its_own_nominal_depth(tmp_path):
    rng, rows = np.random.default_rng(0), []
    for depth in (110, 120, 130, 140):
        for site in range(20):
            mean = depth + (10 if (depth, site) == (120, 7) else rng.normal(0, 1))  # elsewhere it would be ordinary
            rows += [(f"{depth}_{site}_{n}", f"depth_{depth}_site_{site:05d}", mean, "", "", "", "") for n in range(2)]
    table = read(write(tmp_path / "holes.csv", rows))
    outside = summarise_quantity(table, "depth_mean_nm").site_outliers
    assert [site for site, far in zip(table.sites, outside, strict=True) if far] == ["depth_120_site_00007"]
    assert len(set(site_families(["", "7", "12", "a1", "a2", "b1"]).tolist())) == 3


def test_outliers_are_found_and_little_else():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(100), 10)
    values = rng.normal(100 + 10 * group, 1)
    values[[5, 505]] += 12, -12
    found = find_outliers(values, group, 100)
    assert found[[5, 505]].all() and found.sum() < 6
    assert find_outliers(np.array([1, 1.1, 0.9, 1, 1.05, 9]), np.zeros(6, int), 1).tolist() == [False] * 5 + [True]
    assert not find_outliers(np.array([1.0, 2, 90]), np.zeros(3, int), 1).any(), "too few to judge"
    assert not find_outliers(np.array([0.0] * 9 + [1, np.nan]), np.zeros(11, int), 1).any(), "a flag has no scale"
