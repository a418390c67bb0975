"""Votes by hand, and members that do not fit together."""

import pytest
import torch

from models import BaseModel, ModelError, ModelOutput
from models.ensemble import Ensemble
from models.model_options import EnsembleOptions


class Member(BaseModel):
    def __init__(self, depth=None, levels=None, background=None, classes=(140, 170)):
        super().__init__(None, torch.device("cpu"))
        self.levels = classes if levels else ()
        self.networks = {"X": torch.nn.Linear(2, 1)}
        image = lambda value: None if value is None else torch.full((1, 1, 4, 4), float(value))  # noqa: E731
        self.output = ModelOutput(image(depth), torch.tensor([levels]) if levels else None, image(background))

    def predict(self, sem):
        return self.output


def combine(vote, **members):
    ensemble = Ensemble(EnsembleOptions(tuple(members), vote=vote), torch.device("cpu"))
    ensemble.set_members(members)
    return ensemble.predict(torch.zeros(1, 1, 4, 4))


def test_soft_votes_are_means_of_the_members_that_predict():
    members = {"a": Member(depth=100), "b": Member(depth=110), "c": Member(depth=180)}
    votes = {"d": Member(levels=[0.9, 0.1]), "e": Member(levels=[0.2, 0.8]), "f": Member(background=0.4)}
    prediction = combine("soft", **members, **votes)
    assert prediction.raw_depth.unique().item() == pytest.approx(130)
    assert prediction.level_probs[0].tolist() == pytest.approx([0.55, 0.45])
    assert prediction.background_prob.unique().item() == pytest.approx(0.4)


def test_hard_votes_are_medians_and_majorities():
    depths = {name: Member(depth=value) for name, value in (("a", 100), ("b", 110), ("c", 180))}
    sure, unsure = [0.99, 0.01], [0.45, 0.55]
    levels = {"d": Member(levels=sure), "e": Member(levels=unsure), "f": Member(levels=unsure)}
    masks = {"g": Member(background=0.9), "h": Member(background=0.4), "i": Member(background=0.4)}
    prediction = combine("hard", **depths, **levels, **masks)
    assert prediction.raw_depth.unique().item() == pytest.approx(110)
    assert prediction.level_probs.argmax().item() == 1 and combine("soft", **levels).level_probs.argmax().item() == 0
    assert prediction.background_prob.unique().item() == pytest.approx(1 / 3)


def test_equal_votes_for_levels_are_decided_by_the_probabilities():
    prediction = combine("hard", a=Member(levels=[0.6, 0.4]), b=Member(levels=[0.1, 0.9]))
    assert prediction.level_probs.argmax().item() == 1


def test_what_no_member_predicts_is_none():
    assert combine("soft", a=Member(depth=100))[1:] == (None,) * 5


def test_members_that_vote_for_other_levels_are_named():
    with pytest.raises(ModelError, match=r"member b votes for levels \(1, 2\), and member a"):
        combine("soft", a=Member(levels=[0.5, 0.5]), b=Member(levels=[0.5, 0.5], classes=(1, 2)))


def test_a_depth_without_scale_is_recombine():
    member = Member(depth=100)
    member.has_absolute_scale = False
    with pytest.raises(ModelError, match="member a: its depth has no scale"):
        combine("soft", a=member)
