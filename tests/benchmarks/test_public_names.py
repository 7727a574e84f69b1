"""What a user's own file imports from `benchmarks`: every name is there, and none of them loads torch."""

import subprocess
import sys

import pytest

import benchmarks
from benchmarks import Arm, Claim, Compare, GapGrows, Less, NotAbove, NoWorse, Suite, arms, network
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.spec.survey import load_survey, survey_names
from resnet_variants import parse


def test_the_names_load_no_torch() -> None:
    program = f"import sys; from benchmarks import {', '.join(benchmarks.__all__)}; assert not {{'torch', 'pandas', 'pydantic'}} & {{*sys.modules}}"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_name_is_its_own_label_and_a_keyword_is_that_of_its_network() -> None:
    found = arms("resnet20", "resnet20:ordering=bn-after", mine=network("plain20"))
    assert list(found) == ["resnet20", "resnet20:ordering=bn-after", "mine"]
    assert found["mine"] == Arm(architecture=parse("plain20")) and found["resnet20"].architecture == parse("resnet20")


def test_labels_are_of_networks_and_given_once() -> None:
    with pytest.raises(ValueError, match=r"mine='plain20' is a name, not a network: write mine=network\('plain20'\)"):
        arms("resnet20", mine="plain20")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="two arms are labelled 'plain20'"):
        arms("plain20", plain20=network("resnet20"))
    with pytest.raises(ValueError, match="resnet20"):
        arms("resnte20")


def test_a_suite_has_a_default_for_all_that_its_ten_lines_leave_out() -> None:
    claim = Claim("My network has lower test error than ResNet-20!", Compare("resnet20", "mine", says="better"), margin=0.5)
    suite = Suite(question="Does it?", arms=arms("resnet20", mine=network("plain20")), claims=[claim])  # type: ignore[arg-type]
    assert suite.claims == (claim,) and (suite.dataset, suite.recipe, suite.declared_looks) == ("digits-splits", "quick", (5,))
    assert suite.figures == ("error_by_arm", "error_by_rate") and suite.rates == (1.0, 0.5, 0.25)
    assert claim == Claim(
        id="my-network-has-lower-test-error-than-resnet-20",
        statement="My network has lower test error than ResNet-20!",
        source="this file",
        metric="test_error_pct",
        test=Compare(reference="resnet20", other="mine", says="better"),
        margin=0.5,
    )


def test_arms_are_given_by_position_in_the_order_in_which_they_are_named() -> None:
    assert Less("a", "b") == Less(smaller="a", larger="b") and NoWorse("a", "b") == NoWorse(reference="a", other="b")
    assert NotAbove("a", target=3.0) == NotAbove(arm="a", target=3.0)
    assert GapGrows(("a", "b"), ("c", "d")) == GapGrows(first=("a", "b"), second=("c", "d"))


def test_two_claims_with_one_statement_are_refused_and_a_long_statement_has_a_short_id() -> None:
    claim = Claim("It is. " * 40, Less("resnet8", "plain8"), margin=1.0)
    assert len(claim.id) <= 60 and claim.id.startswith("it-is.-it-is")
    with pytest.raises(ValueError, match="two claims share an id"):
        Suite(question="", arms=arms("resnet8", "plain8"), claims=(claim, claim))


def test_every_claim_of_this_project_names_its_source() -> None:
    values = [*map(load_suite, suite_names()), *map(load_survey, survey_names())]
    claims = [claim for value in values for claim in (*value.claims, *value.retired, *getattr(value, "optional_claims", ()))]
    assert len(claims) > 80 and not [claim.id for claim in claims if claim.source == "this file"]
