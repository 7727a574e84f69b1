"""Claims, fixed before any run: what a paper asserts about a suite's arms, and by which margin it must hold.

Every test is a contrast (a weight for each of some arms) and the region where it must lie: beyond the margin, within it
on both sides of zero, or under it.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from benchmarks.spec.metrics import METRICS, Metric
from resnet_variants.lookup import no_such

Region = Literal["beyond", "within", "under"]
Kind = Literal["evidence", "time", "count", "identity"]
EXACT_KINDS = frozenset({"count", "identity"})
FEWEST_SEEDS = 3  # for a verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Less:
    """Test whether the metric of `smaller` is below that of `larger` by more than the margin."""

    region: ClassVar[Region] = "beyond"
    smaller: str
    larger: str

    @property
    def contrast(self) -> dict[str, int]:
        """Weights of larger - smaller."""
        return {self.larger: 1, self.smaller: -1}


@dataclass(frozen=True, kw_only=True, slots=True)
class Equal:
    """Test whether the metrics of `other` and `reference` differ by less than the margin, in either direction."""

    region: ClassVar[Region] = "within"
    reference: str
    other: str

    @property
    def contrast(self) -> dict[str, int]:
        """Weights of other - reference."""
        return {self.other: 1, self.reference: -1}


@dataclass(frozen=True, kw_only=True, slots=True)
class NoWorse:
    """Test whether the metric of `other` exceeds that of `reference` by less than the margin, if at all."""

    region: ClassVar[Region] = "under"
    reference: str
    other: str

    @property
    def contrast(self) -> dict[str, int]:
        """Weights of other - reference."""
        return {self.other: 1, self.reference: -1}


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """Test whether the metric of an arm is within the margin of a stated value."""

    region: ClassVar[Region] = "within"
    arm: str
    target: float

    @property
    def contrast(self) -> dict[str, int]:
        """Weight of the arm; the target is subtracted from it before it is compared with zero."""
        return {self.arm: 1}


@dataclass(frozen=True, kw_only=True, slots=True)
class Above:
    """Test whether the metric of an arm exceeds a stated value by more than the margin."""

    region: ClassVar[Region] = "beyond"
    arm: str
    target: float

    @property
    def contrast(self) -> dict[str, int]:
        """Weight of the arm; the target is subtracted from it before it is compared with the margin."""
        return {self.arm: 1}


@dataclass(frozen=True, kw_only=True, slots=True)
class NotAbove:
    """Test whether the metric of an arm exceeds a stated value by less than the margin, if at all."""

    region: ClassVar[Region] = "under"
    arm: str
    target: float

    @property
    def contrast(self) -> dict[str, int]:
        """Weight of the arm; the target is subtracted from it before it is compared with the margin."""
        return {self.arm: 1}


@dataclass(frozen=True, kw_only=True, slots=True)
class GapGrows:
    """Test whether the gap (worse - better) is larger in the second pair of arms than in the first, by more than the margin."""

    region: ClassVar[Region] = "beyond"
    first: tuple[str, str]
    second: tuple[str, str]

    @property
    def contrast(self) -> dict[str, int]:
        """Weights of the second gap minus the first; a pair is (better, worse)."""
        return {self.second[1]: 1, self.second[0]: -1, self.first[1]: -1, self.first[0]: 1}


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """An assertion, its source, and its test.

    The margin is in the metric's unit, usually percentage points of error. For metrics that are compared by ratio it is
    a fraction: 0.05 is 5% of the smaller value. An identity (`is_identity`) follows from how the networks are built, so it
    must hold in every network that is measured.

    Raises:
        ValueError: the metric is unknown, the margin is not above 0, an arm is compared with itself, or an identity is not
            measured per seed.
    """

    id: str
    statement: str
    source: str
    metric: str
    test: Less | Equal | NoWorse | About | Above | NotAbove | GapGrows
    margin: float
    is_identity: bool = False

    def __post_init__(self) -> None:
        if self.metric not in METRICS:
            raise ValueError(no_such("metric", self.metric, METRICS))
        if not (math.isfinite(self.margin) and self.margin > 0):
            raise ValueError(f"the margin of claim {self.id!r} must be above 0 points, got {self.margin!r}")
        num_arms = 4 if isinstance(self.test, GapGrows) else 1 if isinstance(self.test, About | Above | NotAbove) else 2
        if len(self.test.contrast) < num_arms:
            raise ValueError(f"claim {self.id!r} compares an arm with itself: {self.test}")
        if self.is_identity and self.measure.over != "seeds":
            raise ValueError(f"claim {self.id!r} cannot be an identity: the {self.measure.words} is not measured per seed")

    @property
    def measure(self) -> Metric:
        """Metric of the claim, and how it is compared."""
        return METRICS[self.metric]

    @property
    def kind(self) -> Kind:
        """Kind of the claim: evidence from seeds, a time, a count, or an identity. Counts and identities are exact."""
        if self.is_identity:
            return "identity"
        kinds: dict[str, Kind] = {"seeds": "evidence", "rounds": "time", "counts": "count"}
        return kinds[self.measure.over]

    @property
    def is_exact(self) -> bool:
        """Whether the claim is a count or an identity, which has no noise and hence no p."""
        return self.kind in EXACT_KINDS

    @property
    def fewest_repeats(self) -> int:
        """Number of seeds or rounds that a verdict needs; counts are exact, so one is enough."""
        return 1 if self.kind == "count" else FEWEST_SEEDS

    @property
    def target(self) -> float:
        """Value that is subtracted from the contrast: the stated value, or 0."""
        return self.test.target if isinstance(self.test, About | Above | NotAbove) else 0.0

    @property
    def bound(self) -> float:
        """Margin on the scale of the effect: in the metric's unit, or the logarithm of a ratio."""
        return math.log1p(self.margin) if self.measure.is_ratio else self.margin
