"""What a referee would object to in a finished store: python -m analysis.check OUT

It reads the records alone and names, suite by suite, what stands between them and a fair comparison. Exit code 1 where there is anything,
2 where there is nothing to read.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from analysis.pages.provenance import MOST_OTHERS
from analysis.pages.reports import Reports
from analysis.pages.survey_page import SurveySummary, sessions_of
from analysis.tables.frames import missing_trials
from analysis.tables.probes import unprobed
from analysis.tables.studies import Study, has_an_arm_of_its_own, is_of_its_suite
from benchmarks.spec.claims import FEWEST_SEEDS
from benchmarks.spec.cost import Cost
from benchmarks.spec.doubts import doubts
from benchmarks.spec.suite import Budget, suite_names
from benchmarks.spec.survey import survey_names
from benchmarks.store.out import Out
from benchmarks.store.strict_json import NewerSchemaError
from benchmarks.store.timings import TimingResult
from benchmarks.store.trials import HAS_RESULT, TrialResult
from resnet_variants.command import start
from resnet_variants.names import some_of

OBJECTIONS, NOTHING_TO_READ = 1, 2
SHOWN = 4  # of a list that a sentence names


def objections(out: Path) -> list[str]:
    """A sentence for each objection to the store OUT/trials; none where there is none.

    Raises:
        ValueError: the store holds no record of any suite, or one of a newer schema.
    """
    records = Out(out).read()
    found = [f"unreadable: {line}" for line in records.unreadable]
    num_studies = 0
    for name in (*survey_names(), *suite_names()):
        for summary in sessions_of(name, records.sessions):
            num_studies += 1
            found += [f"{name}, {summary.label}: {objection}" for objection in _of_session(summary)]
    for name in suite_names():
        studies = [study for study in Reports(records).studies(name) if _is_meant(study, out)]
        num_studies += len(studies)
        for study in studies:
            said = [*_of_study(study), *_of_images(study), *_of_probes(study), *_of_budgets(study), *_of_timing(study)]
            found += [f"{name}, {study.label}: {objection}" for objection in said]
        found += [f"{name}: {objection}" for objection in _of_recipes(studies)]
    if num_studies == 0:
        raise ValueError(f"{out / 'trials'} holds no study of any suite: {', '.join([*suite_names(), *survey_names()])}")
    return found


def _is_meant(study: Study, out: Path) -> bool:
    """Whether the study was asked for: it has a report, or an arm of its own; or nothing was reported yet, and it may be one."""
    if (out / study.name / study.label).is_dir() or has_an_arm_of_its_own(study):
        return True
    return is_of_its_suite(study) and not any((out / name).is_dir() for name in suite_names())


def _of_recipes(studies: list[Study]) -> Iterator[str]:
    """Arms that ran under other recipes than the rest, on one data set."""
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


def _of_study(study: Study) -> Iterator[str]:
    trials = study.trials
    environments = [result.environment for result in study.results]
    there = set(trials["arm"])
    missing = missing_trials(study)
    left_out = [arm for arm, _ in missing if arm not in there]
    if left_out:
        yield f"left out altogether: {_list(iter(left_out))}"
    lacking = [f"{arm} with seed {seed}" for arm, seed in missing if arm in there]
    if lacking:
        yield f"missing: {_list(iter(lacking))}"
    few = [f"{arm} ({number})" for arm, number in Counter(trials["arm"]).items() if number < FEWEST_SEEDS]
    if few:
        yield f"fewer than {FEWEST_SEEDS} seeds: {_list(iter(few))}"
    other = [f"{result.trial.arm.label} with seed {result.trial.seed}" for result in study.results if result.definition_changed]
    if other:
        yield f"trained when their names stood for other networks: {_list(iter(other))}"
    lost = trials[~trials["status"].isin(HAS_RESULT)]
    if len(lost):
        yield f"not measured: {_list(f'{row.arm} with seed {row.seed} ({row.status})' for row in lost.itertuples())}"
    if trials["is_dirty"].fillna(False).any():
        yield f"from a working tree with uncommitted changes: {_list(iter(trials.loc[trials['is_dirty'].fillna(False), 'arm']))}"
    if trials["commit"].isna().any():
        yield "from an unknown commit"
    for what, values in (
        ("commits", {environment.commit for environment in environments}),
        ("processors, in one table of times", {environment.gpu or environment.processor for environment in environments}),
        ("numbers of threads", {environment.num_threads for environment in environments}),
        ("versions of torch", {environment.versions.get("torch") for environment in environments}),
        ("ways of training", {_way(result) for result in study.results if result.has_result}),
        ("ways of counting costs", {result.cost.counted_by for result in study.results if result.cost}),
    ):
        if len(values) > 1:
            yield f"{len(values)} {what}: {_list(str(value)[:40] for value in sorted(map(str, values)))}"


def _of_images(study: Study) -> Iterator[str]:
    """What is wrong with the images, or with the recipe on them."""
    said = dict.fromkeys(words for result in study.results for words in doubts(result.data, study.recipe))
    yield from (words.rstrip(".") for words in said)


def _way(result: TrialResult) -> str:
    """How a trial's steps were carried out: another way rounds otherwise."""
    compiled = "compiled" if result.is_compiled else "as it stands"
    return f"{compiled}, as a CUDA graph" if result.uses_graph else compiled


def _of_probes(study: Study) -> Iterator[str]:
    lacking = unprobed(study)
    if lacking:
        yield f"not probed: {_list(iter(lacking))}"
    if any(result.environment.is_dirty for result in study.probes):
        yield "probed from a working tree with uncommitted changes"


def _of_session(summary: SurveySummary) -> Iterator[str]:
    timed = summary.timed
    for budget in summary.survey.budgets:
        yield from _off_budget(budget, summary.costs)
    lost = [label for label in summary.survey.networks if label not in timed or timed[label].detail]
    if lost:
        yield f"not timed: {_list(iter(lost))}"
    yield from _of_conditions(summary.timing)


def _of_budgets(study: Study) -> Iterator[str]:
    """Arms that were to cost the same and do not, by what their records counted."""
    for budget in study.suite.budgets:
        yield from _off_budget(budget, study.costs_by_arm)


def _off_budget(budget: Budget, costs: Mapping[str, Cost]) -> Iterator[str]:
    """The arms that are too far from the first one's count, or whose count is only a lower bound."""
    if any(arm not in costs for arm in budget.arms):
        return
    counts = {arm: costs[arm].exact(budget.on) for arm in budget.arms}
    unknown = [arm for arm, number in counts.items() if number is None]
    if unknown:
        yield f"budget: of the {budget.on} of {_list(iter(unknown))} only a lower bound is known: they cannot be held equal"
        return
    known = {arm: number for arm, number in counts.items() if number is not None}
    for arm in budget.arms[1:]:
        apart = known[arm] / known[budget.arms[0]] - 1
        if abs(apart) > budget.tolerance:
            yield f"budget: {arm} differs by {apart:+.2%} in {budget.on} from {budget.arms[0]}, and {budget.tolerance:.0%} is allowed"


def _of_timing(study: Study) -> Iterator[str]:
    """Times that are missing, or that other programs disturbed."""
    if not study.suite.timed:
        return
    if study.timing is None:
        yield "not timed"
        return
    lost = [arm for arm in study.suite.arms if not (found := study.timings_by_arm.get(arm)) or found.detail]
    if lost:
        yield f"not timed: {_list(iter(lost))}"
    yield from _of_conditions(study.timing)


def _of_conditions(timing: TimingResult) -> Iterator[str]:
    if timing.others_share is not None and timing.others_share > MOST_OTHERS:
        yield f"other programs took {timing.others_share:.0%} of the machine while it was timed"
    if timing.environment.is_dirty:
        yield "timed from a working tree with uncommitted changes"


def _list(items: Iterator[str]) -> str:
    return some_of(list(dict.fromkeys(items)), SHOWN)


def main(out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder that holds trials/.")]) -> None:
    """Name what a referee would object to in a finished store."""
    try:
        found = objections(out)
    except (ValueError, NewerSchemaError) as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(NOTHING_TO_READ) from None
    for line in found:
        print(line)
    if found:
        raise typer.Exit(OBJECTIONS)
    print(f"{out}: no objections")


if __name__ == "__main__":
    start(main)
