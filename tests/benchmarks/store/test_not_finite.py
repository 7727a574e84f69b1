"""Numbers that are not finite, or no numbers at all, are results with a reason: no record of them ends a run, or is unreadable."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.executors.carry_out import carry_out, carry_out_probes
from benchmarks.executors.events import Event, Finished, Job, Probed, WorkItem
from benchmarks.spec.cost import Cost
from benchmarks.spec.images import Images
from benchmarks.spec.probe import Findings, ProbeTask, probe_names
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.timing import TimingPlan, Workload
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import Environment
from benchmarks.store.out import Out
from benchmarks.store.probes import ProbeResult, ProbeStore
from benchmarks.store.timings import Ceilings, NetworkTiming, TimingResult, TimingStore
from benchmarks.store.trials import Final, TrialResult, TrialStore
from benchmarks.training import probe_runner
from benchmarks.training.batches import DeviceImages
from benchmarks.training.loop import Training, fresh_network
from benchmarks.training.probe_runner import run_probe
from benchmarks.training.resume import weights_of
from resnet_variants import parse
from resnet_variants.architecture import Task as Images_

Make = Callable[..., TrialResult]
NAN, INF = math.nan, math.inf


def numbers(findings: Findings) -> Iterator[object]:
    """Everything that a probe found."""
    yield from findings.values.values()
    for row in findings.rows:
        yield from row.values()
    for values in findings.arrays.values():
        yield from values


@pytest.mark.parametrize("found", [NAN, INF, -INF, np.float64(NAN), np.float32(INF)])
def test_a_number_that_is_not_finite_is_none_wherever_a_probe_left_it(found: float) -> None:
    cleaned = probe_runner.finite(
        Findings(values={"a": found, "b": 1.0}, rows=({"x": found, "y": "z"},), arrays={"c": (0.5, found)})
    )
    assert cleaned == Findings(values={"a": None, "b": 1.0}, rows=({"x": None, "y": "z"},), arrays={"c": (0.5, None)})


@pytest.mark.parametrize(
    ("name", "learning_rate"), [("plain8:width=4", 1e6), ("resnet8:width=4", 10.0), ("resnet8:width=4", 1e-12)]
)
def test_whatever_the_rate_made_of_a_network_its_probes_have_results_that_are_read_again(
    name: str, learning_rate: float, tiny: Images, environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.probes.regression.NUM_STEPS", 2)
    monkeypatch.setattr("benchmarks.probes.loss_surface.STEPS", 3)
    images, store = DeviceImages(tiny, torch.device("cpu")), ProbeStore(folder=tmp_path)
    recipe = Recipe(epochs=1, batch_size=16, learning_rate=learning_rate)
    trial = Trial(architecture=parse(name), dataset=tiny.identity(), recipe=recipe, seed=0)
    training = Training(trial, fresh_network(trial, images), images)
    training.run_epoch()
    for probe in set(probe_names()) - {"growing"}:  # it trains on
        result = run_probe(ProbeTask(trial=trial, probe=probe, weights=weights_of(training.network)), images, environment)
        assert result.detail if result.status == "failed" else not result.detail
        assert store.write(result) == result
        assert not any(isinstance(number, float) and not math.isfinite(number) for number in numbers(result.findings))
    assert store.read_all()[1] == [] and len(store.read_all()[0]) == len(probe_names()) - 1


@pytest.mark.parametrize(
    "findings",
    [
        Findings(values={"a": NAN}),
        Findings(arrays={"a": (1.0, INF)}),
        Findings(values={"a": "text"}),  # type: ignore[dict-item]
        Findings(values={"a": torch.ones(1)}),  # type: ignore[dict-item]
        Findings(rows=({"a": np.float32(1)},)),  # type: ignore[dict-item]
        Findings(rows=({"a": object()},)),  # type: ignore[dict-item]
    ],
)
def test_a_probe_that_no_record_can_hold_is_kept_as_failed_with_the_reason(
    findings: Findings, make_result: Make, environment: Environment, tmp_path: Path
) -> None:
    trial = make_result("plain8", 0).trial
    result = ProbeResult(trial=trial, probe="nesting", status="ok", findings=findings, seconds=1.0, environment=environment)
    kept = ProbeStore(folder=tmp_path).write(result)
    assert kept.status == "failed" and kept.detail.startswith("it cannot be recorded: ") and kept.findings == Findings()
    assert ProbeStore(folder=tmp_path).read_all() == ([kept], [])


def test_a_trial_that_no_record_can_hold_is_kept_as_failed_and_the_run_goes_on(out: Out, job: Job, make_result: Make) -> None:
    good, bad = make_result("plain8", 0), make_result("resnet8", 0)
    bad = replace(bad, final=Final(train_loss=NAN, train_error_pct=1.0, test_loss=1.0, test_error_pct=INF))
    events: list[Event] = []

    def execute(items: Iterable[WorkItem | None], job: Job) -> Iterator[Event]:
        for result, _ in zip((bad, good), items, strict=False):
            yield Finished(result=result)

    carry_out([bad.trial, good.trial], job, out, execute, events.append)
    kept = {result.trial: result for result in out.trials.read_all()[0]}
    assert kept[good.trial] == good and kept[bad.trial].status == "failed"
    assert kept[bad.trial].detail.startswith("it cannot be recorded: Out of range float values are not JSON compliant")
    assert [event.result for event in events if isinstance(event, Finished)] == [kept[bad.trial], good]


@pytest.mark.parametrize(("train_loss", "test_error_pct"), [(NAN, 1.0), (-INF, 1.0), (0.5, INF)])
def test_a_trial_that_no_record_can_hold_is_kept_as_failed_whoever_writes_it(
    train_loss: float, test_error_pct: float, store: TrialStore, make_result: Make
) -> None:
    final = Final(train_loss=train_loss, train_error_pct=1.0, test_loss=1.0, test_error_pct=test_error_pct)
    result = make_result("resnet8", 0, final=final)
    store.write(result)
    ((kept,), unreadable) = store.read_all()
    assert (kept.trial, kept.status, kept.final, unreadable) == (result.trial, "failed", None, [])
    assert kept.detail.startswith("it cannot be recorded: ")


def test_a_probe_that_no_record_can_hold_is_told_as_failed(out: Out, job: Job, make_result: Make) -> None:
    trial, events = make_result("plain8", 0).trial, list[Event]()
    out.weights(trial).write_bytes(b"weights")
    result = ProbeResult(
        trial=trial,
        probe="nesting",
        status="ok",
        findings=Findings(values={"a": INF}),
        seconds=1.0,
        environment=make_result("plain8", 0).environment,
    )
    carry_out_probes([(trial, "nesting")], job, out, lambda items, job: iter([Probed(result=result)]), events.append)
    (event,) = events
    assert isinstance(event, Probed) and event.result.status == "failed"


def test_a_session_keeps_what_can_be_kept(environment: Environment, tmp_path: Path) -> None:
    task = Images_(image_shape=(3, 8, 8), num_classes=3)
    workloads = tuple(
        Workload(architecture=parse(name), task=task, batch_size=4, steps=("infer",)) for name in ("plain8", "resnet8")
    )
    cost = Cost(params=1, macs=2, activations=3)
    good, bad = (
        NetworkTiming(workload=workload, cost=cost, infer_step_seconds=(1.0, end))
        for workload, end in zip(workloads, (2.0, INF), strict=True)
    )
    result = TimingResult(
        plan=TimingPlan(workloads=workloads, precision="fp32"),
        networks=(good, bad),
        twin=bad,
        twins=(bad, good),
        ceilings=Ceilings(matmul_macs_per_second=(INF,), convolution_macs_per_second=(1.0,), copied_bytes_per_second=(1.0,)),
        others_share=NAN,
        environment=environment,
    )
    store = TimingStore(folder=tmp_path)
    kept = store.write(result)
    assert store.read_all() == ([kept], [])
    assert kept.twins[0].detail and kept.twins[1] == good
    assert kept.networks[0] == good and kept.networks[1].infer_step_seconds == () == kept.networks[1].gpu_samples
    assert kept.networks[1].detail.startswith("it cannot be recorded: ") and kept.ceilings is None and kept.others_share is None
    whole = replace(result, networks=(good, good), twin=None, twins=(), ceilings=None, others_share=None)
    assert store.write(whole) == whole
