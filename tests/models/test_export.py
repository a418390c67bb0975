"""A run as one ONNX file predicts what the run predicts."""

import json

import numpy as np
import pytest
import torch

from models import (
    LEVELS,
    MODELS,
    BaseModel,
    ModelError,
    ModelOutput,
    Prediction,
    Predictor,
    build,
    export,
    snap_background,
)
from models.export.__main__ import main as export_main
from util.run import checkpoint

SMALL = {"ngf": 4, "ndf": 4, "netG": "resnet_6blocks", "width": 4, "num_downs": 2, "architecture": "convolutional"}


class Echo(BaseModel):
    """Its depth is its input."""

    def predict(self, sem):
        return ModelOutput(sem)


def write_run(folder, name):
    torch.manual_seed(0)
    options = {key: value for key, value in SMALL.items() if key in MODELS[name].Options.__dataclass_fields__}
    options = MODELS[name].Options(**options)
    model = build(name, options, torch.device("cpu"))
    folder.mkdir()
    (folder / "opt.json").write_text(json.dumps({"model": name, **vars(options)}))
    checkpoint.save(folder, ("latest",), {key: net.state_dict() for key, net in model.networks.items()}, {})
    return folder


def maps():
    rows, columns = np.mgrid[:72, :48]
    rng = np.random.default_rng(0)
    result = []
    for n, level in enumerate((141, 152, 158, 171)):
        hole = ((rows - 36) / 25) ** 2 + ((columns - 24) / (10 + 3 * n)) ** 2 < 1
        image = np.where(hole, 40.0, level) + rng.normal(0, 1.5, hole.shape)
        image[34:38, 22:26] = level  # an island of the background's grey
        result.append(image)
    snake = np.full((72, 48), 150.0)
    for row in range(2, 70, 4):  # one path, much longer than the image is wide
        snake[row, 1 : 47 if row % 8 else 48] = 60
        snake[row, 0] = 60 if row % 8 == 2 else 150
    result += [snake, np.full((72, 48), 150.0), np.where(columns < 24, 0.0, 200.0), rng.uniform(0, 255, (72, 48))]
    return np.stack(result).astype(np.float32)


def test_snapping_in_operations_of_onnx_is_the_snapping_of_numpy():
    model = export.OnnxModel(Echo(None, torch.device("cpu")), LEVELS, 8.0)
    with torch.inference_mode():
        outputs = model(torch.from_numpy(maps()))
    expected = snap_background(maps())
    assert (outputs["level"].numpy() == expected.level).all()
    assert (outputs["snapped"].numpy() == expected.depth_grey).all()


def test_median_of_what_a_mask_takes():
    rng = np.random.default_rng(0)
    values, masks = rng.normal(size=(20, 31)).astype(np.float32), rng.random((20, 31)) < 0.5
    medians = export.median(torch.from_numpy(values), torch.from_numpy(masks)).numpy()
    assert medians == pytest.approx([np.median(row[mask]) for row, mask in zip(values, masks, strict=True)])


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in MODELS if name != "ensemble"])
def test_the_file_predicts_what_the_run_predicts(tmp_path, name):
    onnxruntime = pytest.importorskip("onnxruntime")
    run, path = write_run(tmp_path / "run", name), tmp_path / "run.onnx"
    assert export.write_onnx(run, "latest", path, (72, 48)) <= export.TOLERANCE
    session = onnxruntime.InferenceSession(str(path))
    about = session.get_modelmeta().custom_metadata_map
    assert (about["run"], about["epoch"], about["image_size"]) == ("run", "latest", "72,48")
    assert "grey level" in about["unit"] and about["program"].startswith("semdepth ")
    assert {output.name for output in session.get_outputs()} <= set(Prediction._fields)
    for count in (1, 3):
        (output, *_) = session.run(None, {"sem": np.full((count, 72, 48), 99, np.float32)})
        assert len(output) == count


def test_a_file_that_differs_is_refused(tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    run, path = write_run(tmp_path / "run", "autoencoder"), tmp_path / "run.onnx"
    infer = Predictor.infer
    monkeypatch.setattr(Predictor, "infer", lambda self, sem: [infer(self, sem)[0] + 0.01, None, None])
    with pytest.raises(ModelError, match="differs from torch"):
        export.write_onnx(run, "latest", path, (72, 48))
    assert not list(tmp_path.glob("*.onnx")) and not list(tmp_path.glob(".*"))


def test_bad_arguments_are_one_line(tmp_path, capsys):
    assert export_main([str(tmp_path / "none")]) == 2
    assert export_main([str(tmp_path), "--size", "big"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and "opt.json" in lines[0] and "--size big" in lines[1]
