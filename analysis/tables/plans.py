"""Compare a study with its plan: seeds beyond the declared ones, numbers of seeds that are no look, and networks changed since."""

from collections.abc import Iterator

from analysis.tables.studies import Study
from benchmarks.spec.declaration import changed_sources, claim_hash
from benchmarks.spec.words import counted


def seeds_beyond(study: Study) -> list[int]:
    """Return the seeds of a study that its plan does not declare."""
    plan = study.plan
    return [] if plan is None else sorted({result.trial.seed for result in study.results if not plan.has_seed(result.trial.seed)})


def departures(study: Study) -> Iterator[str]:
    """Yield why a study is exploratory: it departs from its plan."""
    plan, beyond = study.plan, seeds_beyond(study)
    if plan is None:
        return
    if beyond:
        yield (
            f"Exploratory: the plan declares {plan.seeds[1] - plan.seeds[0] + 1} seeds, and {counted(len(beyond), 'more seed')} ran. The "
            "claims are judged at the declared ones; to confirm them, train others as a study of their own with --seeds A-B"
        )
    others = [claim.id for claim in study.suite.claims if plan.claims.get(claim.id, claim_hash(claim)) != claim_hash(claim)]
    if others:
        yield f"Exploratory: claims have changed since the plan was declared: {', '.join(others)}"
    changed = changed_sources(plan.arms, study.suite.arms)
    if changed:
        yield f"Exploratory: the source has changed since the plan was declared: {', '.join(changed)}"


def between_looks(study: Study) -> int | None:
    """Return the number of seeds of a study if it is no declared look, else None; that of the arm with the most seeds counts."""
    declared = [result for result in study.results if study.plan is not None and study.plan.has_seed(result.trial.seed)]
    number = len({result.trial.seed for result in declared})
    return None if number in (0, *study.looks) else number
