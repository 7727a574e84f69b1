"""Put verdicts into words, in the unit of the claim: points, another unit, or a factor. Nothing is decided here."""

import math
from collections.abc import Iterator, Sequence

from analysis.inference.totals import Group
from analysis.inference.verdicts import Outcome, Verdict
from analysis.statistics.margins import smallest_sign_flip_p
from analysis.statistics.means import Estimate
from benchmarks.spec.claims import Claim, Kind, Region
from benchmarks.spec.words import counted, sentence

MINUS, PLUS_MINUS, TIMES = "\N{MINUS SIGN}", "\N{PLUS-MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
FEWEST_FOR_SIGN_FLIPS = 6  # with 5 seeds the smallest p is 0.0625
SMALLEST_SHOWN_P = 0.0001
_PLACES: dict[tuple[Outcome, Region], str] = {
    ("supported", "beyond"): "beyond the margin of",
    ("contradicted", "beyond"): "short of the margin of",
    ("supported", "within"): "within the margin of",
    ("contradicted", "within"): "outside the margin of",
    ("supported", "under"): "under the margin of",
    ("contradicted", "under"): "beyond the margin of",
}
_SIGNS: dict[Region, str] = {"beyond": "", "within": PLUS_MINUS, "under": "<"}
_EXACT_PLACES: dict[Region, str] = {
    "within": "within {} of {}",
    "beyond": "more than {} above {}",
    "under": "less than {} above {}",
}
_REPEATS: dict[Kind, str] = {"evidence": "{}", "time": "{} rounds", "count": "exact", "identity": "{}, exact"}
_KINDS: dict[Kind, str] = {
    "evidence": "Evidence",
    "time": "Times",
    "count": "Counts (exact)",
    "identity": "Identities (exact, known on paper)",
}


def group_title(group: Group) -> str:
    """Name a group of verdicts, its size, and for evidence the number of distinct sets of runs that it rests on."""
    on = "" if group.num_sets is None else f" on {counted(group.num_sets, 'distinct set')} of runs"
    return f"{_KINDS[group.kind]}: {counted(len(group.verdicts), 'claim')}{on}"


def outcomes_in_words(group: Group) -> str:
    """List the number of verdicts of a group by outcome, such as "3 supported, 1 inconclusive"."""
    return ", ".join(f"{number} {outcome}" for outcome, number in group.outcomes.items())


def in_words(verdict: Verdict) -> str:
    """Describe a verdict: its outcome, its effect and margin, the power or the seeds needed if it is inconclusive, and its p."""
    claim, evidence, effect = verdict.claim, verdict.evidence, verdict.effect
    if verdict.outcome == "untested" or effect is None:
        return sentence(f"Untested: {_describe_gap(verdict)}")
    if claim.kind == "identity":
        return f"{verdict.outcome.capitalize()}. {_describe_identity(verdict)}"
    result = f"{_terms(claim)} is {_effect_with_interval(claim, effect)}, {_position(verdict)} {_margin_with_unit(claim)}"
    if verdict.p is None:
        return f"{verdict.outcome.capitalize()}. Exact: {result}."
    sentences = [f"{verdict.outcome.capitalize()}: {result}."]
    if verdict.outcome == "inconclusive":
        sentences += [_describe_need(verdict), *_describe_power(verdict)]
    if evidence.resolution is not None and evidence.resolution > claim.margin:
        sentences.append(
            f"But this timing session cannot resolve differences below {evidence.resolution:.1%}, which exceeds the margin."
        )
    return " ".join([*sentences, _describe_p(verdict, verdict.p)])


def size(claim: Claim, effect: float) -> str:
    """Format an effect, or a bound of its interval, in the unit of the claim: points, another unit, or a factor."""
    if claim.measure.is_ratio:
        return f"{TIMES}{math.exp(effect):.3g}"
    return points(effect) if claim.measure.unit == "points" else with_minus(f"{effect:+.3g}")


def points(value: float) -> str:
    """Format a signed number of points, with two decimals below 10 and one from there on."""
    if abs(value) < 0.005:
        return "0.00"
    return with_minus(f"{value:+.2f}" if abs(value) < 10 else f"{value:+.1f}")


def with_minus(text: str) -> str:
    """Replace the hyphens of a formatted number by minus signs."""
    return text.replace("-", MINUS)


def margin(claim: Claim) -> str:
    """Format the margin for a table, such as ±1 or <5%."""
    return f"{_SIGNS[claim.test.region]}{_number(claim)}"


def repeats(verdict: Verdict) -> str:
    """Format the number of seeds or rounds of an effect; "exact" for a count, "5, exact" for an identity in five networks."""
    return _REPEATS[verdict.claim.kind].format(verdict.num_repeats)


def headline(verdict: Verdict) -> str:
    """Format the effect without its interval; the range over the networks for an identity, and a dash if nothing was measured."""
    claim, effect = verdict.claim, verdict.effect
    if effect is None:
        return "\N{EN DASH}"
    if claim.kind != "identity":
        return size(claim, effect.value)
    values = verdict.evidence.effects.values()
    return _range([size(claim, value) if value else "exactly 0" for value in (min(values), max(values))])


def bounds(verdict: Verdict) -> str | None:
    """Format the bounds of the interval in brackets; None if it has none."""
    claim, effect = verdict.claim, verdict.effect
    if effect is None or effect.low is None or effect.high is None:
        return None
    return f"[{size(claim, effect.low)}, {size(claim, effect.high)}]"


def _describe_gap(verdict: Verdict) -> str:
    """Describe the measurements that an untested claim lacks."""
    if verdict.evidence.failed:
        return f"not measured: {', '.join(verdict.evidence.failed)}"
    claim = verdict.claim
    return f"{counted(verdict.num_repeats, f'complete {claim.measure.over[:-1]}')}; a verdict needs {claim.fewest_repeats}"


def _terms(claim: Claim, *, has_target: bool = True) -> str:
    """Name the metric and the arms that a claim compares, as a sum or a quotient."""
    signs = {1: TIMES, -1: "/"} if claim.measure.is_ratio else {1: "+", -1: MINUS}
    terms = " ".join(f"{signs[weight]} {arm}" for arm, weight in claim.test.contrast.items()).removeprefix(f"{signs[1]} ")
    target = f" {MINUS} {claim.target:g}" if claim.target and has_target else ""
    return f"{claim.measure.words} of {terms}{target}"


def _describe_identity(verdict: Verdict) -> str:
    """Describe the values of an identity in all networks, and in how many of them it does not hold."""
    claim, values = verdict.claim, sorted(value + verdict.claim.target for value in verdict.evidence.effects.values())
    unit = "%" if claim.measure.unit == "points" and len(claim.test.contrast) == 1 else _unit(claim)
    found = _range([f"{with_minus(f'{value:.3g}')}{unit}" if value else "exactly 0" for value in (values[0], values[-1])])
    place = _EXACT_PLACES[claim.test.region].format(_margin_size(claim), with_minus(f"{claim.target:g}"))
    what = f"the {_terms(claim, has_target=False)} is"
    if verdict.num_broken:
        return f"Exact: in {verdict.num_broken} of {counted(len(values), 'network')} {what} not {place}; it is {found}."
    where = f"all {len(values)} networks" if len(values) > 1 else "the only network"
    return f"Exact: in {where} {what} {found}, {place}. True by construction."


def _range(ends: Sequence[str]) -> str:
    """Format a range by its ends, or a single value if they are equal."""
    low, high = ends
    return low if low == high else f"{low} to {high}"


def _effect_with_interval(claim: Claim, effect: Estimate) -> str:
    """Format an effect such as "+68.2 points (95% interval +60.0 to +76.4, 5 seeds)"; a count has no interval."""
    if effect.low is None or effect.high is None:
        return size(claim, effect.value)
    interval = f"95% interval {size(claim, effect.low)} to {size(claim, effect.high)}, {effect.n} {claim.measure.over}"
    return f"{size(claim, effect.value)}{_unit(claim)} ({interval})"


def _position(verdict: Verdict) -> str:
    """Describe the position of the effect, or of its whole interval, relative to the margin."""
    if verdict.outcome == "inconclusive":
        return "against a margin of"
    whole = "" if verdict.claim.is_exact else "the whole interval "
    return f"{whole}{_PLACES[verdict.outcome, verdict.claim.test.region]}"


def _margin_with_unit(claim: Claim) -> str:
    return f"{PLUS_MINUS if claim.test.region == 'within' else ''}{_margin_size(claim)}"


def _margin_size(claim: Claim) -> str:
    return f"{_number(claim)}{_unit(claim, is_one=claim.margin == 1)}"


def _number(claim: Claim) -> str:
    return f"{100 * claim.margin:g}%" if claim.measure.is_ratio else with_minus(f"{claim.margin:g}")


def _unit(claim: Claim, *, is_one: bool = False) -> str:
    """Return a blank and the unit of a difference; nothing for a ratio or a metric without a unit."""
    unit = "" if claim.measure.is_ratio else claim.measure.unit
    return f" {unit.removesuffix('s') if is_one else unit}" if unit else ""


def _describe_need(verdict: Verdict) -> str:
    """Describe the number of repeats that would decide an inconclusive claim."""
    over, needed = verdict.claim.measure.over, verdict.num_needed
    if needed is None:
        return f"The effect is so close to the margin that even 1,000 {over} would not decide."
    by_itself = "Its interval would decide by itself, but not after Holm's correction over the suite's claims. "
    return f"{by_itself if verdict.is_decided_alone else ''}At the current mean and spread, about {needed} {over} would decide."


def _describe_power(verdict: Verdict) -> Iterator[str]:
    """Yield the smallest effect that the repeats detect, if the claim is about an effect beyond the margin."""
    claim = verdict.claim
    if claim.test.region == "beyond":
        smallest = f"{size(claim, verdict.detectable).removeprefix('+')}{_unit(claim)}"
        yield f"{verdict.num_repeats} {claim.measure.over} detect an effect of {smallest} or more with 80% power."


def _describe_p(verdict: Verdict, p: float) -> str:
    """Describe the corrected p, the p of a sign-flip test, and the smallest p that this test can give."""
    n = verdict.num_repeats
    family = f"Holm's correction over {verdict.num_tested} claims" if verdict.num_tested > 1 else "one claim"
    sign_flips = f"p {_p(verdict.p_by_sign_flips)} by a sign-flip test, uncorrected; " if n >= FEWEST_FOR_SIGN_FLIPS else ""
    smallest = smallest_sign_flip_p(n)
    limit = f"cannot go below p = {smallest:.2g}" if smallest >= SMALLEST_SHOWN_P else f"can go below p = {SMALLEST_SHOWN_P}"
    return f"p {_p(p)} ({family}); {sign_flips}a sign-flip test with {n} {verdict.claim.measure.over} {limit}."


def _p(p: float) -> str:
    """Format a p with its relation, such as "= 0.031" or "< 0.0001"."""
    return f"= {p:.2g}" if p >= SMALLEST_SHOWN_P else f"< {SMALLEST_SHOWN_P}"
