"""Format effects, margins and the terms of a claim, in its unit: points, another unit, or a factor."""

import math
from collections.abc import Sequence

from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import AboutTimes, NotAbove, Region, Tracks

MINUS, PLUS_MINUS, TIMES = "\N{MINUS SIGN}", "\N{PLUS-MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
_IN_TABLE: dict[Region, str] = {
    "beyond": "{}",
    "within": f"{PLUS_MINUS}{{}}",
    "three-way": f"{PLUS_MINUS}{{}}",
    "no-worse": "<{} worse",
}
_SIGNS: dict[Region, str] = {"beyond": "", "within": PLUS_MINUS, "three-way": PLUS_MINUS, "no-worse": MINUS}


def size(claim: Claim, effect: float) -> str:
    """Format an effect, or a bound of its interval, in the unit of the claim: points, another unit, or a factor."""
    if claim.measure.is_ratio:
        return f"{TIMES}{math.exp(effect):.3g}"
    if claim.is_relative:
        return _percent(100 * effect) if math.isfinite(effect) else "unbounded"
    return points(effect) if claim.unit == "points" else with_minus(f"{effect:+.3g}")


def _percent(value: float) -> str:
    return "0%" if abs(value) < 0.005 else f"{with_minus(f'{value:+.3g}')}%"


def points(value: float) -> str:
    """Format a signed number of points, with two decimals below 10 and one from there on."""
    if abs(value) < 0.005:
        return "0.00"
    return with_minus(f"{value:+.2f}" if abs(value) < 10 else f"{value:+.1f}")


def with_minus(text: str) -> str:
    """Replace the hyphens of a formatted number by minus signs."""
    return text.replace("-", MINUS)


def percent_of(confidence: float) -> str:
    """Format a confidence with three digits, such as 95% or 98.8%."""
    return f"{100 * confidence:.3g}%"


def margin(claim: Claim) -> str:
    """Format the margin for a table, such as 1, ±1 or "<5% worse"."""
    return _IN_TABLE[claim.test.region].format(_number(claim))


def terms(claim: Claim) -> str:
    """Name the metric and the arms that a claim compares, as a sum, a quotient or a ranking."""
    if isinstance(claim.test, Tracks):
        *first, last = claim.test.arms
        by, other = (measure.words for measure in claim.measures)
        return f"rank correlation of {other} with {by} over {', '.join(first)} and {last}"
    if isinstance(claim.test, NotAbove):
        return f"{_stated(claim.test.target)} {MINUS} {claim.measure.words} of {claim.test.arm}"
    signs = {1: TIMES, -1: "/"} if claim.measure.is_ratio else {1: "+", -1: MINUS}
    joined = " ".join(f"{signs[weight]} {arm}" for arm, weight in claim.test.contrast.items()).removeprefix(f"{signs[1]} ")
    if isinstance(claim.test, AboutTimes):
        return f"{claim.measure.words} of {joined}, relative to the stated {TIMES}{claim.test.times:g},"
    target = f" {MINUS if claim.target > 0 else '+'} {_stated(abs(claim.target))}" if claim.target else ""
    return f"{claim.measure.words} of {joined}{target}"


def span(ends: Sequence[str]) -> str:
    """Format a range by its ends, or a single value if they are equal."""
    low, high = ends
    return low if low == high else f"{low} to {high}"


def margin_with_unit(claim: Claim) -> str:
    """Format the margin for a sentence, such as 1 point, ±1 point or −1 point."""
    return f"{_SIGNS[claim.test.region]}{margin_size(claim)}"


def margin_size(claim: Claim) -> str:
    """Format the size of the margin with its unit, such as 1 point."""
    return f"{_number(claim)}{unit_of(claim, is_one=claim.margin == 1)}"


def _number(claim: Claim) -> str:
    return f"{100 * claim.margin:g}%" if claim.measure.is_ratio or claim.is_relative else _stated(claim.margin)


def _stated(value: float) -> str:
    """Format a margin or a value that a claim states; fractions such as 1/45 have four digits."""
    return with_minus(f"{value:.4g}" if abs(value) < 1 else f"{value:g}")


def unit_of(claim: Claim, *, is_one: bool = False) -> str:
    """Return a blank and the unit of a difference; nothing for a ratio, a relative margin or a metric without a unit."""
    unit = "" if claim.measure.is_ratio or claim.is_relative else claim.unit
    return f" {unit.removesuffix('s') if is_one else unit}" if unit else ""
