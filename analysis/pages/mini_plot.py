"""Draw the values of a main claim as a small plot for the overview: a line per arm, a dot per seed, and the mean in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.inference.effect_words import value_in_words
from analysis.inference.verdicts import Verdict
from analysis.tables.arm_words import noun_phrase, told_apart, words_of

MOST_ARMS = 4
LEFT, RIGHT = 1.0, 74.0  # per cent of the width, in which dots lie
LINE = 23.0  # pixels per arm
LONGEST_MEAN = 7  # characters that fit beside the dots, as in "0.00206"


@dataclass(frozen=True, kw_only=True, slots=True)
class MiniLine:
    """Words of an arm with its mean, the heights of the three in pixels, and a dot per seed: per cent of the width, and whether it fails."""

    words: str
    mean: str
    text_y: float
    mean_y: float
    dots_y: float
    dots: tuple[tuple[float, bool], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MiniPlot:
    """Plot of a few arms; `description` says what it shows, with numbers."""

    title: str
    description: str
    height: float
    lines: tuple[MiniLine, ...]


def mini_plot(verdict: Verdict | None) -> MiniPlot | None:
    """Return the plot of the arms of a claim, at most four; None if no value of them is known."""
    if verdict is None:
        return None
    means = {arm: mean for arm, mean in verdict.evidence.means.items() if arm in verdict.claim.test.contrast}
    arms = list(means)[:MOST_ARMS]
    values = {arm: list(verdict.evidence.values.get(arm, {}).items()) or [(0, means[arm])] for arm in arms}
    every = [value for found in values.values() for _, value in found]
    if not every:
        return None
    low, high = min(0.0, *every), max(0.0, *every)
    names = _told_apart(arms)
    lines = tuple(_line(verdict, (arm, names[arm]), values[arm], place, (low, high)) for place, arm in enumerate(arms))
    words = verdict.claim.measure.words
    described = "; ".join(f"{noun_phrase(arm)} {line.mean}" for arm, line in zip(arms, lines, strict=True))
    return MiniPlot(title=words, description=f"{words}: {described}.", height=LINE * len(lines), lines=lines)


def _told_apart(arms: Sequence[str]) -> dict[str, str]:
    """Return for each arm the words that the others do not share, which fit the width; "unmodified" for one that lacks what the others have."""
    words = words_of(arms)
    shown = told_apart(words)
    is_one_base = len(arms) > 1 and len({one.base for one in words.values()}) == 1
    return {arm: "unmodified" if is_one_base and shown[arm] == words[arm].base else shown[arm] for arm in arms}


def _line(
    verdict: Verdict, named: tuple[str, str], values: Sequence[tuple[int, float]], place: int, ends: tuple[float, float]
) -> MiniLine:
    arm, words = named
    trains = verdict.evidence.trained.get(arm, {})
    low, high = ends
    span = (high - low) or 1.0
    mean = value_in_words(verdict.claim, verdict.evidence.means[arm])
    return MiniLine(
        words=words,
        mean=mean,
        text_y=LINE * place + 10,
        mean_y=LINE * place + (10 if len(mean) > LONGEST_MEAN else 21),  # a long one stands above the dots
        dots_y=LINE * place + 17,
        dots=tuple((LEFT + (RIGHT - LEFT) * (value - low) / span, not trains.get(seed, True)) for seed, value in values),
    )
