"""Run a resolved study or timing run: train and time what is missing, write the report, print the verdicts."""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console

from benchmarks.cli.execute_timing import run_timing, time_networks
from benchmarks.cli.flags import Shown
from benchmarks.cli.plan import StudyPlan, TimingRun
from benchmarks.cli.train import train_and_probe
from benchmarks.cli.tuning import choices_in_words, with_chosen_rates
from benchmarks.cli.until import train_until_decided
from benchmarks.cli.workers import Context
from benchmarks.executors.carry_out import missing_probes
from benchmarks.spec.named import named, text_of
from benchmarks.spec.probe import PROBES, load_probe
from benchmarks.spec.suite import SUITES
from benchmarks.spec.trial import Trial
from benchmarks.spec.words import counted
from benchmarks.store.out import Out
from benchmarks.store.plans import DeclaredPlan, hash_of
from resnet_variants.console import new_console


def load_figures(asked: Iterable[StudyPlan | TimingRun]) -> None:
    """Import the figures of all reports that will be written, so that a broken one is reported before any training.

    Raises:
        ValueError: a figure cannot be loaded; names its file and the error.
    """
    from analysis.figures import load_figure  # late: it loads pandas

    for plan in asked:
        for name in plan.survey.figures if isinstance(plan, TimingRun) else () if plan.is_part else plan.suite.figures:
            load_figure(name)


def load_probes(asked: Iterable[StudyPlan | TimingRun]) -> None:
    """Import the users' probes of all studies, which run after the training, so that a broken one is reported before.

    Raises:
        ValueError: a probe cannot be loaded; names its file and the error.
    """
    for plan in asked:
        for use in plan.suite.probes if isinstance(plan, StudyPlan) else ():
            if use.probe in named(PROBES):
                load_probe(use.probe)


def run_all(
    asked: Iterable[StudyPlan | TimingRun], context: Context, out: Out, *, shown: Shown, hours: float | None = None
) -> list[dict[str, Any]]:
    """Run every study and timing run with its report, then write the overview of all reports; return the outcomes as plain values.

    `shown` says how much of them is printed. All plans are written before the first trial, because studies share trials. After `hours` no seed of
    a later look begins.
    """
    deadline = math.inf if hours is None else time.monotonic() + 3600 * hours
    asked = list(asked)
    for plan in asked:
        if plan.declared is not None:
            _declare(plan.declared, out)
    answers = [
        run_timing(plan, context, out, shown=shown)
        if isinstance(plan, TimingRun)
        else run_study(plan, context, out, shown=shown, deadline=deadline)
        for plan in asked
    ]
    if any("report" in answer for answer in answers):
        from analysis.pages.reports import Reports
        from analysis.report import write_overview

        write_overview(out, Reports(out.read()))
    return answers


def _declare(plan: DeclaredPlan, out: Out) -> None:
    """Write a plan, unless its study has one; print where a comparison's is, with its hash."""
    path = out.plans.write(plan)
    if plan.comparison is not None:
        words = f"{plan.suite}: plan {hash_of(path)}, declared {plan.declared_at}: {path}"
        new_console(stderr=True).print(words, highlight=False, soft_wrap=True)


def plan_values(plan: DeclaredPlan | None, out: Out) -> dict[str, Any]:
    """Return a comparison's plan as plain values: its file, its hash and when it was declared; empty for any other suite."""
    known = out.plans.find(plan) if plan is not None and plan.comparison is not None else None
    return {"plan": {"path": str(known[0]), "hash": hash_of(known[0]), "declared_at": known[1].declared_at}} if known else {}


def run_study(study: StudyPlan, context: Context, out: Out, *, shown: Shown, deadline: float = math.inf) -> dict[str, Any]:
    """Run a study, write its report and print its verdicts; return them as plain values."""
    console = new_console(stderr=True)
    out.labels.write(study.images)
    if study.tuning:
        study = _tune(study, context, out, console)
    begun = out.with_result(study.further)
    study = replace(study, trials=(*study.trials, *(trial for trial in study.further if trial in begun)))  # which may lack probes
    train_and_probe(study, context, out, console)

    def train(trials: Sequence[Trial]) -> None:
        train_and_probe(replace(study, trials=tuple(trials)), context, out, console)

    later = (
        train_until_decided(study, lambda: _trials_of_next_look(study, out), train, console, deadline) if study.further else ()
    )
    trials = (*study.trials, *later)
    if study.timing is not None:
        time_networks(study.timing, context, out)
    if study.is_part:  # the report is made from all parts, and the others run elsewhere
        return _report_part(study, out, console)
    return _report(study, trials, out, shown=shown)


def _report(study: StudyPlan, trials: Sequence[Trial], out: Out, *, shown: Shown) -> dict[str, Any]:
    """Write a study's report and print its verdicts; return them as plain values."""
    # late: the workers need the cores, and pandas takes a second to load
    from analysis.inference.tuned import with_tuned
    from analysis.pages.console import print_summary
    from analysis.pages.verdict_rows import verdict_rows
    from analysis.report import report_on
    from analysis.tables.plans import trials_not_shown

    summary, written = report_on(out, study.name, trials[0], study.declared)
    left_out = trials_not_shown(summary.study, out.with_result(trials))
    if left_out:
        new_console(stderr=True).print(f"{study.name}: {left_out}", highlight=False, soft_wrap=True)
    if shown != "nothing":
        print_summary(summary, written.page, written.left_out, is_verbose=shown == "all")
    return {
        "suite": study.name,
        "dataset": trials[0].dataset.name,
        "recipe": summary.recipe,
        "trials": len(trials),
        **({"tuning_runs": len(study.tuning)} if study.tuning else {}),
        "not_measured": len(trials) + len(study.tuning) - len(out.with_result((*trials, *study.tuning))),
        "not_probed": len(missing_probes(study.suite, trials, out)),
        "not_drawn": len(written.left_out),
        "report": str(written.page),
        **plan_values(study.declared, out),
        "verdicts": with_tuned(verdict_rows(summary), summary.tuned),
    }


def _tune(study: StudyPlan, context: Context, out: Out, console: Console) -> StudyPlan:
    """Run the missing tuning runs and print the chosen learning rates; return the study with the trials at these rates."""
    runs = replace(study, trials=study.tuning, further=(), probed_later=frozenset())
    train_and_probe(runs, context, out, console, has_probes=False)
    for line in choices_in_words(study, out):
        console.print(line, highlight=False, soft_wrap=True)
    return with_chosen_rates(study, out)


def _report_part(study: StudyPlan, out: Out, console: Console) -> dict[str, Any]:
    """Print how many trials of a part of a study are done; return it as plain values."""
    trials = study.trials
    done = len(out.with_result(trials))
    console.print(
        f"{study.name}: part finished: {done} of {counted(len(trials), 'trial')}. When all parts are done: python -m benchmarks.merge PART... "
        f"--into OUT, then python -m analysis.report OUT --suite {text_of(SUITES, study.name)}",
        highlight=False,
        soft_wrap=True,
    )
    not_probed = len(missing_probes(study.suite, trials, out))
    return {"suite": study.name, "trials": len(trials), "not_measured": len(trials) - done, "not_probed": not_probed}


def _trials_of_next_look(study: StudyPlan, out: Out) -> list[Trial]:
    """Return the missing trials of the nearest look at which open claims are judged next: those of the claims' arms."""
    from analysis.inference.stopping import next_looks  # late: it loads pandas
    from analysis.pages.reports import Reports

    done, page = out.with_result(study.further), Reports(out.read()).page_of(study.name, study.declared)
    looks = next_looks(page.verdicts) if page else {}
    for look in sorted(set(looks.values())):
        suite = page.study.suite if page else study.suite
        claims = [claim for claim in suite.claims if looks.get(claim.id) == look]
        arms = {suite.arms[label] for claim in claims for label in claim.test.contrast}
        seeds = range(study.seeds.start, study.seeds.start + look)
        missing = [trial for trial in study.further if trial.seed in seeds and study.arm_of(trial) in arms and trial not in done]
        if missing:
            return missing
    return []


def count_decided(study: StudyPlan, out: Out) -> int:
    """Return how many claims of a study the records in OUT already decide, also those that ran for other suites."""
    from analysis.pages.reports import Reports  # late: it loads pandas

    reports, trial = Reports(out.read()), study.trials[0]
    known = [one for one in reports.studies(study.name) if one.is_of(study.declared) or (one.plan is None and one.holds(trial))]
    return sum(verdict.is_tested for one in known for verdict in reports.page(one).verdicts)
