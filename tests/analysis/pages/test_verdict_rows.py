"""From verdicts.json alone the forest plot is drawn again, and each row says what was tested and on which records."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.inference.effects import Evidence
from analysis.inference.forest import ForestRow, forest_row, in_unit
from analysis.inference.verdicts import Verdict, judge
from analysis.pages.page import Page
from analysis.pages.reports import Reports
from analysis.pages.verdict_rows import verdict_rows
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Compare, Less, NoWorse
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import load_suite
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

REFERENCE = Path(__file__).parents[3] / "results" / "reference"
ONE_SIDED = {"less": 1, "above": 1, "gap-grows": 1, "tracks": 1, "no-worse": -1, "not-above": -1}


@pytest.fixture(scope="module")
def pages() -> dict[str, list[Page]]:
    return Reports(Out(REFERENCE).read()).pages


def redrawn(row: dict[str, Any]) -> ForestRow:
    """A row of the plot from the JSON alone: the zone from test and margin, the effect turned to its favour."""
    is_factor, margin = row["unit"] == "factor", row["margin"]
    ends = {sign: (1 + margin) ** sign if is_factor else sign * margin for sign in (-1, 1)}
    effect = row["effect"]
    bounds = [effect["low"], effect["value"], effect["high"]]
    if (row["test"], row["says"]) == ("compare", "better"):
        bounds = [None if bound is None else 1 / bound if is_factor else -bound for bound in reversed(bounds)]
    start = ONE_SIDED.get(row["test"], 1 if row["says"] in ("better", "worse") else None)
    zone = (ends[-1], ends[1]) if start is None else (ends[start], None)
    low, value, high = bounds
    return ForestRow(claim=row["claim"], outcome=row["outcome"], value=value, low=low, high=high, zone=zone)


def assert_equal(found: ForestRow, expected: ForestRow) -> None:
    assert (found.claim, found.outcome) == (expected.claim, expected.outcome)
    places = [(row.value, row.low, row.high, *row.zone) for row in (found, expected)]
    assert places[0] == pytest.approx(places[1])


@pytest.mark.slow
def test_the_forest_plot_is_redrawn_from_the_file_alone(pages: dict[str, list[Page]]) -> None:
    kinds = set()
    for page in (page for found in pages.values() for page in found):
        rows = json.loads(json.dumps(verdict_rows(page), allow_nan=False))
        for row, verdict in zip(rows, page.verdicts, strict=True):
            drawn = forest_row(verdict)
            assert_equal(redrawn(row), drawn)
            told = row["effect_in_favour"]
            assert (told["value"], told["low"], told["high"], *row["zone"]) == (drawn.value, drawn.low, drawn.high, *drawn.zone)
            kinds.add(row["test"])
    assert kinds >= {"less", "equal", "no-worse", "about", "above", "not-above", "gap-grows", "compare", "about-times"}


def leaves_two_answers(verdict: Verdict, low: float, high: float) -> bool:
    """Whether the bar of a three-way claim lies across an end of equivalence, so that it has no answer yet."""
    ends = (1 / (1 + verdict.claim.margin), 1 + verdict.claim.margin) if verdict.claim.measure.is_ratio else (-1, 1)
    scale = 1.0 if verdict.claim.measure.is_ratio else verdict.claim.margin
    return isinstance(verdict.claim.test, Compare) and any(low <= end * scale <= high for end in ends)


def test_where_a_bar_lies_is_how_a_claim_came_out(pages: dict[str, list[Page]]) -> None:
    """A whole bar inside its zone is supported, outside it contradicted, across an end inconclusive."""
    decided = 0
    for verdict in (verdict for found in pages.values() for page in found for verdict in page.verdicts):
        row = forest_row(verdict)
        if row.low is None or row.high is None or verdict.evidence.is_mixed or verdict.doubt or not verdict.p:
            continue
        start, end = (-math.inf if row.zone[0] is None else row.zone[0]), (math.inf if row.zone[1] is None else row.zone[1])
        lies = "inconclusive"
        if start < row.low and row.high < end:
            lies = "supported"
        elif (row.high < start or row.low > end) and not leaves_two_answers(verdict, row.low, row.high):
            lies = "contradicted"
        ends = [in_unit(verdict.claim, edge) for edge in verdict.claim.edges]
        if isinstance(verdict.claim.test, Compare) and any(end is not None and row.low <= end <= row.high for end in ends):
            lies = "inconclusive"  # between the two findings that it does not state
        assert row.outcome == lies, row
        decided += lies != "inconclusive"
    assert decided > 20


def judged(values: list[float], **fields: Any) -> Verdict:
    fields = {"metric": "test_error_pct", "margin": 1.0} | fields
    claim = Claim(id="a", statement="A.", source="none", **fields)
    bases = dict.fromkeys(range(len(values)), 10.0) if claim.is_relative else {}
    return judge([claim], {"a": Evidence(effects=dict(enumerate(values)), bases=bases)})[0]


@pytest.mark.parametrize(
    ("says", "zone", "value"), [("better", (1.0, None), 5.0), ("worse", (1.0, None), -5.0), ("equivalent", (-1.0, 1.0), -5.0)]
)
def test_a_three_way_claim_lies_right_where_it_is_as_it_says(
    says: Any, zone: tuple[float | None, float | None], value: float
) -> None:
    verdict = judged([-5.1, -5.0, -4.9], test=Compare(reference="b", other="c", says=says))
    row = forest_row(verdict)
    assert (row.zone, row.value) == (zone, pytest.approx(value)) and row.low < row.value < row.high  # type: ignore[operator]
    assert (row.outcome == "supported") == (says == "better")


def test_a_relative_margin_and_a_ratio_keep_their_unit() -> None:
    share = judged([1.0, 1.1, 0.9], test=NoWorse(reference="b", other="c"), margin=0.05, is_relative=True)
    assert forest_row(share).zone == (-0.05, None) and forest_row(share).value == pytest.approx(0.1)
    factor = judged([math.log(2)] * 3, test=Less(smaller="b", larger="c"), metric="train_step_seconds", margin=0.1)
    assert forest_row(factor).zone == (pytest.approx(1.1), None) and forest_row(factor).value == pytest.approx(2)


def test_a_row_tells_its_p_and_what_more_seeds_would_show(
    make_result: Callable[..., TrialResult], tiny: Images, write: Callable[[Path, list[TrialResult]], Path], tmp_path: Path
) -> None:
    """Of two rates the worse p is told, and how many seeds an open claim needs; one that is decided needs none."""
    facts = replace(tiny.facts, num_test=500, num_train=1297)  # an image is worth less than a margin
    made = [
        make_result(arm, seed, 0.0, error, data=facts, recipe=Recipe(epochs=1, batch_size=64, learning_rate=rate))
        for rate, errors in ((0.1, (24.0, 24.1, 23.9)), (0.05, (4.0, 30.0, 1.0)))
        for arm in load_suite("depth").arms
        for seed, error in enumerate(errors if arm == "plain56" else (0.0, 0.0, 0.0))
    ]
    (page,) = Reports(Out(write(tmp_path, made)).read()).pages["depth"]
    rows = zip(verdict_rows(page), page.verdicts, strict=True)
    row, verdict = next(pair for pair in rows if pair[0]["claim"] == "residual-tests-better")
    alone = {rate: one.test.p for rate, one in verdict.by_rate.items() if one.test}
    assert (
        alone[0.1] < 0.05 < alone[0.05] == row["p"]
        and row["p_corrected"] == verdict.p
        and row["num_tested"] == len(load_suite("depth").claims)
    )
    assert (row["seeds_needed"], row["seeds_needed_range"]) == (verdict.num_needed[0], list(verdict.num_needed[1:]))
    assert row["least_effect_found"] == pytest.approx(verdict.detectable)
    trained = {"plain56": [3, 3], "resnet56": [3, 3]}
    assert [(one["rate"], one["n"], one["trained"]) for one in row["by_rate"]] == [(0.1, 3, trained), (0.05, 3, trained)]  # type: ignore[attr-defined]
    assert row["seeds"] == [0, 1, 2]
    first = write(tmp_path / "first", [result for result in made if result.trial.recipe.learning_rate == 0.1])
    (page,) = Reports(Out(first).read()).pages["depth"]
    assert {row["seeds_needed"] for row in verdict_rows(page) if row["outcome"] in ("supported", "contradicted")} == {None}


def test_a_row_names_the_records_that_it_rests_on(pages: dict[str, list[Page]]) -> None:
    (page,) = [page for page in pages["depth"] if "digits-splits-quick" in page.folder]
    row = verdict_rows(page)[0]
    assert (row["suite"], row["dataset"], row["recipe"], row["seeds"]) == ("depth", "digits-splits", "quick", [0, 1, 2, 3, 4])
    study = page.study  # type: ignore[attr-defined]
    at_rates = [result for one in study.by_rate.values() for result in one.results]
    compared = {study.suite.arms["plain20"], study.suite.arms["plain56"]}
    commits = {result.environment.commit for result in at_rates if result.trial.arm in compared}
    assert (row["checksum"], row["commits"]) == (study.dataset.checksum, sorted(commits))
    assert (
        row["published_effect"]
        == {
            "value": pytest.approx(4.5),
            "dataset": "CIFAR-10",
            "recipe": "he2015",
            "note": "one run each; read off the figure, about 0.1 off",
        }
        or row["published_effect"]
    )
    (survey,) = pages["imagenet"]
    timed = verdict_rows(survey)[1]
    assert (timed["dataset"], timed["seeds"], len(timed["commits"])) == (None, [], 1)  # type: ignore[arg-type]
