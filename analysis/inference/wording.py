"""Put verdicts into words. Nothing is decided here."""

from collections.abc import Iterator, Sequence

from analysis.inference.cells import headline
from analysis.inference.claim_tests import Doubt, finding_of, is_within_twins
from analysis.inference.control_wording import failures_in_words
from analysis.inference.effects import Evidence
from analysis.inference.exact_wording import describe_identity, describe_readings, in_values
from analysis.inference.sizes import margin_with_unit, percent_of, size, terms, unit_of, with_minus
from analysis.inference.totals import outcome_words
from analysis.inference.verdicts import TOO_EASY, UNTESTED_BY_CONTROL, Outcome, Verdict
from analysis.statistics.margins import smallest_sign_flip_p
from analysis.statistics.means import Estimate, deviation_range
from analysis.statistics.power import MOST_SEEDS
from analysis.tables.arm_words import noun_phrase
from benchmarks.spec.claims import FEWEST_SEEDS
from benchmarks.spec.contrasts import Compare, Finding, Region
from benchmarks.spec.words import counted, listed, sentence

FEWEST_FOR_SIGN_FLIPS = 6  # with 5 seeds the smallest p is 0.0625
SMALLEST_SHOWN_P = 0.0001
NEAR = 0.1  # of the margin: an effect so close to it is not distinguished from it by any practical number of seeds
_PLACES: dict[tuple[Outcome, Region], str] = {
    ("supported", "beyond"): "beyond the margin of",
    ("contradicted", "beyond"): "short of the margin of",
    ("supported", "within"): "within the margin of",
    ("contradicted", "within"): "outside the margin of",
    ("supported", "no-worse"): "above the margin of",
    ("contradicted", "no-worse"): "below the margin of",
}
_FINDINGS: dict[Finding, str] = {
    "better": "{other} is better than {reference}, the whole interval below the margin of",
    "worse": "{other} is worse than {reference}, the whole interval above the margin of",
    "equivalent": "{other} and {reference} are equivalent, the whole interval within the margin of",
}
_DOUBTS: dict[Doubt | None, str] = {
    "no comparison": ", no comparison: every arm fails in most of its runs",
    "mixed": ", mixed: the failures speak for one side and the runs that train for the other",
}


def in_words(verdict: Verdict) -> str:
    """Describe a verdict: its outcome, its effect and margin, the power or the seeds needed if it is inconclusive, its p, its rates and its date."""
    return " ".join([_without_rates(verdict), *_describe_rates(verdict), *_describe_date(verdict)])


def _without_rates(verdict: Verdict) -> str:
    """Describe the outcome of a verdict by the evidence at its rate."""
    claim, evidence, effect = verdict.claim, verdict.evidence, verdict.effect
    if verdict.outcome == "untested":
        return sentence(f"Untested: {describe_gap(verdict)}")
    if verdict.outcome == TOO_EASY:
        return f"{verdict.outcome.capitalize()}: declared so before any run, because errors on these images are too small for such a margin."
    if verdict.outcome == UNTESTED_BY_CONTROL:
        return " ".join([sentence(f"{verdict.outcome.capitalize()}: a control failed"), *failures_in_words(verdict.controls)])
    if verdict.doubt or evidence.is_partial or effect is None:
        return " ".join(_describe_failures(verdict))
    if claim.kind == "identity":
        return f"{outcome_words(verdict).capitalize()}. {describe_identity(verdict)}"
    if claim.kind == "published":
        return f"{outcome_words(verdict).capitalize()}, read from published values: {describe_readings(verdict)}"
    read = f" ({in_values(claim, evidence.read[0])})" if evidence.read else ""
    result = f"{terms(claim)} is {_effect_with_interval(verdict, effect)}{read}, {_position(verdict)} {margin_with_unit(claim)}"
    if verdict.p is None:
        return f"{outcome_words(verdict).capitalize()}. Exact: {result}."
    sentences = [f"{_outcome(verdict)}: {result}."]
    if verdict.is_too_easy:
        sentences.append(describe_floor(verdict))
    elif verdict.outcome == "inconclusive" and claim.kind == "evidence" and not evidence.levels:
        sentences += [*_describe_need(verdict), *describe_power(verdict)]
    if is_within_twins(claim, evidence):
        sentences.append(_describe_twins(verdict))
    return " ".join([*sentences, *describe_training(verdict), _describe_p(verdict, verdict.p)])


def _outcome(verdict: Verdict) -> str:
    """Name the outcome of a verdict, and the look at which a dropped claim stopped."""
    stopped = f" (stopped at look {verdict.stopped_at})" if verdict.stopped_at else ""
    return f"{outcome_words(verdict).capitalize()}{stopped}"


def _describe_rates(verdict: Verdict) -> Iterator[str]:
    """Yield at which learning rate the evidence was found, and the outcome at each."""
    if verdict.outcome in (UNTESTED_BY_CONTROL, TOO_EASY):
        return
    if len(verdict.by_rate) == 1 and verdict.outcome != "untested":
        yield f"At this learning rate only ({verdict.rate:g})."
    elif len(verdict.by_rate) > 1:
        found = [f"{rate:g} {outcome_words(one)} ({headline(one)})" for rate, one in verdict.by_rate.items()]
        which = "the incomplete one" if verdict.outcome == "untested" else "the weakest"
        yield f"At learning rate {verdict.rate:g}, {which} of {len(found)}. By rate: {', '.join(found)}."


def _describe_date(verdict: Verdict) -> Iterator[str]:
    """Yield when an exploratory claim was declared."""
    if verdict.is_exploratory and verdict.declared_at:
        yield f"Exploratory: declared on {verdict.declared_at[:10]}, after the first run."


def describe_gap(verdict: Verdict) -> str:
    """Describe the measurements that an untested claim lacks."""
    if verdict.evidence.failed:
        return f"not measured: {', '.join(verdict.evidence.failed)}"
    claim, looks = verdict.claim, verdict.declared_looks
    if claim.kind == "published":
        return f"no {claim.measure.words} of {listed([noun_phrase(arm) for arm in claim.test.contrast])} under equal conditions"
    if claim.kind == "time":
        missing = claim.fewest_repeats - verdict.num_repeats
        found = f"{verdict.num_repeats} of {claim.fewest_repeats} timing sessions; {missing} {'is' if missing == 1 else 'are'} missing"
        return f"{found}: run the command again in an hour or more"
    is_look = bool(looks) and not claim.is_exact and looks[0] >= claim.fewest_repeats
    number = "number of the first look" if len(looks) > 1 else "declared number"
    needed = f"{looks[0]}, the {number}" if is_look else f"{claim.fewest_repeats}"
    return f"{counted(verdict.num_repeats, f'complete {claim.measure.over[:-1]}')}; a verdict needs {needed}"


def describe_training(verdict: Verdict) -> Iterator[str]:
    """Yield how many runs of each arm train, if any run fails."""
    runs = verdict.evidence.runs
    if any(found.failed for found in runs.values()):
        yield f"{', '.join(f'{found.trained} of {found.n} runs of {noun_phrase(arm)}' for arm, found in runs.items())} train."


def _describe_failures(verdict: Verdict) -> Iterator[str]:
    """Yield the outcome of a claim with a mixed arm, without an arm that trains, or with seeds left out, and its effect in the other seeds."""
    claim, effect, evidence = verdict.claim, verdict.effect, verdict.evidence
    yield f"{_outcome(verdict)}{_DOUBTS.get(verdict.doubt, '')}."
    yield from describe_training(verdict)
    if verdict.failures_p is not None:
        yield f"Failures differ with p {_p(verdict.failures_p)} (Boschloo's test)."
    if not evidence.is_partial:
        return
    which = f"in which {_kept_seeds(evidence)}"
    if effect is None:
        yield f"There is no seed {which}."
    else:
        few = ", too few to test" if effect.n < FEWEST_SEEDS else ""
        result = f"{terms(claim)} is {_effect_with_interval(verdict, effect)}, against a margin of {margin_with_unit(claim)}."
        yield f"In the {counted(verdict.num_repeats, 'seed')} {which}{few}, {result}"
    if evidence.left_out:
        yield f"Left out: {', '.join(evidence.left_out.values())}."
    if verdict.p is not None and verdict.doubt is None:
        yield f"p {_p(verdict.p)} ({_describe_family(verdict)})."


def _kept_seeds(evidence: Evidence) -> str:
    """Describe the seeds whose effects are compared."""
    if len(evidence.runs) == 1:
        return "it trains"
    if not evidence.is_ranking:
        return "all arms train"
    training = ["no arm fails that trains with others"] if evidence.is_mixed else []
    return " and ".join([*training, *(["all arms have a value"] if evidence.left_out else [])])


def _effect_with_interval(verdict: Verdict, effect: Estimate) -> str:
    """Format an effect such as "+68.2 points (98.8% interval +60.0 to +76.4, 5 seeds)"; a count has no interval."""
    claim, look = verdict.claim, verdict.look
    at = f", look {look.number} of {look.of}" if look and look.of > 1 else ""
    if effect.low is None or effect.high is None:
        return f"{size(claim, effect.value)}{unit_of(claim)}"
    count = f"{effect.n} {claim.measure.over}"
    interval = f"{percent_of(verdict.confidence)} interval {size(claim, effect.low)} to {size(claim, effect.high)}, {count}{at}"
    return f"{size(claim, effect.value)}{unit_of(claim)} ({interval})"


def _position(verdict: Verdict) -> str:
    """Describe the position of the effect, or of its whole interval, relative to the margin."""
    if verdict.outcome in ("inconclusive", "depends on the rate"):
        return "against a margin of"
    if isinstance(test := verdict.claim.test, Compare):
        return _FINDINGS[finding_of(verdict.claim, verdict.evidence)].format(other=test.other, reference=test.reference)
    whole = "" if verdict.claim.is_exact else "the whole interval "
    return f"{whole}{_PLACES[verdict.outcome, verdict.claim.test.region]}"


def _describe_twins(verdict: Verdict) -> str:
    """Describe by how much the machine timed one network apart, which exceeds the margin, and whether the interval lies beyond that."""
    apart = f"this machine timed one network up to {verdict.evidence.twin_difference:.1%} apart"
    return f"But {apart}." if verdict.outcome == "inconclusive" else f"The whole interval also lies beyond twins: {apart}."


def describe_floor(verdict: Verdict) -> str:
    """Describe how little the margin of a claim is worth that is too easy here."""
    bases = verdict.evidence.comparable_bases
    num_images = verdict.claim.margin * (sum(bases) / len(bases) if bases else 1.0) / verdict.evidence.image_pct
    images = f"{verdict.claim.measure.counts} image"
    return (
        f"Too easy here: errors are so low that the margin is worth {num_images:.1g} {images}s, less than one {images} per run."
    )


def _describe_need(verdict: Verdict) -> Iterator[str]:
    """Yield the number of seeds that would decide an inconclusive claim, or why no number does."""
    effect, margin = verdict.effect, verdict.claim.bound
    assert effect is not None
    needed, *ends = verdict.num_needed
    if needed is None:
        is_close = min(abs(effect.value - edge) for edge in verdict.claim.edges) < NEAR * margin
        yield (
            "The effect is about as large as the margin: no number of runs decides; another margin or other data would."
            if is_close
            else f"Even {MOST_SEEDS:,} seeds would not decide with 80% power."
        )
        return
    low, high = (f"more than {MOST_SEEDS:,}" if end is None else f"{end:,}" for end in ends)
    least, most = (100 * (factor - 1) for factor in deviation_range(verdict.num_repeats))
    known = f"{verdict.num_repeats} seeds know the spread to {with_minus(f'{least:.0f}')} to +{most:.0f}%"
    yield f"About {needed:,} seeds would decide with 80% power ({low} to {high}, since {known})."
    if verdict.needs_images:
        yield "More test images would decide sooner: their sampling may account for most of the spread."


def describe_power(verdict: Verdict) -> Iterator[str]:
    """Yield the smallest effect that the repeats detect, if the claim is about an effect beyond the margin."""
    claim = verdict.claim
    if verdict.evidence.is_ranking and verdict.detectable > 1:
        yield f"{verdict.num_repeats} {claim.measure.over} detect no correlation with 80% power, not even 1."
    elif claim.test.region == "beyond":
        smallest = f"{size(claim, verdict.detectable).removeprefix('+')}{unit_of(claim)}"
        yield f"{verdict.num_repeats} {claim.measure.over} detect an effect of {smallest} or more with 80% power."


def _describe_p(verdict: Verdict, p: float) -> str:
    """Describe the corrected p, and the p of a sign-flip test from six repeats on."""
    is_enough = verdict.num_repeats >= FEWEST_FOR_SIGN_FLIPS and not verdict.evidence.bases and not verdict.evidence.levels
    sign_flips = f"; p {_p(verdict.p_by_sign_flips)} by a sign-flip test, uncorrected" if is_enough else ""
    how = " by the exact binomial test" if verdict.evidence.levels else ""
    return f"p {_p(p)}{how} ({_describe_family(verdict)}){sign_flips}."


def noise_note(verdicts: Sequence[Verdict]) -> str:
    """Describe what intervals and p values assume, and the smallest p of a sign-flip test, which does not; empty without any."""
    sizes = sorted({verdict.num_repeats for verdict in verdicts if verdict.p is not None and verdict.num_repeats > 1})
    if not sizes:
        return ""
    smallest = [f"p = {p:.2g} with {n} runs" for n in sizes if (p := smallest_sign_flip_p(n)) >= SMALLEST_SHOWN_P]
    limit = f"; without that assumption a sign-flip test cannot go below {', '.join(smallest)}" if smallest else ""
    return f"Intervals and p values assume normal noise from run to run{limit}."


def _describe_family(verdict: Verdict) -> str:
    return f"Holm's correction over {verdict.family_size} claims" if verdict.family_size > 1 else "one claim"


def _p(p: float) -> str:
    """Format a p with its relation, such as "= 0.031" or "< 0.0001"."""
    return f"= {p:.2g}" if p >= SMALLEST_SHOWN_P else f"< {SMALLEST_SHOWN_P}"
