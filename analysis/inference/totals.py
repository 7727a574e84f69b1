"""Count outcomes by kind of claim, and the distinct sets of runs that the evidence rests on."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import get_args

from analysis.inference.verdicts import Outcome, Verdict
from benchmarks.spec.claims import Kind
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.trial import Arm, DatasetIdentity

RunSet = tuple[DatasetIdentity, Recipe, frozenset[Arm]]  # what claims on the same runs have in common


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Verdicts of one kind, and for evidence the number of distinct sets of runs that the tested ones rest on."""

    kind: Kind
    verdicts: tuple[Verdict, ...]
    num_sets: int | None = None

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """Number of verdicts by outcome, in a fixed order, without zeros."""
        counts = Counter(verdict.outcome for verdict in self.verdicts)
        return {outcome: counts[outcome] for outcome in get_args(Outcome) if counts[outcome]}


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
