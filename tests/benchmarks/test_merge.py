"""Parts of a plan are run apart and brought together; what contradicts itself is named and never chosen among."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.request import resolve
from benchmarks.merge import merge
from benchmarks.spec.probe import Findings
from benchmarks.spec.timing import TimingPlan, Workload
from benchmarks.store.environment import Environment
from benchmarks.store.out import Out
from benchmarks.store.probes import ProbeResult
from benchmarks.store.timings import NetworkTiming, TimingResult
from benchmarks.store.trials import TrialResult
from resnet_variants import parse
from resnet_variants.architecture import Task

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
ASKED = Request(suite="depth", seeds="5", device="cpu", out=Path("nowhere"))


def trials(shard: str | None) -> list[Any]:
    _, asked = resolve(replace(ASKED, shard=shard))
    return [trial for study in asked if isinstance(study, StudyPlan) for trial in study.trials]


@pytest.mark.parametrize("number", [2, 3, 64])
def test_the_parts_of_a_plan_are_the_plan_and_have_nothing_in_common(number: int) -> None:
    parts = [trials(f"{part}/{number}") for part in range(1, number + 1)]
    counts = Counter(trial for part in parts for trial in part)
    assert counts.keys() == set(trials(None)) and set(counts.values()) == {1}
    assert number > 3 or min(map(len, parts)) > 0


def test_stores_come_together_and_the_same_again_changes_nothing(make_result: Make, write: Write, tmp_path: Path) -> None:
    results = [make_result(arm, seed) for arm in ("plain8", "resnet8") for seed in range(3)]
    parts = [write(tmp_path / "a", results[:4]), write(tmp_path / "b", results[2:])]  # two of them twice
    (parts[0] / "trials" / f"{results[0].trial.name}.png").write_bytes(b"a sheet of mistakes")
    assert merge(parts, tmp_path / "all")["trials"] == 6
    found, unreadable = Out(tmp_path / "all").trials.read_all()
    assert (sorted(found, key=lambda result: result.trial.key), unreadable) == (
        sorted(results, key=lambda result: result.trial.key),
        [],
    )
    assert (tmp_path / "all" / "trials" / f"{results[0].trial.name}.png").read_bytes() == b"a sheet of mistakes"
    assert set(merge(parts, tmp_path / "all").values()) == {0}


def test_times_may_differ_and_figures_may_not(make_result: Make, write: Write, tmp_path: Path) -> None:
    result = make_result("plain8", 0)
    slower = replace(result, history=tuple(replace(epoch, train_seconds=9.0) for epoch in result.history))
    parts = [write(tmp_path / name, [found]) for name, found in (("a", result), ("b", slower))]
    assert merge(parts, tmp_path / "same")["trials"] == 1
    other = write(tmp_path / "c", [make_result("plain8", 0, test=1.0), make_result("resnet8", 0)])
    with pytest.raises(ValueError, match="contradict each other, and nothing was merged") as told:
        merge([parts[0], other], tmp_path / "none")
    assert str(told.value).count(result.trial.name) == 2 and "resnet8" not in str(told.value)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("found", "agrees"), [(1.0, True), (2.0, False)])
def test_a_probe_s_answers_must_be_the_same_whatever_release_wrote_them(
    found: float, agrees: bool, make_result: Make, write: Write, tmp_path: Path
) -> None:
    trained = make_result("plain8", 0)
    answer = ProbeResult(
        schema=4,
        trial=trained.trial,
        probe="nesting",
        status="ok",
        findings=Findings(values={"deviation": 1.0}),
        seconds=1.0,
        environment=trained.environment,
    )
    again = replace(answer, schema=5, seconds=2.0, findings=Findings(values={"deviation": found}))
    parts = [write(tmp_path / name, [trained]) for name in ("a", "b")]
    for part, one in zip(parts, (answer, again), strict=True):
        Out(part).probes.write(one)
    if agrees:
        assert merge(parts, tmp_path / "all")["probes"] == 1
    else:
        with pytest.raises(ValueError, match="contradict each other, and nothing was merged"):
            merge(parts, tmp_path / "all")


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_what_was_measured_stands_before_what_failed(
    order: tuple[str, str], make_result: Make, write: Write, tmp_path: Path
) -> None:
    measured = make_result("plain8", 0)
    write(tmp_path / "a", [replace(measured, status="failed", cost=None, final=None, history=(), detail="the node was gone")])
    write(tmp_path / "b", [measured])
    merge([tmp_path / name for name in order], tmp_path / "all")
    assert Out(tmp_path / "all").trials.read_all() == ([measured], [])


def test_two_machines_of_one_kind_keep_their_sessions(
    make_result: Make, write: Write, environment: Environment, tmp_path: Path
) -> None:
    """Whose files have one name."""
    workload = Workload(
        architecture=parse("resnet20"), task=Task(image_shape=(3, 8, 8), num_classes=10), batch_size=4, steps=("infer",)
    )
    plan = TimingPlan(workloads=(workload,), precision="fp32", num_rounds=2)
    parts = [write(tmp_path / str(number), [make_result("plain8", number)]) for number in (1, 2)]
    for number, part in enumerate(parts, start=1):
        timed = NetworkTiming(workload=workload, infer_step_seconds=(0.1 * number, 0.2 * number))
        Out(part).timings.write(TimingResult(plan=plan, networks=(timed,), others_share=None, environment=environment))
    assert len({path.name for part in parts for path in (part / "timings").iterdir()}) == 1
    assert merge(parts, tmp_path / "all") == {"trials": 2, "timings": 2, "probes": 0, "labels": 0, "plans": 0}
    sessions, unreadable = Out(tmp_path / "all").timings.read_all()
    assert sorted(session.networks[0].infer_step_seconds[0] for session in sessions) == [0.1, 0.2] and not unreadable
    assert set(merge(parts, tmp_path / "all").values()) == {0}


def test_what_cannot_be_written_is_told_in_a_line(
    make_result: Make, write: Write, command: Callable[..., Any], tmp_path: Path
) -> None:
    part = write(tmp_path / "a", [make_result("plain8", 0)])
    told = command("benchmarks.merge", part, "--into", "/dev/null/x")
    assert (told.returncode, told.stderr.count("\n"), "Traceback" in told.stderr) == (2, 1, False) and "/dev/null" in told.stderr


def test_what_cannot_be_read_is_named_and_nothing_is_merged(make_result: Make, write: Write, tmp_path: Path) -> None:
    whole = write(tmp_path / "a", [make_result("plain8", 0)])
    torn = write(tmp_path / "b", [make_result("resnet8", 0)])
    (path,) = (torn / "trials").glob("*.json")
    path.write_text(path.read_text()[:99])
    with pytest.raises(ValueError, match=path.name):
        merge([whole, torn], tmp_path / "none")
    probe = whole / "probes" / "torn.json"
    probe.parent.mkdir()
    probe.write_text("{")
    with pytest.raises(ValueError, match=r"torn\.json"):
        merge([whole], tmp_path / "none")
    with pytest.raises(ValueError, match="is not the folder of a run"):
        merge([whole, tmp_path / "nowhere"], tmp_path / "none")
    assert not (tmp_path / "none").exists()
