"""Look up exact counts of networks: those of their costs, and those that follow from their blocks."""

from collections.abc import Mapping

from benchmarks.spec.claims import Claim
from benchmarks.spec.cost import Cost
from resnet_variants.paths import middle_paths_pct
from resnet_variants.variant import Variant


def counts_of(metric: str, networks: Mapping[str, Variant], costs: Mapping[str, Cost]) -> dict[str, float]:
    """Return a count by label, for the networks that have it; those of which only a lower bound is known are left out."""
    if metric == "middle_paths_pct":
        found = {label: middle_paths_pct(network) for label, network in networks.items()}
    else:
        found = {label: cost.exact(metric) for label, cost in costs.items()}
    return {label: count for label, count in found.items() if count is not None}


def lower_bounds(claim: Claim, costs: Mapping[str, Cost]) -> list[str]:
    """Describe the arms of a claim about counts for which only a lower bound is known; such a claim stays untested."""
    return [
        f"{claim.measure.words} of {arm} (only a lower bound is known)"
        for arm in claim.test.contrast
        if arm in costs and claim.measure.is_ratio and costs[arm].exact(claim.metric) is None
    ]
