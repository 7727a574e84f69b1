"""Put the map of claims into words: marks of outcomes, effects without a bare sign, the pooled effect, and what an answer depends on."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import get_args

from analysis.inference.claims_map import MapRow
from analysis.inference.control_wording import SMALLEST_SHOWN_P
from analysis.inference.factors import Answer, Cell, Dependence, Factor, Setting
from analysis.inference.forest import is_turned
from analysis.inference.sizes import unit_of, with_minus
from analysis.inference.totals import outcome_words
from analysis.inference.verdicts import Verdict
from analysis.statistics.pooling import Pooled
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Compare
from benchmarks.spec.words import counted

DASH, DOT = "\N{EN DASH}", "\N{MIDDLE DOT}"
# by the first word of an outcome; each differs in shape, so that no mark is known by its colour
MARKS: Mapping[str, str] = {
    "supported": "\N{CHECK MARK}",
    "contradicted": "\N{BALLOT X}",
    "depends": "\N{PLUS-MINUS SIGN}",
    "inconclusive": "?",
    "untested": DASH,
}
FACTORS: Mapping[Factor, str] = {
    "data": "data",
    "recipe": "recipe",
    "rate": "rate",
    "precision": "precision",
    "machine": "machine",
}


def kind_of(verdict: Verdict) -> str:
    """Return the first word of an outcome, which names its mark and its colour."""
    return verdict.outcome.split()[0]


def in_favour(claim: Claim, value: float) -> str:
    """Format an effect that is oriented to the claim's favour: "2.1 points for", "0.4 points against", "1.34 times" for a ratio.

    Equality has no side in its favour: there it is "above" or "below" zero.
    """
    if claim.measure.is_ratio:
        return f"{math.exp(value):.3g} times"
    unit = "" if claim.is_relative else unit_of(claim, is_one=round(abs(value), 2) == 1)
    return f"{_size(claim, value)}{unit}{_side(claim, value)}"


def _size(claim: Claim, value: float) -> str:
    """Format the size of an effect, without its side and its unit but for a per cent sign."""
    number, sign = (100 * abs(value), "%") if claim.is_relative else (abs(value), "")
    return (
        f"{number:.1f}{sign}"
        if number >= 10
        else f"{number:.2f}{sign}"
        if number >= 0.01 or not number
        else f"{number:.2g}{sign}"
    )


def _side(claim: Claim, value: float) -> str:
    is_within = claim.test.region == "within" or (isinstance(claim.test, Compare) and claim.test.says == "equivalent")
    return "" if value == 0 else f" {('below', 'above')[value > 0] if is_within else ('against', 'for')[value > 0]}"


def effect_in_words(claim: Claim, pooled: Pooled) -> str:
    """Return the pooled effect with its interval, such as "47.9 points for [157.0 against, 252.8 for]"."""
    if claim.measure.is_ratio:
        return f"{in_favour(claim, pooled.value)} [{math.exp(pooled.low):.3g}, {math.exp(pooled.high):.3g}]"
    low, high = (f"{_size(claim, end)}{_side(claim, end)}" for end in (pooled.low, pooled.high))
    return f"{in_favour(claim, pooled.value)} [{low}, {high}]"


def heterogeneity(claim: Claim, pooled: Pooled) -> str:
    """Return how far the settings differ: I squared, the standard deviation between them, and the p of Q."""
    spread = f"a factor of {math.exp(pooled.tau):.3g}" if claim.measure.is_ratio else _spread(claim, pooled.tau)
    p = f"= {pooled.q_p:.2g}" if pooled.q_p >= SMALLEST_SHOWN_P else f"< {SMALLEST_SHOWN_P}"
    return f"{pooled.n} studies, I\N{SUPERSCRIPT TWO} {pooled.i_squared:.0%}, \N{GREEK SMALL LETTER TAU} {spread}, Q p {p}"


def _spread(claim: Claim, tau: float) -> str:
    return f"{100 * tau:.3g}%" if claim.is_relative else f"{tau:.3g}{unit_of(claim)}"


def dependence_in_words(row: MapRow) -> list[str]:
    """Return a sentence for each factor, or set of factors, that was varied: on what the answer depends, on what not, and what is open."""
    return [_dependence(found) for found in row.depends_on] or ["one setting"]


def _dependence(found: Dependence) -> str:
    what = factors_in_words(found.factors)
    if found.answer == "yes":
        first, second = found.example
        return f"on {what}: {_example(first, found.factors)}, {_example(second, found.factors)}"
    return f"not on {what}" if found.answer == "no" else f"open: {what}"


def factors_in_words(factors: Sequence[Factor]) -> str:
    """Name a factor, or factors that were varied only together, such as "data, recipe and precision together"."""
    return f"{listed([FACTORS[factor] for factor in factors])}{'' if len(factors) == 1 else ' together'}"


def _example(cell: Cell, factors: Sequence[Factor]) -> str:
    """Return the outcome of a cell with the values of these factors, such as "supported at 0.1"."""
    place = [value for factor, value in values_of(cell.setting).items() if factor in factors and value]
    return f"{outcome_words(cell.verdict)} at {', '.join(place)}"


def values_of(setting: Setting) -> dict[Factor, str]:
    """Return the value of each factor as text; empty where it plays no part."""
    return {
        "data": setting.dataset[0] if setting.dataset else "",
        "recipe": setting.recipe or "",
        "rate": "" if setting.rate is None else f"{setting.rate:g}",
        "precision": setting.precision or "",
        "machine": " and ".join(setting.machine),
    }


def summary_of(rows: Sequence[MapRow]) -> list[tuple[str, int, int, int]]:
    """Return a row per factor, or set of factors: its name, and for how many claims the answer depends on it, does not, or is open."""
    counts: dict[tuple[Factor, ...], Counter[Answer]] = {}
    for found in (found for row in rows for found in row.depends_on):
        counts.setdefault(found.factors, Counter())[found.answer] += 1
    order = {factor: place for place, factor in enumerate(get_args(Factor))}
    varied = sorted(counts, key=lambda factors: (len(factors), [order[factor] for factor in factors]))
    return [(factors_in_words(one), counts[one]["yes"], counts[one]["no"], counts[one]["open"]) for one in varied]


def listed(words: Sequence[str]) -> str:
    """Join words with commas and a final "and"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def cell_title(cell: Cell) -> str:
    """Describe a cell for its title: outcome, setting, effect with its interval in the claim's favour, number of seeds, tier."""
    verdict, claim = cell.verdict, cell.verdict.claim
    place = [
        f"learning rate {value}" if factor == "rate" else value for factor, value in values_of(cell.setting).items() if value
    ]
    parts = [outcome_words(verdict), *place, *_effect(verdict, claim), *([verdict.tier] if verdict.tier else [])]
    return with_minus("; ".join([*parts, *(["exploratory"] if verdict.is_exploratory else [])]))


def _effect(verdict: Verdict, claim: Claim) -> list[str]:
    effect = verdict.effect
    if effect is None or not verdict.is_tested or not math.isfinite(effect.value):
        return []
    sign = -1 if is_turned(claim) else 1
    over = "" if claim.is_exact else f", {counted(effect.n, claim.measure.over[:-1])}"
    return [f"effect {in_favour(claim, sign * effect.value)}{over}"]
