"""A suite's requests for probes follow its arms."""

from dataclasses import replace

import pytest

from benchmarks.spec.probe import ProbeUse
from benchmarks.spec.suite import load_suite, suite_names


def test_a_probe_is_requested_on_the_arms_that_are_left() -> None:
    suite = load_suite("surface")
    wide = suite.optional["plain56:width=32"]
    only, all_arms = suite.with_optional({wide}), suite.with_optional({wide, *suite.arms.values()})
    assert [use.probe for use in only.probes] == ["curvature"] and only.arms == {"plain56:width=32": wide}
    assert all_arms.probes == suite.probes and "width-smooths-the-surface" in {claim.id for claim in all_arms.claims}
    with pytest.raises(ValueError, match="unknown arm 'plain57'"):
        replace(suite, probes=(*suite.probes, ProbeUse(probe="curvature", arms=("plain57",))))


@pytest.mark.parametrize("name", [name for name in suite_names() if load_suite(name).probes])
def test_every_probe_of_a_suite_serves_a_claim(name: str) -> None:
    """So that no run pays for numbers that nobody reads."""
    suite = load_suite(name)
    claims = {claim.measure.probe for claim in (*suite.claims, *suite.optional_claims, *suite.retired)}
    assert {use.probe for use in suite.probes} <= claims
    assert len({use.probe for use in suite.probes}) == len(suite.probes)
