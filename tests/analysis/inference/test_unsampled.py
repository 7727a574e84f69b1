"""Counts and published values are read, not sampled: each is compared with the margin by itself, without a p."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis.inference.cells import group_title, headline, repeats
from analysis.inference.effects import evidence_without_seeds
from analysis.inference.totals import groups_of
from analysis.inference.verdict_json import verdicts_json
from analysis.inference.verdicts import Verdict, judge
from analysis.inference.wording import in_words
from analysis.tables import published as module
from analysis.tables.published import Published, published_readings, published_rows
from analysis.tables.sessions import Sessions
from benchmarks.spec.claims import Claim
from benchmarks.spec.comparison import COMPARABLE
from benchmarks.spec.contrasts import Above, Less, Test
from benchmarks.spec.cost import Cost
from benchmarks.spec.survey import counted_alone, load_survey
from resnet_variants import parse
from resnet_variants.paths import share_of_paths

NO_SESSION = Sessions(sessions=(), networks_of=lambda session: {})
PAIR = Less(smaller="resnet34", larger="vgg16")


def claim(metric: str, test: Test, size: float) -> Claim:
    return Claim(id="c", statement="S.", source="P", metric=metric, test=test, margin=size)


def verdict_of(posed: Claim, costs: Mapping[str, Cost] = {}) -> Verdict:
    networks = {arm: parse(arm) for arm in posed.test.contrast}
    (verdict,) = judge([posed], {posed.id: evidence_without_seeds(posed, networks, costs, NO_SESSION)})
    return verdict


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Publish other values of VGG-16 and ResNet-34: for each setting a pair."""
    (template,) = [row for row in published_rows() if (row.arm, row.metric) == ("vgg16", "top1_error_pct")]

    def publish(*pairs: tuple[str, str], **changes: str) -> None:
        found: list[Published] = [
            replace(template, arm=arm, printed=printed, recipe=f"recipe {place}", **changes)  # type: ignore[arg-type]
            for place, pair in enumerate(pairs)
            for arm, printed in zip(("vgg16", "resnet34"), pair, strict=True)
        ]
        monkeypatch.setattr(module, "published_rows", lambda: tuple(found))

    return publish


@pytest.mark.parametrize(
    ("pairs", "outcome", "shown"),
    [
        ([("28.0", "24.0")], "supported", "+4.00"),
        ([("28.0", "24.0"), ("28.0", "26.5")], "supported", "+1.50 to +4.00"),
        ([("28.0", "27.5"), ("28.0", "29.0")], "contradicted", "\N{MINUS SIGN}1.00 to +0.50"),
        ([("28.0", "24.0"), ("28.0", "28.0")], "inconclusive", "0 to +4.00"),  # published values do not agree
        ([("28.0", "27.0")], "inconclusive", "+1.00"),  # on the margin
        ([("28.0", ">30")], "untested", "\N{EN DASH}"),  # a bound is no value
    ],
)
def test_published_values_decide_in_every_setting_or_not_at_all(
    rows: Callable[..., None], pairs: list[tuple[str, str]], outcome: str, shown: str
) -> None:
    rows(*pairs)
    verdict = verdict_of(claim("top1_error_pct", PAIR, 1.0))
    assert (verdict.outcome, headline(verdict)) == (outcome, shown)
    assert verdict.p is None and (verdict.effect is None or verdict.effect.low is None)


def test_the_words_name_every_setting_with_its_values_and_its_runs() -> None:
    verdict = verdict_of(claim("top1_error_pct", PAIR, 1.0))
    words = in_words(verdict)
    assert words.startswith("Supported, read from published values: published top-1 error of vgg16 \N{MINUS SIGN} resnet34 is ")
    assert "+3.55 points (28.07 \N{MINUS SIGN} 24.52; ImageNet, he2015, 10-crop, one run each)" in words
    assert "+1.72 points (28.408 \N{MINUS SIGN} 26.686; ImageNet, torchvision V1, 1-crop, one run each)" in words
    assert repeats(verdict) == "2 published settings"
    (row,) = verdicts_json([verdict])
    assert row["kind"] == "published" and [*row["readings"].values()] == pytest.approx([3.55, 1.722])  # type: ignore[attr-defined]
    (group,) = groups_of([verdict], frozenset())
    assert group_title(group) == "Read from published values: 1 claim"


def test_a_reading_without_values_under_equal_conditions_is_untested_and_the_best_of_several_runs_is_none(
    rows: Callable[..., None],
) -> None:
    posed = claim("top1_error_pct", Less(smaller="resnet34", larger="resnet8"), 1.0)
    assert (
        in_words(verdict_of(posed))
        == "Untested: no published top-1 error of the residual network of 8 layers and ResNet-34 under equal conditions."
    )
    rows(("28.0", "24.0"), statistic="best of 5")
    assert published_readings("top1_error_pct", ["vgg16", "resnet34"]) == {}


@given(st.floats(0.1, 30), st.floats(0.1, 30), st.floats(0.1, 3))
def test_a_reading_is_by_plain_subtraction(worse: float, better: float, least: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "analysis.inference.effects.published_readings", lambda metric, names: {"s": {"vgg16": worse, "resnet34": better}}
        )
        outcome = verdict_of(claim("top1_error_pct", PAIR, least)).outcome
    assume(abs(worse - better - least) > 1e-9)  # an effect on the margin is inconclusive
    expected = "supported" if worse - better > least else "contradicted" if worse - better < least else "inconclusive"
    assert outcome == expected


def test_a_count_is_shown_with_the_numbers_that_it_is_made_of() -> None:
    """VGG-19 takes 19.6 G, ResNet-34 3.66 G: 5.36 times as many, which is within 5% of 5.56."""
    posed = next(one for one in load_survey("on_paper").claims if one.id == "resnet34-takes-18-per-cent")
    costs = {
        "vgg19": Cost(params=1, macs=19_632_071_656, activations=1),
        "resnet34": Cost(params=1, macs=3_663_762_408, activations=1),
    }
    verdict = verdict_of(posed, costs)
    assert verdict.outcome == "supported" and verdict.p is None
    assert "(19,632,071,656 / 3,663,762,408), within the margin of" in in_words(verdict)
    assert verdict_of(posed, costs | {"vgg19": Cost(params=1, macs=21_600_000_000, activations=1)}).outcome == "contradicted"


@given(st.integers(1, 12), st.integers(0, 12), st.integers(0, 12))
def test_paths_are_counted_as_by_walking_all_of_them(num_blocks: int, fewest: int, most: int) -> None:
    """Every path takes the branch or the shortcut of each block."""
    lengths = [sum(path) for path in product((0, 1), repeat=num_blocks)]
    expected = sum(fewest <= length <= most for length in lengths) / len(lengths)
    assert share_of_paths(num_blocks, fewest, min(most, num_blocks)) == pytest.approx(expected)


def test_98_per_cent_of_the_paths_of_54_blocks_have_19_to_35_and_a_plain_network_has_none() -> None:
    verdict = verdict_of(claim("middle_paths_pct", Above(arm="resnet110", target=95.0), 1.0))
    assert verdict.outcome == "supported" and headline(verdict) == "+3.02"
    assert verdict_of(claim("middle_paths_pct", Above(arm="plain110", target=95.0), 1.0)).outcome == "untested"


def test_neither_published_values_nor_paths_compare_any_two_networks() -> None:
    assert not {"top1_error_pct", "middle_paths_pct"} & COMPARABLE.keys() and {"macs", "test_error_pct"} <= COMPARABLE.keys()


def test_a_survey_that_is_counted_keeps_what_is_read_and_no_retired_claim_about_times() -> None:
    survey = counted_alone(load_survey("imagenet"))
    assert {posed.kind for posed in survey.claims} == {"count", "published"}
    assert {posed.kind for posed in survey.retired} == {"count"}
