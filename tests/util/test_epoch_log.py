"""What epochs gave: logged once, whatever is interrupted."""

from util.run.epoch_log import EpochLog


def test_a_run_that_goes_on_logs_its_epoch_again_once(tmp_path):
    log = EpochLog(tmp_path)
    assert log.columns == {}
    for epoch in (1, 2, 3):
        log.write(epoch, 10 * epoch, 1.234, 2e-4, {"held-out RMSE": 9.5 - epoch, "held-out IoU": 0.5})
    again = EpochLog(tmp_path, 3)
    assert again.columns["epoch"] == [1, 2] and again.columns["held-out RMSE"] == [8.5, 7.5]
    again.write(3, 30, 1.0, 2e-4, {"held-out RMSE": 1.0, "held-out IoU": 0.75})
    assert EpochLog(tmp_path, 9).columns == again.columns
    assert (tmp_path / "epochs.csv").read_text().splitlines()[0] == "epoch,step,seconds,lr,held-out RMSE,held-out IoU"


def test_a_line_that_a_kill_cut_is_dropped(tmp_path):
    EpochLog(tmp_path).write(1, 10, 1.0, 1e-3, {"distance": 0.5})
    with (tmp_path / "epochs.csv").open("a") as file:
        file.write("2,20,1.0")
    assert EpochLog(tmp_path, 5).columns["epoch"] == [1]
