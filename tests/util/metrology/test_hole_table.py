"""holes.csv in columns, and what is no such file."""

import numpy as np
import pytest

from tests.util.metrology.tables import write
from util.errors import UtilError
from util.metrology.hole_table import read


def test_columns_sites_repeats_and_names(tmp_path):
    rows = [
        ("'=1+1_itr0", "s1", 1, 0.5, "", 89, "a"),
        ("'=1+1_itr1", "s1", 3, 0.7, 5, -89, "b"),
        ("'quoted", "", "", "", 6, "", ""),
        ("=1+1", "'@s2", 4, 0.7, 6, 90, ""),
    ]
    table = read(write(tmp_path / "holes.csv", rows))
    assert table.images == ["=1+1_itr0", "=1+1_itr1", "'quoted", "=1+1"]
    assert table.sites == ["s1", "", "@s2"] and table.site.tolist() == [0, 0, 1, 2]
    assert table.hole.tolist() == [0, 0, 1, 2] and table.repeat.tolist() == [0, 1, 0, 0]
    assert table.hole_site.tolist() == [0, 1, 2]
    assert list(table.quantities) == ["depth_mean_nm", "cd_half_nm", "orientation_deg"], "text is no quantity"
    np.testing.assert_array_equal(table.quantities["depth_mean_nm"], [1, 3, np.nan, 4])
    np.testing.assert_array_equal(table.u90["depth_mean_nm"], [0.5, 0.7, np.nan, 0.7])
    assert np.nanstd(table.quantities["orientation_deg"]) < 1, "89 and -89 degrees are neighbours"


ROWS = ("image,site,depth_mean_nm,cd_half_nm,is_ood", "a;b,s,120.5,8.15e1,0", "c,s,119,,1")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("decimal", [",", "."])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_table_that_a_spreadsheet_saved_is_read(tmp_path, encoding, delimiter, decimal, line_end):
    lines = [row.replace(";", " für ").replace(".", "!").replace(",", delimiter).replace("!", decimal) for row in ROWS]
    (tmp_path / "holes.csv").write_bytes((line_end.join(lines) + line_end).encode(encoding))
    table = read(tmp_path / "holes.csv")
    assert table.images == ["a für b", "c"] and table.sites == ["s"] and table.is_ood.tolist() == [False, True]
    np.testing.assert_array_equal(table.quantities["depth_mean_nm"], [120.5, 119])
    np.testing.assert_array_equal(table.quantities["cd_half_nm"], [81.5, np.nan])


def test_a_semicolon_in_a_name_separates_nothing(tmp_path):
    (tmp_path / "holes.csv").write_text("\n".join(ROWS))
    assert read(tmp_path / "holes.csv").images == ["a;b", "c"]


def test_a_bad_number_among_decimal_commas_is_named(tmp_path):
    (tmp_path / "holes.csv").write_text("image;site;x\na;s;1,5\nb;s;1,5,0\n")
    with pytest.raises(UtilError, match="row 3, column x: '1,5,0' is not a finite number"):
        read(tmp_path / "holes.csv")


@pytest.mark.parametrize(
    "text, line",
    [
        ("", "not a table of holes"),
        ("a,b\n1,2\n", "one of them `image`"),
        ("image,x,x\na,1,2\n", "not a table of holes"),
        ("image,floor_sq_nm,floor_roughness_nm\na,1,2\n", "not a table of holes"),
        ("image,site,x\n", "holds no hole"),
        ("image,site,x\na,s\n", "row 2 has 2 cells, the first 3"),
        ("image,site,x\na,s,1\na,s,2\n", "names image 'a' twice"),
        ("image,site,x\na,s,1\nb,s,zwei\n", "row 3, column x: 'zwei' is not a finite number"),
        ("image,site,x\na,s,1\nb,s,inf\n", "row 3, column x: 'inf' is not a finite number"),
        ("image,site,x\na,s,\n", "holds no measurement"),
        ("image,site,x\na,s,nan\n", "holds no measurement"),
        ("\0\xff\n", "not a table of holes"),
        ("image,x\n" + "a" * 200_000 + ",1\n", "cannot be read"),
    ],
)
def test_what_is_no_table_is_one_line(tmp_path, text, line):
    (tmp_path / "holes.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(UtilError, match=line) as error:
        read(tmp_path / "holes.csv")
    assert "\n" not in str(error.value) and "holes.csv" in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(UtilError, match="no such file"):
        read(tmp_path / "holes.csv")


COLUMNS = ("image", "site", "is_ood", "ood_score", "pixel_nm", "depth_mean_nm", "orientation_deg")


@pytest.mark.parametrize("order", [COLUMNS, COLUMNS[::-1]])
def test_flags_and_pixels_are_no_quantities_wherever_they_stand(tmp_path, order):
    row = dict(zip(COLUMNS, ("a", "s", 1, 2.5, 2, 7, 89), strict=True))
    table = read(write(tmp_path / "holes.csv", [[row[name] for name in order]], order))
    assert set(table.quantities) == {"depth_mean_nm", "orientation_deg"} and table.is_ood.tolist() == [True]
    with pytest.raises(UtilError, match=r"leave out 1 hole.*no measured hole is left: 1 out of distribution.*--all"):
        table.drop_flagged()


def test_what_is_said_of_the_instrument_is_no_quantity(tmp_path):
    said = {"pixel_source": "1", "maker": "2", "signal": "3", "voltage_kv": 5, "tilt_deg": 45, "date": "20240314"}
    names = ["image", "site", "pixel_nm", *said, "depth_mean_nm"]
    rows = [("a", "s", 2, *said.values(), 7), ("b", "s", 2, *[""] * len(said), 8), ("c", "s", 2, *"uvwxyz", 9)]
    table = read(write(tmp_path / "holes.csv", rows, names))
    assert list(table.quantities) == ["depth_mean_nm"] and table.quantities["depth_mean_nm"].tolist() == [7, 8, 9]


def test_known_holes_are_left_with_their_sites_and_repeats(tmp_path):
    rows = [
        ("a_itr0", "s1", 0, 0.1, "", 1, 80),
        ("a_itr1", "s1", 1, 1.1, "", 2, 80),
        ("b", "s2", 0, 0.2, "", 3, -80),
        ("c", "s1", "", "", "", 4, 80),
        ("d", "s3", 1, 3, "", "", ""),
    ]
    table = read(write(tmp_path / "holes.csv", rows, COLUMNS))
    assert table.is_ood.tolist() == [True, False, False, True], "one repeat is enough"
    known = table.drop_flagged()
    assert (known.images, known.sites, known.n_dropped) == (["b", "c"], ["s2", "s1"], 2)
    assert known.dropped == {"ood": ["a_itr0", "d"]}
    assert known.site.tolist() == known.hole.tolist() == known.hole_site.tolist() == [0, 1]
    assert known.quantities["depth_mean_nm"].tolist() == [3, 4] and not known.is_ood.any()
    again = read(write(tmp_path / "known.csv", [rows[2], rows[3]], COLUMNS))
    for name, values in again.quantities.items():
        np.testing.assert_allclose(known.quantities[name] % 180, values % 180)


def test_a_model_that_says_nothing_leaves_nothing_out(tmp_path):
    table = read(write(tmp_path / "holes.csv", [("a", "s", "", "", "", 1, 2)], COLUMNS))
    assert table.is_ood is None
    assert table.drop_flagged() is table


def test_holes_that_are_cut_or_several_are_left_out_and_those_of_another_scale_are_not(tmp_path):
    names = ("image", "site", "is_ood", "flags", "depth_mean_nm")
    rows = [
        ("a", "s", 0, "", 1),
        ("b", "s", 0, "border", 2),
        ("c", "s", 1, "ood+border", 3),
        ("d_itr0", "s", 0, "pixel+size", 4),
        ("d_itr1", "s", 0, "several+pixel", 5),
        ("e", "s", 0, "pixel+size", 6),
    ]
    table = read(write(tmp_path / "holes.csv", rows, names))
    assert list(table.quantities) == ["depth_mean_nm"], "flags are text"
    left = table.drop_flagged()
    assert (left.images, left.n_dropped) == (["a", "e"], 3)
    assert left.dropped == {"ood": ["c"], "border": ["b", "c"], "several": ["d_itr0"]}


def test_flags_alone_tell_what_is_out_of_distribution(tmp_path):
    table = read(write(tmp_path / "holes.csv", [("a", "ood", 1), ("b", "", 2)], ("image", "flags", "depth_mean_nm")))
    assert table.drop_flagged().images == ["b"]


def test_former_column_names_are_read_as_the_present_ones(tmp_path):
    header = ("image", "site", "outside_known", "strangeness", "depth_plateau_nm", "floor_roughness_nm", "pixel_nm")
    table = read(
        write(tmp_path / "holes.csv", [("a", "s", 1, 2.5, 120, 1.5, 2), ("b", "s", 0, 0.5, 121, 1.6, 2)], header)
    )
    assert list(table.quantities) == ["depth_median_nm", "floor_sq_nm"] and table.is_ood.tolist() == [True, False]
    assert table.quantities["depth_median_nm"].tolist() == [120, 121]
    assert table.quantities["floor_sq_nm"].tolist() == [1.5, 1.6]
