"""A comparison by value: networks named on the command line, the metric and the margin by which the others are compared with the first.

A plan holds it whole, as a comparison has no file in `suites/`: its suite is made from the plan again, and none of a user's code is run.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.spec.metrics import COMPARABLE, METRICS, Metric
from benchmarks.spec.trial import Arm
from resnet_variants.lookup import choose
from resnet_variants.published import Axis
from resnet_variants.whose import digest_in

USUAL = "test_error_pct"
POINTS, RATIO = (
    0.5,
    0.05,
)  # default margins: in percentage points of error, and as a fraction where two arms are compared by ratio
MATCH_TOLERANCE = (
    0.1  # a step of one channel changes the cost of a network of 16 channels by 13%, so that the nearest is within 6%
)
DIGITS = 6  # of a digest, in labels


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Arms by label, and pairs of labels of which the second network is claimed to have the lower value of a metric, by a margin.

    `asked` has the networks as they were named, the reference first. With `matched` on an axis the reference's width was solved so that it costs
    what the other network of its pair costs; each other network has a reference of its own.

    Raises:
        ValueError: the metric is unknown, the margin is not above 0, or a pair names an unknown arm or
            the same arm twice, or a network is named twice.
    """

    asked: tuple[str, ...]
    arms: Mapping[str, Arm]
    pairs: tuple[tuple[str, str], ...]
    metric: str
    margin: float
    matched: Axis | None = None

    def __post_init__(self) -> None:
        choose("metric", self.metric, COMPARABLE)
        if not (math.isfinite(self.margin) and self.margin > 0):
            raise ValueError(f"--margin must be above 0, got {self.margin:g}")
        twice = next((name for place, name in enumerate(self.asked) if name in self.asked[:place]), None)
        if twice is not None:
            raise ValueError(f"{twice} is named twice: name each network once")
        if not self.pairs:
            raise ValueError("a comparison needs at least two networks")
        for reference, other in self.pairs:
            choose("arm", reference, self.arms)
            choose("arm", other, self.arms)
            if reference == other:
                raise ValueError(
                    f"{other} is compared with itself, as {self.asked[0]} at its cost is the same network: name another one"
                )

    @property
    def measure(self) -> Metric:
        """Metric, and how it is compared."""
        return METRICS[self.metric]

    @property
    def others(self) -> tuple[str, ...]:
        """Labels of the networks that are compared with a reference."""
        return tuple(other for _, other in self.pairs)

    @property
    def references(self) -> tuple[str, ...]:
        """Labels of the references, each once."""
        return tuple(dict.fromkeys(reference for reference, _ in self.pairs))

    @property
    def default_name(self) -> str:
        """Name made of the networks as asked, with digests of users' source, the axis on which they are matched and an unusual metric."""
        networks = " vs ".join(self.with_digest(name) if name in self.arms else name for name in self.asked)
        return f"{networks}{f' at {self.matched}' if self.matched else ''}{f' on {self.metric}' if self.metric != USUAL else ''}"

    def with_digest(self, label: str) -> str:
        """Return a label; that of a user's network with the first digits of the digest of its source."""
        digest = digest_in(self.arms[label].architecture)
        return f"{label}@{digest[:DIGITS]}" if digest else label

    def asks_the_same_as(self, other: "Comparison") -> bool:
        """Return whether another comparison is of the same names, metric, margin and matching; the source behind a name may differ."""
        return self._question == other._question

    @property
    def _question(self) -> tuple[object, ...]:
        return self.asked, self.metric, self.margin, self.matched


def differences(before: Comparison, now: Comparison) -> list[str]:
    """Describe in which of their parts two comparisons differ, as named on the command line."""
    parts = {
        "networks": (", ".join(before.asked), ", ".join(now.asked)),
        "--on": (before.metric, now.metric),
        "--margin": (f"{before.margin:g}", f"{now.margin:g}"),
        "--matched": (before.matched or "nothing", now.matched or "nothing"),
    }
    return [f"{name}: {old}, now {new}" for name, (old, new) in parts.items() if old != new]
