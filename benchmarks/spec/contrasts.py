"""Tests that claims may pose: a contrast (a weight for each of some arms) and the region where it must lie.

Contrasts are oriented: a positive one favours the claim, but in `Equal`, `About`, `AboutTimes` and `Compare`, which have no side. The region is
beyond the margin, within it on both sides of zero, or above minus the margin ("no-worse"). A three-way test finds in which of three regions the
contrast lies: better (below minus the margin), worse (above it) or equivalent (within). Arms may be given by position, in the order of the fields.
`Tracks` sums nothing: it ranks its arms.
"""

import math
from dataclasses import dataclass, field
from typing import ClassVar, Literal

FEWEST_RANKED = 4  # arms; of three, one order in six has a rank correlation of 1
Region = Literal["beyond", "within", "no-worse", "three-way"]
Finding = Literal["better", "worse", "equivalent"]


@dataclass(frozen=True, slots=True)
class Less:
    """Test whether the metric of `smaller` is below that of `larger` by more than the margin."""

    region: ClassVar[Region] = "beyond"
    smaller: str
    larger: str

    @property
    def contrast(self) -> dict[str, int]:
        """Weights of larger - smaller."""
        return {self.larger: 1, self.smaller: -1}

    @property
    def base(self) -> str:
        """Arm of which a relative margin is a fraction."""
        return self.larger


@dataclass(frozen=True, slots=True)
class Equal:
    """Test whether the metrics of `other` and `reference` differ by less than the margin, in either direction."""

    region: ClassVar[Region] = "within"
    reference: str
    other: str

    @property
    def contrast(self) -> dict[str, int]:
        """Weights of other - reference."""
        return {self.other: 1, self.reference: -1}

    @property
    def base(self) -> str:
        """Arm of which a relative margin is a fraction."""
        return self.reference


@dataclass(frozen=True, slots=True)
class NoWorse:
    """Test whether the metric of `other` exceeds that of `reference` by less than the margin, if at all."""

    region: ClassVar[Region] = "no-worse"
    reference: str
    other: str

    @property
    def contrast(self) -> dict[str, int]:
        """Weights of reference - other."""
        return {self.reference: 1, self.other: -1}

    @property
    def base(self) -> str:
        """Arm of which a relative margin is a fraction."""
        return self.reference


@dataclass(frozen=True, slots=True)
class Compare:
    """Test whether `other` is better than `reference`, worse or equivalent, by more or less than the margin; the claim `says` which.

    An interval across two of these answers is open, also where it excludes the stated one.
    """

    region: ClassVar[Region] = "three-way"
    reference: str
    other: str
    says: Finding = field(kw_only=True)

    @property
    def contrast(self) -> dict[str, int]:
        """Weights of other - reference."""
        return {self.other: 1, self.reference: -1}

    @property
    def base(self) -> str:
        """Arm of which a relative margin is a fraction."""
        return self.reference


@dataclass(frozen=True, slots=True)
class About:
    """Test whether the metric of an arm is within the margin of a stated value."""

    region: ClassVar[Region] = "within"
    arm: str
    target: float = field(kw_only=True)

    @property
    def contrast(self) -> dict[str, int]:
        """Weight of the arm; the target is subtracted from it before it is compared with zero."""
        return {self.arm: 1}


@dataclass(frozen=True, slots=True)
class AboutTimes:
    """Test whether the metric of `larger` is a stated number of `times` that of `smaller`, but for the margin; only of metrics compared by ratio.

    Raises:
        ValueError: `times` is not a number above 0.
    """

    region: ClassVar[Region] = "within"
    larger: str
    smaller: str
    times: float = field(kw_only=True)

    def __post_init__(self) -> None:
        if not 0 < self.times < math.inf:
            raise ValueError(f"times must be a number above 0, such as 2.6, got {self.times!r}")

    @property
    def contrast(self) -> dict[str, int]:
        """Weights of larger - smaller, in logarithms; the logarithm of `times` is subtracted before it is compared with zero."""
        return {self.larger: 1, self.smaller: -1}


@dataclass(frozen=True, slots=True)
class Above:
    """Test whether the metric of an arm exceeds a stated value by more than the margin."""

    region: ClassVar[Region] = "beyond"
    arm: str
    target: float = field(kw_only=True)

    @property
    def contrast(self) -> dict[str, int]:
        """Weight of the arm; the target is subtracted from it before it is compared with the margin."""
        return {self.arm: 1}


@dataclass(frozen=True, slots=True)
class NotAbove:
    """Test whether the metric of an arm exceeds a stated value by less than the margin, if at all."""

    region: ClassVar[Region] = "no-worse"
    arm: str
    target: float = field(kw_only=True)

    @property
    def contrast(self) -> dict[str, int]:
        """Weight of the arm, which is subtracted from the target before the difference is compared with the margin."""
        return {self.arm: -1}


@dataclass(frozen=True, slots=True)
class GapGrows:
    """Test whether the gap (worse - better) is larger in the second pair of arms than in the first, by more than the margin."""

    region: ClassVar[Region] = "beyond"
    first: tuple[str, str]
    second: tuple[str, str]

    @property
    def contrast(self) -> dict[str, int]:
        """Weights of the second gap minus the first; a pair is (better, worse)."""
        return {self.second[1]: 1, self.second[0]: -1, self.first[1]: -1, self.first[0]: 1}


@dataclass(frozen=True, slots=True)
class Tracks:
    """Test whether the metric ranks the arms as the metric `other` does: whether Spearman's correlation over them exceeds the margin.

    It is computed per seed, and its mean is tested.

    Raises:
        ValueError: fewer than four different arms are ranked.
    """

    region: ClassVar[Region] = "beyond"
    arms: tuple[str, ...]
    other: str = field(kw_only=True)

    def __post_init__(self) -> None:
        if isinstance(self.arms, str) or len(set(self.arms)) < max(FEWEST_RANKED, len(self.arms)):
            raise ValueError(f"Tracks ranks at least {FEWEST_RANKED} different arms, got {self.arms!r}")
        object.__setattr__(self, "arms", tuple(self.arms))

    @property
    def contrast(self) -> dict[str, int]:
        """Arms that are ranked, each with a weight of 1."""
        return dict.fromkeys(self.arms, 1)


Test = Less | Equal | NoWorse | Compare | About | AboutTimes | Above | NotAbove | GapGrows | Tracks
TestOfOneArm = About | Above | NotAbove
TestOfTwoArms = Less | Equal | NoWorse | Compare
