"""Derive a verdict for the reader who opens its row: what was compared and asked for, p, power, rates and origin, in sentences without signs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from analysis.inference.answer import asked_in_words, metric_in_words
from analysis.inference.claim_tests import is_within_twins
from analysis.inference.control_wording import failures_in_words
from analysis.inference.effect_words import DASH, effect_in_words, interval_in_words, value_in_words
from analysis.inference.sizes import percent_of
from analysis.inference.totals import outcome_with_finding
from analysis.inference.verdicts import TOO_EASY, UNTESTED_BY_CONTROL, Verdict
from analysis.inference.wording import describe_floor, describe_gap, describe_power, describe_training
from analysis.statistics.means import deviation_range
from analysis.statistics.power import MOST_SEEDS
from analysis.tables.arm_words import noun_phrase, told_apart, words_of
from benchmarks.spec.contrasts import TestOfOneArm, Tracks
from benchmarks.spec.words import capital, counted, listed, sentence
from resnet_variants.names import some_of

SMALLEST_SHOWN_P = 0.0001
NEAR = 0.1  # of the margin
MOST_SHOWN = 3  # measurements that a sentence names of a longer list


@dataclass(frozen=True, kw_only=True, slots=True)
class Values:
    """Values of an arm by seed, in words; those of runs that do not train are marked. The arm has its name, and words that distinguish it."""

    arm: str
    words: str
    by_seed: Mapping[int, str]


def derivation(verdict: Verdict) -> tuple[str, ...]:
    """Return the sentences that lead to a verdict."""
    claim = verdict.claim
    if verdict.outcome == TOO_EASY:
        return ("Declared before any run: errors on these images are too small for such a margin.",)
    if verdict.outcome == UNTESTED_BY_CONTROL:
        return ("A control failed, so that no claim of evidence is tested.", *failures_in_words(verdict.controls))
    if not verdict.is_tested:
        failed = list(verdict.evidence.failed)
        return (sentence(f"Not measured: {some_of(failed, MOST_SHOWN)}" if failed else f"Not enough: {describe_gap(verdict)}"),)
    reasons = [
        _compared(verdict),
        *describe_training(verdict),
        *_twins(verdict),
        *_p_in_words(verdict),
        *_open(verdict),
        *_rates(verdict),
    ]
    if verdict.is_exploratory and verdict.declared_at:
        reasons.append(f"Exploratory: declared on {verdict.declared_at[:10]}, after the first run.")
    if claim.kind == "identity":
        reasons.append("True by construction: a network in which it fails would be built wrongly.")
    return tuple(reasons)


def values_by_seed(verdict: Verdict) -> list[Values]:
    """Return the values of each arm by seed, as the claim compares them in pairs."""
    evidence, seeds = verdict.evidence, sorted({seed for found in verdict.evidence.values.values() for seed in found})
    words = told_apart(words_of(evidence.values))
    return [
        Values(
            arm=arm,
            words=words[arm],
            by_seed={
                seed: f"{value_in_words(verdict.claim, found[seed])}{'' if evidence.trained.get(arm, {}).get(seed, True) else ' (fails)'}"
                if seed in found
                else DASH
                for seed in seeds
            },
        )
        for arm, found in evidence.values.items()
        if found
    ]


def _compared(verdict: Verdict) -> str:
    """Describe what was compared, over how many repeats, with which interval, and what the claim asks for."""
    claim, evidence, test = verdict.claim, verdict.evidence, verdict.claim.test
    arms = listed([noun_phrase(arm) for arm in test.contrast])
    what = f"{capital(metric_in_words(claim))} of {arms}"
    if claim.is_exact:
        how = f"in {counted(verdict.num_repeats, 'network')}" if claim.kind == "identity" else _read(verdict)
    else:
        pairs = "" if isinstance(test, TestOfOneArm | Tracks) else ", in pairs"
        part = f"{verdict.num_repeats} of {evidence.num_repeats}" if evidence.is_partial else str(verdict.num_repeats)
        noun = claim.measure.over if verdict.num_repeats > 1 or evidence.is_partial else claim.measure.over[:-1]
        how = f"over {part} {noun}{pairs}"
    interval = interval_in_words(verdict)
    bounds = f" The {percent_of(verdict.confidence)} interval is {interval}." if interval and not claim.is_exact else ""
    others = interval_in_words(verdict, on_other_images=True)
    bounds += f" For other images it is {others}." if others else ""
    look = f" Look {verdict.look.number} of {verdict.look.of}." if verdict.look and verdict.look.of > 1 else ""
    return f"{what}, {how}.{bounds} The claim asks for {asked_in_words(claim)}.{look}"


def _read(verdict: Verdict) -> str:
    """List the exact values of the arms: counted, or read in each published setting."""
    evidence = verdict.evidence
    rows = [
        " and ".join(f"{value:,}" if isinstance(value, int) else f"{value:.6g}" for value in values.values())
        for values in evidence.read
    ]
    if verdict.claim.kind != "published":
        return f"exact: {rows[0]}" if rows else "exact"
    where = [f"{row} ({setting})" for row, setting in zip(rows, evidence.settings, strict=True)]
    return f"read in {counted(verdict.num_repeats, 'published setting')}: {'; '.join(where)}"


def _twins(verdict: Verdict) -> Iterator[str]:
    if is_within_twins(verdict.claim, verdict.evidence):
        yield f"This machine timed one and the same network up to {verdict.evidence.twin_difference:.1%} apart, more than the margin."


def _p_in_words(verdict: Verdict) -> Iterator[str]:
    """Yield the corrected p, and that of the failures if they take part."""
    if verdict.failures_p is not None:
        yield f"The failures differ with p {_p(verdict.failures_p)} (Boschloo's test)."
    if verdict.p is not None:
        over = f" after Holm's correction over {verdict.family_size} claims" if verdict.family_size > 1 else ""
        yield f"p {_p(verdict.p)}{over}."


def _open(verdict: Verdict) -> Iterator[str]:
    """Yield why a claim is open: too easy, or short of seeds, and how many would decide it."""
    evidence = verdict.evidence
    if verdict.outcome not in ("inconclusive", "depends on the rate") or verdict.claim.kind != "evidence":
        return
    if verdict.doubt == "no comparison":
        yield "Every arm fails in most of its runs, so that there is nothing to compare."
    elif verdict.doubt == "mixed":
        yield "The failures speak for one side and the runs that train for the other."
    elif verdict.is_too_easy:
        yield describe_floor(verdict)
    elif verdict.effect is not None and not evidence.is_partial and not evidence.levels and verdict.num_repeats > 1:
        yield _need(verdict)
        yield from describe_power(verdict)
    if verdict.stopped_at:
        yield f"Stopped at look {verdict.stopped_at}: the last one declared would hardly decide it."


def _need(verdict: Verdict) -> str:
    """Describe how many seeds would decide, or why no number does."""
    effect, margin = verdict.effect, verdict.claim.bound
    assert effect is not None
    needed, *ends = verdict.num_needed
    if needed is None:
        is_close = min(abs(effect.value - edge) for edge in verdict.claim.edges) < NEAR * margin
        return (
            "The measured difference is about as large as the one asked for: more runs cannot decide this, another margin or other data would."
            if is_close
            else f"Even {MOST_SEEDS:,} seeds would not decide with 80% power."
        )
    low, high = (f"more than {MOST_SEEDS:,}" if end is None else f"{end:,}" for end in ends)
    least, most = deviation_range(verdict.num_repeats)
    known = f"{verdict.num_repeats} seeds know the spread only within {least:.1f} to {most:.1f} times what it is here"
    return f"About {needed:,} seeds would decide with 80% power ({low} to {high}, since {known})."


def _rates(verdict: Verdict) -> Iterator[str]:
    """Yield the outcome and the effect at each learning rate."""
    if len(verdict.by_rate) == 1:
        yield f"Tested at one learning rate, {verdict.rate:g}."
    elif verdict.by_rate:
        found = [f"{rate:g} {outcome_with_finding(one)} ({effect_in_words(one)})" for rate, one in verdict.by_rate.items()]
        yield f"Shown is learning rate {verdict.rate:g}, the weakest of {len(found)}: {'; '.join(found)}."


def _p(p: float) -> str:
    return f"= {p:.2g}" if p >= SMALLEST_SHOWN_P else f"< {SMALLEST_SHOWN_P}"
