"""A run as one ONNX file says what the run says."""

import json

import numpy as np
import pytest
import torch

from models import LEVELS, MODELS, BaseModel, ModelError, ModelOutput, Predictor, build, export, snap_background
from util.run import checkpoint

SMALL = {"ngf": 4, "ndf": 4, "netG": "resnet_6blocks", "width": 4, "depth": 2, "layers": "convolutional"}


class Echo(BaseModel):
    """Says that the depth is what it is shown."""

    def predict(self, sem):
        return ModelOutput(sem)


def write_run(folder, name):
    torch.manual_seed(0)
    known = {key: value for key, value in SMALL.items() if key in MODELS[name].Options.__dataclass_fields__}
    options = MODELS[name].Options(**known)
    system = build(name, options, torch.device("cpu"))
    folder.mkdir()
    (folder / "opt.json").write_text(json.dumps({"model": name, **vars(options)}))
    checkpoint.save(folder, ("latest",), {key: net.state_dict() for key, net in system.networks.items()}, {})
    return folder


def maps():
    rows, columns = np.mgrid[:72, :48]
    rng = np.random.default_rng(0)
    found = []
    for n, level in enumerate((141, 152, 158, 171)):
        hole = ((rows - 36) / 25) ** 2 + ((columns - 24) / (10 + 3 * n)) ** 2 < 1
        image = np.where(hole, 40.0, level) + rng.normal(0, 1.5, hole.shape)
        image[34:38, 22:26] = level  # an island of the background's grey
        found.append(image)
    snake = np.full((72, 48), 150.0)
    for row in range(2, 70, 4):  # one path, much longer than the image is wide
        snake[row, 1 : 47 if row % 8 else 48] = 60
        snake[row, 0] = 60 if row % 8 == 2 else 150
    found += [snake, np.full((72, 48), 150.0), np.where(columns < 24, 0.0, 200.0), rng.uniform(0, 255, (72, 48))]
    return np.stack(found).astype(np.float32)


def test_quantisation_in_operations_of_onnx_is_the_quantisation():
    finished = export.Finished(Echo(None, torch.device("cpu")), LEVELS, 8.0)
    with torch.inference_mode():
        said = finished(torch.from_numpy(maps()))
    wanted = snap_background(maps())
    assert (said["level"].numpy() == wanted.level).all()
    assert (said["quantised"].numpy() == wanted.depth_grey).all()


def test_median_of_what_a_mask_takes():
    rng = np.random.default_rng(0)
    values, where = rng.normal(size=(20, 31)).astype(np.float32), rng.random((20, 31)) < 0.5
    found = export.median(torch.from_numpy(values), torch.from_numpy(where)).numpy()
    assert found == pytest.approx([np.median(one[some]) for one, some in zip(values, where, strict=True)])


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in MODELS if name != "fusion"])
def test_the_file_says_what_the_run_says(tmp_path, name):
    onnxruntime = pytest.importorskip("onnxruntime")
    run, path = write_run(tmp_path / "run", name), tmp_path / "run.onnx"
    assert export.export(run, "latest", path, (72, 48)) <= export.TOLERANCE
    session = onnxruntime.InferenceSession(str(path))
    for count in (1, 3):
        (answer, *_) = session.run(None, {"sem": np.full((count, 72, 48), 99, np.float32)})
        assert len(answer) == count


def test_a_file_that_differs_is_refused(tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    run, path = write_run(tmp_path / "run", "autoencoder"), tmp_path / "run.onnx"
    apply = Predictor.infer
    monkeypatch.setattr(Predictor, "apply", lambda self, sem: [apply(self, sem)[0] + 0.01, None, None])
    with pytest.raises(ModelError, match="differs from torch"):
        export.export(run, "latest", path, (72, 48))
    assert not list(tmp_path.glob("*.onnx")) and not list(tmp_path.glob(".*"))


def test_bad_arguments_are_one_line(tmp_path, capsys):
    assert export.main([str(tmp_path / "none")]) == 2
    assert export.main([str(tmp_path), "--size", "big"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and "opt.json" in lines[0] and "--size big" in lines[1]
