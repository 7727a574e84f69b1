"""A run whose number is not finite does not fall out of the mean: its claims are untested, or it counts as a failure."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from analysis.inference.wording import in_words
from analysis.pages.study_page import Summary
from analysis.tables.grouping import studies_of
from benchmarks.spec.suite import load_suite
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]


def test_a_seed_without_a_number_leaves_the_claims_on_it_untested(make_result: Make) -> None:
    """It must not fall out of the mean: it is the seed that went worst."""
    suite = load_suite("function_map")
    lost_arm = suite.arms["plain56"]
    made = [make_result(arm, seed, test=80 if arm == lost_arm else seed) for arm in suite.arms.values() for seed in range(3)]
    place = next(place for place, one in enumerate(made) if one.trial.arm == lost_arm)
    assert made[place].final is not None
    made[place] = replace(made[place], status="diverged", detail="no number", final=replace(made[place].final, train_loss=None))
    (study,) = studies_of("function_map", suite, made)
    summary = Summary(study=study)
    assert next(row.loss for row in summary.arms if row.arm == "plain56") is None  # no mean over the others
    verdicts = {verdict.claim.id: verdict for verdict in summary.verdicts}
    assert verdicts["residual-does-not-stray"].outcome != "untested"
    words = in_words(verdicts["plain-strays-with-depth"])
    assert words == "Untested: not measured: training loss of the plain network of 56 layers, seed 0 (no number)."


def test_a_run_that_fails_without_a_number_is_a_failure_where_others_train(make_result: Make) -> None:
    suite = load_suite("function_map")
    made = [make_result(arm, seed, test=seed) for arm in suite.arms.values() for seed in range(3)]
    place = next(place for place, one in enumerate(made) if one.trial.arm == suite.arms["plain56"])
    assert made[place].final is not None
    made[place] = replace(made[place], status="diverged", detail="no number", final=replace(made[place].final, train_loss=None))
    (study,) = studies_of("function_map", suite, made)
    (verdict,) = [verdict for verdict in Summary(study=study).verdicts if verdict.claim.id == "plain-strays-with-depth"]
    assert verdict.evidence.runs["plain56"] == (2, 3) and verdict.effect is not None and verdict.effect.n == 2
    assert "In the 2 seeds in which all arms train, too few to test, training loss" in in_words(verdict)
