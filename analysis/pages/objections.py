"""Find a referee's objections to a store: from its records, the facts that make a suite's comparisons unfair or incomplete."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from analysis.inference.control_wording import control_objections
from analysis.inference.controls import controls_of
from analysis.inference.sizes import with_minus
from analysis.inference.tuning_objections import has_other_rates, tuning_objections
from analysis.pages.concerns import referee_objections
from analysis.pages.reports import Reports
from analysis.pages.study_page import Summary
from analysis.pages.survey_page import SurveySummary
from analysis.pages.timing_objections import session_objections, timing_objections
from analysis.tables.frames import missing_trials
from analysis.tables.plans import departures
from analysis.tables.probes import unprobed
from analysis.tables.studies import Study, has_an_arm_of_its_own, is_of_its_suite
from benchmarks.spec.claims import FEWEST_SEEDS
from benchmarks.spec.cost import Cost
from benchmarks.spec.doubts import doubts
from benchmarks.spec.suite import Budget, suite_names
from benchmarks.spec.survey import survey_names
from benchmarks.store.out import Out
from benchmarks.store.trials import HAS_RESULT, TrialResult
from resnet_variants.names import some_of

SHOWN = 4  # items that a sentence names of a longer list


def objections(out: Path, suites: Collection[str] = ()) -> list[str]:
    """Return a line for each objection to the store OUT, or only to these suites; one to several studies is a single line that names them.

    Raises:
        ValueError: the store contains no study of any suite.
        NewerSchemaError: a record has a newer schema.
    """
    records = Out(out).read()
    lines = [f"unreadable: {line}" for line in records.unreadable]
    num_studies, requested = 0, list[Study]()
    of_studies: dict[str, list[str]] = {}
    reports = Reports(records)
    for name in (name for name in (*survey_names(), *reports.suites) if not suites or name in suites):
        for summary in reports.sessions(name):
            num_studies += 1
            lines += [f"{name}, {summary.label}: {objection}" for objection in _session_objections(summary)]
    for name in (name for name in reports.suites if not suites or name in suites):
        studies = [study for study in reports.studies(name) if _was_requested(study, out)]
        num_studies += len(studies)
        requested += studies
        for study in studies:
            for objection in _all_objections(study):
                of_studies.setdefault(objection, []).append(f"{name}, {study.label}")
        lines += [f"{name}: {objection}" for objection in _recipe_objections(studies)]
    if num_studies == 0:
        named = suites or [*suite_names(), *survey_names()]
        raise ValueError(f"{Out(out).trials.folder} holds no study of any suite: {', '.join(named)}{reports.hint}")
    told = [f"{'; '.join(names)}: {objection}" for objection, names in of_studies.items()]
    return [*lines, *told, *tuning_objections(requested)]


def _all_objections(study: Study) -> Iterator[str]:
    """Yield the objections to a study: to its trials, controls, arms, images, probes, budgets and times."""
    yield from departures(study)
    yield from _study_objections(study)
    yield from _rate_objections(study)
    yield from control_objections(controls_of(study), study.suite.claims)
    yield from referee_objections(study, Summary(study=study).verdicts)
    yield from _image_objections(study)
    yield from _probe_objections(study)
    yield from _budget_objections(study)
    yield from timing_objections(study)


def _was_requested(study: Study, out: Path) -> bool:
    """Return whether the study has a report or an arm that no other suite has.

    Before any suite is reported, a study that `is_of_its_suite` counts, too.
    """
    if (out / study.name / study.label).is_dir() or has_an_arm_of_its_own(study):
        return True
    return is_of_its_suite(study) and not any((out / name).is_dir() for name in suite_names())


def _recipe_objections(studies: list[Study]) -> Iterator[str]:
    """Yield an objection for each data set on which some arms ran under more recipes than the others."""
    for dataset in dict.fromkeys(study.dataset for study in studies):
        recipes: dict[str, set[str]] = {}
        for study in studies:
            for arm in study.trials["arm"] if study.dataset == dataset else ():
                recipes.setdefault(arm, set()).add(study.label)
        everywhere = set.intersection(*recipes.values())
        unequal = [
            f"{arm} also under {_list(iter(sorted(labels - everywhere)))}"
            for arm, labels in recipes.items()
            if labels - everywhere
        ]
        if unequal:
            yield f"unequal recipes on {dataset.name}: {_list(iter(unequal))}"


def _study_objections(study: Study) -> Iterator[str]:
    """Yield the objections to the trials of a study: missing, unmeasured, or run under mixed conditions."""
    trials = study.trials
    environments = [result.environment for result in study.results]
    present = set(trials["arm"])
    missing = missing_trials(study)
    left_out = [arm for arm, _ in missing if arm not in present]
    if left_out:
        yield f"not run: {_list(iter(left_out))}"
    lacking = [f"{arm} with seed {seed}" for arm, seed in missing if arm in present]
    if lacking:
        yield f"missing: {_list(iter(lacking))}"
    few = [f"{arm} ({number})" for arm, number in Counter(trials["arm"]).items() if number < FEWEST_SEEDS]
    if few:
        yield f"fewer than {FEWEST_SEEDS} seeds: {_list(iter(few))}"
    other = [
        f"{study.suite.label_of(result.trial)} with seed {result.trial.seed}"
        for result in study.results
        if result.definition_changed
    ]
    if other:
        yield f"trained when their names meant other networks: {_list(iter(other))}"
    lost = trials[~trials["status"].isin(HAS_RESULT)]
    if len(lost):
        yield f"not measured: {_list(f'{row.arm} with seed {row.seed} ({row.status})' for row in lost.itertuples())}"
    if trials["is_dirty"].fillna(False).any():
        yield f"from a working tree with uncommitted changes: {_list(iter(trials.loc[trials['is_dirty'].fillna(False), 'arm']))}"
    if trials["commit"].isna().any():
        yield "from an unknown commit"
    for what, values in (
        ("commits", {environment.commit for environment in environments}),
        ("processors, in one table of times", {environment.machine for environment in environments}),
        ("numbers of threads", {environment.num_threads for environment in environments}),
        ("versions of torch", {environment.versions.get("torch") for environment in environments}),
        ("ways of training", {_way(result) for result in study.results if result.has_result}),
        ("ways of counting costs", {result.cost.counted_by for result in study.results if result.cost}),
    ):
        if len(values) > 1:
            yield f"{len(values)} {what}: {_list(str(value)[:40] for value in sorted(map(str, values)))}"


def _rate_objections(study: Study) -> Iterator[str]:
    """Yield an objection if the claims were tested at fewer learning rates than a study of this suite has."""
    if len(study.by_rate) == 1 and has_other_rates(study):
        yield f"at one learning rate only, {study.recipe.learning_rate:g}: its claims may hold at this rate only"


def _image_objections(study: Study) -> Iterator[str]:
    """Yield the doubts about the images, and about the recipe's augmentation on them."""
    lines = dict.fromkeys(words for result in study.results for words in doubts(result.data, study.recipe))
    yield from (line.rstrip(".") for line in lines)


def _way(result: TrialResult) -> str:
    """Return the way in which a trial's steps were executed; ways differ in rounding."""
    compiled = "compiled" if result.is_compiled else "eager"
    return f"{compiled}, as a CUDA graph" if result.uses_graph else compiled


def _probe_objections(study: Study) -> Iterator[str]:
    """Yield the objections to the probes of a study."""
    lacking = unprobed(study)
    if lacking:
        yield f"not probed: {_list(iter(lacking))}"
    if any(result.environment.is_dirty for result in study.probes):
        yield "probed from a working tree with uncommitted changes"


def _session_objections(summary: SurveySummary) -> Iterator[str]:
    """Yield the objections to the timing sessions of a survey."""
    timed = summary.timed
    for budget in summary.survey.budgets:
        yield from _off_budget(budget, summary.costs)
    lost = [label for label in summary.survey.networks if label not in timed or timed[label].detail]
    if lost:
        yield f"not timed: {_list(iter(lost))}"
    yield from session_objections(summary.survey.claims, summary.sessions)


def _budget_objections(study: Study) -> Iterator[str]:
    """Yield an objection for each arm whose counted cost is off its budget."""
    for budget in study.suite.budgets:
        yield from _off_budget(budget, study.costs_by_arm)


def _off_budget(budget: Budget, costs: Mapping[str, Cost]) -> Iterator[str]:
    """Yield an objection for each arm that is too far from the first arm's count, or one if some counts are lower bounds."""
    if any(arm not in costs for arm in budget.arms):
        return
    counts = {arm: costs[arm].exact(budget.on) for arm in budget.arms}
    unknown = [arm for arm, number in counts.items() if number is None]
    if unknown:
        yield f"budget: of the {budget.on} of {_list(iter(unknown))} only a lower bound is known, which cannot be compared"
        return
    known = {arm: number for arm, number in counts.items() if number is not None}
    for arm in budget.arms[1:]:
        difference = known[arm] / known[budget.arms[0]] - 1
        if abs(difference) > budget.tolerance:
            percent = with_minus(f"{difference:+.2%}")
            yield f"budget: {arm} differs by {percent} in {budget.on} from {budget.arms[0]}, and {budget.tolerance:.0%} is allowed"


def _list(items: Iterator[str]) -> str:
    """Join the distinct items, at most the first four, and the number of the others."""
    return some_of(list(dict.fromkeys(items)), SHOWN)
