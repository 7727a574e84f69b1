"""Numbers as a page's tables show them, and the templates that they stand in."""

import math
import re
from functools import cache
from pathlib import Path

import jinja2

from analysis.inference.wording import bounds, in_words, margin, points, repeats, size
from analysis.statistics import Estimate, Spread
from benchmarks.spec.words import sentence


@cache
def templates() -> jinja2.Environment:
    """The templates, with the filters below; what stands in HTML is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=jinja2.select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "milliseconds": milliseconds,
        "rate": rate,
        "gap": gap,
        "megabytes": megabytes,
        "three_digits": three_digits,
        "percent": percent,
        "seconds": seconds,
        "points": points,
        "size": size,
        "in_words": in_words,
        "margin": margin,
        "repeats": repeats,
        "bounds": bounds,
        "sentence": sentence,
        "interval": interval,
        "count": count,
        "cell": cell,
        "two_digits": two_digits,
        "short_interval": short_interval,
    }
    return environment


def interval(estimate: Estimate | None) -> str:
    """A mean and its interval in per cent; the interval is cut at no error and at all errors."""
    if estimate is None:
        return "\N{EN DASH}"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.2f}"
    return f"{estimate.value:.2f} [{max(estimate.low, 0):.2f}, {min(estimate.high, 100):.2f}]"


def short_interval(estimate: Estimate | None) -> str:
    """A mean of any size and its interval, with the three digits that count."""
    if estimate is None:
        return "\N{EN DASH}"
    if estimate.low is None or estimate.high is None or estimate.low == estimate.high:
        return three_digits(estimate.value)
    return f"{three_digits(estimate.value)} [{three_digits(estimate.low)}, {three_digits(estimate.high)}]"


def two_digits(number: float | None) -> str:
    """A number with two digits behind the point, or a dash where there is none."""
    return "\N{EN DASH}" if number is None or math.isnan(number) else f"{number:.2f}"


def gap(number: float | None) -> str:
    """A signed number of points, or a dash where there is none."""
    return "\N{EN DASH}" if number is None else points(number) if abs(number) >= 0.005 else "0"


def milliseconds(step: Spread | None) -> str:
    """The median and its quartiles, marked where these lie far apart."""
    if step is None:
        return "\N{EN DASH}"
    low, median, high = (three_digits(1000 * seconds) for seconds in (step.low, step.median, step.high))
    return f"{median} [{low}, {high}]{' noisy' if step.is_noisy else ''}"


def three_digits(number: float) -> str:
    """A number with the three digits that count, and all of those before the point."""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def rate(step: Spread | None, batch_size: int) -> str:
    """Images a second at the median."""
    return "\N{EN DASH}" if step is None else f"{batch_size / step.median:,.0f}"


def percent(share: float | None) -> str:
    """A share in per cent."""
    return "\N{EN DASH}" if share is None or math.isnan(share) else f"{share:.0%}"


def seconds(number: float | None) -> str:
    """A duration with one digit behind the point."""
    return "\N{EN DASH}" if number is None or math.isnan(number) else f"{number:.1f}"


def megabytes(number: float | None) -> str:
    """A number of bytes in units of a million."""
    return "\N{EN DASH}" if number is None or math.isnan(number) else f"{number / 1e6:,.0f}"


def count(number: int | None, is_lower_bound: bool = False) -> str:
    """A number in millions or thousands, with three digits that count."""
    if number is None:
        return "\N{EN DASH}"
    if is_lower_bound:
        return f"at least {count(number)}"
    for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= unit:
            return f"{number / unit:.3g} {name}" if number < 1000 * unit else f"{number / unit:,.0f} {name}"
    return str(number)


def cell(text: object) -> str:
    """A text that cannot break a Markdown table or smuggle in markup."""
    return re.sub(r"([|<>`\\])", r"\\\1", " ".join(str(text).split()))
