"""What the gate decides and says, on made-up measurements: ok only where the data rule a slowdown out."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from scipy.stats import ttest_ind
from typer.testing import CliRunner

from benchmarks.speed import gate
from benchmarks.speed.changes import Answer, Change, as_values, change_of, in_words
from benchmarks.speed.gate import FACTORS, Measurement
from benchmarks.speed.turns import Turn, Watch
from benchmarks.store.environment import Environment

APP = typer.Typer()
APP.command()(gate.main)
WORK = ("augmentation: none", "report: depth")
BEFORE = (1.0, 1.02, 0.99, 1.01)


def times(ratios: Sequence[float], factor: float) -> tuple[float, ...]:
    return tuple(factor * ratio for ratio in ratios)


def answer_of(environment: Environment, *changes: Change, again: tuple[Change, ...] = (), gone: tuple[str, ...] = ()) -> Answer:
    return Answer(
        changes=changes,
        again=again,
        gone=gone,
        milliseconds={"work": 1.15},
        milliseconds_before={"work": 1.0},
        here=environment,
        baseline=replace(environment, commit="b" * 40, is_dirty=False),
    )


def test_a_slowdown_below_the_limit_is_suspicious_and_leaves_the_gate_open(environment: Environment) -> None:
    change = change_of("work", BEFORE, times(BEFORE[::-1], 1.15), 1.25)
    assert change.p < 0.05 and change.high < change.limit
    answer = answer_of(environment, change)
    assert (answer.verdicts(), answer.exit_code) == ({"work": "suspicious"}, 0)
    text = in_words(answer)
    assert "suspicious \N{MULTIPLICATION SIGN}1.15, p " in text and "1 ms to 1.15 ms" in text and "ok" not in text.split()[:1]
    assert environment.processor in text and "the baseline's bbbbbbbbbbbb" in text and "1 suspicious: neither" in text


@pytest.mark.parametrize(
    "after",
    [
        (1.0, 1.6, 1.9, 0.9),  # above the limit on average, and not sure
        (0.6, 1.6, 1.0, 0.8),  # as fast on average, but too noisy to rule the limit out
        (1.0,),  # one process tells nothing of the spread
    ],
)
def test_what_the_data_cannot_tell_is_not_ok(after: tuple[float, ...], environment: Environment) -> None:
    change = change_of("work", BEFORE, after, 1.25)
    assert not change.is_slower(1) and change.verdict(1) == "suspicious"
    (row,) = as_values(answer_of(environment, change))["work"]
    assert json.loads(json.dumps(row, allow_nan=False))["verdict"] == "suspicious"


def test_a_slowdown_that_a_second_measurement_does_not_confirm_is_suspicious(environment: Environment) -> None:
    slower, same = change_of("work", BEFORE, times(BEFORE, 1.7), 1.25), change_of("work", BEFORE, BEFORE, 1.25)
    for again, verdict, code in (((slower,), "SLOWER", 1), ((same,), "suspicious", 0), ((), "suspicious", 0)):
        answer = answer_of(environment, slower, again=again)
        assert (answer.verdicts()["work"], answer.exit_code) == (verdict, code)
    assert answer_of(environment, same, gone=("old work",)).exit_code == 1
    assert same.verdict(1) == "ok"


ratios = st.lists(st.floats(0.2, 5.0), min_size=1, max_size=6)


@given(before=ratios, after=ratios, limit=st.sampled_from(sorted(set(FACTORS.values()))), number=st.integers(1, 50))
def test_ok_is_said_only_where_the_interval_stays_below_the_limit(
    before: list[float], after: list[float], limit: float, number: int
) -> None:
    change = change_of("work", before, after, limit)
    assert 0 <= change.p <= 1 and change.high >= change.factor * (1 - 1e-9)
    verdict = change.verdict(number, change)
    if verdict == "ok":
        assert change.high <= limit and change.factor <= limit and not (change.p < 0.05 and change.factor > 1.05)
    assert (verdict == "SLOWER") == change.is_slower(number)
    assert change.verdict(number) != "SLOWER"


@given(before=st.lists(st.floats(0.2, 5.0), min_size=2, max_size=6), seed=st.integers(0, 99))
def test_p_and_bound_are_those_of_scipys_welch_test(before: list[float], seed: int) -> None:
    before = [*before, 0.1, 9.0]
    after = np.exp(np.random.default_rng(seed).normal(0, 0.3, 4)).tolist()
    change = change_of("work", before, after, 1.25)
    tested = ttest_ind(np.log(after), np.log(before), equal_var=False)
    one_sided = ttest_ind(np.log(after), np.log(before), equal_var=False, alternative="greater")
    assert change.p == pytest.approx(one_sided.pvalue) and np.log(change.high) == pytest.approx(
        tested.confidence_interval(0.9).high
    )


def test_unchanged_work_is_ok_as_a_rule_and_fifteen_percent_seldom() -> None:
    found = {1.0: 0, 1.15: 0}
    for factor in found:
        for seed in range(200):
            before, after = np.exp(np.random.default_rng(seed).normal(0, 0.03, (2, 4))).tolist()
            found[factor] += change_of("work", before, times(after, factor), 1.25).verdict(20) == "ok"
    assert found[1.0] >= 180 and found[1.15] <= 10


def test_the_command_prints_one_document_with_milliseconds_and_machines(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 15% slower report is suspicious, work as fast is ok, and a baseline of before, without seconds, can be read."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    here = gate.describe(device="cpu", num_threads=1, checkout=gate.read_checkout())
    factors = dict(zip(WORK, (1.0, 1.25), strict=True))

    def measure(names: Sequence[str], num_processes: int, num_rounds: int) -> Measurement:
        ratios = {name: times(BEFORE, factors[name]) for name in names}
        return Measurement(ratios=ratios, seconds=dict.fromkeys(names, 0.002), environment=here)

    monkeypatch.setattr(gate, "measure", measure)
    path = tmp_path / "speed.json"
    options = ["--only", WORK[0], "--only", WORK[1], "--json"]
    saved = CliRunner().invoke(APP, ["--save", str(path), *options])
    assert saved.exit_code == 0 and [row["milliseconds"] for row in json.loads(saved.stdout)["work"]] == [2.0, 2.0]
    old = json.loads(path.read_text())
    del old["seconds"]
    path.write_text(json.dumps(old | {"ratios": dict.fromkeys(WORK, BEFORE)}))
    done = CliRunner().invoke(APP, ["--baseline", str(path), "--json"])
    found = json.loads(done.stdout)
    assert (done.exit_code, found["exit_code"], found["gone"]) == (0, 0, [])
    verdicts = {row["name"]: (row["verdict"], row["milliseconds"], row["milliseconds_before"]) for row in found["work"]}
    assert verdicts == {WORK[0]: ("ok", 2.0, None), WORK[1]: ("suspicious", 2.0, None)}
    assert found["environment"]["processor"] == environment.processor
    factors[WORK[1]] = 2.0
    done = CliRunner().invoke(APP, ["--baseline", str(path)])
    assert done.exit_code == 1 and f"measured again: {WORK[1]}" in done.stdout and "SLOWER" in done.stdout


def test_progress_is_a_line_for_each_finished_piece_of_work_where_there_is_no_terminal() -> None:
    for is_terminal in (False, True):
        text = io.StringIO()
        watch = Watch(Console(file=text, force_terminal=is_terminal, width=200), num_processes=2, num_turns=2)
        with watch.shown:
            for _ in range(2):
                watch.begin()
                watch.see(Turn(name="work"))
                watch.see(Turn(name="work", seconds=0.0123))
            assert watch.bar.tasks[0].completed == 4 == watch.bar.tasks[0].total
        lines = [f"process {number} of 2: work: 12.3 ms" for number in (1, 2)]
        assert text.getvalue().splitlines() == lines or is_terminal
        assert "process 2 of 2" in text.getvalue()


def test_the_help_says_what_suspicious_does() -> None:
    text = " ".join(CliRunner().invoke(APP, ["--help"], env={"COLUMNS": "200", "TERM": "dumb"}).stdout.split())
    assert "Suspicious (a line, exit code 0)" in text and "--json" in text


@pytest.mark.slow
def test_a_measuring_process_that_dies_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match="the measuring process ended with exit code 1"):
        gate.measure(["no such work"], 3, 1)
