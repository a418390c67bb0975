"""Alarms: each sign raises its own, and a sound training none."""

import numpy as np
import pytest

from models import MODELS
from util.monitor.alarms import RECENT, alarms

LAYOUT = MODELS["cycle_gan"].load_class().plot_layout
RNG = np.random.default_rng(0)
SEM = np.where(np.hypot(*(np.indices((72, 48)) - 30)) < 15, 30.0, 180.0) + RNG.normal(size=(72, 48))
SOUND = {"real_A": SEM, "fake_B": 0.8 * SEM, "real_B": SEM, "fake_A": SEM + 9}


def log(**columns):
    lines = np.arange(RECENT + 5.0)
    sound = {"G_A": 0.3 + 0.01 * np.sin(lines), "D_A": 0.2 + 0.01 * np.cos(lines), "cycle_A": 1 / (lines + 1)}
    return {
        name: list(values)
        for name, values in ({"epoch": lines, "step": lines, "seconds": lines} | sound | columns).items()
    }


def test_a_sound_training_raises_none():
    assert alarms(log(), SOUND, LAYOUT) == {} and alarms({}, {}, LAYOUT) == {}


@pytest.mark.parametrize(
    "columns, images, sign",
    [
        ({"D_A": np.full(RECENT + 5, 1e-4) * RNG.random(RECENT + 5)}, {}, "D_A is at zero"),
        ({"G_A": [0.3] * (RECENT + 4) + [np.nan]}, {}, "G_A is not a number"),
        ({name: [0.25] * (RECENT + 5) for name in ("G_A", "D_A", "cycle_A")}, {}, "all losses are constant"),
        ({}, {"fake_B": np.full((72, 48), 90.0)}, "G_A gives a constant image"),
        ({}, {"fake_B": 200 - SEM}, "G_A swaps bright and dark"),
        ({}, {"fake_A": 200 - SEM}, "G_B swaps bright and dark"),
    ],
)
def test_each_sign_raises_its_own(columns, images, sign):
    signs = alarms(log(**columns), SOUND | images, LAYOUT)
    assert list(signs) == [sign] and "\n" not in signs[sign]


def test_a_discriminator_that_is_good_for_a_moment_raises_none():
    assert alarms(log(D_A=[0.2] * (RECENT + 4) + [0.001]), SOUND, LAYOUT) == {}


def test_signs_are_those_of_the_models_own_layout():
    other = MODELS["unet_regressor"].load_class().plot_layout
    assert (
        alarms(log(D_A=np.full(RECENT + 5, 1e-4) * RNG.random(RECENT + 5)), SOUND | {"fake_B": 200 - SEM}, other) == {}
    )
