"""Format numbers for the tables of a page, and load the templates."""

import math
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from analysis.inference import predictions
from analysis.inference.cells import group_title, outcomes_in_words, repeats, training
from analysis.inference.control_wording import control_in_words
from analysis.inference.derivation import derivation
from analysis.inference.effect_words import difference_in_words, effect_in_words, effect_with_interval, interval_in_words
from analysis.inference.sizes import margin, points, with_minus
from analysis.inference.totals import outcome_with_finding
from analysis.pages.image_notes import effects_note, errors_note
from analysis.statistics.failures import Runs, failure_interval
from analysis.statistics.means import Estimate, Spread
from analysis.tables.counts import short_count
from benchmarks.spec.predictions import PREDICTED
from benchmarks.spec.tuning import RateRuns
from benchmarks.spec.words import sentence

ARXIV = re.compile(r"\b(\d{4}\.\d{4,5})\b")


@cache
def templates() -> jinja2.Environment:
    """Return the template environment with the filters below; values in HTML are escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=jinja2.select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= _filters()
    environment.globals["predicted_outcomes"] = PREDICTED
    return environment


def _filters() -> dict[str, Callable[..., object]]:
    return {
        "effects_note": effects_note,
        "errors_note": errors_note,
        "milliseconds": milliseconds,
        "rate": rate,
        "gap": gap,
        "megabytes": megabytes,
        "three_digits": three_digits,
        "percent": percent,
        "seconds": seconds,
        "training": training,
        "runs_that_train": runs_that_train,
        "failure_rate": failure_rate,
        "group_title": group_title,
        "outcome_words": outcome_with_finding,
        "outcomes_in_words": outcomes_in_words,
        "derivation": derivation,
        "predictions_in_words": predictions.in_words,
        "predictions_note": predictions.note,
        "control_in_words": control_in_words,
        "tuning_runs": tuning_runs,
        "margin": margin,
        "repeats": repeats,
        "sentence": sentence,
        "interval": interval,
        "count": count,
        "cell": cell,
        "linked": linked,
        "difference_in_words": difference_in_words,
        "effect_in_words": effect_in_words,
        "effect_with_interval": effect_with_interval,
        "interval_in_words": interval_in_words,
        "two_digits": two_digits,
        "short_interval": short_interval,
    }


def runs_that_train(runs: Runs | None) -> str:
    """Format how many runs of an arm train, such as "2 of 8"."""
    return "\N{EN DASH}" if runs is None else f"{runs.trained} of {runs.n}"


def tuning_runs(found: RateRuns) -> str:
    """Format the mean held-out error at a rate in per cent, and how many runs train there, such as "4.21 (3 of 3)"."""
    return f"{two_digits(found.error_pct)} ({found.num_trained} of {len(found.runs)})"


def failure_rate(runs: Runs | None) -> str:
    """Format the failure rate and its exact interval in per cent."""
    if runs is None:
        return "\N{EN DASH}"
    low, high = failure_interval(runs)
    return f"{100 * runs.failed / runs.n:.0f} [{100 * low:.0f}, {100 * high:.0f}]"


def interval(estimate: Estimate | None) -> str:
    """Format a mean and its interval in per cent; the interval is clipped to 0 and 100."""
    if estimate is None:
        return "\N{EN DASH}"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.2f}"
    return f"{estimate.value:.2f} [{max(estimate.low, 0):.2f}, {min(estimate.high, 100):.2f}]"


def short_interval(estimate: Estimate | None) -> str:
    """Format a mean and its interval with three significant digits."""
    if estimate is None:
        return "\N{EN DASH}"
    if estimate.low is None or estimate.high is None or estimate.low == estimate.high:
        return three_digits(estimate.value)
    return f"{three_digits(estimate.value)} [{three_digits(estimate.low)}, {three_digits(estimate.high)}]"


def two_digits(number: float | None) -> str:
    """Format a number with two decimals, or a dash for None and NaN."""
    return "\N{EN DASH}" if number is None or math.isnan(number) else with_minus(f"{number:.2f}")


def gap(number: float | None) -> str:
    """Format a signed number of points, or a dash for None."""
    return "\N{EN DASH}" if number is None else points(number) if abs(number) >= 0.005 else "0"


def milliseconds(step: Spread | None) -> str:
    """Format the median and the quartiles in milliseconds, marked if they are noisy."""
    if step is None:
        return "\N{EN DASH}"
    low, median, high = (three_digits(1000 * seconds) for seconds in (step.low, step.median, step.high))
    return f"{median} [{low}, {high}]{' noisy' if step.is_noisy else ''}"


def three_digits(number: float) -> str:
    """Format a number with three significant digits, and with all digits before the point."""
    return with_minus(f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}")


def rate(step: Spread | None, batch_size: int) -> str:
    """Format the images per second at the median."""
    return "\N{EN DASH}" if step is None else f"{batch_size / step.median:,.0f}"


def percent(share: float | None) -> str:
    """Format a share in per cent."""
    return "\N{EN DASH}" if share is None or math.isnan(share) else with_minus(f"{share:.0%}")


def seconds(number: float | None) -> str:
    """Format a duration in seconds with one decimal."""
    return "\N{EN DASH}" if number is None or math.isnan(number) else f"{number:.1f}"


def megabytes(number: float | None) -> str:
    """Format a number of bytes in millions."""
    return "\N{EN DASH}" if number is None or math.isnan(number) else f"{number / 1e6:,.0f}"


def count(number: int | None, is_lower_bound: bool = False) -> str:
    """Format a count with three significant digits and G, M or k for billions, millions or thousands."""
    if number is None:
        return "\N{EN DASH}"
    if is_lower_bound:
        return f"at least {short_count(number)}"
    return short_count(number)


def linked(text: str) -> Markup:
    """Escape a text for HTML, and link each number of an arXiv paper in it."""
    return Markup(ARXIV.sub(r'<a href="https://arxiv.org/abs/\1">\1</a>', str(escape(text))))


def cell(text: object) -> str:
    """Escape a text for a Markdown table, without line breaks and markup."""
    return re.sub(r"([|>`\\]|<(?! ))", r"\\\1", " ".join(str(text).split()))
