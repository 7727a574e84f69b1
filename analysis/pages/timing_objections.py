"""List a referee's objections to times: too few timing sessions, twins farther apart than a margin, and disturbed sessions."""

from collections.abc import Iterable, Iterator

from analysis.inference.claim_tests import is_within_twins
from analysis.inference.effects import evidence_without_seeds
from analysis.pages.provenance import MOST_OTHERS
from analysis.tables.sessions import Sessions
from analysis.tables.studies import Study
from benchmarks.spec.claims import Claim
from benchmarks.spec.words import counted
from resnet_variants.names import some_of

SHOWN = 4  # claims or arms that a sentence names of a longer list


def timing_objections(study: Study) -> Iterator[str]:
    """Yield the objections to the times of a study: missing, of too few sessions, too noisy, or disturbed by other programs."""
    if not study.suite.timed:
        return
    if study.timing is None:
        yield "not timed"
        return
    lost = [arm for arm in study.suite.arms if not (timing := study.timings_by_arm.get(arm)) or timing.detail]
    if lost:
        yield f"not timed: {some_of(lost, SHOWN)}"
    yield from session_objections(study.suite.claims, study.sessions)


def session_objections(claims: Iterable[Claim], sessions: Sessions) -> Iterator[str]:
    """Yield the objections to timing sessions, and to what they tell about these claims."""
    few: dict[int, list[str]] = {}
    noisy: dict[float, list[str]] = {}
    for claim in claims:
        if claim.kind != "time":
            continue
        evidence = evidence_without_seeds(claim, {}, {}, sessions)
        if len(evidence.effects) < claim.fewest_repeats:
            few.setdefault(len(evidence.effects), []).append(claim.id)
        if evidence.twin_difference is not None and is_within_twins(claim, evidence):
            noisy.setdefault(evidence.twin_difference, []).append(claim.id)
    for number, ids in few.items():
        yield f"{counted(number, 'timing session')}, too few for {some_of(ids, SHOWN)}"
    for difference, ids in noisy.items():
        yield f"one network was timed up to {difference:.1%} apart, more than the margin of {some_of(ids, SHOWN)}"
    for timing in sessions.sessions:
        if timing.others_share is not None and timing.others_share > MOST_OTHERS:
            yield f"other programs took {timing.others_share:.0%} of the machine while it was timed"
        if timing.environment.is_dirty:
            yield "timed from a working tree with uncommitted changes"
