"""Say what the folder of a run holds: studies, surveys, what each kind of file takes on the disk, and what cannot be read."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from analysis.pages.reports import Reports
from analysis.pages.study_inventory import StudyInventory, declared_results, latest, take_stock, take_stock_of_plan
from analysis.tables.studies import Study, requested
from benchmarks.spec.suite import suite_names
from benchmarks.store.disk import Leftovers, Usage, disk_usage, leftovers, refuse_foreign
from benchmarks.store.out import Out, Records
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.timings import TimingResult
from benchmarks.store.trials import TrialResult


@dataclass(frozen=True, kw_only=True, slots=True)
class SurveyInventory:
    """Sessions of a survey, or of a suite that was only counted or timed, on one kind of machine in one precision.

    `plans` are the paths of the plans that declare a comparison of counts or times, relative to OUT.
    """

    suite: str
    machine: str
    precision: str
    networks: int
    sessions: int
    is_timed: bool
    last_run: str | None
    plans: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Inventory:
    """What a folder holds. `unclaimed` are numbers of trials by data set and network that are in none of the studies."""

    out: str
    trials: int
    probes: int
    timing_sessions: int
    last_run: str | None
    studies: tuple[StudyInventory, ...]
    surveys: tuple[SurveyInventory, ...]
    unclaimed: Mapping[str, int]
    disk: Mapping[str, Usage]
    leftovers: Leftovers
    unreadable: tuple[str, ...]


def inventory(folder: Path) -> Inventory:
    """Return what the folder of a run holds; nothing in it is changed.

    Raises:
        ValueError: no run wrote the folder.
        NewerSchemaError: a record has a newer schema.
    """
    refuse_foreign(folder)
    records = Out(folder).read()
    found = _studies(records)
    timed = {session.plan.survey for session in records.sessions}
    planned = [
        (path, plan)
        for path, plan in records.plans.items()
        if not any(study.is_of(plan) for study in found) and not (plan.trains_nothing and plan.suite in timed)
    ]
    declared = {path: declared_results(plan, records.results) for path, plan in planned}
    of_plans = [take_stock_of_plan(plan, path.parent.name, declared[path], _why(plan, declared[path])) for path, plan in planned]
    in_studies = [result for study in found for result in _results(study)]
    return Inventory(
        out=str(folder),
        trials=len(records.results),
        probes=len(records.probes),
        timing_sessions=sum(session.plan.is_timed for session in records.sessions),
        last_run=latest([*records.results, *records.sessions]),
        studies=tuple(
            replace(study, page=_page(folder, study))
            for study in sorted([*map(take_stock, requested(found)), *of_plans], key=lambda study: study.folder)
        ),
        surveys=tuple(_surveys(records.sessions, _untrained(records.plans, folder))),
        unclaimed=_unclaimed(records.results, [*in_studies, *chain.from_iterable(declared.values())]),
        disk=disk_usage(folder),
        leftovers=leftovers(folder),
        unreadable=tuple(records.unreadable),
    )


def _studies(records: Records) -> list[Study]:
    """Return the studies of every suite and comparison that the records can form."""
    reports = Reports(records)
    return [study for name in reports.suites for study in reports.unlabelled(name)]


def _page(folder: Path, study: StudyInventory) -> str | None:
    """Return the path of a study's page, relative to OUT, or None if there is none."""
    page = f"{study.folder}/index.html"
    return page if (folder / page).is_file() else None


def _results(study: Study) -> Iterator[TrialResult]:
    """Yield every result of a study: at each rate, of its controls and of its tuning."""
    yield from chain.from_iterable(at_rate.results for at_rate in (*study.by_rate.values(), *study.tuned))
    yield from (*study.controls, *study.tuning)


def _why(plan: DeclaredPlan, declared: Sequence[TrialResult]) -> str:
    """Return why a plan has no study: no suite of its name is installed, or no trial is recorded."""
    if plan.suite not in suite_names() and plan.comparison is None:
        return f"no suite named {plan.suite!r} is installed here, so that missing trials and verdicts are unknown; name its file with --suite FILE.py"
    if plan.trains_nothing:
        return "nothing is counted or timed yet"
    return "no trial of it is recorded that this release reads" if declared else "no trial is recorded"


def _untrained(plans: Mapping[Path, DeclaredPlan], folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the paths, relative to OUT, of the plans of each comparison that trains nothing."""
    found: dict[str, tuple[str, ...]] = {}
    for path, plan in plans.items():
        if plan.trains_nothing:
            found[plan.suite] = (*found.get(plan.suite, ()), path.relative_to(folder).as_posix())
    return found


def _surveys(sessions: Sequence[TimingResult], plans: Mapping[str, tuple[str, ...]]) -> Iterator[SurveyInventory]:
    """Yield the timing sessions of surveys by kind; those of a suite's steps are counted with its studies."""
    groups: dict[tuple[object, ...], list[TimingResult]] = {}
    for session in sessions:
        if session.plan.survey is not None:
            groups.setdefault((session.setup, session.plan.workloads), []).append(session)
    for group in groups.values():
        plan = group[-1].plan
        yield SurveyInventory(
            suite=plan.survey or "",
            machine=group[-1].environment.machine,
            precision=plan.precision,
            networks=len({(workload.architecture, workload.task) for workload in plan.workloads}),
            sessions=len(group),
            is_timed=plan.is_timed,
            last_run=latest(group),
            plans=plans.get(plan.survey or "", ()),
        )


def _unclaimed(results: Sequence[TrialResult], claimed: Sequence[TrialResult]) -> dict[str, int]:
    """Count the results in none of the studies, by network and data set."""
    known = {result.trial for result in claimed}
    return dict(
        Counter(f"{result.trial.arm.label} on {result.trial.dataset.name}" for result in results if result.trial not in known)
    )
