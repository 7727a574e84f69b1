"""Count outcomes by kind of claim, and the distinct sets of runs that the evidence rests on."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import get_args

from analysis.inference.claim_tests import finding_of
from analysis.inference.verdicts import Outcome, Verdict
from benchmarks.spec.claims import Kind
from benchmarks.spec.contrasts import Compare, Finding
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.trial import Arm, DatasetIdentity

FAILS_HERE, FAILING_HERE = "does not hold here", "not holding here"  # a claim, and a number of claims
RunSet = tuple[DatasetIdentity, Recipe, frozenset[Arm]]  # what claims on the same runs have in common


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Verdicts of one kind, and for evidence the number of distinct sets of runs that the tested ones rest on."""

    kind: Kind
    verdicts: tuple[Verdict, ...]
    num_sets: int | None = None

    @property
    def outcomes(self) -> dict[str, int]:
        """Number of verdicts by outcome in words, in a fixed order, without zeros and exploratory claims."""
        return _counts(verdict for verdict in self.verdicts if not verdict.is_exploratory)

    @property
    def exploratory(self) -> dict[str, int]:
        """The same of exploratory claims."""
        return _counts(verdict for verdict in self.verdicts if verdict.is_exploratory)


def outcome_words(verdict: Verdict) -> str:
    """Return the outcome as reports print it: in a toy setting a contradicted claim only does not hold here."""
    return FAILS_HERE if verdict.outcome == "contradicted" and verdict.tier == "toy" else verdict.outcome


def outcome_with_finding(verdict: Verdict) -> str:
    """Return the outcome as reports print it; of a decided three-way claim also what was found: better, worse or equivalent."""
    words, found = outcome_words(verdict), finding(verdict)
    return f"{words}: {found}" if found else words


def finding(verdict: Verdict) -> Finding | None:
    """Return what a decided three-way claim found; None for an open one, and for any other claim."""
    is_decided = verdict.outcome in ("supported", "contradicted") and verdict.effect is not None
    return finding_of(verdict.claim, verdict.evidence) if is_decided and isinstance(verdict.claim.test, Compare) else None


def _counts(verdicts: Iterable[Verdict]) -> dict[str, int]:
    counts = Counter(outcome_words(verdict).replace(FAILS_HERE, FAILING_HERE) for verdict in verdicts)
    return {words: counts[words] for words in (*get_args(Outcome), FAILING_HERE) if counts[words]}


def groups_of(verdicts: Iterable[Verdict], run_sets: Collection[RunSet]) -> list[Group]:
    """Group verdicts by kind, in the order evidence, time, count, identity; kinds without a claim are left out."""
    by_kind: dict[Kind, list[Verdict]] = {kind: [] for kind in get_args(Kind)}
    for verdict in verdicts:
        by_kind[verdict.claim.kind].append(verdict)
    return [
        Group(kind=kind, verdicts=tuple(found), num_sets=len(set(run_sets)) if kind == "evidence" else None)
        for kind, found in by_kind.items()
        if found
    ]
