"""Claim + effects -> verdict. The only place that decides and words an outcome.

The whole 95% interval is held against the margin that the claim declared before the run, and the claims of a suite are corrected together
(Holm): an outcome stands only where it survives both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

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
from benchmarks.claims import METRICS, Claim, Region

Outcome = Literal["supported", "contradicted", "inconclusive", "untested"]
LEVEL = 0.05
MINUS, PLUS_MINUS = "\N{MINUS SIGN}", "\N{PLUS-MINUS SIGN}"
FEWEST_SEEDS = 3
FEWEST_FOR_SIGN_FLIPS = 6  # with 5 seeds the smallest p is 0.0625


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What the trials say about one claim: its effect by seed, and the trials that failed for reasons of their own."""

    effects: Mapping[int, float]
    failed: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """A claim's outcome, the effect behind it where there is one, the corrected p, and all of it in words."""

    claim: Claim
    outcome: Outcome
    effect: Estimate | None
    num_seeds: int
    p: float | None
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """A claim's outcome and the corrected p behind it, None where it could not be tested."""

    outcome: Outcome
    p: float | None


def decide(claims: Sequence[Claim], evidence: Mapping[str, Evidence]) -> dict[str, Decision]:
    """The outcome of each claim of a suite by its id, corrected together."""
    testable = [claim for claim in claims if _why_untested(evidence[claim.id]) is None]
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
    effect = estimate(values) if values else None
    if decision.p is None or effect is None:
        words = f"Untested: {_why_untested(evidence)}."
        return Verdict(claim=claim, outcome=outcome, effect=effect, num_seeds=len(values), p=None, words=words)
    sentences = [
        f"{outcome.capitalize()}: {_effect_words(claim, effect)}, {_PLACES[outcome, claim.test.region]} {_margin(claim)}."
    ]
    if outcome == "inconclusive":
        sentences.append(_what_is_needed(claim, values, _test(claim, evidence)))
    if claim.test.region == "beyond":
        sentences.append(_what_can_be_found(claim, values))
    sentences.append(_p_words(claim, evidence, decision.p, num_tested))
    return Verdict(claim=claim, outcome=outcome, effect=effect, num_seeds=len(values), p=decision.p, words=" ".join(sentences))


def _why_untested(evidence: Evidence) -> str | None:
    """What stands in the way of a verdict."""
    if evidence.failed:
        return f"not measured: {', '.join(evidence.failed)}"
    if len(evidence.effects) < FEWEST_SEEDS:
        return f"complete seeds: {len(evidence.effects)}, and a verdict needs {FEWEST_SEEDS}"
    return None


def _test(claim: Claim, evidence: Evidence, *, by_sign_flips: bool = False) -> MarginTest:
    return _TESTS[claim.test.region](
        list(evidence.effects.values()), claim.margin, sign_flip_one_sided if by_sign_flips else t_one_sided
    )


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
    """Such as "test error of plain56 - resnet56: +68.2 points (95% interval +60.0 to +76.4, 5 seeds)"."""
    signs = {1: "+", -1: MINUS}
    terms = " ".join(f"{signs[weight]} {arm}" for arm, weight in claim.test.contrast.items()).removeprefix("+ ")
    assert effect.low is not None and effect.high is not None
    interval = f"95% interval {points(effect.low)} to {points(effect.high)}, {effect.n} seeds"
    return f"{METRICS[claim.metric]} of {terms} is {points(effect.value)} points ({interval})"


def _margin(claim: Claim) -> str:
    unit = "point" if claim.margin == 1 else "points"
    return f"{PLUS_MINUS if claim.test.region == 'within' else ''}{claim.margin:g} {unit}"


def points(value: float) -> str:
    """A signed number of points: two digits behind the point under 10, else one."""
    text = f"{value:+.2f}" if abs(value) < 10 else f"{value:+.1f}"
    return text.replace("-", MINUS)


def _what_is_needed(claim: Claim, values: Sequence[float], test: MarginTest) -> str:
    if test.p < LEVEL:
        return "Its interval alone would decide, but not once the suite's claims are corrected together."
    bounds = (-claim.margin, claim.margin) if claim.test.region == "within" else (claim.margin,)
    needed = seeds_needed(values, bounds)
    if needed is None:
        return "The effect lies so near the margin that 1,000 seeds would not part them."
    return f"About {needed} seeds in all would decide, did mean and spread stay as they are."


def _what_can_be_found(claim: Claim, values: Sequence[float]) -> str:
    smallest = claim.margin + detectable_effect(float(np.std(values, ddof=1)), len(values))
    return f"With this spread {len(values)} seeds find a true effect of {points(smallest)} points four times in five."


def _p_words(claim: Claim, evidence: Evidence, p: float, num_tested: int) -> str:
    family = f"Holm over {num_tested} claims" if num_tested > 1 else "one claim"
    words = f"p = {_p(p)} ({family})"
    n = len(evidence.effects)
    smallest = f"the smallest p that {n} seeds can reach by flipping signs is {_p(smallest_sign_flip_p(n))}"
    if n < FEWEST_FOR_SIGN_FLIPS:
        return f"{words}; {smallest}."
    return f"{words}; by flipping signs, uncorrected, p = {_p(_test(claim, evidence, by_sign_flips=True).p)}; {smallest}."


def _p(p: float) -> str:
    return f"{p:.2g}" if p >= 0.0001 else "under 0.0001"
