"""The command simulates what is recorded, and its tables are the same again from its file, with any number of processes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis import calibrate as command
from analysis.calibrate import REPEATS, calibrate
from analysis.calibration.ground_truths import GROUND_TRUTHS, KINDS, KINDS_OF_RATIOS
from analysis.calibration.noise import normal_noise
from analysis.calibration.settings import Setting, settings_of
from analysis.calibration.tables import from_csv, in_markdown, to_csv
from resnet_variants.command import app_of

NORMAL = Setting(name="normal", arms=(normal_noise(0.3),) * 8, num_seeds=3)
TIMES = replace(NORMAL, name="ratios", is_ratio=True)


def test_every_setting_has_every_test_at_every_ground_truth() -> None:
    cells = calibrate([NORMAL, TIMES], repeats=4)
    expected = [("normal", kind) for kind in KINDS] + [("ratios", kind) for kind in KINDS_OF_RATIOS]
    assert [(cell.setting, cell.kind, cell.ground_truth) for cell in cells] == [
        (name, kind, ground_truth) for name, kind in expected for ground_truth in GROUND_TRUTHS
    ]
    assert {cell.num_suites for cell in cells if cell.ground_truth == "at the margin"} == {4}
    assert {cell.num_suites for cell in cells if cell.ground_truth != "at the margin"} == {1}


@pytest.mark.slow
def test_the_number_of_processes_changes_no_number_and_a_file_gives_the_same_tables() -> None:
    cells = calibrate([NORMAL, TIMES], repeats=4)
    assert to_csv(cells) == to_csv(calibrate([NORMAL, TIMES], repeats=4, num_processes=2))
    assert in_markdown(from_csv(to_csv(cells))) == in_markdown(cells)


def test_the_tables_show_wrong_suites_power_and_equality() -> None:
    cells = [
        replace(cell, num_wrong=30) if cell.kind == "About" and cell.ground_truth == "at the margin" else cell
        for cell in calibrate([NORMAL, TIMES], repeats=40)
    ]
    wide = [replace(cell, setting="wide", deviation=9.0, outcomes=dict.fromkeys(cell.outcomes, 0)) for cell in cells]
    text = in_markdown([*cells, *wide])
    assert "| normal | 3 |" in text and "**75.0**" in text and "The standard error of 5% is 3.4 points at the margin" in text
    assert "(1) normal, 3 seeds" in text
    wrong = [cell.num_wrong for cell in cells if cell.setting == "normal" and cell.ground_truth == "at the margin"]
    assert f"| **{100 * sum(wrong) / (40 * len(KINDS)):.1f}** |" in text
    assert "| wide | 3 | 1 point | 9 points | 0.0 | over 1,000 | equality cannot be shown at this spread |" in text
    assert "| normal | 3 | 1 point | 0.424 points | " in text


def test_the_settings_are_those_that_the_method_names() -> None:
    names = [setting.name for setting in settings_of(1.0, [])]
    for part in ("normal", "looks", "1/20", "1/8", "5/8", "equal effects", "opposite effects", "ratios of times"):
        assert any(part in name for name in names), part
    assert REPEATS >= 400


@pytest.mark.slow
def test_the_command_prints_its_tables_and_writes_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "settings_of", lambda deviation, studies: [NORMAL])
    arguments = ["results/reference", "--repeats", "4", "--jobs", "1", "--write", str(tmp_path)]
    monkeypatch.chdir(Path(__file__).parents[2])
    done = CliRunner().invoke(app_of(command.main), arguments)
    assert done.exit_code == 0 and "the standard deviation of a paired difference over seeds is" in done.stdout
    assert "Above 5% where it should not be: none." in done.stdout
    record = json.loads((tmp_path / "calibration.json").read_text())
    assert (record["repeats"], record["out"], record["seed"]) == (4, "results/reference", 0)
    assert {"commit", "is_dirty", "finished_at", "seconds", "versions", "deviation"} <= record.keys()
    assert to_csv(from_csv((tmp_path / "calibration.csv").read_text())) == (tmp_path / "calibration.csv").read_text()
