"""A trial that was run again: what differs is said with its values, and conditions only where the two runs' records differ in them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from benchmarks import run
from benchmarks.cli.comparison import EXIT_CODES, METRICS, Comparison, as_values, in_words
from benchmarks.cli.flag import flags_of
from benchmarks.cli.flags import Request
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import Environment
from benchmarks.store.out import Out
from benchmarks.store.trials import Epoch, TrialResult
from resnet_variants import parse

Make = Callable[..., TrialResult]
app = typer.Typer(add_completion=False)
app.command()(run.main)
NUM_EPOCHS = 5
OTHERS = {
    "processor": "another processor",
    "instructions": "others",
    "device": "mps",
    "gpu": "a GPU",
    "num_threads": 7,
    "system": "another system",
    "python": "3.0",
}


def answer(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200", "TERM": "dumb"})
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def old(make_result: Make) -> TrialResult:
    """Five epochs, and nine predictions."""
    result = make_result("plain8", 0, train=0.4, test=2.0)
    (epoch,) = result.history
    history = tuple(replace(epoch, epoch=number, train_loss=1.0 / number) for number in range(1, NUM_EPOCHS + 1))
    return replace(result, history=history, predictions=(0, 1, 2) * 3)


def changed_from(old: TrialResult, number: int, change: Callable[[Epoch], Epoch]) -> TrialResult:
    """The result with the epochs from this one on changed."""
    return replace(old, history=tuple(change(epoch) if epoch.epoch >= number else epoch for epoch in old.history))


@given(
    number=st.integers(1, NUM_EPOCHS),
    metric=st.sampled_from(list(METRICS)),
    value=st.one_of(st.none(), st.floats(0, 100)),
    wrong=st.sets(st.integers(0, 8)),
)
def test_what_differs_is_said_from_its_first_epoch_on_with_both_values_and_no_word_of_rounding(
    old: TrialResult, number: int, metric: str, value: float | None, wrong: set[int]
) -> None:
    if value is None and metric.endswith("_pct"):
        value = 0.25
    recorded = getattr(old.history[number - 1], metric)
    new = changed_from(old, number, lambda epoch: replace(epoch, **{metric: value}))
    new = replace(new, predictions=tuple(9 if row in wrong else label for row, label in enumerate(old.predictions)))
    comparison = Comparison(recorded=old, again=new)
    is_same = not wrong and all(getattr(epoch, metric) == value for epoch in old.history[number - 1 :])
    assert EXIT_CODES[comparison.outcome] == (0 if is_same else 1)
    text, values = in_words(comparison), as_values(comparison)
    assert "round" not in text and "differ:" not in text  # the conditions are equal
    assert ("the same to the last bit" in text) == is_same
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    if not is_same:
        assert f"predictions: {len(wrong)} of 9 differ" in text
    if recorded != value:
        assert f"the first is epoch {number}\n" in text and values["first_differing_epoch"] == number
        before, after = ("none" if one is None else f"{one:.9g}" for one in (recorded, value))
        assert f"epoch {number}: {METRICS[metric]} {before}" in text and f"{after}" in text


@pytest.mark.parametrize("field", [*OTHERS, "torch", "numpy"])
def test_on_another_machine_or_with_other_versions_both_are_named_and_the_exit_code_is_3(
    old: TrialResult, environment: Environment, field: str
) -> None:
    if field in OTHERS:
        there = replace(environment, **{field: OTHERS[field]})
        words = str(OTHERS[field])
    else:
        there, words = replace(environment, versions=environment.versions | {field: "0.0.1"}), f"{field}: 0.0.1 recorded"
    recorded = replace(old, environment=there)
    changed = changed_from(old, 2, lambda epoch: replace(epoch, train_loss=9.0))
    elsewhere = Comparison(recorded=recorded, again=changed)
    assert (elsewhere.outcome, EXIT_CODES[elsewhere.outcome]) == ("differs elsewhere", 3)
    assert words in in_words(elsewhere) and "the first is epoch 2" in in_words(elsewhere)
    same = Comparison(recorded=recorded, again=old)
    assert same.outcome == "same" and words in in_words(same)


@pytest.mark.parametrize("change", [{"commit": "f" * 40}, {"is_dirty": True}, {"num_cores": 99}])
def test_other_code_on_the_same_machine_is_named_and_is_no_other_machine(
    old: TrialResult, environment: Environment, change: dict[str, object]
) -> None:
    new = changed_from(old, 1, lambda epoch: replace(epoch, test_error_pct=16.2))
    comparison = Comparison(recorded=replace(old, environment=replace(environment, **change)), again=new)
    assert comparison.outcome == "differs" and "DIFFERS on the same machine" in in_words(comparison)
    (condition,) = comparison.conditions
    assert condition.recorded in in_words(comparison) and not condition.is_relevant


def test_a_trial_that_stops_early_or_diverges_now_differs(old: TrialResult) -> None:
    new = replace(old, status="diverged", detail="not finite", history=old.history[:2])
    comparison = Comparison(recorded=old, again=new)
    assert comparison.epochs == [3, 4, 5]
    assert "status ok recorded, diverged in the re-run" in in_words(comparison)


def test_a_comparison_is_printed_in_words_or_as_one_document_with_the_same_exit_code(
    old: TrialResult, environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = changed_from(old, 2, lambda epoch: replace(epoch, train_loss=9.0))
    elsewhere = replace(old, environment=replace(environment, processor="another processor"))
    for recorded, again, expected in ((old, old, 0), (old, new, 1), (elsewhere, new, 3), (elsewhere, old, 0)):
        comparison = Comparison(recorded=recorded, again=again)
        monkeypatch.setattr("benchmarks.cli.answer.reproduce", lambda request, found=comparison: found)
        asked = ("--trial", "abc", "--out", tmp_path)
        assert answer(*asked) == (expected, f"{in_words(comparison)}\n", "")
        code, output, errors = answer(*asked, "--json")
        assert (code, json.loads(output), errors) == (expected, as_values(comparison), "")


def a_record(folder: Path, images: Images, make_result: Make, network: str, **changes: object) -> str:
    """Write a record of a trial on these images; returns its key."""
    trial = Trial(architecture=parse(network), dataset=images.identity(), recipe=RECIPES["quick"], seed=0)
    out = Out(folder)
    out.prepare()
    return out.trials.write(replace(make_result("plain8", 0), trial=trial, **changes)).stem.rpartition("-")[2]


def test_a_record_that_cannot_be_compared_or_built_is_refused(digits: Images, make_result: Make, tmp_path: Path) -> None:
    """vgg16_bn pools images of 8x8 away, and its error is not a traceback."""
    for network, changes, words in (
        ("plain8", {"status": "failed", "detail": "no room", "final": None}, "no results to compare with: failed (no room)"),
        ("resnet8", {"meaning": "conv bn | gelu"}, "was trained when its name meant 'conv bn | gelu'; it now means"),
        ("vgg16_bn", {}, "vgg16_bn cannot be run again here: failed: "),
    ):
        key = a_record(tmp_path, digits, make_result, network, **changes)
        code, output, errors = answer("--trial", key, "--out", tmp_path, "--json")
        assert (code, output) == (2, ""), network
        assert words in errors and errors.startswith("error: ") and "Traceback" not in errors


TAKEN = ("out", "as_json", "is_verbose")  # by --list
FLAGS = {flag.spelled: [] if flag.kind is bool else ["1"] for flag in flags_of(Request()) if flag.name not in TAKEN}


@pytest.mark.parametrize("flag", [flag for flag in FLAGS if flag != "--trial"])
def test_a_flag_that_a_mode_would_ignore_is_refused_also_with_its_default(flag: str, tmp_path: Path) -> None:
    modes = {"--trial": ["--trial", "0" * 12], "--list": ["--list"]}  # the key of no record
    for mode in modes.keys() - {flag}:
        code, output, errors = answer(*modes[mode], flag, *FLAGS[flag], "--out", tmp_path / "out")
        is_taken = mode == "--trial" and flag in (
            "--dataset",
            "--data",
            "--download",
            "--device",
            "--arms",
            "--holdout",
            "--image-size",
        )
        assert (code, output) == (2, "")
        assert (f"cannot be combined with {mode}, which takes" in errors) != is_taken
        assert is_taken or flag in errors
    assert not (tmp_path / "out").exists()
