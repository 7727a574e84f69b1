"""Carry a resolved study or timing run out: train and time what is missing, write the report, print the verdicts."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console

from benchmarks.cli.advice import found_before
from benchmarks.cli.plan import StudyPlan, TimingRun
from benchmarks.cli.progress import Display, ProbeDisplay
from benchmarks.cli.workers import Context, executor_of
from benchmarks.executors import ray
from benchmarks.executors.carry_out import carry_out, carry_out_probes, has_failed, missing_probes
from benchmarks.executors.queue import is_done
from benchmarks.executors.ray_cluster import Cluster
from benchmarks.spec.timing import TimingPlan
from benchmarks.spec.words import counted
from benchmarks.store.cores import num_cores
from benchmarks.store.environment import describe
from benchmarks.store.out import Out
from benchmarks.store.timings import TimingResult


def load_figures(asked: Iterable[StudyPlan | TimingRun]) -> None:
    """Import the figures of the reports that will be written, so that one which cannot be loaded is named before anything is trained.

    Raises:
        ValueError: names the file, and says what is wrong with it.
    """
    from analysis.figures import load_figure  # it loads pandas, as the report does

    for one in asked:
        for name in one.survey.figures if isinstance(one, TimingRun) else () if one.is_part else one.suite.figures:
            load_figure(name)


def run_all(asked: Iterable[StudyPlan | TimingRun], context: Context, out: Out, *, as_json: bool) -> list[dict[str, Any]]:
    """Carry out each study and timing run with its report, then write the page over all reports; return the answers as plain values."""
    answers = [
        run_timing(one, context, out, as_json=as_json)
        if isinstance(one, TimingRun)
        else run_study(one, context, out, as_json=as_json)
        for one in asked
    ]
    if any("report" in answer for answer in answers):
        from analysis.pages.reports import Reports
        from analysis.report import write_overview

        write_overview(out, Reports(out.read()))
    return answers


def run_study(study: StudyPlan, context: Context, out: Out, *, as_json: bool) -> dict[str, Any]:
    """Carry a study out, write its report, print its verdicts; returns them as plain values."""
    console = Console(stderr=True)
    trials = study.trials
    for line in out.trials.set_aside(trials):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    out.labels.write(study.images)
    _train_and_probe(study, context, out, console)
    if study.timing is not None:
        _time(study.timing, context, out)
    if study.is_part:  # other parts run elsewhere: the report is made from all of them
        return _part(study, out, console)
    # after the trials: the workers need the cores, and pandas takes a second
    from analysis.inference.verdicts import verdicts_json
    from analysis.pages.console import print_summary
    from analysis.report import report_on

    summary, written = report_on(out, study.name, trials[0])
    if not as_json:
        print_summary(summary, written.page, written.left_out)
    return {
        "suite": study.name,
        "dataset": trials[0].dataset.name,
        "recipe": summary.recipe,
        "trials": len(trials),
        "not_measured": len(trials) - len(out.with_result(trials)),
        "not_probed": len(missing_probes(study.suite, trials, out)),
        "not_drawn": len(written.left_out),
        "report": str(written.page),
        "verdicts": verdicts_json(summary.verdicts),
    }


def kept_weights(out: Out) -> str:
    """How much disk the weights under OUT take, and how to have it back; "" where there are none."""
    sizes = [path.stat().st_size for path in out.all_weights()]
    if not sizes:
        return ""
    size = f"{sum(sizes) / 1e6:.1f} MB of weights ({counted(len(sizes), 'file')})"
    return f"{out.folder} holds {size} for probes that are asked later; to remove them: python -m benchmarks.prune {out.folder}"


def _part(study: StudyPlan, out: Out, console: Console) -> dict[str, Any]:
    """What is there of a part of a study's trials."""
    trials = study.trials
    done = len(out.with_result(trials))
    console.print(
        f"{study.name}: of this part's trials {done} of {len(trials)} are there; once all parts are in one folder (python -m benchmarks.merge): "
        f"python -m analysis.report OUT --suite {study.name}",
        highlight=False,
        soft_wrap=True,
    )
    not_probed = len(missing_probes(study.suite, trials, out))
    return {"suite": study.name, "trials": len(trials), "not_measured": len(trials) - done, "not_probed": not_probed}


def _train_and_probe(study: StudyPlan, context: Context, out: Out, console: Console) -> None:
    """Carry out what is missing: trials first, then the probes of their networks."""
    trials, job = study.trials, study.job(context)
    done, probes = out.with_result(trials), missing_probes(study.suite, trials, out)
    found = found_before(study, len(done), out)
    if found:
        console.print(found, highlight=False, markup=False, soft_wrap=True)
    failed = (
        () if study.options.retry_failed else tuple(trial for trial in trials if trial not in done and has_failed(trial, out))
    )
    if failed:
        console.print(
            f"failed before and left at that: {len(failed)} of {counted(len(trials), 'trial')}; --retry-failed runs them again",
            highlight=False,
        )
    asked = {trial for trial, _ in probes}
    wanted = [trial for trial in trials if trial not in done or (trial in asked and not is_done(trial, out, job))]
    pending = [trial for trial in wanted if trial not in failed]
    try:
        if pending:
            with Display(len(trials), pending, len(study.images.train.labels_N), console) as display:
                carry_out(pending, job, out, executor_of(context.workers, len(pending)), display.show)
        if probes:
            with ProbeDisplay(len(probes), console) as shown:
                carry_out_probes(probes, job, out, executor_of(context.workers, len(probes)), shown.show)
    except KeyboardInterrupt:
        console.print(
            f"interrupted: {len(out.with_result(trials))} of {counted(len(trials), 'trial')} done and kept in {out.trials.folder}; "
            "the same command goes on from there",
            highlight=False,
            soft_wrap=True,
        )
        raise


def run_timing(run: TimingRun, context: Context, out: Out, *, as_json: bool) -> dict[str, Any]:
    """Time a survey's networks, write its report, print its verdicts; returns them as plain values."""
    result = _time(run.plan, context, out)
    from analysis.inference.verdicts import verdicts_json
    from analysis.pages.console import print_summary
    from analysis.report import report_on_session

    summary, written = report_on_session(out, run.name, result)
    if not as_json:
        print_summary(summary, written.page, written.left_out)
    return {
        "suite": run.name,
        "networks": len({one.workload.architecture for one in result.networks}),
        "not_measured": sum(bool(network.detail) for network in result.networks),
        "not_drawn": len(written.left_out),
        "report": str(written.page),
        "verdicts": verdicts_json(summary.verdicts),
    }


def _time(plan: TimingPlan, context: Context, out: Out) -> TimingResult:
    """Time the networks, where this machine, or the cluster, has not yet."""
    store, workers = out.timings, context.workers
    number = len({workload.architecture for workload in plan.workloads})
    if any(session.plan == plan for session in store.read_all()[0]):
        if isinstance(workers, Cluster) and workers.address is not None:
            machine = ray.environment_of(context.device, context.checkout, workers)
        else:
            machine = describe(device=context.device, num_threads=num_cores(), checkout=context.checkout)
        found = store.find(plan, machine)
        if found is not None:
            done = "timed" if plan.is_timed else "counted"
            Console(stderr=True).print(f"{counted(number, 'network')}: {done} before on this machine", highlight=False)
            return found
    words = f"timing {counted(number, 'network')}, {counted(plan.num_rounds, 'round')}: leave the machine to it for a while"
    Console(stderr=True).print(words if plan.is_timed else f"counting {counted(number, 'network')}", highlight=False)
    if isinstance(workers, Cluster):
        result = ray.measure(plan, context.device, context.checkout, workers)
    else:
        from benchmarks.measuring.timing import measure  # it loads torch

        result = measure(plan, context.device, context.checkout)
    return store.write(result)
