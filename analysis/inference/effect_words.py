"""Put an effect into words that need no sign, as "61.8 points lower test error", "1.34 times fewer parameters" or "exactly equal"."""

import math
import re

from analysis.inference.forest import is_turned
from analysis.inference.sizes import margin_size, with_minus
from analysis.inference.verdicts import Verdict
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import AboutTimes, Compare, Equal, GapGrows, Less, NotAbove, TestOfOneArm, Tracks
from benchmarks.spec.metrics import limits_of

LOWER, HIGHER = "lower", "higher"
DASH, EXACTLY_0, BELOW = "\N{EN DASH}", "exactly 0", " below zero"
_SAID = re.compile(
    r"\b(lower|less|fewer|smaller|closer|nearer|shorter|faster|sooner)\b|\b(higher|more|larger|longer|farther|worse|raises?)\b(?! than an?\b)"
)
_NOUNS = {
    "test_error_pct": "test error",
    "train_error_pct": "training error",
    "train_loss": "training loss",
    "top1_error_pct": "top-1 error",
    "params": "parameters",
    "macs": "multiply-adds",
    "activations": "activations",
}
_PAIRS = {"counts": ("fewer", "more"), "sessions": ("faster", "slower")}  # of ratios, by what is repeated


def effect_in_words(verdict: Verdict) -> str:
    """Describe the effect of a verdict without a sign, and how many runs of each arm train if only some do; a dash if it is untested."""
    effect = verdict.effect
    if not verdict.is_tested:
        return DASH
    if effect is None:
        return _trained(verdict)
    words = difference_in_words(verdict.claim, effect.value)
    return f"{words}; {_trained(verdict)}" if verdict.evidence.is_mixed else words


def effect_with_interval(verdict: Verdict) -> str:
    """Describe the effect of a verdict with its interval, as in "64.5 points higher training error [37.6 to 91.5]"."""
    interval = interval_in_words(verdict)
    return f"{effect_in_words(verdict)}{f' [{interval}]' if interval else ''}"


def difference_in_words(claim: Claim, value: float) -> str:
    """Describe an effect without a sign: its size, its direction and the metric."""
    if isinstance(claim.test, TestOfOneArm | AboutTimes):
        measured, stated = _measured(claim, value), stated_in_words(claim)
        if stated == EXACTLY_0 and abs(value) <= claim.margin:
            return (
                f"{measured}, as claimed"
                if measured == EXACTLY_0
                else f"{measured}, within {margin_size(claim)} of the claimed 0"
            )
        return f"{measured}; claimed {stated}"
    if isinstance(claim.test, Tracks):
        return f"rank correlation {abs(value):.2f}{', reversed' if value < 0 else ''}"
    if value == 0:
        return "exactly equal" if claim.is_exact else "equal on average"
    noun = _NOUNS.get(claim.metric, "")
    if isinstance(claim.test, GapGrows):
        return f"{_size(claim, value)} {'larger' if value > 0 else 'smaller'} gap"
    return " ".join(filter(None, (_size(claim, value), _direction(claim, value), noun)))


def interval_in_words(verdict: Verdict, joined: str = " to ", *, on_other_images: bool = False) -> str:
    """Describe the interval of an effect without signs, in the order of the forest plot, that of a share within its limits; "" if there is none."""
    claim, effect = verdict.claim, verdict.effect_on_other_images if on_other_images else verdict.effect
    if not verdict.is_tested or effect is None or effect.low is None or effect.high is None or effect.low == effect.high:
        return ""
    if not (math.isfinite(effect.low) or math.isfinite(effect.high)):
        return "unbounded"
    ends = (effect.high, effect.low) if is_turned(claim) else (effect.low, effect.high)
    if isinstance(claim.test, TestOfOneArm | AboutTimes | Tracks):
        low, high = (_value_in_words(claim, value, is_bare=True) for value in sorted(_possible(claim, end) for end in ends))
        return joined.join((low.removesuffix(BELOW) if high.endswith(BELOW) else low, high))
    if ends[0] * ends[1] >= 0 and ends[0] * effect.value >= 0:
        return joined.join(_size(claim, end, is_bare=True) for end in sorted(ends, key=abs))
    larger = ("smaller", "larger")
    ways = [larger[end > 0] if isinstance(claim.test, GapGrows) else _direction(claim, end) for end in ends]
    return joined.join(f"{_size(claim, end, is_bare=True)} {way}" for end, way in zip(ends, ways, strict=True))


def value_in_words(claim: Claim, value: float, *, is_bare: bool = False) -> str:
    """Format a value of a claim's metric for a sentence: "65%" or "4.1%" of errors, a count, or three significant digits; never with a sign."""
    size, below = abs(value), BELOW if value < 0 else ""
    if claim.unit == "points" and not claim.measure.is_ratio:
        number = f"{size:.0f}" if size >= 10 else f"{size:.1f}" if size >= 1 or not value else f"{size:.2g}"
        return f"{number}{'%' if claim.metric.endswith('_pct') else '' if is_bare else ' points'}{below}"
    if claim.measure.over == "counts":
        return _count(size)
    if value == 0:
        return EXACTLY_0
    unit = f" {claim.unit}" if claim.unit and not claim.measure.is_ratio and claim.unit != "epochs" and not is_bare else ""
    number = f"{size:.3g}" if size >= 0.001 else f"{size:.1g}"
    return with_minus(f"{number}{unit}{below}")


def _count(number: float) -> str:
    for unit, name in ((1e9, "billion"), (1e6, "million")):
        if number >= unit:
            return f"{number / unit:.3g} {name}"
    return f"{number:,.0f}" if number == int(number) else f"{number:.4g}"


def _size(claim: Claim, effect: float, *, is_bare: bool = False) -> str:
    """Format the size of a difference or a ratio without its sign, and without its unit if it `is_bare`."""
    if claim.measure.is_ratio:
        factor = math.exp(abs(effect)) if math.isfinite(effect) else math.inf
        if isinstance(claim.test, Equal) or factor < 1.1:
            return f"{100 * (factor - 1):.2g}%"
        return f"{factor:.3g}{'' if is_bare else ' times'}"
    if not math.isfinite(effect):
        return "unbounded"
    size = abs(effect)
    if claim.is_relative:
        return f"{100 * size:.0f}%" if size >= 1 else f"{100 * size:.1f}%"
    number = (f"{size:.1f}" if size >= 10 else f"{size:.2f}") if claim.unit == "points" else f"{size:.3g}"
    return f"{number}{f' {claim.unit}' if claim.unit and not is_bare else ''}"


def _direction(claim: Claim, effect: float) -> str:
    """Return the direction of an effect, seen from the arm that the statement begins with."""
    fewer, more = _PAIRS.get(claim.measure.over, (LOWER, HIGHER)) if claim.measure.is_ratio else (LOWER, HIGHER)
    if claim.unit == "epochs":
        fewer, more = "sooner", "later"
    if isinstance(claim.test, Compare | Equal):  # other - reference
        return more if effect > 0 else fewer
    if not isinstance(claim.test, Less):  # reference - other
        return fewer if effect > 0 else more
    said = _SAID.search(claim.statement)
    says_more = said is not None and said[2] is not None and claim.unit != "epochs"
    return more if (effect > 0) == says_more else fewer


def _value(claim: Claim, effect: float) -> float:
    """Return the value of the arm that a claim is about, or the factor between two, from its effect; else the effect itself."""
    if isinstance(claim.test, AboutTimes):
        return math.exp(effect) * claim.test.times
    if not isinstance(claim.test, TestOfOneArm):
        return effect
    return claim.test.target - effect if isinstance(claim.test, NotAbove) else claim.test.target + effect


def _possible(claim: Claim, effect: float) -> float:
    """Return the value at the end of an interval; that of one arm lies within the limits of its metric."""
    value = _value(claim, effect)
    if not isinstance(claim.test, TestOfOneArm):
        return value
    lowest, highest = limits_of(claim.metric)
    return min(max(value, lowest), highest)


def _measured(claim: Claim, effect: float) -> str:
    """Format the value of a claim about one arm, or the factor between two, from its effect."""
    return _value_in_words(claim, _value(claim, effect))


def _value_in_words(claim: Claim, value: float, *, is_bare: bool = False) -> str:
    if isinstance(claim.test, AboutTimes):
        return f"{value:.3g} times"
    if isinstance(claim.test, Tracks):
        return f"{abs(value):.2f}{BELOW if value < 0 else ''}"
    return value_in_words(claim, value, is_bare=is_bare)


def stated_in_words(claim: Claim) -> str:
    """Format what a claim states of one arm, or of the factor between two: a value, or the limit with its margin."""
    test = claim.test
    if isinstance(test, AboutTimes):
        return f"{test.times:g}"
    assert isinstance(test, TestOfOneArm)
    if test.region == "within":
        return value_in_words(claim, test.target)
    limit = value_in_words(claim, test.target + claim.margin, is_bare=True).removeprefix("exactly ")
    return f"{'over' if test.region == 'beyond' else 'under'} {limit}"


def _trained(verdict: Verdict) -> str:
    """List how many runs of each arm train if some fail, or of more than two arms together; a dash if all do or nothing was measured."""
    runs = verdict.evidence.runs
    if not any(found.failed for found in runs.values()):
        return DASH
    counts = [(one.trained, one.n) for one in runs.values()]
    shown = counts if len(counts) <= 2 else [(sum(trained for trained, _ in counts), sum(n for _, n in counts))]
    return f"{' and '.join(f'{trained}/{n}' for trained, n in shown)} train"
