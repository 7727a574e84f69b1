"""Join the verdicts of one claim over all settings: what each says, the mean effect over them, and on what the answer depends.

Effects are pooled over studies, each at its recipe's learning rate: the rates of one study share their seeds and are one record. Studies on the
same images with the same seeds share these too, which a note says. An effect is pooled in the unit of its claim, a ratio as a logarithm, and
never over runs that train and runs that fail.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from scipy import stats

from analysis.inference.effects import Evidence
from analysis.inference.factors import Cell, Dependence, dependences
from analysis.inference.forest import is_turned
from analysis.inference.verdicts import Verdict
from analysis.statistics.means import CONFIDENCE
from analysis.statistics.pooling import Pooled, pool
from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Tracks


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """Verdict of a claim in one study or timing session, and the cell of each learning rate, the recipe's first.

    `folder` is that of its report, and `seeds` are those of its records.
    """

    suite: str
    folder: str
    verdict: Verdict
    cells: tuple[Cell, ...]
    seeds: tuple[int, ...] = ()

    @property
    def claim(self) -> Claim:
        """Claim that is judged."""
        return self.verdict.claim


@dataclass(frozen=True, kw_only=True, slots=True)
class MapRow:
    """A claim over all settings: where it is judged, its pooled effect in the claim's favour (logarithms for a ratio), and what it depends on.

    `pooled` is None where fewer than two effects can be pooled, for the reason in `why_not`. `notes` say which studies are left out, and which share
    seeds.
    """

    suite: str
    claim: Claim
    judged: tuple[Judged, ...]
    pooled: Pooled | None
    why_not: str
    notes: tuple[str, ...]
    depends_on: tuple[Dependence, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Cells of all studies."""
        return tuple(cell for judged in self.judged for cell in judged.cells)

    @property
    def num_tested(self) -> int:
        """Number of settings with a verdict, learning rates included."""
        return sum(cell.verdict.is_tested for cell in self.cells)

    @property
    def has_verdict(self) -> bool:
        """Whether a study or a learning rate of it has a verdict."""
        return self.num_tested > 0 or any(judged.verdict.is_tested for judged in self.judged)


def map_rows(judged: Iterable[Judged]) -> list[MapRow]:
    """Return a row per claim of a suite, in the given order."""
    by_claim: dict[tuple[str, str], list[Judged]] = {}
    for one in judged:
        by_claim.setdefault((one.suite, one.claim.id), []).append(one)
    return [_row(found) for found in by_claim.values()]


def _row(judged: Sequence[Judged]) -> MapRow:
    pooled, why_not, notes = _pooled(judged)
    cells = [cell for one in judged for cell in one.cells]
    return MapRow(
        suite=judged[0].suite,
        claim=judged[0].claim,
        judged=tuple(judged),
        pooled=pooled,
        why_not=why_not,
        notes=notes,
        depends_on=tuple(dependences(cells)),
    )


def _pooled(judged: Sequence[Judged]) -> tuple[Pooled | None, str, tuple[str, ...]]:
    """Pool the effects at each study's own rate; return the reason if they cannot be, and notes on what was left out or shared."""
    claim, tested = judged[0].claim, [one for one in judged if one.cells[0].verdict.is_tested]
    if len(tested) < 2:
        return None, "judged in one study" if tested else "no verdict", ()
    if claim.is_exact:
        return None, "exact values are not pooled", ()
    if claim.measure.is_rate or isinstance(claim.test, Tracks):
        return None, "rates and rank correlations are not pooled", ()
    reasons = {one.folder: _obstacle(one.cells[0].verdict.evidence) for one in tested}
    usable = [one for one in tested if not reasons[one.folder]]
    notes = [f"{folder} is left out: {reason}" for folder, reason in reasons.items() if reason]
    if len(usable) < 2:
        reason = next(reason for reason in reasons.values() if reason)
        return None, f"in one study {reason}", tuple(notes)
    if len({_kinds(one) for one in usable}) > 1:
        return None, "an arm trains in one study and fails in another", tuple(notes)
    effects, errors = zip(*(_effect(one) for one in usable), strict=True)
    return pool(effects, errors), "", (*notes, *_shared(usable))


def _obstacle(evidence: Evidence) -> str:
    """Return why an effect cannot be pooled; empty if it can."""
    if evidence.is_mixed:
        return "some runs of an arm train and others fail"
    if evidence.left_out:
        return "seeds are left out"
    found = evidence.estimate()
    if found.low is None or found.high is None or not math.isfinite(found.high - found.low):
        return "the interval is unbounded"
    return "" if found.high > found.low else "the runs do not differ"


def _kinds(judged: Judged) -> frozenset[str]:
    """Return the arms of which no run trains."""
    runs = judged.cells[0].verdict.evidence.runs
    return frozenset(arm for arm, found in runs.items() if not found.trained)


def _effect(judged: Judged) -> tuple[float, float]:
    """Return the mean effect in the claim's favour and its standard error, on the scale of the effect: that of the 95% interval's half width."""
    found, sign = judged.cells[0].verdict.evidence.estimate(CONFIDENCE), -1 if is_turned(judged.claim) else 1
    assert found.low is not None and found.high is not None
    return sign * found.value, (found.high - found.low) / 2 / float(stats.t.ppf((1 + CONFIDENCE) / 2, found.n - 1))


def _shared(judged: Sequence[Judged]) -> list[str]:
    """Return a note for every two studies on the same images that share seeds."""
    return [
        f"{first.folder} and {second.folder} have the same images and seeds: they are not independent"
        for first, second in combinations(judged, 2)
        if _checksum(first) == _checksum(second) is not None and set(first.seeds) & set(second.seeds)
    ]


def _checksum(judged: Judged) -> str | None:
    dataset = judged.cells[0].setting.dataset
    return dataset[1] if dataset else None
