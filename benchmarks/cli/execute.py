"""Run a resolved study or timing run: train and time what is missing, write the report, print the verdicts."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from benchmarks.cli.advice import found_before
from benchmarks.cli.page_so_far import PageSoFar
from benchmarks.cli.plan import StudyPlan, TimingRun
from benchmarks.cli.progress import Display, ProbeDisplay
from benchmarks.cli.timing_sessions import progress_of, reason_to_wait
from benchmarks.cli.tuning import choices_in_words, with_chosen_rates
from benchmarks.cli.workers import Context, executor_of
from benchmarks.executors import ray
from benchmarks.executors.carry_out import carry_out, carry_out_probes, has_failed, missing_probes
from benchmarks.executors.events import Event
from benchmarks.executors.queue import is_done
from benchmarks.executors.ray_cluster import Cluster
from benchmarks.spec.timing import TimingPlan
from benchmarks.spec.words import counted
from benchmarks.store.cores import num_cores
from benchmarks.store.environment import Environment, describe
from benchmarks.store.out import Out
from benchmarks.store.timings import TimingResult


def load_figures(asked: Iterable[StudyPlan | TimingRun]) -> None:
    """Import the figures of all reports that will be written, so that a broken one is reported before any training.

    Raises:
        ValueError: a figure cannot be loaded; names its file and the error.
    """
    from analysis.figures import load_figure  # late: it loads pandas

    for plan in asked:
        for name in plan.survey.figures if isinstance(plan, TimingRun) else () if plan.is_part else plan.suite.figures:
            load_figure(name)


def run_all(asked: Iterable[StudyPlan | TimingRun], context: Context, out: Out, *, as_json: bool) -> list[dict[str, Any]]:
    """Run every study and timing run with its report, then write the overview of all reports; return the outcomes as plain values.

    All plans are written before the first trial, because studies share trials.
    """
    asked = list(asked)
    for plan in asked:
        if isinstance(plan, StudyPlan):
            out.plans.write(plan.declared)
    answers = [
        run_timing(plan, context, out, as_json=as_json)
        if isinstance(plan, TimingRun)
        else run_study(plan, context, out, as_json=as_json)
        for plan in asked
    ]
    if any("report" in answer for answer in answers):
        from analysis.pages.reports import Reports
        from analysis.report import write_overview

        write_overview(out, Reports(out.read()))
    return answers


def run_study(study: StudyPlan, context: Context, out: Out, *, as_json: bool) -> dict[str, Any]:
    """Run a study, write its report and print its verdicts; return them as plain values."""
    console = Console(stderr=True)
    out.labels.write(study.images)
    if study.tuning:
        study = _tune(study, context, out, console)
    trials = study.trials
    _train_and_probe(study, context, out, console)
    if study.timing is not None:
        _time(study.timing, context, out)
    if study.is_part:  # the report is made from all parts, and the others run elsewhere
        return _report_part(study, out, console)
    # late: the workers need the cores, and pandas takes a second to load
    from analysis.inference.tuned import with_tuned
    from analysis.pages.console import print_summary
    from analysis.pages.verdict_rows import verdict_rows
    from analysis.report import report_on

    summary, written = report_on(out, study.name, trials[0], study.declared)
    if not as_json:
        print_summary(summary, written.page, written.left_out)
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
        "verdicts": with_tuned(verdict_rows(summary), summary.tuned),
    }


def _tune(study: StudyPlan, context: Context, out: Out, console: Console) -> StudyPlan:
    """Run the missing tuning runs and print the chosen learning rates; return the study with the trials at these rates."""
    runs = replace(study, trials=study.tuning, keeps_weights=False)
    _train_and_probe(runs, context, out, console, has_probes=False)
    for line in choices_in_words(study, out):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    return with_chosen_rates(study, out)


def kept_weights(out: Out) -> str:
    """Return a line on the disk space of the weights under OUT and how to free it; "" if there are none."""
    sizes = [path.stat().st_size for path in out.all_weights()]
    if not sizes:
        return ""
    size = f"{sum(sizes) / 1e6:.1f} MB of weights ({counted(len(sizes), 'file')})"
    return f"{out.folder} holds {size} for later probes; delete them with: python -m benchmarks.prune {out.folder}"


def _report_part(study: StudyPlan, out: Out, console: Console) -> dict[str, Any]:
    """Print how many trials of a part of a study are done; return it as plain values."""
    trials = study.trials
    done = len(out.with_result(trials))
    console.print(
        f"{study.name}: part finished: {done} of {counted(len(trials), 'trial')}. When all parts are done: python -m benchmarks.merge PART... "
        f"--into OUT, then python -m analysis.report OUT --suite {study.name}",
        highlight=False,
        soft_wrap=True,
    )
    not_probed = len(missing_probes(study.suite, trials, out))
    return {"suite": study.name, "trials": len(trials), "not_measured": len(trials) - done, "not_probed": not_probed}


def _train_and_probe(study: StudyPlan, context: Context, out: Out, console: Console, *, has_probes: bool = True) -> None:
    """Run the missing trials, then the missing probes of their networks, if they have any."""
    trials, job = study.trials, study.job(context)
    for line in out.trials.set_aside(trials):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    done, probes = out.with_result(trials), missing_probes(study.suite, trials, out) if has_probes else []
    earlier = found_before(study, len(done), out)
    if earlier:
        console.print(earlier, highlight=False, markup=False, soft_wrap=True)
    failed = (
        () if study.options.retry_failed else tuple(trial for trial in trials if trial not in done and has_failed(trial, out))
    )
    if failed:
        console.print(
            f"failed before and not retried: {len(failed)} of {counted(len(trials), 'trial')}; --retry-failed runs them again",
            highlight=False,
        )
    probed = {trial for trial, _ in probes}
    wanted = [trial for trial in trials if trial not in done or (trial in probed and not is_done(trial, out, job))]
    pending = [trial for trial in wanted if trial not in failed]
    try:
        if pending:
            shown_so_far = () if study.is_part else pending
            display = Display(len(trials), pending, len(study.images.train.labels_N), console)
            with display, PageSoFar(study, shown_so_far, out, console) as page:
                carry_out(pending, job, out, executor_of(context.workers, len(pending)), both(display.show, page.see))
        if probes:
            with ProbeDisplay(len(probes), console) as shown:
                carry_out_probes(probes, job, out, executor_of(context.workers, len(probes)), shown.show)
    except KeyboardInterrupt:
        console.print(
            f"interrupted: {len(out.with_result(trials))} of {counted(len(trials), 'trial')} done and kept in {out.trials.folder}; "
            "run the same command to continue",
            highlight=False,
            soft_wrap=True,
        )
        raise


def both(first: Callable[[Event], None], second: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return a function that passes an event to both."""

    def see(event: Event) -> None:
        first(event)
        second(event)

    return see


def run_timing(run: TimingRun, context: Context, out: Out, *, as_json: bool) -> dict[str, Any]:
    """Time a survey's networks, write its report and print its verdicts; return them as plain values."""
    result = _time(run.plan, context, out)
    from analysis.pages.console import print_summary
    from analysis.pages.verdict_rows import verdict_rows
    from analysis.report import report_on_session

    summary, written = report_on_session(out, run.name, result)
    if not as_json:
        print_summary(summary, written.page, written.left_out)
    return {
        "suite": run.name,
        "networks": len({network.workload.architecture for network in result.networks}),
        "not_measured": sum(bool(network.detail) for network in result.networks),
        "not_drawn": len(written.left_out),
        "report": str(written.page),
        "verdicts": verdict_rows(summary),
    }


def _time(plan: TimingPlan, context: Context, out: Out) -> TimingResult:
    """Time the networks in one session, unless this machine has all sessions, or one from less than an hour ago; return the last session."""
    store, console = out.timings, Console(stderr=True)
    num_networks = len({workload.architecture for workload in plan.workloads})
    earlier = store.of(plan, _place_of_timing(context)) if store.of(plan) else []
    if earlier and (waiting := reason_to_wait(plan, earlier, datetime.now(UTC))):
        console.print(f"{counted(num_networks, 'network')}: {waiting}", highlight=False, soft_wrap=True)
        return earlier[-1]
    words = f"timing {counted(num_networks, 'network')}, {counted(plan.num_rounds, 'round')}: run nothing else on this machine meanwhile"
    console.print(words if plan.is_timed else f"counting {counted(num_networks, 'network')}", highlight=False)
    if isinstance(context.workers, Cluster):
        result = ray.measure(plan, context.device, context.checkout, context.workers)
    else:
        from benchmarks.measuring.timing import measure  # late: it loads torch

        result = measure(plan, context.device, context.checkout)
    written = store.write(result)
    if plan.num_sessions > 1:
        console.print(progress_of(plan, [*earlier, written]), highlight=False, soft_wrap=True)
    return written


def _place_of_timing(context: Context) -> Environment:
    """Describe the machine that would time the networks: this one, or a node of a cluster."""
    workers = context.workers
    if isinstance(workers, Cluster) and workers.address is not None:
        return ray.environment_of(context.device, context.checkout, workers)
    return describe(device=context.device, num_threads=num_cores(), checkout=context.checkout)
