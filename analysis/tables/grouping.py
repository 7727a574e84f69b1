"""Group records into studies: a store may hold several studies, also of other suites, and several learning rates of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.tables.studies import Study, all_arms, eager_timings, shared_arms
from analysis.tables.tuning import is_for_tuned_arms, is_not_declared
from analysis.tables.versions import with_versions
from benchmarks.spec.rates import recipes_at, without_rate
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.settings import recipe_name
from benchmarks.spec.study_label import study_label
from benchmarks.spec.suite import Suite, probes_of
from benchmarks.spec.trial import CONTROLS, Arm, DatasetIdentity
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.probes import ProbeResult
from benchmarks.store.timings import TimingResult
from benchmarks.store.trials import TrialResult
from benchmarks.store.tuning import is_tuning_result

Setting = tuple[DatasetIdentity, Recipe]  # the recipe without its learning rate


@dataclass(frozen=True, kw_only=True, slots=True)
class _Group:
    """Results of one study at all its learning rates, the runs that tune them, and its plan with the name of its folder, if it has one."""

    dataset: DatasetIdentity
    recipe: Recipe
    results: Sequence[TrialResult]
    tuning: Sequence[TrialResult]
    plan: DeclaredPlan | None = None
    folder: str = ""


def studies_of(
    name: str,
    suite: Suite,
    results: Sequence[TrialResult],
    sessions: Sequence[TimingResult] = (),
    probes: Sequence[ProbeResult] = (),
    plans: Mapping[str, DeclaredPlan] | None = None,
) -> list[Study]:
    """Return the studies of a suite in a store, sorted by label, with their probes and the best-matching timing session.

    `plans` are the suite's, by the name of the study's folder. Ignore seeds for which only arms shared with other suites were run, unless
    the study's plan declares them.
    """
    known = all_arms(with_versions(suite, (result.trial.arm for result in results)))
    at_all_rates: dict[Setting, list[TrialResult]] = {}
    tuning: dict[Setting, list[TrialResult]] = {}
    for result in results:
        if result.trial.arm in known and (not result.trial.marks or is_tuning_result(result)):  # no control
            kind = tuning if result.trial.marks else at_all_rates
            kind.setdefault((result.trial.dataset, without_rate(result.trial.recipe)), []).append(result)
    groups = [group for key, found in at_all_rates.items() for group in _by_plan(suite, found, tuning.get(key, []), plans or {})]
    return sorted(
        (_with_controls(study, results) for study in _studies(name, suite, groups, sessions, probes) if study.results),
        key=lambda study: study.label,
    )


def _with_controls(study: Study, results: Sequence[TrialResult]) -> Study:
    """Return a study with the controls of its reference arm at its own rate and seeds, in the order of `CONTROLS` and of the seeds."""
    reference, setup = study.suite.arms.get(study.suite.reference), (study.dataset, study.recipe)
    seeds, order = {result.trial.seed for result in study.results}, list(CONTROLS)
    controls = [
        result
        for result in results
        if (result.trial.arm, result.trial.dataset, result.trial.recipe) == (reference, *setup)
        and result.trial.marks in [(control,) for control in CONTROLS]  # none with images held out
        and result.trial.seed in seeds
    ]
    controls.sort(key=lambda result: (order.index(result.trial.control), result.trial.seed))
    return replace(study, controls=tuple(controls))


def _base_recipe(suite: Suite, results: Sequence[TrialResult], tuning: Sequence[TrialResult]) -> Recipe:
    """Return the recipe at the study's own rate: the nearest to a named recipe, else that of most arms, else the highest.

    Rates of tuned arms only are not among the candidates.
    """
    arms: dict[Recipe, set[Arm]] = {}
    for result in results:
        arms.setdefault(result.trial.recipe, set()).add(result.trial.arm)
    if tuning:
        tuned = {recipe for recipe in arms if is_for_tuned_arms(suite, results, recipe.learning_rate, tuning)}
        arms = {recipe: ran for recipe, ran in arms.items() if recipe not in tuned} or arms
    return max(arms, key=lambda recipe: (-recipe_name(recipe).count("="), len(arms[recipe]), recipe.learning_rate))


def _by_plan(
    suite: Suite, results: Sequence[TrialResult], tuning: Sequence[TrialResult], plans: Mapping[str, DeclaredPlan]
) -> Iterator[_Group]:
    """Divide results on the same images and recipe: each plan with seeds of its own is a study, and all other seeds are another.

    Seeds of a replication are also the other study's if that one's plan declares them.
    """
    trial, name = results[0].trial, _first_name(results)
    mine = {folder: plan for folder, plan in plans.items() if plan.is_on(trial.dataset, trial.recipe)}
    replications = [plan for plan in mine.values() if plan.has_own_seeds]
    folder, main = next(((folder, plan) for folder, plan in mine.items() if not plan.has_own_seeds), ("", None))
    others = [
        result
        for result in results
        if (main is not None and main.has_seed(result.trial.seed))
        or not any(plan.has_seed(result.trial.seed) for plan in replications)
    ]
    if others:
        recipe = main.recipe if main else _base_recipe(suite, others, tuning)
        yield _Group(dataset=name, recipe=recipe, results=others, tuning=tuning, plan=main, folder=folder)
    for folder, plan in mine.items():
        own = [result for result in results if plan.has_own_seeds and plan.has_seed(result.trial.seed)]
        if own:
            yield _Group(dataset=name, recipe=plan.recipe, results=own, tuning=tuning, plan=plan, folder=folder)


def _studies(
    name: str,
    suite: Suite,
    groups: Sequence[_Group],
    sessions: Sequence[TimingResult],
    probes: Sequence[ProbeResult],
) -> Iterator[Study]:
    """Yield the studies of groups of results, each with itself at its other learning rates."""
    checksums: dict[str, set[str]] = {}
    for group in groups:
        checksums.setdefault(group.dataset.name, set()).add(group.dataset.checksum)
    shared = shared_arms(suite)
    for group in groups:
        dataset, recipe, results, plan = group.dataset, group.recipe, group.results, group.plan
        requested = _with_requested_arms(suite, results, shared)
        at_base = [result for result in results if result.trial.recipe == recipe]
        kept = _drop_foreign_seeds(at_base, set(requested.arms.values()), shared, plan)
        rates = sorted({result.trial.recipe.learning_rate for result in results} - {recipe.learning_rate}, reverse=True)
        timings = _best_sessions(requested, results[0], sessions)
        study = Study(
            name=name,
            suite=requested,
            dataset=dataset,
            recipe=recipe,
            label=group.folder or study_label(dataset, recipe, is_ambiguous=len(checksums[dataset.name]) > 1),
            results=tuple(kept),
            timing=timings[-1] if timings else None,
            timings=timings,
            probes=_probes_of_trials(requested, kept, probes),
            plan=plan,
            tuning=tuple(run for run in group.tuning if run.trial.arm in requested.arms.values()),
        )
        further = [_at_rate(study, at_rate, results, probes) for at_rate in recipes_at(recipe, rates)]
        is_apart = {at_rate.recipe: _is_tuned_only(study, at_rate, results) for at_rate in further}
        others = tuple(at_rate for at_rate in further if not is_apart[at_rate.recipe] and _is_planned(at_rate))
        yield replace(study, others=others, tuned=tuple(at_rate for at_rate in further if is_apart[at_rate.recipe]))


def _is_tuned_only(study: Study, at_rate: Study, group: Sequence[TrialResult]) -> bool:
    """Return whether the results at a further rate are of tuned arms only, so that they are no part of the headline."""
    if not study.tuning:
        return False
    if study.plan is not None:
        return not _is_planned(at_rate)
    is_for_tuned = is_for_tuned_arms(study.suite, group, at_rate.recipe.learning_rate, study.tuning)
    return is_for_tuned or is_not_declared(study, at_rate)


def _is_planned(at_rate: Study) -> bool:
    """Return whether a study's plan has this learning rate, or there is no plan."""
    return at_rate.plan is None or at_rate.recipe.learning_rate in at_rate.plan.rates


def _at_rate(study: Study, recipe: Recipe, group: Sequence[TrialResult], probes: Sequence[ProbeResult]) -> Study:
    """Return a study at another learning rate, with the results of its arms there."""
    arms = set(study.suite.arms.values())
    results = tuple(result for result in group if result.trial.recipe == recipe and result.trial.arm in arms)
    return replace(
        study, recipe=recipe, results=results, timing=None, timings=(), probes=_probes_of_trials(study.suite, results, probes)
    )


def _first_name(results: Sequence[TrialResult]) -> DatasetIdentity:
    """Return the data set under its name in the oldest record, so that the study's folder keeps its name."""
    first = min(results, key=lambda result: (result.finished_at or "", result.trial.dataset.name))
    return first.trial.dataset


def _with_requested_arms(suite: Suite, results: Sequence[TrialResult], shared: set[Arm]) -> Suite:
    """Return the suite with the versions of its networks, and with its optional arms that have results.

    The optional arms are left out if other suites share all of those that have results.
    """
    present = {result.trial.arm for result in results}
    suite = with_versions(suite, [result.trial.arm for result in results])
    return suite.with_optional(present) if present & set(suite.optional.values()) - shared else suite


def _drop_foreign_seeds(
    results: list[TrialResult], arms: set[Arm], shared: set[Arm], plan: DeclaredPlan | None
) -> list[TrialResult]:
    """Drop incomplete seeds for which only shared arms were run, unless they are declared; keep all results if nothing would be left."""
    results = [result for result in results if result.trial.arm in arms]
    by_seed: dict[int, set[Arm]] = {}
    for result in results:
        by_seed.setdefault(result.trial.seed, set()).add(result.trial.arm)
    foreign = {seed for seed, present in by_seed.items() if present != arms and present <= shared}
    foreign -= {seed for seed in foreign if plan is not None and plan.has_seed(seed)}
    return [result for result in results if result.trial.seed not in foreign] or results


def _probes_of_trials(suite: Suite, results: Sequence[TrialResult], probes: Sequence[ProbeResult]) -> tuple[ProbeResult, ...]:
    """Return the probe results that the suite requests for these trials, in the order of the trials."""
    requested = probes_of(suite, [result.trial for result in results])
    recorded = {(result.trial, result.probe): result for result in probes} if requested else {}
    return tuple(recorded[pair] for pair in requested if pair in recorded)


def _best_sessions(suite: Suite, result: TrialResult, sessions: Sequence[TimingResult]) -> tuple[TimingResult, ...]:
    """Return the sessions on one machine that timed the suite's networks on the same images and recipe, by time, the best last.

    The best is the session that timed most networks, preferably on the machine of the trials; its machine is that of the others.
    """
    recipe, task = result.trial.recipe, result.data.task(result.trial.recipe)
    networks = {arm.architecture for arm in suite.arms.values()}
    candidates = [
        (
            len(networks & set(eager_timings(session, task, recipe.batch_size))),
            session.environment.machine == result.environment.machine,
            session.finished_at or "",
            session,
        )
        for session in sessions
        if session.plan.survey is None
        and session.plan.precision == recipe.precision
        # a suite without timed steps only takes a session of its own networks
        and (suite.timed or {network.workload.architecture for network in session.networks} <= networks)
    ]
    ranked = sorted((candidate for candidate in candidates if candidate[0]), key=lambda candidate: candidate[:3])
    return tuple(session for *_, session in ranked if session.setup == ranked[-1][-1].setup)
