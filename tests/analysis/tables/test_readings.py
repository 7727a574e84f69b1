"""Metrics that are read from the rows of old records, against what the records of the repository hold and what papers print."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.tables.readings import ROW_READINGS, TRIAL_READINGS, epochs_to_10_pct, readings_of
from benchmarks.spec.metrics import METRICS
from benchmarks.spec.probe import Findings
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.trial import Arm
from benchmarks.store.probes import ProbeResult, ProbeStore
from benchmarks.store.trials import Epoch, TrialResult
from resnet_variants import parse

REFERENCE = Path(__file__).parents[3] / "results" / "reference" / "probes"
Make = Callable[..., TrialResult]


def records(name: str, probe: str) -> list[dict[str, float | None]]:
    """What is read from the records of a network at the recipe's rate in the repository, by seed."""
    store = ProbeStore(folder=REFERENCE)
    probes = [store.read(path) for path in sorted(REFERENCE.glob(f"{name}-digits-splits-s*-{probe}.json"))]
    at_rate = [found for found in probes if found.trial.recipe == RECIPES["quick"] and not found.trial.control]
    assert len(at_rate) == 5
    return [readings_of(found) for found in at_rate]


def mean(values: list[float | None]) -> float:
    assert None not in values
    return sum(value for value in values if value is not None) / len(values)


def test_every_reading_is_a_metric_and_every_metric_is_measured_or_read() -> None:
    read = {(probe, metric) for probe, readings in ROW_READINGS.items() for metric in readings}
    assert read <= {(measure.probe, metric) for metric, measure in METRICS.items()}
    assert TRIAL_READINGS.keys() <= METRICS.keys()


def test_harmless_lesions_are_those_of_the_records() -> None:
    harmful = [row["harmful_lesion_share"] for row in records("resnet56", "lesions")]
    assert [round(1 - (share or 0), 2) for share in harmful] == [0.6, 0.28, 0.76, 0.8, 0.88]
    assert {row["harmful_lesion_share"] for row in records("plain20", "lesions")} == {1.0}


def test_correlations_by_depth_are_those_of_the_records() -> None:
    by_name = {
        family: [
            round(mean([row["gradient_correlation_0.01"] for row in records(f"{family}{depth}", "gradients")]), 2)
            for depth in (8, 20, 32, 56)
        ]
        for family in ("plain", "resnet")
    }
    assert by_name == {"plain": [0.9, 0.45, 0.04, 0.0], "resnet": [0.96, 0.91, 0.87, 0.8]}


def test_plain_gradients_explode_in_the_records_and_stages_gain_less_with_depth() -> None:
    assert mean([row["gradient_norm_log_ratio"] for row in records("plain56", "gradients")]) == pytest.approx(3.25, abs=0.005)
    stages = {stage: mean([row[f"stage_{stage}_gain"] for row in records("resnet56", "separation")]) for stage in (1, 3)}
    assert stages == {1: pytest.approx(7.96, abs=0.005), 3: pytest.approx(-0.44, abs=0.005)}


def probed(result: TrialResult, probe: str, rows: list[dict[str, str | int | float | None]]) -> ProbeResult:
    return ProbeResult(
        trial=result.trial,
        probe=probe,
        status="ok",
        findings=Findings(rows=tuple(rows)),
        seconds=1.0,
        environment=result.environment,
    )


@given(errors=st.lists(st.integers(0, 500), min_size=1, max_size=30), before=st.integers(0, 500))
def test_a_lesion_is_harmful_from_five_images_of_five_hundred_on(make_result: Make, errors: list[int], before: int) -> None:
    rows: list[dict[str, str | int | float | None]] = [{"kind": "whole", "block": 0, "test_error_pct": before / 5}]
    rows += [{"kind": "removed", "block": place, "test_error_pct": error / 5} for place, error in enumerate(errors)]
    found = readings_of(probed(make_result(Arm(architecture=parse("resnet20")), 0), "lesions", rows))
    assert found["harmful_lesion_share"] == sum(error - before >= 5 for error in errors) / len(errors)


@pytest.mark.parametrize(
    ("name", "gains"),
    [
        ("resnet14", (2, 1, 1)),  # the stem and two blocks; then from the first block of a stage to the second
        ("resnet8", (1, None, None)),  # stages of one block have nothing of one width in between, but the first has its stem
        ("resnet29bn", (2, 2, 2)),  # a bottleneck is wider than the stem
    ],
)
def test_gains_of_a_stage_are_between_features_of_one_width(name: str, gains: tuple[int | None, ...], make_result: Make) -> None:
    architecture = parse(name)
    num_blocks = sum(architecture.blocks_per_stage)  # type: ignore[union-attr]
    rows: list[dict[str, str | int | float | None]] = [
        {"layer": layer, "test_error_pct": 50.0 - layer} for layer in range(num_blocks + 1)
    ]
    found = readings_of(probed(make_result(Arm(architecture=architecture), 0), "separation", rows))
    assert tuple(found[f"stage_{stage}_gain"] for stage in (1, 2, 3)) == gains


def test_a_gradient_of_zero_or_of_no_number_has_no_ratio(make_result: Make) -> None:
    result = make_result(Arm(architecture=parse("plain20")), 0)
    for first, expected in ((100.0, 2.0), (0.0, None), (None, None)):
        rows: list[dict[str, str | int | float | None]] = [{"kind": "norm", "value": first}, {"kind": "norm", "value": 1.0}]
        assert readings_of(probed(result, "gradients", rows))["gradient_norm_log_ratio"] == expected
    failed = replace(probed(result, "gradients", []), status="failed", detail="no memory")
    assert readings_of(failed) == {} == readings_of(probed(result, "zero_block", []))


@given(errors=st.lists(st.floats(0, 100), min_size=1, max_size=12))
def test_the_epochs_to_ten_per_cent_are_counted_one_by_one(make_result: Make, errors: list[float]) -> None:
    history = tuple(
        Epoch(
            epoch=number, train_loss=1.0, train_error_pct=error, test_loss=1.0, test_error_pct=5, train_seconds=1, eval_seconds=1
        )
        for number, error in enumerate(errors, 1)
    )
    result = replace(make_result(Arm(architecture=parse("resnet20")), 0), history=history)
    expected = 1
    while expected <= len(errors) and errors[expected - 1] > 10:
        expected += 1
    assert epochs_to_10_pct(result) == expected
    if expected > len(errors):
        assert epochs_to_10_pct(replace(result, status="diverged")) is None
