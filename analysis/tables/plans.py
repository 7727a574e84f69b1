"""Compare a study with its plan: seeds beyond the declared ones, numbers of seeds that are no look, and networks changed since."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from analysis.tables.studies import Study
from benchmarks.spec.declaration import changed_sources, claim_hash
from benchmarks.spec.suite import Suite
from benchmarks.spec.trial import Trial
from benchmarks.spec.words import counted
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.trials import TrialResult
from resnet_variants.registry import name_of


def declared_results(suite: Suite, results: Iterable[TrialResult], plans: Collection[DeclaredPlan]) -> list[TrialResult]:
    """Return the results that the plans of a comparison declare: of its very arms, on its images, with its recipe and its seeds.

    Trials of the same networks that ran for other suites, or from other source, are no part of it. Runs that tune have seeds of their own.
    """
    arms = set(suite.arms.values())
    return [
        result
        for result in results
        if result.trial.arm in arms
        and any(
            plan.is_on(result.trial.dataset, result.trial.recipe) and (plan.has_seed(result.trial.seed) or result.trial.marks)
            for plan in plans
        )
    ]


def seeds_beyond(study: Study) -> list[int]:
    """Return the seeds of a study that its plan does not declare."""
    plan = study.plan
    return [] if plan is None else sorted({result.trial.seed for result in study.results if not plan.has_seed(result.trial.seed)})


def trials_not_shown(study: Study, trained: Collection[Trial]) -> str:
    """Describe the trained trials that a study leaves out, because other suites share all their arms: of undeclared seeds, or of optional arms.

    Return "" if there are none.
    """
    shown = {result.trial for at_rate in (*study.by_rate.values(), *study.tuned) for result in at_rate.results}
    missing = [trial for trial in trained if not trial.marks and trial not in shown]
    beyond = sorted({trial.seed for trial in missing if study.plan is None or not study.plan.has_seed(trial.seed)})
    if beyond:
        return (
            f"{counted(len(beyond), 'seed')} not shown ({', '.join(map(str, beyond))}): the plan does not declare them, and only arms that "
            f"other suites share were trained with them; --seeds {beyond[0]}-{beyond[-1]} declares a study of its own"
        )
    arms = dict.fromkeys(name_of(trial.architecture) for trial in missing)
    if arms:
        return (
            f"not shown: {', '.join(arms)}, because no optional claim has all of its arms, and other suites share these networks"
        )
    return ""


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


def between_looks(study: Study) -> str:
    """Describe the numbers of declared seeds, by arm, that are no look of the plan, or of the suite without one; "" if all are."""
    plan, looks = study.plan, study.looks or study.suite.looks
    seeds = [
        (study.suite.label_of(result.trial), result.trial.seed)
        for result in study.results
        if plan is None or plan.has_seed(result.trial.seed)
    ]
    numbers = sorted(set(Counter(arm for arm, _ in set(seeds)).values()) - set(looks)) if looks else []
    return f"{' and '.join(map(str, numbers))} seeds, not a declared look: {', '.join(map(str, looks))}" if numbers else ""
