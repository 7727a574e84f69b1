"""What is said before a run: what cannot lead to a verdict, what is possible and senseless, and whose weights are kept."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cli.advice import advice
from benchmarks.cli.execution_options import ExecutionOptions
from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.request import resolve
from benchmarks.spec.claims import FEWEST_SEEDS
from benchmarks.spec.suite import load_suite, probes_of, suite_names
from benchmarks.spec.survey import survey_names
from benchmarks.spec.trial import Trial
from benchmarks.store.cores import num_cores
from benchmarks.store.plans import PlanStore
from benchmarks.store.trials import TrialResult

DEFAULT = Request(suite="depth", device="cpu", out=Path("nowhere"))
Make = Callable[..., TrialResult]


def said(*results: TrialResult, **changes: Any) -> list[str]:
    request = replace(DEFAULT, **changes)
    context, asked = resolve(request)
    return advice(asked, context, request, results)


def study(**changes: Any) -> StudyPlan:
    _, (found,) = resolve(replace(DEFAULT, **changes))
    assert isinstance(found, StudyPlan)
    return found


def record(make_result: Make, trial: Trial, **changes: object) -> TrialResult:
    return replace(make_result("plain8", 0), trial=trial, **changes)


@pytest.mark.parametrize("name", [*suite_names(), *survey_names()])
def test_a_suite_as_it_is_meant_is_given_no_advice(name: str) -> None:
    assert said(suite=name) == []


@pytest.mark.parametrize("suite", ["depth", "perceptron", "function_class"])
def test_too_few_seeds_for_a_verdict_are_said_before_training(suite: str) -> None:
    for number in range(1, FEWEST_SEEDS):
        (line,) = said(suite=suite, seeds=str(number))
        assert line.startswith(f"{suite}: {number} seed") and "and a verdict needs 5, the first look" in line
        assert "add --seeds 3 or more, which the plan then declares as its look" in line
    assert said(suite=suite, seeds=str(FEWEST_SEEDS)) == []


def test_too_few_seeds_for_the_look_of_a_written_plan_are_said_with_its_number(tmp_path: Path) -> None:
    PlanStore(folder=tmp_path).write(study(seeds="2", out=tmp_path).declared)
    for number in ("2", "3", "4"):
        (line,) = said(seeds=number, out=tmp_path)
        assert f"{number} seeds, and a verdict needs 5" in line and line.endswith("add --seeds 5 or more")
    assert said(seeds="5", out=tmp_path) == []


def test_seeds_that_the_folder_holds_count(make_result: Make) -> None:
    trial = study().trials[0]
    old = [record(make_result, replace(trial, seed=seed)) for seed in (1, 2, 3, 4)]
    assert said(*old, seeds="1") == []
    other = [record(make_result, replace(one.trial, recipe=replace(trial.recipe, batch_size=32))) for one in old]
    assert len(said(*other, seeds="1")) == 1


def test_arms_of_which_no_claim_can_be_decided_are_said_with_what_the_nearest_claim_needs() -> None:
    (line,) = said(arms=("plain32", "resnet32"))
    assert line.startswith(
        "depth: no claim can be decided from only plain32, resnet32: there will be no verdict; the nearest claim, "
    )
    (line,) = said(arms=("plain20",))
    assert line.endswith("needs plain56, plain20")
    assert said(arms=("plain20", "plain56")) == []


def test_a_claim_that_is_too_easy_on_these_images_is_none_that_can_be_decided() -> None:
    suite = load_suite("ordering")
    easy = next(claim for claim in suite.claims if claim.id == "relu-only-is-no-worse-at-56")
    assert suite.dataset in easy.too_easy_on
    (line,) = said(suite="ordering", arms=tuple(easy.test.contrast))
    assert "no claim can be decided from only resnet56, resnet56:ordering=relu-only" in line and easy.id not in line


def test_arms_that_the_folder_holds_count(make_result: Make) -> None:
    other = next(trial for trial in study().trials if trial.arm.label == "plain56")
    assert said(record(make_result, other), arms=("plain20",)) == []


def test_wildcards_that_mean_optional_arms_are_said(make_result: Make) -> None:
    (line,) = said(arms=("*110",))
    assert line == "depth: --arms '*110' matches optional arms only: plain110, resnet110"
    assert said(arms=("*110",), measure=("cost",))[0] == line
    assert said(arms=("all",)) == said(arms=("plain110", "resnet110", "*56")) == []


def test_networks_that_no_claim_compares_and_costs_that_no_claim_is_about_are_said() -> None:
    (line,) = said(suite="imagenet", arms=("resnet18",))
    assert line.startswith("imagenet: no claim can be decided from only resnet18: there will be no verdict")
    assert said(measure=("cost",)) == ["depth: none of its claims can be decided without training: there will be no verdict"]
    assert said(suite="cardinality", measure=("cost",)) == []


SENSELESS: dict[str, tuple[dict[str, Any], str]] = {
    "a batch of more images than there are": (
        {"settings": ("batch_size=100000",)},
        "depth: batch_size 100,000 exceeds the 1,297 training images: an epoch is a single step",
    ),
    "a batch of more images than the smallest share": (
        {"suite": "width", "settings": ("batch_size=400",), "measure": ("accuracy",)},
        "width: batch_size 400 exceeds the 324 training images: an epoch is a single step",
    ),
    "a rate that never falls": (
        {"settings": ("schedule=steps", "milestones=5/10/20")},
        "depth: the training ends after 10 epochs: it never reaches the milestones 10, 20",
    ),
    "a warm-up as long as the training": (
        {"settings": ("schedule=steps", "warmup_learning_rate=0.01", "warmup_iterations=5000")},
        "depth: the warm-up of 5,000 steps does not end before the training, which takes 210",
    ),
    "checkpoints after the end": (
        {"options": ExecutionOptions(checkpoint_every=10)},
        "depth: --checkpoint-every 10 writes no checkpoint, because trials take 10 epochs",
    ),
    "more parts than trials": (
        {"arms": ("plain20", "plain56"), "seeds": "3", "shard": "{first}/19"},
        "depth: --shard {first}/19 splits 18 trials into 19 parts: some are empty",
    ),
    "more jobs than cores": (
        {"options": ExecutionOptions(jobs="1000")},
        f"--jobs 1000 exceeds the {num_cores()} core{'s' * (num_cores() > 1)} of this machine: trials will wait for each other",
    ),
}


@pytest.mark.parametrize("case", SENSELESS)
def test_what_is_possible_and_senseless_is_said(case: str) -> None:
    changes, line = SENSELESS[case]
    if "shard" in changes:  # a part that holds a trial
        keys = [int(trial.key, 16) for trial in study(**{**changes, "shard": None}).trials]
        changes, line = ({**changes, "shard": f"{keys[0] % 19 + 1}/19"}, line.format(first=keys[0] % 19 + 1))
    assert said(**changes) == [line]


def test_a_time_limit_that_the_same_trials_needed_more_than_is_said(make_result: Make) -> None:
    trial = study().trials[0]
    slow = record(make_result, trial)
    epochs = tuple(replace(slow.history[0], epoch=number, train_seconds=4.0, eval_seconds=1.0) for number in (1, 2))
    slow = replace(slow, history=epochs)
    words = f"depth: --trial-timeout 9 is less than the 10 s that {trial.arm.label} took before"
    assert said(slow, options=ExecutionOptions(trial_timeout=9)) == [words]
    assert said(slow, options=ExecutionOptions(trial_timeout=11)) == []


def test_weights_are_kept_only_for_the_probes_of_the_same_request_and_then_nothing_trains_twice() -> None:
    assert not study(suite="depth").probed
    assert study(suite="function_class").probed
    _, asked = resolve(replace(DEFAULT, suite="all"))
    studies = [one for one in asked if isinstance(one, StudyPlan)]
    probed = {trial for one in studies for trial, _ in probes_of(one.suite, one.trials)}
    with_probes = {one.name for one in studies if one.suite.probes}
    of_later = {
        one.name
        for place, one in enumerate(studies)
        if {trial for later in studies[place + 1 :] for trial, _ in probes_of(later.suite, later.trials)} & set(one.trials)
    }
    assert "function_class" in with_probes and "depth" in of_later - with_probes
    assert {one.name for one in studies if one.probed} == of_later | with_probes
    for trial in probed:
        first = next(one for one in studies if trial in one.trials)
        assert trial in first.probed, trial.name
