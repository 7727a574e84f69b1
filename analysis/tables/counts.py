"""Look up exact counts of networks: those of their costs, and those that follow from their blocks."""

import math
from collections.abc import Iterable, Mapping

import pandas as pd

from analysis.tables.arm_words import noun_phrase
from benchmarks.spec.claims import Claim
from benchmarks.spec.cost import Cost
from resnet_variants.paths import middle_paths_pct, num_residual_blocks
from resnet_variants.variant import Variant

OF_PATHS = "middle_paths_pct"


def short_count(number: float) -> str:
    """Format a count with three significant digits and G, M or k for billions, millions or thousands."""
    for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= unit:
            return f"{number / unit:.3g} {name}" if number < 1000 * unit else f"{number / unit:,.0f} {name}"
    return f"{number:g}"


def counts_of(metric: str, networks: Mapping[str, Variant], costs: Mapping[str, Cost]) -> dict[str, float]:
    """Return a count by label, for the networks that have it; those of which only a lower bound is known are left out."""
    if metric == OF_PATHS:
        found = {label: middle_paths_pct(network) for label, network in networks.items()}
    else:
        found = {label: cost.exact(metric) for label, cost in costs.items()}
    return {label: count for label, count in found.items() if count is not None}


def lower_bounds(claim: Claim, costs: Mapping[str, Cost]) -> list[str]:
    """Describe the arms of a claim about counts for which only a lower bound is known; such a claim stays untested."""
    return [
        f"{claim.measure.words} of {noun_phrase(arm)} (only a lower bound is known)"
        for arm in claim.test.contrast
        if arm in costs and claim.measure.is_ratio and costs[arm].exact(claim.metric) is None
    ]


def compared_counts(claims: Iterable[Claim], networks: Mapping[str, Variant], costs: Mapping[str, Cost]) -> pd.DataFrame:
    """Return a row per claim that compares an exact count of two networks: how many times the smaller count the larger is, and as stated.

    A claim that states no number of times states 1.
    """
    rows = []
    for claim in claims:
        if claim.kind != "count" or not claim.measure.is_ratio or len(claim.test.contrast) != 2:
            continue
        counts = counts_of(claim.metric, networks, costs)
        arm, reference = claim.test.contrast
        if {arm, reference} <= counts.keys():
            ratio, stated = counts[arm] / counts[reference], math.exp(claim.target)
            is_turned = ratio < 1
            rows.append(
                {
                    "metric": claim.metric,
                    "reference": arm if is_turned else reference,
                    "arm": reference if is_turned else arm,
                    "times": 1 / ratio if is_turned else ratio,
                    "stated": 1 / stated if is_turned else stated,
                }
            )
    return pd.DataFrame(rows, columns=["metric", "reference", "arm", "times", "stated"])


def blocks_of_paths(claims: Iterable[Claim], networks: Mapping[str, Variant]) -> dict[str, int]:
    """Return the number of residual blocks of each network of whose paths a claim speaks."""
    labels = [label for claim in claims if claim.metric == OF_PATHS for label in claim.test.contrast]
    found = {label: num_residual_blocks(networks[label]) for label in labels}
    return {label: number for label, number in found.items() if number is not None}
