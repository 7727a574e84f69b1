"""Decide verdicts from claims and evidence. No other module decides an outcome; `wording` puts it into words.

A claim of evidence or time is decided if its whole interval lies on one side of the margin. The confidence of the interval is that of the
claim's place in Holm's order over its family: all claims of evidence and time that a suite declares, run or not. `claim_tests` describes how
runs that fail are counted. Counts and identities are exact: they have no p and no interval, each value is compared with the margin directly,
and an identity must hold in every network. Published values are read in the same way, in every setting in which all were published.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from analysis.image_sampling import over_other_splits
from analysis.inference.claim_tests import LEVEL, MARGIN_TESTS, Doubt, mean_test
from analysis.inference.controls import Control
from analysis.inference.effects import Evidence
from analysis.inference.looks import Look, deciding_look, is_dropped, looks_at, over_looks
from analysis.inference.tiers import Tier
from analysis.statistics.families import holm, holm_levels
from analysis.statistics.margins import MarginTest, exact_one_sided, sign_flip_one_sided
from analysis.statistics.means import Estimate, deviation_range
from analysis.statistics.power import detectable_effect, seeds_needed
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Tracks

Outcome = Literal[
    "supported",
    "contradicted",
    "depends on the rate",
    "inconclusive",
    "untested",
    "untested (control)",
    "untested (too easy here)",
]
UNTESTED_BY_CONTROL: Outcome = "untested (control)"  # a control of the study failed
TOO_EASY: Outcome = "untested (too easy here)"  # declared as such on these images


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Outcome of a claim, its evidence, and its p, corrected over the `family_size` claims of its family; None if untested or exact.

    With several declared looks the evidence is that of the look that decided, or of the last one; `look` is None if no look is complete.
    `looks` has all complete ones of the `declared_looks`, and `level` is the error rate at the claim's place in Holm's order.
    With several learning rates the evidence is that at `rate`, the weakest, and `by_rate` has the verdict at each rate.
    `controls` are those of the study, for a claim of evidence.
    `tier` says how near its setting is to the published one. `declared_at` is from the ledger of declarations (UTC, ISO 8601); the claim
    `is_exploratory` if its first run is older.
    """

    claim: Claim
    evidence: Evidence
    outcome: Outcome
    p: float | None
    family_size: int
    level: float = LEVEL
    look: Look | None = None
    looks: tuple[Look, ...] = ()
    declared_looks: tuple[int, ...] = ()
    rate: float | None = None
    by_rate: Mapping[float, "Verdict"] = field(default_factory=dict)
    tier: Tier | None = None
    declared_at: str | None = None
    is_exploratory: bool = False
    controls: tuple[Control, ...] = ()

    @property
    def is_tested(self) -> bool:
        """Whether the claim has an outcome."""
        return self.outcome not in ("untested", UNTESTED_BY_CONTROL, TOO_EASY)

    @property
    def stopped_at(self) -> int | None:
        """Number of the last look of an open claim that is dropped, because the last one declared would hardly decide it; else None.

        A claim is dropped if that holds at one of its learning rates.
        """
        if self.outcome != "inconclusive" or self.look is None:
            return None
        at_rates = [one.looks for one in self.by_rate.values()] or [self.looks]
        is_stopped = any(is_dropped(self.claim, looks, self.declared_looks, self.level) for looks in at_rates if looks)
        return self.look.number if is_stopped else None

    @property
    def failures_p(self) -> float | None:
        """Two-sided p of the failures; None if they take no part."""
        return self.look.found.failures_p if self.look else None

    @property
    def doubt(self) -> Doubt | None:
        """Reason why the claim cannot be decided, if there is one."""
        return self.look.found.doubt if self.look else None

    @property
    def test(self) -> MarginTest | None:
        """Uncorrected test, with the smallest p values of the looks; None if untested or exact."""
        return over_looks(self.looks) if self.looks else None

    def at_level(self, level: float) -> "Verdict":
        """Return the verdict as it is shown at another place of Holm's order, with the look that decides there."""
        if not self.looks:
            return replace(self, level=level)
        look = deciding_look(self.looks, level)
        return replace(self, level=level, look=look, evidence=look.evidence)

    @property
    def confidence(self) -> float:
        """Confidence of the interval, Holm-adjusted: it clears the margin exactly if the claim is decided by its mean."""
        return 1 - self.level * (self.look.share if self.look else 1.0)

    @property
    def num_repeats(self) -> int:
        """Number of seeds or timing sessions of the effect; 1 for a count."""
        return len(self.evidence.comparable)

    @property
    def effect(self) -> Estimate | None:
        """Mean effect of runs of one kind, and its interval, within 1 for a correlation; an exact claim has none. None without such runs."""
        if not self.evidence.comparable:
            return None
        found = self.evidence.estimate(self.confidence)
        if isinstance(self.claim.test, Tracks) and found.low is not None and found.high is not None:
            return replace(found, low=max(found.low, -1.0), high=min(found.high, 1.0))
        return replace(found, low=None, high=None) if self.claim.is_exact else found

    @property
    def effect_on_other_images(self) -> Estimate | None:
        """Effect with the interval that holds for other images, too; None if not each seed has its own split."""
        effect, sizes = self.effect, self.evidence.split_sizes
        return over_other_splits(effect, num_train=sizes[0], num_test=sizes[1]) if effect and sizes else None

    @property
    def is_at_floor(self) -> bool:
        """Whether the margin is worth less than one image: errors are too low here, or images too few."""
        bases = self.evidence.comparable_bases
        if self.claim.is_relative and not bases:  # what the margin is worth here is unknown
            return False
        return self.claim.margin * (sum(bases) / len(bases) if bases else 1.0) < self.evidence.image_pct

    @property
    def is_too_easy(self) -> bool:
        """Whether the claim is open and its margin is worth less than one image: errors are too low here to decide it."""
        return self.outcome == "inconclusive" and self.is_at_floor

    @property
    def num_broken(self) -> int:
        """Number of networks, or counts, in which an exact claim does not hold."""
        return sum(outcome != "supported" for outcome in _exact_outcomes(self.claim, self.evidence))

    @property
    def p_by_sign_flips(self) -> float:
        """Uncorrected p of a sign-flip test."""
        return mean_test(self.claim, self.evidence, sign_flip_one_sided).p

    @property
    def num_needed(self) -> tuple[int | None, int | None, int | None]:
        """Number of repeats that would decide with 80% power at this mean and spread, and at the ends of the spread's interval.

        None beyond 1,000.
        """
        assert self.effect is not None
        mean, deviation = self.effect.value, self.evidence.deviation
        least, most = deviation_range(self.num_repeats)
        at, low, high = (seeds_needed(mean, factor * deviation, self.claim.edges, self.confidence) for factor in (1, least, most))
        return at, low, high

    @property
    def needs_images(self) -> bool:
        """Whether the sample of test images may account for most of the variance of the effects."""
        return 2 * self.evidence.image_deviation**2 >= self.evidence.deviation**2

    @property
    def detectable(self) -> float:
        """Smallest true effect beyond the margin that the present number of repeats detects with 80% power."""
        return self.claim.bound + detectable_effect(self.evidence.deviation, self.num_repeats, self.confidence)


def judge(claims: Sequence[Claim], evidence: Mapping[str, Evidence], looks: Sequence[int] = ()) -> list[Verdict]:
    """Decide a family of claims at its declared looks; Holm's correction is over all that are not exact, tested or not.

    `evidence` maps claim ids to their evidence. A claim's p is the smallest of its looks so far.
    """
    testable = [claim for claim in claims if _is_testable(claim, evidence[claim.id])]
    seen = {claim.id: looks_at(claim, evidence[claim.id], looks) for claim in testable if not claim.is_exact}
    tests = {number: over_looks(found) for number, found in seen.items() if found}
    family = [claim.id for claim in claims if not claim.is_exact]
    p_values = [tests[number].p if number in tests else 1.0 for number in family]
    corrected, levels = (dict(zip(family, found, strict=True)) for found in (holm(p_values), holm_levels(p_values, LEVEL)))
    shown = {number: deciding_look(seen[number], levels[number]) for number in tests}
    outcomes = {claim.id: _exact_outcome(claim, evidence[claim.id]) for claim in testable if claim.is_exact}
    outcomes |= {number: _outcome(test, corrected[number]) for number, test in tests.items()}
    return [
        Verdict(
            claim=claim,
            evidence=shown[claim.id].evidence if claim.id in shown else evidence[claim.id],
            outcome=outcomes.get(claim.id, "untested"),
            p=corrected[claim.id] if claim.id in tests else None,
            family_size=len(family),
            level=levels.get(claim.id, LEVEL),
            look=shown.get(claim.id),
            looks=tuple(seen.get(claim.id, ())),
            declared_looks=tuple(looks) if claim.measure.over == "seeds" else (),
        )
        for claim in claims
    ]


def _is_testable(claim: Claim, evidence: Evidence) -> bool:
    return not evidence.failed and evidence.num_repeats >= claim.fewest_repeats


def _outcome(test: MarginTest, corrected_p: float) -> Outcome:
    decided: Outcome = "supported" if test.p_for < test.p_against else "contradicted"
    return decided if corrected_p < LEVEL else "inconclusive"


def _exact_outcome(claim: Claim, evidence: Evidence) -> Outcome:
    """Compare each value with the margin: one that breaks the claim contradicts it, and one on the margin leaves it inconclusive.

    Published values must agree: a claim that holds in one setting and not in another is inconclusive.
    """
    outcomes = _exact_outcomes(claim, evidence)
    if claim.kind == "published" and len(set(outcomes)) > 1:
        return "inconclusive"
    worst: tuple[Outcome, ...] = ("contradicted", "inconclusive", "supported")
    return next(outcome for outcome in worst if outcome in outcomes)


def _exact_outcomes(claim: Claim, evidence: Evidence) -> list[Outcome]:
    """Compare each value with the margin by itself."""
    tests = [MARGIN_TESTS[claim.test.region]([value], claim.bound, exact_one_sided) for value in evidence.effects.values()]
    return ["supported" if test.p_for == 0 else "contradicted" if test.p_against == 0 else "inconclusive" for test in tests]
