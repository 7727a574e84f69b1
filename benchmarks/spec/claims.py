"""Claims, fixed before any run: what a paper asserts about a suite's arms, and by which margin it must hold."""

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Literal

from benchmarks.spec.class_pairs import numbers_of
from benchmarks.spec.contrasts import AboutTimes, Compare, GapGrows, Test, TestOfOneArm, TestOfTwoArms, Tracks
from benchmarks.spec.metrics import Metric, metric_of
from benchmarks.spec.trial import short, slug

Kind = Literal["evidence", "time", "count", "published", "identity"]
EXACT_KINDS = frozenset({"count", "published", "identity"})  # read, not sampled
FEWEST_SEEDS = 3  # for a verdict
LONGEST_ID = 60  # characters of an id that is made from a statement
DIGITS = ("digits", "digits28", "digits-splits")  # data sets whose errors are too small for margins that are a fraction of them


@dataclass(frozen=True, slots=True)
class Claim:
    """An assertion, its test and its margin, its source, and the metric; the id is made from the statement, unless it is given.

    The margin is in the metric's unit, usually percentage points of error. For metrics that are compared by ratio it is
    a fraction: 0.05 is 5% of the smaller value. A relative margin (`is_relative`) is a fraction of the arm that the other is
    compared with, seed by seed: `Less` tests (1 - margin) larger - smaller. An identity (`is_identity`) follows from how the
    networks are built, so it must hold in every network that is measured. On the data sets `too_easy_on` the claim is not judged and in no
    family, which is fixed before any run; nor is a claim about classes that the images do not have. `superseded_by` names the claims that
    replaced a retired one: ids of its suite, or "suite/id". `published_effect` is the effect that the source states and its standard
    deviation from run to run, in the metric's unit; a plan says from them how many seeds the claim would need.

    Raises:
        ValueError: the metric is unknown, the margin is not above 0 (0 for a rate, of one arm), an arm is compared with itself, an identity is not
            measured per seed, an exact claim has a three-way test, a factor is stated of a metric that is compared by difference, a relative
            margin is 1 or more, or is not about the difference of two arms, arms are ranked by metrics that are not measured per seed, or a
            published effect or its spread is not above 0.
    """

    statement: str
    test: Test
    _: KW_ONLY
    margin: float
    id: str = ""
    source: str = "this file"
    metric: str = "test_error_pct"
    is_relative: bool = False
    is_identity: bool = False
    too_easy_on: tuple[str, ...] = ()
    superseded_by: tuple[str, ...] = ()
    published_effect: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", self.id or short(slug(self.statement).lower(), LONGEST_ID))
        metric_of(self.metric)
        is_rate = self.measure.is_rate
        if is_rate and not isinstance(self.test, TestOfOneArm):
            raise ValueError(
                f"claim {self.id!r} compares two arms by their {self.measure.words}: pose it about one arm, with Above or NotAbove"
            )
        if not (math.isfinite(self.margin) and (self.margin > 0 or (is_rate and self.margin == 0))):
            raise ValueError(f"the margin of claim {self.id!r} must be above 0 points, got {self.margin!r}")
        if self.published_effect is not None and not all(math.isfinite(part) and part > 0 for part in self.published_effect):
            raise ValueError(
                f"the published effect of claim {self.id!r} and its spread must be above 0, got {self.published_effect!r}"
            )
        num_arms = 4 if isinstance(self.test, GapGrows) else 1 if isinstance(self.test, TestOfOneArm) else 2
        if len(self.test.contrast) < num_arms:
            raise ValueError(f"claim {self.id!r} compares an arm with itself: {self.test}")
        if self.is_identity and self.measure.over != "seeds":
            raise ValueError(f"claim {self.id!r} cannot be an identity: the {self.measure.words} is not measured per seed")
        if isinstance(self.test, AboutTimes) and not self.measure.is_ratio:
            raise ValueError(
                f"claim {self.id!r} states a factor ({self.test.times:g}), but the {self.measure.words} is compared by difference: use About"
            )
        if isinstance(self.test, Tracks):
            self._check_ranking(self.test)
        if self.is_exact and isinstance(self.test, Compare):
            raise ValueError(f"claim {self.id!r} is exact and cannot have a three-way test: use Less, Equal or NoWorse")
        if self.is_relative and not (isinstance(self.test, TestOfTwoArms) and not self.measure.is_ratio and self.margin < 1):
            raise ValueError(
                f"claim {self.id!r} cannot have the relative margin {self.margin!r}: it must be below 1 and compare two arms by difference"
            )

    @property
    def measure(self) -> Metric:
        """Metric of the claim, and how it is compared."""
        return metric_of(self.metric)

    def _check_ranking(self, test: Tracks) -> None:
        if test.other == self.metric:
            raise ValueError(f"claim {self.id!r} ranks arms twice by {self.metric}: name another metric to compare it with")
        for measure in self.measures:
            if self.is_identity or measure.over != "seeds" or measure.is_rate:
                raise ValueError(
                    f"claim {self.id!r} ranks arms by the {measure.words}: it must be measured per seed, and cannot be a rate or an identity"
                )

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metric of the claim, and the one that it is compared with where arms are ranked."""
        return (self.metric, self.test.other) if isinstance(self.test, Tracks) else (self.metric,)

    @property
    def measures(self) -> tuple[Metric, ...]:
        """Metrics of the claim, and how they are compared."""
        return tuple(map(metric_of, self.metrics))

    @property
    def unit(self) -> str:
        """Unit of the effect of a difference; a rank correlation has none."""
        return "" if isinstance(self.test, Tracks) else self.measure.unit

    @property
    def needs_training(self) -> bool:
        """Whether it is about trained networks."""
        return any(measure.needs_training for measure in self.measures)

    def is_judged_on(self, dataset: str, classes: Sequence[str] | None = None) -> bool:
        """Return whether the claim is judged on a data set with these classes: it is not too easy there, and they are those it is about."""
        pairs = [measure.confused for measure in self.measures if measure.confused is not None]
        has_classes = classes is None or all(numbers_of(pair, classes) for pair in pairs)
        return dataset not in self.too_easy_on and has_classes

    @property
    def kind(self) -> Kind:
        """Kind of the claim: evidence from seeds or tunings, a time, a count, a reading of published values, or an identity."""
        if self.is_identity:
            return "identity"
        kinds: dict[str, Kind] = {"sessions": "time", "counts": "count", "published": "published"}
        return kinds.get(self.measure.over, "evidence")

    @property
    def is_exact(self) -> bool:
        """Whether the claim is a count, an identity or a reading of published values: each value is compared with the margin, without a p."""
        return self.kind in EXACT_KINDS

    @property
    def fewest_repeats(self) -> int:
        """Number of seeds or timing sessions that a verdict needs; one count is enough, and one published value of each network."""
        return 1 if self.kind in ("count", "published") else FEWEST_SEEDS

    @property
    def target(self) -> float:
        """Value that is subtracted from the contrast: the stated value with the sign of its arm, the logarithm of a stated factor, or 0."""
        if isinstance(self.test, AboutTimes):
            return math.log(self.test.times)
        return self.test.target * self.test.contrast[self.test.arm] if isinstance(self.test, TestOfOneArm) else 0.0

    @property
    def base(self) -> str | None:
        """Arm of which a relative margin is a fraction; None if the margin is not relative."""
        return self.test.base if self.is_relative and isinstance(self.test, TestOfTwoArms) else None

    @property
    def bound(self) -> float:
        """Margin on the scale of the effect: in the metric's unit, a fraction of the base, or the logarithm of a ratio."""
        return math.log1p(self.margin) if self.measure.is_ratio else self.margin

    @property
    def edges(self) -> tuple[float, ...]:
        """Bounds of the regions on the scale of the effect; an interval that contains none of them decides."""
        if self.test.region in ("within", "three-way"):
            return -self.bound, self.bound
        return (-self.bound if self.test.region == "no-worse" else self.bound,)
