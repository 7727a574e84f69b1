"""Group records into studies: a store may hold several studies, also of other suites, and several learning rates of each."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from analysis.tables.studies import Study, all_arms, eager_timings, shared_arms, study_label
from analysis.tables.versions import with_versions
from benchmarks.spec.rates import recipes_at, without_rate
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.settings import recipe_name
from benchmarks.spec.suite import Suite, probes_of
from benchmarks.spec.trial import Arm, DatasetIdentity
from benchmarks.store.probes import ProbeResult
from benchmarks.store.timings import TimingResult
from benchmarks.store.trials import TrialResult


def studies_of(
    name: str,
    suite: Suite,
    results: Sequence[TrialResult],
    sessions: Sequence[TimingResult] = (),
    probes: Sequence[ProbeResult] = (),
) -> list[Study]:
    """Return the studies of a suite in a store, sorted by label, with their probes and the best-matching timing session.

    Ignore seeds for which only arms shared with other suites were run.
    """
    known = all_arms(with_versions(suite, (result.trial.arm for result in results)))
    at_all_rates: dict[tuple[DatasetIdentity, Recipe], list[TrialResult]] = {}
    for result in results:
        if result.trial.arm in known and not result.trial.marks:  # no control and no trial with images held out
            at_all_rates.setdefault((result.trial.dataset, without_rate(result.trial.recipe)), []).append(result)
    groups = {(_first_name(group), _base_recipe(group)): group for group in at_all_rates.values()}
    return sorted(
        (study for study in _studies(name, suite, groups, sessions, probes) if study.results),
        key=lambda study: study.label,
    )


def _base_recipe(results: Sequence[TrialResult]) -> Recipe:
    """Return the recipe at the study's own rate: the nearest to a named recipe, else that of most arms, else the highest."""
    arms: dict[Recipe, set[Arm]] = {}
    for result in results:
        arms.setdefault(result.trial.recipe, set()).add(result.trial.arm)
    return max(arms, key=lambda recipe: (-recipe_name(recipe).count("="), len(arms[recipe]), recipe.learning_rate))


def _studies(
    name: str,
    suite: Suite,
    groups: dict[tuple[DatasetIdentity, Recipe], list[TrialResult]],
    sessions: Sequence[TimingResult],
    probes: Sequence[ProbeResult],
) -> Iterator[Study]:
    """Yield the studies of groups of results, each with itself at its other learning rates."""
    checksums: dict[str, set[str]] = {}
    for dataset, _ in groups:
        checksums.setdefault(dataset.name, set()).add(dataset.checksum)
    shared = shared_arms(suite)
    for (dataset, recipe), group in groups.items():
        requested = _with_requested_arms(suite, group, shared)
        at_base = [result for result in group if result.trial.recipe == recipe]
        kept = _drop_foreign_seeds(at_base, set(requested.arms.values()), shared)
        rates = sorted({result.trial.recipe.learning_rate for result in group} - {recipe.learning_rate}, reverse=True)
        timings = _best_sessions(requested, group[0], sessions)
        study = Study(
            name=name,
            suite=requested,
            dataset=dataset,
            recipe=recipe,
            label=study_label(dataset, recipe, is_ambiguous=len(checksums[dataset.name]) > 1),
            results=tuple(kept),
            timing=timings[-1] if timings else None,
            timings=timings,
            probes=_probes_of_trials(requested, kept, probes),
        )
        yield replace(study, others=tuple(_at_rate(study, at_rate, group, probes) for at_rate in recipes_at(recipe, rates)))


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


def _drop_foreign_seeds(results: list[TrialResult], arms: set[Arm], shared: set[Arm]) -> list[TrialResult]:
    """Drop incomplete seeds for which only shared arms were run; keep all results if nothing would be left."""
    results = [result for result in results if result.trial.arm in arms]
    by_seed: dict[int, set[Arm]] = {}
    for result in results:
        by_seed.setdefault(result.trial.seed, set()).add(result.trial.arm)
    foreign = {seed for seed, present in by_seed.items() if present != arms and present <= shared}
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
