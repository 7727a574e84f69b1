"""One claim over several settings: what its answer depends on, and when its effects may be pooled."""

from dataclasses import replace

import pytest

from analysis.inference.claims_map import Judged, MapRow, map_rows
from analysis.inference.effects import Evidence
from analysis.inference.factors import Cell, Setting, dependences
from analysis.inference.verdicts import Verdict, judge
from analysis.statistics.pooling import pool
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Compare, Less

LESS = Claim(id="less", statement="A is less.", test=Less(smaller="a", larger="b"), margin=1.0)
FOR, AGAINST, OPEN = [5.0, 5.3, 4.7], [-2.0, -2.1, -1.9], [0.5, 1.5, 3.0]
DIGITS = Setting(dataset=("digits", "1" * 16), recipe="quick", rate=0.1, precision="fp32", machine=("cpu",))
JPEG = replace(DIGITS, dataset=("jpeg", "2" * 16), recipe="short", precision="bf16")


def verdict_of(effects: list[float], claim: Claim = LESS, **fields: object) -> Verdict:
    (verdict,) = judge([claim], {claim.id: Evidence(effects=dict(enumerate(effects)), **fields)})  # type: ignore[arg-type]
    return verdict


def cell(effects: list[float], setting: Setting = DIGITS) -> Cell:
    return Cell(setting=setting, verdict=verdict_of(effects))


def study(name: str, effects: list[float], setting: Setting, claim: Claim = LESS, **fields: object) -> Judged:
    verdict = verdict_of(effects, claim, **fields)
    return Judged(
        suite="s",
        folder=f"s/{name}",
        verdict=verdict,
        cells=(Cell(setting=setting, verdict=verdict),),
        seeds=tuple(range(len(effects))),
    )


def row_of(*judged: Judged) -> MapRow:
    (row,) = map_rows(judged)
    return row


@pytest.mark.parametrize(("other", "answer"), [(AGAINST, "yes"), (FOR, "no"), (OPEN, "open")])
@pytest.mark.parametrize(
    "change",
    [
        {"dataset": ("other", "3" * 16)},
        {"recipe": "short"},
        {"rate": 0.05},
        {"precision": "bf16"},
        {"machine": ("gpu",)},
    ],
    ids=["data", "recipe", "rate", "precision", "machine"],
)
def test_a_factor_that_differs_by_itself_has_an_answer(change: dict[str, object], other: list[float], answer: str) -> None:
    (found,) = dependences([cell(FOR), cell(other, replace(DIGITS, **change))])  # type: ignore[arg-type]
    factor = {"dataset": "data"}.get(*change, next(iter(change))) if change else ""
    assert (found.factors, found.answer) == ((factor,), answer)
    assert {one.verdict.outcome for one in found.example} == {
        "yes": {"supported", "contradicted"},
        "no": {"supported"},
        "open": {"supported", "inconclusive"},
    }[answer]


def test_factors_that_only_differ_together_are_named_together() -> None:
    (found,) = dependences([cell(FOR), cell(AGAINST, JPEG)])
    assert (found.factors, found.answer) == (("data", "recipe", "precision"), "yes")


def test_a_factor_varied_by_itself_is_not_named_with_others_again() -> None:
    found = dependences([cell(FOR), cell(FOR, replace(DIGITS, rate=0.05)), cell(AGAINST, replace(JPEG, rate=0.05))])
    assert [(one.factors, one.answer) for one in found] == [(("rate",), "no"), (("data", "recipe", "precision"), "yes")]


def test_the_same_images_under_two_names_are_one_data_set_and_untested_settings_say_nothing() -> None:
    renamed = replace(DIGITS, dataset=("another name", "1" * 16))
    assert not dependences([cell(FOR), cell(AGAINST, renamed)])
    assert not dependences([cell(FOR), cell([1.0], JPEG)])


def test_effects_are_pooled_by_their_mean_and_standard_error() -> None:
    row = row_of(study("digits", FOR, DIGITS), study("jpeg", OPEN, JPEG))
    expected = pool([5.0, 5 / 3], [0.3 / 3**0.5, (19 / 12) ** 0.5 / 3**0.5])
    assert row.pooled is not None and not row.notes
    assert (row.pooled.value, row.pooled.tau, row.pooled.q) == pytest.approx((expected.value, expected.tau, expected.q))
    assert (row.pooled.low, row.pooled.high, row.pooled.n) == pytest.approx((expected.low, expected.high, 2))


def test_the_side_that_a_three_way_claim_states_is_the_one_in_its_favour() -> None:
    better = replace(LESS, id="better", test=Compare(reference="b", other="a", says="better"))
    row = row_of(study("digits", FOR, DIGITS, better), study("jpeg", OPEN, JPEG, better))
    assert row.pooled is not None and row.pooled.value < 0 and row.pooled.low < row.pooled.high


def test_studies_with_the_same_images_and_seeds_are_said_not_to_be_independent() -> None:
    longer = replace(DIGITS, recipe="short")
    assert "not independent" in row_of(study("a", FOR, DIGITS), study("b", OPEN, longer)).notes[0]
    own_seeds = replace(study("b", OPEN, longer), seeds=(20, 21, 22))
    assert not row_of(study("a", FOR, DIGITS), own_seeds).notes


ALL = dict.fromkeys(range(3), True)
TRAINS = {"a": ALL, "b": ALL}
FAILS = {"a": dict.fromkeys(range(3), False), "b": ALL}
MIXED = {"a": {0: False, 1: True, 2: True}, "b": ALL}


@pytest.mark.parametrize(
    ("second", "reason", "note"),
    [
        (study("jpeg", [5.0], JPEG), "judged in one study", ""),
        (study("jpeg", [5.0] * 3, JPEG), "in one study the runs do not differ", "the runs do not differ"),
        (
            study("jpeg", OPEN, JPEG, trained=MIXED),
            "in one study some runs of an arm train and others fail",
            "some runs of an arm train",
        ),
        (study("jpeg", OPEN, JPEG, trained=FAILS), "an arm trains in one study and fails in another", ""),
    ],
)
def test_effects_that_may_not_be_pooled_are_not_and_the_row_says_why(second: Judged, reason: str, note: str) -> None:
    row = row_of(study("digits", FOR, DIGITS, trained=TRAINS), second)
    assert row.pooled is None and row.why_not == reason
    assert note in "".join(row.notes)


def test_claims_of_one_name_in_two_suites_are_two_rows() -> None:
    other = replace(study("jpeg", OPEN, JPEG), suite="t")
    assert [row.suite for row in map_rows([study("digits", FOR, DIGITS), other])] == ["s", "t"]
