"""Group records into studies: a store may hold several studies, also of other suites, and several learning rates of each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from analysis.tables.groups import Group, groups_of
from analysis.tables.studies import Study, eager_timings, shared_arms
from analysis.tables.tuning import is_for_tuned_arms, is_not_declared
from analysis.tables.versions import with_versions
from benchmarks.spec.rates import recipes_at
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.study_label import study_label
from benchmarks.spec.suite import Suite, probes_of
from benchmarks.spec.trial import CONTROLS, Arm
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.probes import ProbeResult
from benchmarks.store.timings import TimingResult
from benchmarks.store.trials import TrialResult


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
    groups = groups_of(suite, results, plans or {})
    return sorted(
        (_with_controls(study, results) for study in _studies(name, suite, groups, sessions, probes) if study.results),
        key=lambda study: study.label,
    )


def _with_controls(study: Study, results: Sequence[TrialResult]) -> Study:
    """Return a study with the controls of its reference arm at its own rate and seeds, in the order of `CONTROLS` and of the seeds."""
    suite = study.suite
    reference = suite.arms.get(suite.reference)
    seeds, order = {result.trial.seed for result in study.results}, list(CONTROLS)
    controls = [
        result
        for result in results
        if result.trial.dataset == study.dataset
        and suite.arm_of(result.trial) == reference
        and suite.is_at(result.trial, study.recipe)
        and result.trial.marks in [(control,) for control in CONTROLS]  # none with images held out
        and result.trial.seed in seeds
    ]
    controls.sort(key=lambda result: (order.index(result.trial.control), result.trial.seed))
    return replace(study, controls=tuple(controls))


def _studies(
    name: str,
    suite: Suite,
    groups: Sequence[Group],
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
        requested = _with_requested_arms(suite, recipe, results, shared, probes)
        at_base = [result for result in results if requested.is_at(result.trial, recipe)]
        kept = _drop_foreign_seeds(requested, at_base, shared, plan)
        rates = sorted(_rates(requested, results) - {recipe.learning_rate}, reverse=True)
        timings = _best_sessions(requested, recipe, results[0], sessions)
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
            tuning=tuple(run for run in group.tuning if requested.arm_of(run.trial) in requested.arms.values()),
        )
        further = [_at_rate(study, at_rate, results, probes) for at_rate in recipes_at(recipe, rates)]
        is_apart = {at_rate.recipe: _is_tuned_only(study, at_rate, results) for at_rate in further}
        others = tuple(at_rate for at_rate in further if not is_apart[at_rate.recipe] and _is_planned(at_rate))
        yield replace(study, others=others, tuned=tuple(at_rate for at_rate in further if is_apart[at_rate.recipe]))


def _rates(suite: Suite, results: Iterable[TrialResult]) -> set[float]:
    """Return the learning rates of results, without those that an arm's settings set."""
    arms = ((suite.arm_of(result.trial), result.trial.recipe.learning_rate) for result in results)
    return {rate for arm, rate in arms if arm is not None and not arm.sets_rate}


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
    results = tuple(
        result for result in group if study.suite.is_at(result.trial, recipe) and study.suite.arm_of(result.trial) in arms
    )
    return replace(
        study, recipe=recipe, results=results, timing=None, timings=(), probes=_probes_of_trials(study.suite, results, probes)
    )


def _with_requested_arms(
    suite: Suite, recipe: Recipe, results: Sequence[TrialResult], shared: set[Arm], probes: Sequence[ProbeResult]
) -> Suite:
    """Return the suite under a recipe with the versions of its networks, and with its optional arms that have results.

    Optional arms that other suites share are left out, unless one that is not shared has results, or they have the probes of a claim.
    """
    suite = with_versions(suite, [result.trial.arm for result in results]).under(recipe)
    present = {arm for result in results if (arm := suite.arm_of(result.trial))}
    if present & set(suite.optional.values()) - shared:
        return suite.with_optional(present)
    probed = _probed_arms(suite, results, probes)
    return suite.with_optional(probed | present & set(suite.arms.values())) if probed else suite


def _probed_arms(suite: Suite, results: Sequence[TrialResult], probes: Sequence[ProbeResult]) -> set[Arm]:
    """Return the arms of the optional claims whose arms all have results of the claim's probe."""
    arms, trials = {**suite.arms, **suite.optional}, {result.trial for result in results}
    wanted = [(claim.measure.probe, {arms[label] for label in claim.test.contrast}) for claim in suite.optional_claims]
    named = {probe for probe, _ in wanted if probe}
    probed = {(result.probe, suite.arm_of(result.trial)) for result in probes if result.probe in named and result.trial in trials}
    return {arm for probe, those in wanted if all((probe, arm) in probed for arm in those) for arm in those}


def _drop_foreign_seeds(
    suite: Suite, results: list[TrialResult], shared: set[Arm], plan: DeclaredPlan | None
) -> list[TrialResult]:
    """Drop incomplete seeds for which only shared arms were run, unless they are declared; keep all results if nothing would be left."""
    arms = set(suite.arms.values())
    results = [result for result in results if suite.arm_of(result.trial) in arms]
    by_seed: dict[int, set[Arm]] = {}
    for result in results:
        if (arm := suite.arm_of(result.trial)) is not None:
            by_seed.setdefault(result.trial.seed, set()).add(arm)
    foreign = {seed for seed, present in by_seed.items() if present != arms and present <= shared}
    foreign -= {seed for seed in foreign if plan is not None and plan.has_seed(seed)}
    return [result for result in results if result.trial.seed not in foreign] or results


def _probes_of_trials(suite: Suite, results: Sequence[TrialResult], probes: Sequence[ProbeResult]) -> tuple[ProbeResult, ...]:
    """Return the probe results that the suite requests for these trials, in the order of the trials."""
    requested = probes_of(suite, [result.trial for result in results])
    recorded = {(result.trial, result.probe): result for result in probes} if requested else {}
    return tuple(recorded[pair] for pair in requested if pair in recorded)


def _best_sessions(
    suite: Suite, recipe: Recipe, result: TrialResult, sessions: Sequence[TimingResult]
) -> tuple[TimingResult, ...]:
    """Return the sessions on one machine that timed the suite's networks on the same images and recipe, by time, the best last.

    The best is the session that timed most networks, preferably on the machine of the trials; its machine is that of the others.
    """
    task = result.data.task(recipe)
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
