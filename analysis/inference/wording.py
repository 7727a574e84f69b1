"""Verdicts -> words, in the claim's own units: points, another unit, or a factor. Nothing is decided here."""

import math

from analysis.inference.verdicts import Outcome, Verdict
from analysis.statistics import Estimate, smallest_sign_flip_p
from benchmarks.spec.claims import Claim, Region
from benchmarks.spec.words import sentence

MINUS, PLUS_MINUS, TIMES = "\N{MINUS SIGN}", "\N{PLUS-MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
FEWEST_FOR_SIGN_FLIPS = 6  # with 5 seeds the smallest p is 0.0625
_PLACES: dict[tuple[Outcome, Region], str] = {
    ("supported", "beyond"): "beyond the margin of",
    ("contradicted", "beyond"): "short of the margin of",
    ("supported", "within"): "within the margin of",
    ("contradicted", "within"): "outside the margin of",
    ("supported", "under"): "under the margin of",
    ("contradicted", "under"): "beyond the margin of",
}
_SIGNS: dict[Region, str] = {"beyond": "", "within": PLUS_MINUS, "under": "<"}
_REPEATS = {"seeds": "{}", "rounds": "{} rounds", "counts": "exact"}


def in_words(verdict: Verdict) -> str:
    """Say the outcome, the effect with its margin, and how far both can be trusted."""
    claim, evidence, effect = verdict.claim, verdict.evidence, verdict.effect
    if verdict.p is None or effect is None:
        return sentence(f"Untested: {_why_untested(verdict)}")
    sentences = [
        f"{verdict.outcome.capitalize()}: {_terms(claim)} is {_effect(claim, effect)}, {_place(verdict)} {_margin(claim)}."
    ]
    if claim.measure.over == "counts":
        return sentences[0]
    if verdict.outcome == "inconclusive":
        sentences.append(_what_is_needed(verdict))
    if claim.test.region == "beyond":
        found = f"find a true effect of {size(claim, verdict.detectable)}{_unit(claim)} at least four times in five"
        sentences.append(f"With this spread {verdict.num_repeats} {claim.measure.over} {found}.")
    if evidence.resolution is not None and evidence.resolution > claim.margin:
        sentences.append(
            f"But in this sitting less than {evidence.resolution:.1%} cannot be told apart, which is more than the margin."
        )
    return " ".join([*sentences, _p_words(verdict, verdict.p)])


def size(claim: Claim, effect: float) -> str:
    """An effect, or a bound of its interval, in the claim's own terms: points, another unit, or a factor."""
    if claim.measure.is_ratio:
        return f"{TIMES}{math.exp(effect):.3g}"
    return points(effect) if claim.measure.unit == "points" else f"{effect:+.3g}".replace("-", MINUS)


def points(value: float) -> str:
    """A signed number of points: two digits behind the point under 10, else one."""
    text = f"{value:+.2f}" if abs(value) < 10 else f"{value:+.1f}"
    return text.replace("-", MINUS)


def margin(claim: Claim) -> str:
    """The margin as a table shows it: ±1, <5%."""
    return f"{_SIGNS[claim.test.region]}{_number(claim)}"


def repeats(verdict: Verdict) -> str:
    """What an effect rests on: a number of seeds, of rounds, or an exact count."""
    return _REPEATS[verdict.claim.measure.over].format(verdict.num_repeats)


def bounds(verdict: Verdict) -> str | None:
    """The bounds of the interval in brackets; None where there are none."""
    claim, effect = verdict.claim, verdict.effect
    if effect is None or effect.low is None or effect.high is None:
        return None
    return f"[{size(claim, effect.low)}, {size(claim, effect.high)}]"


def _why_untested(verdict: Verdict) -> str:
    if verdict.evidence.failed:
        return f"not measured: {', '.join(verdict.evidence.failed)}"
    claim = verdict.claim
    return f"complete {claim.measure.over}: {verdict.num_repeats}, and a verdict needs {claim.fewest_repeats}"


def _terms(claim: Claim) -> str:
    """What is compared with what, as a sum or as a quotient."""
    signs = {1: TIMES, -1: "/"} if claim.measure.is_ratio else {1: "+", -1: MINUS}
    terms = " ".join(f"{signs[weight]} {arm}" for arm, weight in claim.test.contrast.items()).removeprefix(f"{signs[1]} ")
    target = f" {MINUS} {claim.target:g}" if claim.target else ""
    return f"{claim.measure.words} of {terms}{target}"


def _effect(claim: Claim, effect: Estimate) -> str:
    """Such as "+68.2 points (95% interval +60.0 to +76.4, 5 seeds)"; a count is a number alone."""
    if effect.low is None or effect.high is None:
        return size(claim, effect.value)
    interval = f"95% interval {size(claim, effect.low)} to {size(claim, effect.high)}, {effect.n} {claim.measure.over}"
    return f"{size(claim, effect.value)}{_unit(claim)} ({interval})"


def _place(verdict: Verdict) -> str:
    """Where the effect lies, with its whole interval if it has one."""
    if verdict.outcome == "inconclusive":
        return "against a margin of"
    whole = "" if verdict.claim.measure.over == "counts" else "all of it "
    return f"{whole}{_PLACES[verdict.outcome, verdict.claim.test.region]}"


def _margin(claim: Claim) -> str:
    sign = PLUS_MINUS if claim.test.region == "within" else ""
    return f"{sign}{_number(claim)}{_unit(claim, is_one=claim.margin == 1)}"


def _number(claim: Claim) -> str:
    return f"{100 * claim.margin:g}%" if claim.measure.is_ratio else f"{claim.margin:g}"


def _unit(claim: Claim, *, is_one: bool = False) -> str:
    """A blank and the unit of a difference; nothing where it has none."""
    unit = "" if claim.measure.is_ratio else claim.measure.unit
    return f" {unit.removesuffix('s') if is_one else unit}" if unit else ""


def _what_is_needed(verdict: Verdict) -> str:
    over, needed = verdict.claim.measure.over, verdict.num_needed
    if needed is None:
        return f"The effect lies so near the margin that 1,000 {over} would not part them."
    alone = "Its interval alone would decide, but not once the suite's claims are corrected together. "
    return f"{alone if verdict.is_decided_alone else ''}About {needed} {over} would decide, did mean and spread stay as they are."


def _p_words(verdict: Verdict, p: float) -> str:
    n = verdict.num_repeats
    family = f"Holm over {verdict.num_tested} claims" if verdict.num_tested > 1 else "one claim"
    exact = f"by flipping signs, uncorrected, p = {_p(verdict.p_by_sign_flips)}; " if n >= FEWEST_FOR_SIGN_FLIPS else ""
    smallest = (
        f"the smallest p that {n} {verdict.claim.measure.over} can reach by flipping signs is {_p(smallest_sign_flip_p(n))}"
    )
    return f"p = {_p(p)} ({family}); {exact}{smallest}."


def _p(p: float) -> str:
    return f"{p:.2g}" if p >= 0.0001 else "under 0.0001"
