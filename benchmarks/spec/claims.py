"""Claims, written down before any run: what a paper asserts of a suite's arms, and the margin by which it must hold.

Every test is a contrast (a weight for each of some arms), and where the contrast must lie: beyond the margin, within it on both sides of
zero, or under it.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from benchmarks.spec.metrics import METRICS, Metric
from resnet_variants.lookup import no_such

Region = Literal["beyond", "within", "under"]
FEWEST_SEEDS = 3  # of a verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Less:
    """The metric of `smaller` is less than that of `larger`, by more than the margin."""

    region: ClassVar[Region] = "beyond"
    smaller: str
    larger: str

    @property
    def contrast(self) -> dict[str, int]:
        """larger - smaller."""
        return {self.larger: 1, self.smaller: -1}


@dataclass(frozen=True, kw_only=True, slots=True)
class Equal:
    """The metric of `other` differs from that of `reference` by less than the margin, either way."""

    region: ClassVar[Region] = "within"
    reference: str
    other: str

    @property
    def contrast(self) -> dict[str, int]:
        """other - reference."""
        return {self.other: 1, self.reference: -1}


@dataclass(frozen=True, kw_only=True, slots=True)
class NoWorse:
    """The metric of `other` is above that of `reference` by less than the margin, or not at all."""

    region: ClassVar[Region] = "under"
    reference: str
    other: str

    @property
    def contrast(self) -> dict[str, int]:
        """other - reference."""
        return {self.other: 1, self.reference: -1}


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """The metric of an arm is a stated value, give or take the margin."""

    region: ClassVar[Region] = "within"
    arm: str
    target: float

    @property
    def contrast(self) -> dict[str, int]:
        """The arm itself; what is held against zero is this less the target."""
        return {self.arm: 1}


@dataclass(frozen=True, kw_only=True, slots=True)
class Above:
    """The metric of an arm is above a stated value, by more than the margin."""

    region: ClassVar[Region] = "beyond"
    arm: str
    target: float

    @property
    def contrast(self) -> dict[str, int]:
        """The arm itself; what is held against the margin is this less the target."""
        return {self.arm: 1}


@dataclass(frozen=True, kw_only=True, slots=True)
class NotAbove:
    """The metric of an arm is above a stated value by less than the margin, or not at all."""

    region: ClassVar[Region] = "under"
    arm: str
    target: float

    @property
    def contrast(self) -> dict[str, int]:
        """The arm itself; what is held against the margin is this less the target."""
        return {self.arm: 1}


@dataclass(frozen=True, kw_only=True, slots=True)
class GapGrows:
    """The gap (worse - better) is larger between the second pair of arms than between the first, by more than the margin."""

    region: ClassVar[Region] = "beyond"
    first: tuple[str, str]
    second: tuple[str, str]

    @property
    def contrast(self) -> dict[str, int]:
        """The second gap less the first; a pair is (better, worse)."""
        return {self.second[1]: 1, self.second[0]: -1, self.first[1]: -1, self.first[0]: 1}


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What is asserted, by whom, and how it is tested.

    The margin is in the metric's unit, points of error as a rule, and for what is compared by ratio a share: 0.05 is 5% of the smaller.

    Raises:
        ValueError: an unknown metric, a margin that is not above 0, or an arm that is compared with itself.
    """

    id: str
    statement: str
    source: str
    metric: str
    test: Less | Equal | NoWorse | About | Above | NotAbove | GapGrows
    margin: float

    def __post_init__(self) -> None:
        if self.metric not in METRICS:
            raise ValueError(no_such("metric", self.metric, METRICS))
        if not (math.isfinite(self.margin) and self.margin > 0):
            raise ValueError(f"the margin of claim {self.id!r} must be above 0 points, got {self.margin!r}")
        num_arms = 4 if isinstance(self.test, GapGrows) else 1 if isinstance(self.test, About | Above | NotAbove) else 2
        if len(self.test.contrast) < num_arms:
            raise ValueError(f"claim {self.id!r} compares an arm with itself: {self.test}")

    @property
    def measure(self) -> Metric:
        """How its metric is compared."""
        return METRICS[self.metric]

    @property
    def fewest_repeats(self) -> int:
        """How many seeds or rounds a verdict needs; a count is exact, and one is enough."""
        return 1 if self.measure.over == "counts" else FEWEST_SEEDS

    @property
    def target(self) -> float:
        """What is taken off the contrast: a stated value, or nothing."""
        return self.test.target if isinstance(self.test, About | Above | NotAbove) else 0.0

    @property
    def bound(self) -> float:
        """The margin on the scale of the effect: points, or the logarithm of a ratio."""
        return math.log1p(self.margin) if self.measure.is_ratio else self.margin
