"""`python -m analysis.check` names what a referee would object to, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.check import main
from analysis.pages.objections import objections
from analysis.report import make_reports
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.spec.survey import survey_names
from benchmarks.store.environment import Environment
from benchmarks.store.trials import TrialResult
from resnet_variants.command import app_of

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]


def changed(results: list[TrialResult], arm: str, **fields: object) -> list[TrialResult]:
    """The results with other fields in the environment of one arm's first trial."""
    place = next(number for number, result in enumerate(results) if result.trial.name.startswith(f"{arm}-"))
    result = results[place]
    return [*results[:place], replace(result, environment=replace(result.environment, **fields)), *results[place + 1 :]]


def test_a_whole_study_from_a_clean_commit_has_no_objections(clean: list[TrialResult], tmp_path: Path, stored: Write) -> None:
    assert objections(stored(tmp_path, clean)) == []


def test_a_study_at_one_rate_is_objected_to_and_not_one_that_has_no_others(
    clean: list[TrialResult], make_result: Make, tmp_path: Path, stored: Write
) -> None:
    first = [result for result in clean if result.trial.recipe.learning_rate == 0.1 or result.trial.holdout]
    (line,) = objections(stored(tmp_path / "depth", first))
    assert line.endswith("at one learning rate only, 0.1: its claims may hold at this rate only")
    paper = [make_result(arm, seed, recipe=RECIPES["he2015"]) for arm in load_suite("depth").arms for seed in range(3)]
    assert not any("learning rate" in line for line in objections(stored(tmp_path / "paper", paper)))


@pytest.mark.parametrize(
    ("fields", "objection"),
    [
        ({"is_dirty": True}, "uncommitted changes: plain20"),
        ({"commit": None}, "from an unknown commit"),
        ({"commit": "456def"}, "2 commits: 0123abc, 456def"),
        ({"processor": "another one"}, "2 processors, in one table of times: "),
        ({"num_threads": 2}, "2 numbers of threads: 1, 2"),
        ({"versions": {"torch": "1.0"}}, "2 versions of torch: 1.0"),
    ],
)
def test_mixed_and_unknown_conditions_are_objected_to(
    clean: list[TrialResult], tmp_path: Path, fields: dict[str, object], objection: str, stored: Write
) -> None:
    found = objections(stored(tmp_path, changed(clean, "plain20", **fields)))
    assert any(line.startswith("depth, tiny-") and objection in line for line in found), found


def test_trials_that_were_trained_in_other_ways_are_objected_to(clean: list[TrialResult], tmp_path: Path, stored: Write) -> None:
    mixed = [replace(clean[0], is_compiled=True), replace(clean[1], uses_graph=True), *clean[2:]]
    (objection,) = objections(stored(tmp_path, mixed))
    assert objection.endswith(": 3 ways of training: compiled, eager, eager, as a CUDA graph")


def test_missing_and_few_seeds_are_objected_to(clean: list[TrialResult], tmp_path: Path, stored: Write) -> None:
    found = objections(stored(tmp_path / "one", clean[3:]))
    assert any("missing: plain8 with seed 0" in line for line in found)
    assert any("fewer than 3 seeds: plain8 (2)" in line for line in found)


def test_arms_left_out_altogether_are_objected_to_once(clean: list[TrialResult], tmp_path: Path, stored: Write) -> None:
    deep = [result for result in clean if "8-" not in result.trial.name]
    (objection,) = objections(stored(tmp_path, deep))
    assert objection.endswith(": not run: plain8, resnet8")


def test_a_trial_that_was_not_measured_is_objected_to(clean: list[TrialResult], tmp_path: Path, stored: Write) -> None:
    lost = replace(clean[6], status="oom", cost=None, final=None, history=())
    found = objections(stored(tmp_path, [*clean[:6], lost, *clean[7:]]))
    assert len(found) == 1 and found[0].endswith(": not measured: resnet8 with seed 1 (oom)")


def test_an_arm_under_another_recipe_is_objected_to(
    clean: list[TrialResult], make_result: Make, tmp_path: Path, stored: Write
) -> None:
    environment = clean[0].environment
    other = Recipe(epochs=9, batch_size=64)
    made = [make_result(arm, seed, recipe=other, environment=environment) for arm in ("plain20", "plain56") for seed in range(3)]
    splits = {result.trial.seed: result.trial.split for result in clean}
    more = [
        replace(result, trial=replace(result.trial, dataset=clean[0].trial.dataset, split=splits[result.trial.seed]))
        for result in made
    ]
    found = objections(stored(tmp_path, [*clean, *more]))
    assert any(line.startswith("depth: unequal recipes on tiny: plain20 also under") for line in found), found


def test_parts_of_a_plan_that_answer_no_claim_yet_are_told_what_is_missing(
    clean: list[TrialResult], tmp_path: Path, stored: Write
) -> None:
    whole = [result for result in clean if result.trial.architecture.depth != 56]
    found = objections(stored(tmp_path, whole))
    assert len(found) == 1 and found[0].startswith("depth, tiny-") and found[0].endswith("not run: plain56, resnet56"), found


@pytest.mark.usefixtures("no_figures")
def test_a_suite_that_shares_trials_with_what_was_asked_is_none_of_the_stores(
    make_result: Make, environment: Environment, tmp_path: Path, stored: Write
) -> None:
    """All arms of an ordering's claim are there, and the ordering suite was never asked for: once another suite is reported on, it is left alone."""
    known = replace(environment, commit="0123abc", is_dirty=False)
    results = [
        make_result(arm, seed, environment=known) for arm in ("resnet20", "resnet20:ordering=bn-after") for seed in range(3)
    ]
    out = stored(tmp_path, results)
    assert any(line.startswith("ordering, tiny-") for line in objections(out))
    (page,) = make_reports(out, "depth")
    found = objections(out)
    assert [line.split(": ")[:2] for line in found[:1]] == [[f"depth, {page.parent.name}", "not run"]]
    *of_studies, untuned = found
    assert {line.partition(":")[0] for line in of_studies} == {f"depth, {page.parent.name}"}
    assert untuned.endswith(f": depth ({page.parent.name})")


def test_an_unreadable_record_is_objected_to(clean: list[TrialResult], tmp_path: Path, stored: Write) -> None:
    out = stored(tmp_path, clean)
    (out / "trials" / "torn.json").write_text("{")
    assert any(line.startswith("unreadable:") and "torn.json" in line for line in objections(out))


def test_an_empty_store_is_an_error(tmp_path: Path) -> None:
    names = ", ".join([*suite_names(), *survey_names()])
    with pytest.raises(ValueError, match=f"holds no study of any suite: {names}$"):
        objections(tmp_path)


@pytest.mark.slow
def test_the_command_ends_by_what_it_found(
    clean: list[TrialResult], tmp_path: Path, command: Callable[..., object], stored: Write
) -> None:
    assert command("analysis.check", stored(tmp_path / "bad", clean[1:])).returncode == 1  # type: ignore[attr-defined]
    app = app_of(main)  # the others in this process, which has loaded what they need
    fine = CliRunner().invoke(app, [str(stored(tmp_path / "fine", clean))])
    assert (fine.exit_code, "no objections" in fine.stdout) == (0, True)
    empty = CliRunner().invoke(app, [str(tmp_path / "nothing")])
    assert (empty.exit_code, empty.stderr[:6]) == (2, "error:")


def test_arms_off_their_budget_and_missing_times_are_objected_to(
    make_result: Make, environment: Environment, tmp_path: Path, stored: Write
) -> None:
    known = replace(environment, commit="0123abc", is_dirty=False)
    suite = load_suite("width")
    made = [make_result(arm, seed, environment=known) for arm in suite.arms.values() for seed in range(3)]
    heavy = suite.arms["resnet8:width=52"]
    made = [replace(one, cost=replace(one.cost, macs=2100)) if one.cost and one.trial.arm == heavy else one for one in made]
    said = [line.partition(": ")[2] for line in objections(stored(tmp_path, made)) if line.startswith("width")]
    assert said[-2:] == ["budget: resnet8:width=52 differs by +5.00% in macs from resnet56, and 1% is allowed", "not timed"]
