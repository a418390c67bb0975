"""What the blind benchmark prints of complete cells: the look-up, coverage by flag, Monte Carlo images, other seeds."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import test as testing
from benchmarks import blind_benchmark, blind_report, error_budget
from benchmarks.blind_report import Judged, MonteCarlo
from benchmarks.ood_detection import Scored
from data.simulate import main as simulate
from models import Predictor

ROOT = Path(__file__).parents[1]
PRETRAINED = ROOT / "pretrained/holes"


def make_hole(radius=8.0, level=150):
    distance = np.hypot(*np.mgrid[-12:12, -12:12])
    return level - (level - 30) * np.clip((radius - distance) / 4, 0, 1)


def make_predictor(score, depth):
    """Predicts a map (H, W) at level 150 with U90 of 2 for images of one grey level, which index the score."""

    def predict(sem):
        scores = np.asarray(score)[sem[:, 0, 0].astype(int)]
        final = np.stack([depth] * len(sem))
        return SimpleNamespace(
            ood_score=scores, final=final, level=np.full(len(sem), 150), depth_u90=np.full(final.shape, 2.0)
        )

    return SimpleNamespace(predict=predict, model=None)


def number_images(count):
    return np.ones((count, 24, 24)) * np.arange(count)[:, None, None]


def test_the_look_up_is_right_wrong_or_false(monkeypatch, tmp_path):
    truth = np.stack([make_hole()] * 4)
    right, wrong = np.clip((150 - make_hole()) / 120, 0, 1), np.clip((150 - make_hole(5)) / 120, 0, 1)
    found = np.stack([right, wrong, right, wrong]), np.array([0.9, 0.9, 0.2, 0.7])
    known = np.array([True, True, True, False])
    monkeypatch.setattr(blind_report, "find_shapes", lambda model, sem: found)
    monkeypatch.setattr(
        error_budget, "read_maps", lambda work: {"depth": truth + 2, "truth": truth, "in_library": known}
    )
    judged = Judged(make_predictor([0] * 4, truth[0]), truth, truth, Scored(np.ones(4), np.ones(4)))
    texts = blind_report.tabulate_lookup(judged, tmp_path)
    assert [texts[name] for name in ("recall", "wrong shape", "false")] == ["33.3%", "33.3%", "100.0%"]
    assert texts["in the library"] == "2.00 (75%)" and texts["not in it"] == "2.00 (25%)"


def test_a_pipeline_finds_the_shapes_of_its_library():
    predictor = Predictor.load(PRETRAINED)
    model = predictor.model
    u = model.library.get_shapes(torch.arange(0, 80, 10))
    with torch.inference_mode():
        sem = model.domain_renderer.render(u, torch.ones(len(u), dtype=torch.int64)).numpy()[:, 0]
    shapes, probability = blind_report.find_shapes(model, sem)
    assert np.mean(np.abs(shapes - u.numpy()[:, 0]).max((1, 2)) < 0.01) >= 0.75
    assert probability.shape == (8,) and ((probability >= 0) & (probability <= 1)).all()


def test_flagged_images_are_counted_apart():
    scored = Scored(np.array([1.0, 2.0, 3.0]), np.array([0.5, 1.5, 0.7]))
    parts = blind_report.split_by_flag({"a": Judged(None, number_images(3), number_images(3), scored)})
    assert {name: list(part.scored.error) for name, part in parts.items()} == {
        "a": [1, 2, 3],
        "a, flagged": [2],
        "a, others": [1, 3],
    }
    none = Scored(scored.error, np.zeros(3))
    assert list(blind_report.split_by_flag({"a": Judged(None, number_images(3), number_images(3), none)})) == [
        "a",
        "a, others",
    ]


def test_rank_correlation_of_each_cell_and_of_all():
    rising, falling = (Scored(np.arange(3.0) + 1, np.array(score)) for score in ([1.0, 2, 3], [3.0, 2, 1]))
    text = blind_report.describe_correlation({"a": rising, "b": falling})
    assert "a 1.00, b -1.00; all 0.00" in text


def test_monte_carlo_images_of_known_depth():
    truth = 150 - make_hole()
    judged = Judged(
        make_predictor([2, 0.5], make_hole()), number_images(2), None, Scored(np.zeros(2), np.array([0.1, 0.2]))
    )
    texts = blind_report.tabulate_monte_carlo(judged, MonteCarlo(number_images(2), np.stack([truth + 3, truth + 1])))
    assert texts == {
        "images": "2",
        "flagged OOD": "50.0%",
        "AUROC": "1.000",
        "RMSE": "2.2",
        "RMSE, flagged": "3.0",
        "RMSE, others": "1.0",
        "pixels in 90 %": "50.0%",
    }
    assert "RMSE" not in blind_report.tabulate_monte_carlo(judged, MonteCarlo(number_images(2), None))


def test_other_seeds_give_a_mean_and_a_spread():
    intervals = {"coverage_pixels": 0.9, "coverage_floors": 0.8, "ood_rate": 0.05}
    scores = [{"final": rmse, "level_accuracy": 1.0, "intervals": intervals} for rmse in (1.0, 2.0, 3.0)]
    texts = blind_report.tabulate_seeds(scores)
    assert texts["trainings"] == "3" and texts["RMSE"] == "2.00 ± 1.00" and texts["flagged OOD"] == "5.00 ± 0.00 %"
    assert blind_report.tabulate_seeds(scores[:1])["RMSE"] == "1.00"


def test_the_pipeline_alone_is_trained_with_other_seeds(monkeypatch, tmp_path):
    runs = []
    monkeypatch.setattr(blind_benchmark, "make_dataset", lambda *words: None)
    monkeypatch.setattr(blind_benchmark, "run", lambda work, row, budgets, seed: runs.append((row.title, seed)))
    words = ["--work", str(tmp_path), "--cells", "sharp", "--rows", "pipeline", "unet", "--seeds", "2"]
    assert blind_benchmark.main(words) == 0
    assert runs == [("depth pipeline", 0), ("depth pipeline", 1), ("U-Net regression", 0)]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--cells", "blunt"], "--cells blunt: not in exam.yaml"),
        (["--seeds", "0"], "--seeds 0"),
        (["--mc", "nowhere"], "--mc nowhere: no Monte Carlo images"),
    ],
)
def test_bad_words_end_before_anything_is_trained(words, text, monkeypatch, capsys):
    monkeypatch.setattr(blind_benchmark, "train_cells", lambda *arguments: pytest.fail("trained"))
    with pytest.raises(SystemExit) as caught:
        blind_benchmark.main(words)
    assert caught.value.code == 2 and text in capsys.readouterr().err


@pytest.mark.parametrize("arrays", [{"bse": np.ones((72, 48))}, {"se": np.ones((60, 40))}])
def test_monte_carlo_images_without_se_or_of_two_sizes_are_refused(arrays, tmp_path, capsys):
    np.savez(tmp_path / "a.npz", se=np.ones((72, 48)))
    np.savez(tmp_path / "b.npz", **arrays)
    with pytest.raises(SystemExit) as caught:
        blind_benchmark.main(["--mc", str(tmp_path)])
    assert caught.value.code == 2 and f"--mc {tmp_path}: no Monte Carlo images" in capsys.readouterr().err


def test_the_report_of_a_cell(tmp_path):
    work = tmp_path / "built_in"
    run = work / "checkpoints/depth_pipeline_0"
    shutil.copytree(PRETRAINED, run)
    (run / "epochs.csv").write_text("epoch,step,seconds,lr,val_rmse\n1,1,60,0.002,1\n")
    size = ["--num_shapes", "2", "--num_real", "4", "--num_test", "8", "--seed", "31"]
    assert simulate(["--dataroot", str(work / "sem"), *size]) == 0
    words = ["--dataroot", work / "sem", "--checkpoints_dir", run.parent, "--name", run.name]
    assert testing.main([*map(str, words), "--results_dir", str(work / "results")]) == 0
    monte_carlo = MonteCarlo(*blind_benchmark.read_monte_carlo(ROOT / "tests/data/mc"))
    figure = tmp_path / "images/score_error.png"
    figure.parent.mkdir()
    text = blind_report.report(tmp_path, ["built_in", "sharp"], monte_carlo, figure)
    for part in (
        "| cell | recall |",
        "| built_in | 8 |",
        "images/score_error.png",
        "; all ",
        "| built_in | 9 | 100.0%",
    ):
        assert part in text, part
    assert "sharp" not in text and figure.stat().st_size > 5000
    assert "| built_in | 1 |" in blind_report.report_seeds(tmp_path, ["built_in", "sharp"], 3)
    assert blind_report.report(tmp_path, ["sharp"], None, figure) == ""
