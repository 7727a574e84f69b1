"""A plan says which claims its seeds can hardly decide, by what was published."""

from dataclasses import replace

import pytest

from analysis.statistics.power import seeds_needed
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Less
from benchmarks.spec.declaration import claim_hash
from benchmarks.spec.foresight import seeds_foreseen, undecidable
from benchmarks.spec.suite import load_suite

CLAIM = Claim("One errs less.", Less("resnet56", "plain56"), margin=0.1, published_effect=(0.2, 0.19))


@pytest.mark.parametrize(
    ("effect", "deviation", "margin"), [(0.2, 0.19, 0.1), (2.0, 1.31, 1.0), (0.5, 0.4, 0.1), (1.0, 2.0, 0.5)]
)
def test_the_number_of_seeds_is_nearly_that_of_the_t_test(effect: float, deviation: float, margin: float) -> None:
    found = seeds_foreseen(replace(CLAIM, published_effect=(effect, deviation), margin=margin))
    exact = seeds_needed(effect, deviation, (margin,), 0.95)
    assert found is not None and exact is not None and abs(found - exact) <= 3


def test_an_effect_within_the_margin_is_never_shown_to_exceed_it() -> None:
    (sentence,) = undecidable([replace(CLAIM, margin=0.2)], 20, "cifar10")
    assert "no number of seeds would support" in sentence


def test_a_plan_tells_what_its_seeds_cannot_decide_and_nothing_else() -> None:
    (sentence,) = undecidable([CLAIM, replace(CLAIM, published_effect=None)], 20, "cifar10")
    assert sentence.startswith("one-errs-less: the published effect is 0.2 points with a spread of 0.19")
    assert "takes about 29 seeds (80% power); 20 are planned" in sentence
    assert not list(undecidable([CLAIM], 29, "cifar10"))
    assert not list(undecidable([replace(CLAIM, too_easy_on=("cifar10",))], 5, "cifar10"))


def test_the_orthogonal_join_cannot_be_decided_by_the_seeds_of_its_suite() -> None:
    suite = load_suite("join")
    assert [sentence.partition(":")[0] for sentence in undecidable(suite.claims, suite.declared_looks[-1], "cifar10")] == [
        "orthogonal-tests-better"
    ]


def test_what_was_published_is_no_part_of_the_declared_claim() -> None:
    assert claim_hash(CLAIM) == claim_hash(replace(CLAIM, published_effect=None))


@pytest.mark.parametrize("published", [(0.0, 0.1), (0.2, 0.0), (float("nan"), 1.0)])
def test_an_effect_that_is_no_number_above_zero_is_refused(published: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="published effect of claim"):
        replace(CLAIM, published_effect=published)
