"""What epochs gave: logged once, whatever is interrupted."""

from util.run.epoch_log import FORMER_COLUMNS, EpochLog


def test_a_run_that_goes_on_logs_its_epoch_again_once(tmp_path):
    log = EpochLog(tmp_path)
    assert log.columns == {}
    for epoch in (1, 2, 3):
        log.write(epoch, 10 * epoch, 1.234, 2e-4, {"val_rmse": 9.5 - epoch, "val_iou": 0.5})
    again = EpochLog(tmp_path, 3)
    assert again.columns["epoch"] == [1, 2] and again.columns["val_rmse"] == [8.5, 7.5]
    again.write(3, 30, 1.0, 2e-4, {"val_rmse": 1.0, "val_iou": 0.75})
    assert EpochLog(tmp_path, 9).columns == again.columns
    assert (tmp_path / "epochs.csv").read_text().splitlines()[0] == "epoch,step,seconds,lr,val_rmse,val_iou"


def test_a_line_that_a_kill_cut_is_dropped(tmp_path):
    EpochLog(tmp_path).write(1, 10, 1.0, 1e-3, {"w1_distance": 0.5})
    with (tmp_path / "epochs.csv").open("a") as file:
        file.write("2,20,1.0")
    assert EpochLog(tmp_path, 5).columns["epoch"] == [1]


def test_a_run_of_an_older_version_continues_under_the_present_names(tmp_path):
    path = tmp_path / "epochs.csv"
    for former, present in FORMER_COLUMNS.items():
        path.write_text(f"epoch,step,seconds,lr,{former}\n1,10,1.5,0.001,0.5\n2,20,1.5,0.001,0.25\n")
        log = EpochLog(tmp_path, 3)
        assert log.columns[present] == [0.5, 0.25] and former not in log.columns
        log.write(3, 30, 1.5, 1e-3, {present: 0.125})
        assert path.read_text().splitlines()[0] == f"epoch,step,seconds,lr,{present}"
        assert EpochLog(tmp_path, 9).columns[present] == [0.5, 0.25, 0.125]


def test_a_line_says_the_unit_and_leaves_out_what_has_no_value_yet(tmp_path):
    log = EpochLog(tmp_path)
    assert log.write(1, 10, 1.0, 1e-3, {"val_rmse": float("nan"), "val_accuracy": 0.5}).endswith(" \t val_accuracy 0.5")
    assert log.write(2, 20, 1.0, 1e-3, {"val_rmse": 7.5, "val_accuracy": 0.5}).endswith(
        "val_rmse 7.5 grey levels, val_accuracy 0.5"
    )
    assert len(EpochLog(tmp_path, 3).rows) == 2
