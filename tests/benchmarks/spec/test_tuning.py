"""Rates tuned alike: the same runs for every arm, none of them judged, and one rule of choice."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.request import resolve
from benchmarks.spec.images import Images
from benchmarks.spec.rates import arms_at_every_rate
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.spec.trial import Arm
from benchmarks.spec.tuning import (
    NUM_RUNS,
    SEEDS,
    ArmTuning,
    RateRuns,
    TuningRun,
    at_chosen_rates,
    grid,
    held_out_fraction,
    tuning_trials,
)

QUICK = RECIPES["quick"]
runs = st.tuples(st.booleans(), st.integers(0, 9))
tunings = st.lists(st.lists(runs, min_size=3, max_size=3), min_size=5, max_size=5)


def planned(**changes: object) -> StudyPlan:
    _, (study,) = resolve(Request(device="cpu", **{"suite": "depth", "is_tuned": True, "out": Path("nowhere")} | changes))  # type: ignore[arg-type]
    assert isinstance(study, StudyPlan)
    return study


def tuning_of(by_rate: list[list[tuple[bool, int]]]) -> ArmTuning:
    found = zip(grid(0.1), by_rate, strict=True)
    return ArmTuning(
        rates=tuple(
            RateRuns(rate=rate, runs=tuple(TuningRun(trains=trains, error_pct=100 * error / 259) for trains, error in some))
            for rate, some in found
        )
    )


def test_the_grid_is_twice_the_recipes_rate_down_to_an_eighth_and_shares_the_suites_rates() -> None:
    assert grid(0.1) == (0.2, 0.1, 0.05, 0.025, 0.0125) and grid(0.3) == (0.6, 0.3, 0.15, 0.075, 0.0375)
    study = planned(seeds="1")
    assert {trial.recipe.learning_rate for trial in study.trials} < set(grid(0.1))
    assert {trial.recipe.learning_rate for trial in planned(rates="0.02", seeds="1").tuning} == set(grid(0.02))


@pytest.mark.parametrize(("num_train", "fraction"), [(100, 0.2), (9_999, 0.2), (10_000, 0.1), (50_000, 0.1)])
def test_a_fifth_of_few_images_is_held_out_and_a_tenth_of_many(num_train: int, fraction: float) -> None:
    assert held_out_fraction(num_train) == fraction


@pytest.mark.parametrize("name", suite_names())
def test_every_compared_arm_has_the_same_number_of_tuning_runs_and_no_other_arm_has_any(name: str, digits: Images) -> None:
    suite = load_suite(name).under(QUICK)
    arms = arms_at_every_rate(suite, "digits")
    trials = tuning_trials(arms, digits, QUICK)
    assert Counter(map(suite.arm_of, trials)) == dict.fromkeys(arms, 5 * NUM_RUNS)
    assert len(set(trials)) == len(trials) and {trial.holdout for trial in trials} <= {0.2}
    each = Counter((trial.seed, trial.recipe.learning_rate, suite.arm_of(trial)) for trial in trials)
    assert set(each.values()) <= {1}


def test_a_request_tunes_the_requested_arms_of_claims_only_and_nothing_unless_asked() -> None:
    labels = {Arm(architecture=trial.architecture).label for trial in planned(arms=("*20", "*32"), seeds="1").tuning}
    assert labels == {"plain20", "resnet20"}
    assert planned(arms=("*32",), seeds="1").tuning == () == planned(seeds="1", is_tuned=False).tuning


def test_no_tuning_seed_is_a_judged_one() -> None:
    most = planned(seeds="1000", arms=("*20",), rates="recipe")
    assert {trial.seed for trial in most.trials}.isdisjoint(trial.seed for trial in most.tuning)
    assert {trial.seed for trial in most.tuning} == set(SEEDS) == {1000, 1001, 1002}
    with pytest.raises(ValueError, match=r"--tune uses the seeds 1000 to 1002 for tuning: --seeds must be at most 1000"):
        planned(seeds="1001", arms=("*20",), rates="recipe")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"shard": "1/2"}, "--tune cannot be combined with --shard 1/2: rates are chosen from the runs of all parts"),
        ({"measure": ("cost",)}, "--tune cannot be combined with --measure cost, which trains nothing: omit it"),
    ],
)
def test_tuning_needs_every_part_and_training(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        planned(**changes)


@given(tunings)
def test_the_choice_is_fewest_failures_then_lowest_mean_error_then_the_smaller_rate(
    by_rate: list[list[tuple[bool, int]]],
) -> None:
    """By hand, with whole numbers: each rate against each other one."""

    def is_better(one: int, other: int) -> bool:
        failures = [sum(not trains for trains, _ in by_rate[number]) for number in (one, other)]
        if failures[0] != failures[1]:
            return failures[0] < failures[1]
        kinds = [[error for trains, error in by_rate[number] if trains] for number in (one, other)]
        sums = [sum(kind or [error for _, error in by_rate[number]]) for kind, number in zip(kinds, (one, other), strict=True)]
        return sums[0] < sums[1] if sums[0] != sums[1] else grid(0.1)[one] < grid(0.1)[other]

    (best,) = [one for one in range(5) if all(is_better(one, other) for other in range(5) if other != one)]
    tuning = tuning_of(by_rate)
    assert tuning.chosen == grid(0.1)[best] and tuning.is_at_edge == (best in (0, 4))


@given(tunings, st.randoms())
def test_the_order_of_runs_changes_no_choice(by_rate: list[list[tuple[bool, int]]], random: object) -> None:
    shuffled = [random.sample(some, 3) for some in by_rate]  # type: ignore[attr-defined]
    assert tuning_of(by_rate).chosen == tuning_of(shuffled).chosen


def test_nothing_is_chosen_while_a_run_is_missing() -> None:
    whole = [[(True, 1)] * 3] * 5
    assert tuning_of(whole).chosen == 0.0125
    lacking = tuning_of([*whole[:4], [(True, 1)] * 2])
    assert lacking.chosen is None and not lacking.is_at_edge and lacking.num_runs == 14


def test_each_arm_is_judged_at_its_own_rate_with_the_same_seeds_and_a_rate_of_the_suite_costs_nothing() -> None:
    study = planned(seeds="3")
    twice, half = (study.suite.arms[label] for label in ("plain20", "resnet20"))
    trials = at_chosen_rates(study.suite, study.trials, {twice: 0.2, half: 0.05})
    assert [(trial.arm, trial.recipe, trial.seed) for trial in trials] == [
        (arm, replace(study.trials[0].recipe, learning_rate=rate), seed)
        for seed in range(3)
        for arm, rate in ((twice, 0.2), (half, 0.05))
    ]
    assert [trial in study.trials for trial in trials] == [False, True] * 3
    assert {trial.holdout for trial in trials} == {0.0}
