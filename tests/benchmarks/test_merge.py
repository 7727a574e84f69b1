"""Parts of a plan are run apart and brought together; what contradicts itself is named and never chosen among."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.merge import merge
from benchmarks.records import Store, TrialResult
from benchmarks.request import Request, Study, settle

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
ASKED = Request(
    suite="depth",
    dataset=None,
    data=None,
    download=False,
    recipe=None,
    settings=(),
    num_seeds=5,
    arms="*",
    device="cpu",
    measure=None,
)


def trials(shard: str | None) -> list[Any]:
    return [trial for study in settle(replace(ASKED, shard=shard)) if isinstance(study, Study) for trial in study.plan.trials]


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
    found, unreadable = Store(folder=tmp_path / "all" / "trials").read_all()
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


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_what_was_measured_stands_before_what_failed(
    order: tuple[str, str], make_result: Make, write: Write, tmp_path: Path
) -> None:
    measured = make_result("plain8", 0)
    write(tmp_path / "a", [replace(measured, status="failed", cost=None, final=None, history=(), detail="the node was gone")])
    write(tmp_path / "b", [measured])
    merge([tmp_path / name for name in order], tmp_path / "all")
    assert Store(folder=tmp_path / "all" / "trials").read_all() == ([measured], [])


def test_what_cannot_be_read_is_named_and_nothing_is_merged(make_result: Make, write: Write, tmp_path: Path) -> None:
    whole = write(tmp_path / "a", [make_result("plain8", 0)])
    torn = write(tmp_path / "b", [make_result("resnet8", 0)])
    (path,) = (torn / "trials").glob("*.json")
    path.write_text(path.read_text()[:99])
    with pytest.raises(ValueError, match=path.name):
        merge([whole, torn], tmp_path / "none")
    with pytest.raises(ValueError, match="is not the folder of a run"):
        merge([whole, tmp_path / "nowhere"], tmp_path / "none")
    assert not (tmp_path / "none").exists()
