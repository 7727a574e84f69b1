"""Claims that one metric ranks the arms as another does: the rank correlation per seed, the seeds left out, and the verdict."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from analysis.inference.effects import Evidence, evidence_of
from analysis.inference.seed_effects import paired_effects
from analysis.inference.verdict_json import verdicts_json
from analysis.inference.verdicts import judge
from analysis.inference.wording import in_words
from analysis.statistics.power import detectable_effect
from analysis.statistics.ranks import least_rank_deviation
from analysis.tables.grouping import studies_of
from analysis.tables.studies import Study
from benchmarks import Claim, Less, Tracks
from benchmarks.spec.probe import Findings
from benchmarks.spec.suite import load_suite
from benchmarks.store.probes import ProbeResult
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
SURFACE = load_suite("surface")
CLAIM = next(claim for claim in SURFACE.claims if claim.id == "sharpness-tracks-error")
ARMS = tuple(CLAIM.test.contrast)
ERRORS = {"plain20": 3.0, "plain56": 60.0, "resnet20": 2.0, "resnet56": 4.0}  # plain56 fails in every seed
few = st.integers(0, 3).map(float)  # so that ties are frequent


@given(st.lists(st.tuples(st.lists(few | st.none(), min_size=4, max_size=4), st.lists(few, min_size=4, max_size=4)), max_size=5))
def test_the_effect_of_a_seed_is_spearmans_correlation_over_the_arms(seeds: list[Any]) -> None:
    rows = [
        {"arm": arm, "seed": seed, "status": "ok", "hessian_ratio": sharpness[place], "test_error_pct": error[place]}
        for seed, (sharpness, error) in enumerate(seeds)
        for place, arm in reversed(list(enumerate(ARMS)))
    ]
    frame = pd.DataFrame(rows, columns=["arm", "seed", "status", "hessian_ratio", "test_error_pct"])
    expected = {
        seed: stats.spearmanr(sharpness, error).statistic
        for seed, (sharpness, error) in enumerate(seeds)
        if None not in sharpness and len(set(sharpness)) > 1 and len(set(error)) > 1
    }
    assert paired_effects(frame, CLAIM) == pytest.approx(expected)


@given(st.lists(st.permutations(range(4)), min_size=3, max_size=8))
def test_a_claim_is_supported_where_the_interval_of_the_mean_lies_above_the_margin(orders: list[list[int]]) -> None:
    found = [stats.spearmanr(range(4), order).statistic for order in orders]
    least = least_rank_deviation(4)
    assert least == pytest.approx(0.2 / 12**0.5)  # of four ranks, correlations are 0.2 apart
    (verdict,) = judge([CLAIM], {CLAIM.id: Evidence(effects=dict(enumerate(found)), is_ranking=True, least_deviation=least)})
    half = stats.t.ppf(0.975, len(found) - 1) * max(np.std(found, ddof=1), least) / len(found) ** 0.5
    low, high = np.mean(found) - half, np.mean(found) + half
    assume(min(abs(low - 0.1), abs(high - 0.1)) > 1e-6)
    assert ("detect no correlation" in in_words(verdict)) == (verdict.outcome == "inconclusive" and verdict.detectable > 1)
    assert verdict.outcome == ("supported" if low > 0.1 else "contradicted" if high < 0.1 else "inconclusive")
    effect = verdict.effect
    assert effect and effect.low is not None and effect.high is not None
    assert (effect.low, effect.high) == pytest.approx((max(low, -1), min(high, 1)))
    (row,) = verdicts_json([verdict])
    assert row["unit"] == "" and row["kind"] == "evidence" and in_words(verdict)


def study_of(
    make_result: Make, num_seeds: int = 5, errors: dict[tuple[str, int], float] | None = None, **sharp: float | None
) -> Study:
    """A study in which sharpness ranks the arms as the error does; `sharp` has other values, by arm and seed, such as plain20_1."""
    made, found = [], []
    for arm in ARMS:
        for seed in range(num_seeds):
            error = (errors or {}).get((arm, seed), ERRORS[arm] + 0.1 * seed)
            result = make_result(SURFACE.arms[arm], seed, test=error)
            value = sharp.get(f"{arm}_{seed}", ERRORS[arm] / 100)
            made.append(result)
            found.append(
                ProbeResult(
                    trial=result.trial,
                    probe="curvature",
                    status="ok",
                    findings=Findings(values={"hessian_ratio": value}),
                    seconds=0.1,
                    environment=result.environment,
                )
            )
    (study,) = studies_of("surface", SURFACE, made, probes=found)
    return study


def words_of(study: Study) -> str:
    return in_words(judge([CLAIM], {CLAIM.id: evidence_of(CLAIM, study)})[0])


def test_equal_ranks_in_every_seed_are_supported_without_certainty(make_result: Make) -> None:
    (verdict,) = judge([CLAIM], {CLAIM.id: evidence_of(CLAIM, study_of(make_result))})
    assert verdict.outcome == "supported" and verdict.p is not None and verdict.p > 0
    assert "0 of 5 runs of the plain network of 56 layers" in in_words(verdict)  # an arm that fails in every seed is ranked
    assert in_words(verdict).startswith(
        "Supported: rank correlation of test error with ratio of the Hessian's lowest to highest eigenvalue at equal loss over plain20, plain56, "
        "resnet20 and resnet56 is +1 (95% interval +0.928 to +1, 5 seeds), the whole interval beyond the margin of 0.1."
    )


def test_a_seed_without_a_value_or_in_which_all_arms_tie_is_left_out_and_named(make_result: Make) -> None:
    tied = {f"{arm}_4": 0.5 for arm in ARMS}
    study = study_of(make_result, plain56_1=None, **tied)
    evidence = evidence_of(CLAIM, study)
    assert set(evidence.effects) == {0, 2, 3} and evidence.num_repeats == 5 and not evidence.failed
    words = words_of(study)
    which = "ratio of the Hessian's lowest to highest eigenvalue at equal loss of the plain network of 56 layers, seed 1"
    assert "In the 3 seeds in which all arms have a value, rank correlation" in words
    assert f"Left out: {which} (the probe returned no value), all arms tie with seed 4." in words
    at_four = evidence.at(4)
    assert at_four is not None and set(at_four.effects) == {0, 2, 3} and set(at_four.left_out) == {1}


def test_a_seed_in_which_an_arm_fails_that_trains_in_others_is_left_out(make_result: Make) -> None:
    study = study_of(make_result, errors={("resnet56", 2): 80.0}, plain20_0=None)
    assert set(evidence_of(CLAIM, study).comparable) == {1, 3, 4}
    assert "4 of 5 runs of the residual network of 56 layers" in words_of(study)
    assert "In the 3 seeds in which no arm fails that trains with others and all arms have a value, rank correlation" in words_of(
        study
    )


@pytest.mark.parametrize(
    ("num_lost", "words"),
    [
        (3, "In the 2 seeds in which all arms have a value, too few to test"),
        (5, "There is no seed in which all arms have a value."),
    ],
)
def test_too_few_seeds_leave_the_claim_open(make_result: Make, num_lost: int, words: str) -> None:
    study = study_of(make_result, **dict.fromkeys((f"plain56_{seed}" for seed in range(num_lost)), None))
    assert words_of(study).startswith("Inconclusive.") and words in words_of(study)


def test_a_measurement_that_was_not_made_leaves_the_claim_untested(make_result: Make) -> None:
    study = study_of(make_result)
    unprobed = replace(study, probes=study.probes[1:])
    assert words_of(unprobed).startswith(
        "Untested: not measured:"
    ) and "of the plain network of 20 layers, seed 0 (not probed)" in words_of(unprobed)
    short = replace(study, results=study.results[1:], probes=study.probes[1:])
    evidence = evidence_of(CLAIM, short)
    assert evidence.num_repeats == 4 and evidence.at(5) is None  # a look needs every arm


def test_a_probe_without_a_value_leaves_a_difference_untested_and_is_not_called_unprobed(make_result: Make) -> None:
    (claim,) = [claim for claim in SURFACE.claims if claim.id == SURFACE.main]
    study = study_of(make_result, plain56_4=None)
    words = in_words(judge([claim], {claim.id: evidence_of(claim, study)})[0])
    assert words.startswith("Untested") and "the plain network of 56 layers, seed 4 (the probe returned no value)" in words
    unprobed = replace(study, probes=tuple(found for found in study.probes if found.trial.seed != 4))
    words = in_words(judge([claim], {claim.id: evidence_of(claim, unprobed)})[0])
    assert words.startswith("Untested") and "seed 4 (not probed)" in words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"test": lambda: Tracks(("a", "b", "c"), other="test_error_pct")}, "at least 4 different arms"),
        ({"test": lambda: Tracks(("a", "b", "c", "a"), other="test_error_pct")}, "at least 4 different arms"),
        ({"test": lambda: Tracks(ARMS, other="hessian_ratio")}, "ranks arms twice"),
        ({"test": lambda: Tracks(ARMS, other="macs")}, "number of multiply-adds: it must be measured per seed"),
        ({"test": lambda: Tracks(ARMS, other="failed")}, "cannot be a rate"),
        ({"test": lambda: Tracks(ARMS, other="nope")}, "nope"),
        ({"is_relative": lambda: True}, "relative margin"),
        ({"is_identity": lambda: True}, "identity"),
    ],
)
def test_rankings_that_mean_nothing_are_refused(changes: dict[str, Callable[[], Any]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(CLAIM, **{name: make() for name, make in changes.items()})


def test_a_suite_needs_the_probes_of_both_metrics() -> None:
    claim = Claim("x", Tracks(ARMS, other="response_deviation"), margin=0.1, metric="hessian_ratio")
    with pytest.raises(ValueError, match="responses"):
        replace(SURFACE, main="", claims=(claim,), retired=(), optional_claims=())
    assert Claim("x", Less("a", "b"), margin=1.0).metrics == ("test_error_pct",)


def test_the_page_on_the_method_says_how_many_seeds_it_takes() -> None:
    text = (Path(__file__).parents[3] / "docs" / "method.md").read_text()
    for arms in (4, 5, 6, 8):
        deviation = (arms - 1) ** -0.5
        least = [CLAIM.margin + detectable_effect(deviation, n) for n in (5, 10, 20)]
        cells = " | ".join("none" if mean > 1 else f"{mean:.2f}" for mean in least)
        assert f"| {arms} | {deviation:.2f} | {cells} |" in text
