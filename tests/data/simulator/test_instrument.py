"""An instrument is a set of named parameters, and a JSON file of the same names."""

import dataclasses
import json

import pytest

from data import DataError
from data.simulator.instrument import REAL, SIMULATION, Instrument
from data.simulator.population import CONTEST, Population


def test_a_file_keeps_every_parameter(tmp_path):
    path = tmp_path / "mine.json"
    instrument = dataclasses.replace(REAL, electrons=90.0)
    instrument.to_json(path)
    assert Instrument.from_json(path) == instrument


def test_a_missing_key_keeps_its_default(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text('{"beam_sigma_px": 2}')
    assert Instrument.from_json(path) == dataclasses.replace(SIMULATION, beam_sigma_px=2)


@pytest.mark.parametrize(
    "text, message",
    [
        ('{"elektrons": 90}', "unknown parameter 'elektrons'; known: pixel_nm"),
        ('{"electrons": -1}', "electrons is -1; expected a number"),
        ('{"electrons": NaN}', "electrons is nan; expected a number"),
        ('{"electrons": true}', "electrons is True; expected a number"),
        ('{"pixel_nm": 0}', "pixel_nm must be above 0"),
        ("[1, 2]", "expected an object of parameters"),
        ("{", "not readable as JSON"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_in_one_line(tmp_path, text, message):
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(DataError, match=message) as error:
        Instrument.from_json(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_population_is_a_file_too(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text('{"half_width": [15, 1], "shear_share": 1}')
    assert Population.from_json(path) == dataclasses.replace(CONTEST, half_width=(15, 1), shear_share=1)


@pytest.mark.parametrize(
    "text, message",
    [
        ('{"half_width": 15}', "half_width is 15; expected a list of 2 numbers"),
        ('{"half_width": [15, "a"]}', "half_width is .*; expected a number"),
        ('{"half_width": [2, 1]}', "half_width has mean 2; expected more than 4 times its deviation 1"),
        ('{"corner_shares": [1, 1, 0, 0]}', "corner_shares sum to 2"),
        ('{"pit_share": 1.5}', "pit_share is 1.5; expected a fraction"),
        ('{"waist": [0.2, 0.1]}', r"waist is .*; expected \[minimum, maximum\]"),
    ],
)
def test_what_is_wrong_in_a_population_is_said_in_one_line(tmp_path, text, message):
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(DataError, match=message) as error:
        Population.from_json(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_the_two_presets_are_one_physics_at_another_dose_and_stage():
    differing = {
        name for name in json.loads(json.dumps(REAL.to_dict())) if getattr(REAL, name) != getattr(SIMULATION, name)
    }
    assert differing == {"electrons", "blur_y_px", "jitter_x_px", "jitter_y_px"}
