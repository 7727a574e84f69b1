"""Put verdicts into words that have no p and no interval: identities, and readings of published values."""

from collections.abc import Mapping

from analysis.inference.sizes import MINUS, TIMES, margin_size, margin_with_unit, size, span, terms, unit_of, with_minus
from analysis.inference.verdicts import Verdict
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import NoWorse, Region, TestOfOneArm
from benchmarks.spec.words import counted

_EXACT_PLACES: dict[Region, str] = {
    "within": "within {} of {}",
    "beyond": "more than {} above {}",
    "no-worse": "less than {} above {}",
}


def describe_identity(verdict: Verdict) -> str:
    """Describe the values of an identity in all networks, and in how many of them it does not hold."""
    claim, test = verdict.claim, verdict.claim.test
    stated, sign = (test.target, test.contrast[test.arm]) if isinstance(test, TestOfOneArm) else (0.0, 1)
    values = sorted(stated + sign * value for value in verdict.evidence.effects.values())
    unit = "%" if claim.measure.unit == "points" and isinstance(test, TestOfOneArm) else unit_of(claim)
    found = span([f"{with_minus(f'{value:.3g}')}{unit}" if value else "exactly 0" for value in (values[0], values[-1])])
    place = _EXACT_PLACES[test.region].format(margin_size(claim), with_minus(f"{stated:g}"))
    if isinstance(test, NoWorse):
        place = place.replace("above", "below")  # of the reference minus the other arm
    what = f"the {claim.measure.words} of {test.arm} is" if isinstance(test, TestOfOneArm) else f"the {terms(claim)} is"
    if verdict.num_broken:
        return f"Exact: in {verdict.num_broken} of {counted(len(values), 'network')} {what} not {place}; it is {found}."
    where = f"all {len(values)} networks" if len(values) > 1 else "the only network"
    return f"Exact: in {where} {what} {found}, {place}. True by construction."


def describe_readings(verdict: Verdict) -> str:
    """Describe the effect in each published setting, and the margin."""
    claim, evidence = verdict.claim, verdict.evidence
    found = [
        f"{size(claim, value)}{unit_of(claim)} ({in_values(claim, values)}; {setting})"
        for setting, values, value in zip(evidence.settings, evidence.read, evidence.effects.values(), strict=True)
    ]
    return f"{terms(claim)} is {' and '.join(found)}, against a margin of {margin_with_unit(claim)}. Too few runs were published for an interval."


def in_values(claim: Claim, values: Mapping[str, float]) -> str:
    """Format the values that a contrast is made of, as a sum or a quotient, such as "60,192,808 / 23,834,568"."""
    signs = {1: TIMES, -1: "/"} if claim.measure.is_ratio else {1: "+", -1: MINUS}
    numbers = {arm: f"{value:,}" if isinstance(value, int) else f"{value:.6g}" for arm, value in values.items()}
    return " ".join(f"{signs[weight]} {numbers[arm]}" for arm, weight in claim.test.contrast.items()).removeprefix(f"{signs[1]} ")
