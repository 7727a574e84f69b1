"""Claim + effects -> verdict. The only place that decides and words an outcome.

The whole 95% interval is held against the margin that the claim declared before the run, and the claims of a suite are corrected together
(Holm): an outcome stands only where it survives both.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from analysis.inference.effects import Evidence
from analysis.statistics import (
    Estimate,
    MarginTest,
    beyond_margin,
    detectable_effect,
    estimate,
    holm,
    seeds_needed,
    sign_flip_one_sided,
    smallest_sign_flip_p,
    t_one_sided,
    under_margin,
    within_margin,
)
from benchmarks.spec.claims import FEWEST_SEEDS, Claim, Region
from benchmarks.spec.words import sentence
from benchmarks.store.strict_json import finite

Outcome = Literal["supported", "contradicted", "inconclusive", "untested"]
LEVEL = 0.05
MINUS, PLUS_MINUS, TIMES = "\N{MINUS SIGN}", "\N{PLUS-MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
FEWEST_FOR_SIGN_FLIPS = 6  # with 5 seeds the smallest p is 0.0625


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """A claim's outcome, the effect behind it where there is one, the corrected p, and all of it in words."""

    claim: Claim
    outcome: Outcome
    effect: Estimate | None
    num_seeds: int
    p: float | None
    words: str

    @property
    def margin(self) -> str:
        """As a table shows it: ±1, <5%."""
        sign = {"within": PLUS_MINUS, "under": "<"}.get(self.claim.test.region, "")
        return f"{sign}{100 * self.claim.margin:g}%" if self.claim.measure.is_ratio else f"{sign}{self.claim.margin:g}"

    @property
    def repeats(self) -> str:
        """What stands behind it: a number of seeds, of rounds, or an exact count."""
        over = self.claim.measure.over
        return {"seeds": f"{self.num_seeds}", "rounds": f"{self.num_seeds} rounds", "counts": "exact"}[over]

    @property
    def interval(self) -> str | None:
        """The bounds in brackets; None where there are none."""
        if self.effect is None or self.effect.low is None or self.effect.high is None or self.claim.measure.over == "counts":
            return None
        return f"[{size(self.claim, self.effect.low)}, {size(self.claim, self.effect.high)}]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """A claim's outcome and the corrected p behind it, None where it could not be tested."""

    outcome: Outcome
    p: float | None


def decide(claims: Sequence[Claim], evidence: Mapping[str, Evidence]) -> dict[str, Decision]:
    """The outcome of each claim of a suite by its id, corrected together."""
    testable = [claim for claim in claims if _why_untested(claim, evidence[claim.id]) is None]
    tests = {claim.id: _test(claim, evidence[claim.id]) for claim in testable}
    corrected = dict(zip(tests, holm([test.p for test in tests.values()]), strict=True))
    decisions = {claim.id: Decision(outcome="untested", p=None) for claim in claims}
    for name, test in tests.items():
        decided: Outcome = "supported" if test.p_for < test.p_against else "contradicted"
        decisions[name] = Decision(outcome=decided if corrected[name] < LEVEL else "inconclusive", p=corrected[name])
    return decisions


def judge(claims: Sequence[Claim], evidence: Mapping[str, Evidence]) -> list[Verdict]:
    """A verdict for each claim of a suite, corrected together; `evidence` is by the claim's id."""
    decisions = decide(claims, evidence)
    num_tested = sum(decision.p is not None for decision in decisions.values())
    return [_in_words(claim, evidence[claim.id], decisions[claim.id], num_tested) for claim in claims]


def _in_words(claim: Claim, evidence: Evidence, decision: Decision, num_tested: int) -> Verdict:
    values, outcome = list(evidence.effects.values()), decision.outcome
    effect = estimate(values, evidence.least_deviation) if values else None
    if decision.p is None or effect is None:
        words = sentence(f"Untested: {_why_untested(claim, evidence)}")
        return Verdict(claim=claim, outcome=outcome, effect=effect, num_seeds=len(values), p=None, words=words)
    place = _PLACES[outcome, claim.test.region]
    if claim.measure.over == "counts":
        words = f"{outcome.capitalize()}: {_terms(claim)} is {size(claim, effect.value)}, {place.removeprefix('all of it ')} {_margin(claim)}."
        return Verdict(claim=claim, outcome=outcome, effect=effect, num_seeds=len(values), p=decision.p, words=words)
    sentences = [f"{outcome.capitalize()}: {_effect_words(claim, effect)}, {place} {_margin(claim)}."]
    if outcome == "inconclusive":
        sentences.append(_what_is_needed(claim, evidence, effect, num_tested))
    if claim.test.region == "beyond":
        sentences.append(_what_can_be_found(claim, evidence, num_tested))
    if evidence.resolution is not None and evidence.resolution > claim.margin:
        sentences.append(
            f"But in this sitting less than {evidence.resolution:.1%} cannot be told apart, which is more than the margin."
        )
    sentences.append(_p_words(claim, evidence, decision.p, num_tested))
    return Verdict(claim=claim, outcome=outcome, effect=effect, num_seeds=len(values), p=decision.p, words=" ".join(sentences))


def _why_untested(claim: Claim, evidence: Evidence) -> str | None:
    """What stands in the way of a verdict. A count is exact, and one is enough."""
    if evidence.failed:
        return f"not measured: {', '.join(evidence.failed)}"
    over = claim.measure.over
    fewest = 1 if over == "counts" else FEWEST_SEEDS
    if len(evidence.effects) < fewest:
        return f"complete {over}: {len(evidence.effects)}, and a verdict needs {fewest}"
    return None


def _test(claim: Claim, evidence: Evidence, *, by_sign_flips: bool = False) -> MarginTest:
    values = list(evidence.effects.values())
    one_sided = sign_flip_one_sided if by_sign_flips else partial(t_one_sided, least_deviation=evidence.least_deviation)
    if claim.measure.over == "counts":
        values = values[:1] * FEWEST_SEEDS  # without spread the mean is taken as known
    return _TESTS[claim.test.region](values, claim.bound, one_sided)


_TESTS = {"beyond": beyond_margin, "within": within_margin, "under": under_margin}
_PLACES: dict[tuple[Outcome, Region], str] = {
    ("supported", "beyond"): "all of it beyond the margin of",
    ("contradicted", "beyond"): "all of it short of the margin of",
    ("supported", "within"): "all of it within the margin of",
    ("contradicted", "within"): "all of it outside the margin of",
    ("supported", "under"): "all of it under the margin of",
    ("contradicted", "under"): "all of it beyond the margin of",
    ("inconclusive", "beyond"): "against a margin of",
    ("inconclusive", "within"): "against a margin of",
    ("inconclusive", "under"): "against a margin of",
}


def _effect_words(claim: Claim, effect: Estimate) -> str:
    """Such as "test error of plain56 - resnet56 is +68.2 points (95% interval +60.0 to +76.4, 5 seeds)"."""
    assert effect.low is not None and effect.high is not None
    interval = f"95% interval {size(claim, effect.low)} to {size(claim, effect.high)}, {effect.n} {claim.measure.over}"
    return f"{_terms(claim)} is {size(claim, effect.value)}{_unit(claim)} ({interval})"


def _terms(claim: Claim) -> str:
    """What is compared with what, as a sum or as a quotient."""
    signs = {1: TIMES, -1: "/"} if claim.measure.is_ratio else {1: "+", -1: MINUS}
    terms = " ".join(f"{signs[weight]} {arm}" for arm, weight in claim.test.contrast.items()).removeprefix(f"{signs[1]} ")
    target = f" {MINUS} {claim.target:g}" if claim.target else ""
    return f"{claim.measure.words} of {terms}{target}"


def _margin(claim: Claim) -> str:
    sign = PLUS_MINUS if claim.test.region == "within" else ""
    if claim.measure.is_ratio:
        return f"{sign}{100 * claim.margin:g}%"
    return f"{sign}{claim.margin:g}{_unit(claim, is_one=claim.margin == 1)}"


def _unit(claim: Claim, *, is_one: bool = False) -> str:
    """A blank and the unit of a difference; nothing where it has none."""
    unit = "" if claim.measure.is_ratio else claim.measure.unit
    return f" {unit.removesuffix('s') if is_one else unit}" if unit else ""


def size(claim: Claim, effect: float) -> str:
    """An effect, or a bound of its interval, in the claim's own terms: points, another unit, or a factor."""
    if claim.measure.is_ratio:
        return f"{TIMES}{math.exp(effect):.3g}"
    return points(effect) if claim.measure.unit == "points" else f"{effect:+.3g}".replace("-", MINUS)


def points(value: float) -> str:
    """A signed number of points: two digits behind the point under 10, else one."""
    text = f"{value:+.2f}" if abs(value) < 10 else f"{value:+.1f}"
    return text.replace("-", MINUS)


def _what_is_needed(claim: Claim, evidence: Evidence, effect: Estimate, num_tested: int) -> str:
    """By an interval that decides wherever the claim stands in Holm's order."""
    bounds = (-claim.bound, claim.bound) if claim.test.region == "within" else (claim.bound,)
    needed = seeds_needed(effect.value, evidence.deviation, bounds, 1 - LEVEL / num_tested)
    if needed is None:
        return f"The effect lies so near the margin that 1,000 {claim.measure.over} would not part them."
    is_corrected = _test(claim, evidence).p < LEVEL
    first = "Its interval alone would decide, but not once the suite's claims are corrected together. " if is_corrected else ""
    return f"{first}About {needed} {claim.measure.over} would decide, did mean and spread stay as they are."


def _what_can_be_found(claim: Claim, evidence: Evidence, num_tested: int) -> str:
    n = len(evidence.effects)
    smallest = claim.bound + detectable_effect(evidence.deviation, n, 1 - LEVEL / num_tested)
    found = f"{size(claim, smallest)}{_unit(claim)}"
    return f"With this spread {n} {claim.measure.over} find a true effect of {found} at least four times in five."


def _p_words(claim: Claim, evidence: Evidence, p: float, num_tested: int) -> str:
    family = f"Holm over {num_tested} claims" if num_tested > 1 else "one claim"
    words = f"p = {_p(p)} ({family})"
    n = len(evidence.effects)
    smallest = f"the smallest p that {n} {claim.measure.over} can reach by flipping signs is {_p(smallest_sign_flip_p(n))}"
    if n < FEWEST_FOR_SIGN_FLIPS:
        return f"{words}; {smallest}."
    return f"{words}; by flipping signs, uncorrected, p = {_p(_test(claim, evidence, by_sign_flips=True).p)}; {smallest}."


def _p(p: float) -> str:
    return f"{p:.2g}" if p >= 0.0001 else "under 0.0001"


def verdicts_json(verdicts: Iterable[Verdict]) -> list[dict[str, object]]:
    """The verdicts as other programs read them; an effect is in the unit that stands beside it, a factor where the claim is about a ratio."""
    return [
        {
            "claim": verdict.claim.id,
            "outcome": verdict.outcome,
            "effect": _effect_json(verdict),
            "statement": verdict.claim.statement,
            "source": verdict.claim.source,
            "unit": "factor" if verdict.claim.measure.is_ratio else verdict.claim.measure.unit,
        }
        for verdict in verdicts
    ]


def _effect_json(verdict: Verdict) -> dict[str, float | int | None]:
    effect = verdict.effect
    if effect is None:
        return {"value": None, "low": None, "high": None, "n": 0}
    bounds = {"value": effect.value, "low": effect.low, "high": effect.high}
    if verdict.claim.measure.is_ratio:
        bounds = {name: None if bound is None else math.exp(bound) for name, bound in bounds.items()}
    return {**{name: None if bound is None else finite(bound) for name, bound in bounds.items()}, "n": effect.n}
