"""Answer the question of a suite in one sentence with its numbers, from the verdict of the claim that the suite names as its main one.

Nothing is written by hand: the sentence follows from the outcome, and from the values of the arms that the claim compares.
"""

from collections.abc import Sequence

from analysis.inference.effect_words import effect_in_words, interval_in_words, stated_in_words, value_in_words
from analysis.inference.pair_words import arms_in_words
from analysis.inference.sizes import margin_size
from analysis.inference.totals import outcome_words
from analysis.inference.verdicts import TOO_EASY, UNTESTED_BY_CONTROL, Verdict
from analysis.inference.wording import describe_gap
from analysis.tables.arm_words import noun_phrase
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import About, Compare, GapGrows, TestOfOneArm, Tracks
from benchmarks.spec.words import counted, sentence
from resnet_variants.names import some_of

_DECIDABLE = (
    "do",
    "does",
    "is",
    "are",
    "can",
    "has",
    "have",
    "will",
    "did",
    "was",
    "were",
)  # questions with the answers yes and no
_ANSWERS = {"supported": "Yes", "contradicted": "No"}


def answer_of(question: str, verdict: Verdict | None) -> str:
    """Return the answer to a question in one sentence; without a verdict the suite claims nothing."""
    if verdict is None:
        return "Nothing is claimed here: the figures and tables show what was measured."
    if verdict.outcome in ("untested", UNTESTED_BY_CONTROL, TOO_EASY):
        return _untested(verdict)
    if verdict.outcome == "depends on the rate":
        return sentence(f"It depends on the learning rate: {_by_rate(verdict)}")
    if verdict.outcome == "inconclusive":
        return sentence(f"Inconclusive: {_values(verdict)}{_why_open(verdict)}{_at_rate(verdict)}")
    lead = _ANSWERS[verdict.outcome] if is_yes_or_no(question) else outcome_words(verdict).capitalize()
    number = len(verdict.by_rate)
    everywhere = f" at {'both' if number == 2 else f'all {number}'} learning rates" if number > 1 else ""
    found = _values(verdict) if is_yes_or_no(question) else _said(verdict)
    return sentence(f"{lead}{everywhere}: {found}{_at_rate(verdict)}")


def is_yes_or_no(question: str) -> bool:
    """Return whether the answers to a question are yes and no: it, or what follows its first comma, begins with a verb."""
    openings = [question, *question.split(", ")[1:2]]
    return question.split(" ")[0].lower() in _DECIDABLE or (
        question.lower().startswith("at ") and openings[-1].split(" ")[0].lower() in _DECIDABLE
    )


def main_verdict(main: str, verdicts: Sequence[Verdict]) -> Verdict | None:
    """Return the verdict of the main claim, or of the first one if it is not judged on these images; None without any."""
    return next((verdict for verdict in verdicts if verdict.claim.id == main), verdicts[0] if verdicts else None)


def _untested(verdict: Verdict) -> str:
    if verdict.outcome == TOO_EASY:
        return sentence(f"Untested here: errors on these images are too small for the margin of the claim{_known(verdict)}")
    if verdict.outcome == UNTESTED_BY_CONTROL:
        return sentence(f"Untested: a control failed{_known(verdict)}")
    failed = list(verdict.evidence.failed)
    gap = f"not measured: {some_of(failed, 1)}" if failed else describe_gap(verdict)
    return sentence(f"Untested ({gap}): {_lower_first(verdict.claim.statement)}")


def _known(verdict: Verdict) -> str:
    return f"; {_values(verdict)}" if verdict.evidence.means else ""


def _at_rate(verdict: Verdict) -> str:
    """Name the learning rate of the values of a claim that is judged at several."""
    return f" (at {verdict.rate:g}, where the claim is weakest)" if verdict.rate is not None and len(verdict.by_rate) > 1 else ""


def _by_rate(verdict: Verdict) -> str:
    """List outcome and effect at each learning rate."""
    found = [f"at {rate:g} {one.outcome} ({effect_in_words(one)})" for rate, one in verdict.by_rate.items()]
    return f"{_lower_first(verdict.claim.statement).rstrip('.')}: {', '.join(found)}"


def _why_open(verdict: Verdict) -> str:
    """Describe the interval that leaves a claim open, to follow the values."""
    interval = interval_in_words(verdict, " and ")
    if not interval or verdict.doubt or verdict.evidence.is_partial:
        return ", which leaves the claim open"
    over = f"; from {counted(verdict.num_repeats, verdict.claim.measure.over[:-1])}"
    if isinstance(verdict.claim.test, TestOfOneArm):  # what it asks for is next to the value
        return f"{over} the value may be anything between {interval}"
    return f"{over} the difference may be anything between {interval}, and the claim asks for {asked_in_words(verdict.claim)}"


def asked_in_words(claim: Claim) -> str:
    """Describe the region in which a claim holds."""
    if isinstance(claim.test, TestOfOneArm):
        return stated_in_words(claim)
    is_equal = isinstance(claim.test, Compare) and claim.test.says == "equivalent"
    if claim.test.region == "within" or is_equal:
        return f"less than {margin_size(claim)} either way"
    return f"less than {margin_size(claim)} worse" if claim.test.region == "no-worse" else f"more than {margin_size(claim)}"


def _said(verdict: Verdict) -> str:
    """Return the statement of a claim with its effect, and the number of networks of an identity."""
    effect = effect_in_words(verdict)
    where = f" in {counted(verdict.num_repeats, 'network')}" if verdict.claim.kind == "identity" else ""
    measured, comma, claimed = effect.partition(", ")
    return f"{_lower_first(verdict.claim.statement).rstrip('.')} ({measured}{where}{comma}{claimed})"


def _values(verdict: Verdict) -> str:
    """Describe the values that a claim compares, each with its arm; the statement and the effect if no value of an arm is known."""
    claim, means, test = verdict.claim, verdict.evidence.means, verdict.claim.test
    if not means.keys() >= test.contrast.keys() or isinstance(test, Tracks):
        return _said(verdict)
    if isinstance(test, GapGrows):
        return _gaps(verdict, test)
    if isinstance(test, TestOfOneArm):
        said = "stated" if isinstance(test, About) else "claimed"
        value = _mean(verdict, test.arm)
        return f"{metric_in_words(claim)} of {noun_phrase(test.arm)} is {value}, where {stated_in_words(claim)} is {said}"
    (place, words), (first, second) = arms_in_words(test.contrast), test.contrast
    if means[first] == means[second] and claim.is_exact:
        return f"{metric_in_words(claim)} of {words[first]} and {words[second]} is exactly the same, {_mean(verdict, first)}"
    values = f"{_mean(verdict, first)} for {words[first]} and {_mean(verdict, second)} for {words[second]}"
    return f"{f'{place} ' if place else ''}{metric_in_words(claim)} is {values}"


def metric_in_words(claim: Claim) -> str:
    """Name the metric of a claim with its article, if it needs one."""
    words = claim.measure.words
    if claim.unit == "epochs":
        return f"the number of {words}"
    return words if words.endswith(("error", "loss")) and " of " not in words else f"the {words}"


def _gaps(verdict: Verdict, test: GapGrows) -> str:
    """Describe both gaps of a claim about them, such as "0.6% at 20 layers and 62% at 56 layers"."""
    means, found = verdict.evidence.means, []
    for better, worse in (test.first, test.second):
        place, words = arms_in_words((better, worse))
        pair = place or f"between {words[better]} and {words[worse]}"
        found.append(f"{value_in_words(verdict.claim, means[worse] - means[better]).replace('%', ' points')} {pair}")
    of = " between the plain and the residual network" if _is_plain_and_residual(test) else ""
    return f"the gap in {verdict.claim.measure.words}{of} is {' and '.join(found)}"


def _is_plain_and_residual(test: GapGrows) -> bool:
    return all({label[:5] for label in pair} == {"plain", "resne"} for pair in (test.first, test.second))


def _mean(verdict: Verdict, arm: str) -> str:
    """Format the mean of an arm, and how many of its runs train if some fail."""
    value, runs = value_in_words(verdict.claim, verdict.evidence.means[arm]), verdict.evidence.runs.get(arm)
    if runs is None or not runs.failed:
        return value
    if not runs.trained:
        return f"{value} (none of {counted(runs.n, 'run')} trains)"
    return f"{value} in the {runs.trained} of {counted(runs.n, 'run')} that train"


def _lower_first(statement: str) -> str:
    """Return a statement to follow a colon: with a small first letter, unless the word is a name."""
    first = statement.split(" ", 1)[0]
    is_name = any(letter.isupper() or letter.isdigit() for letter in first[1:])
    return statement if is_name else f"{statement[:1].lower()}{statement[1:]}"
