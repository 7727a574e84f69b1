"""Train a study's missing trials with their progress, then run the missing probes of its networks."""

from collections.abc import Callable, Sequence

from rich.console import Console

from benchmarks.cli.opening import opening_line
from benchmarks.cli.page_so_far import PageSoFar
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.progress import Display, ProbeDisplay
from benchmarks.cli.time_left import seconds_in_all, seconds_of_arms
from benchmarks.cli.workers import Context, executor_of
from benchmarks.executors.carry_out import carry_out, carry_out_probes, draw_sheets, has_failed, missing_probes
from benchmarks.executors.events import Event, Job
from benchmarks.executors.queue import is_done
from benchmarks.spec.trial import Trial
from benchmarks.spec.words import counted
from benchmarks.store.out import Out


def train_and_probe(study: StudyPlan, context: Context, out: Out, console: Console, *, has_probes: bool = True) -> None:
    """Run the missing trials, then the missing probes of their networks, if they have any."""
    trials, job = study.trials, study.job(context)
    for line in out.trials.set_aside(trials):
        console.print(line, highlight=False, soft_wrap=True)
    draw_sheets(trials, job, out)
    probes = missing_probes(study.suite, trials, out) if has_probes else []
    pending = _pending(study, job, {trial for trial, _ in probes}, out, console)
    try:
        display = _open(study, pending, context, out, console)
        if pending:
            shown_so_far = pending if has_probes and not study.is_part else ()  # tuning runs are on no page by themselves
            with display, PageSoFar(study, shown_so_far, out, console) as page:
                carry_out(pending, job, out, executor_of(context.workers, len(pending)), both(display.show, page.see))
        if probes:
            with ProbeDisplay(len(probes), console, study.name_of) as shown:
                carry_out_probes(probes, job, out, executor_of(context.workers, len(probes)), shown.show)
    except KeyboardInterrupt:
        console.print(
            f"interrupted: {len(out.with_result(trials))} of {counted(len(trials), 'trial')} done and kept in {out.trials.folder}; "
            "run the same command to continue",
            highlight=False,
            soft_wrap=True,
        )
        raise


def _pending(study: StudyPlan, job: Job, probed: set[Trial], out: Out, console: Console) -> list[Trial]:
    """Return the trials to run: those without a result, and those whose weights a probe lacks. Failed ones run again only on request."""
    done, trials = out.with_result(study.trials), study.trials
    failed = (
        () if study.options.retry_failed else tuple(trial for trial in trials if trial not in done and has_failed(trial, out))
    )
    if failed:
        console.print(
            f"failed before and not retried: {len(failed)} of {counted(len(trials), 'trial')}; --retry-failed runs them again",
            highlight=False,
        )
    wanted = [trial for trial in trials if trial not in done or (trial in probed and not is_done(trial, out, job))]
    return [trial for trial in wanted if trial not in failed]


def _open(study: StudyPlan, pending: Sequence[Trial], context: Context, out: Out, console: Console) -> Display:
    """Print the first line of the run, with its estimated time, and return the display of its progress."""
    by_arm = seconds_of_arms(study, pending, context, out, console)
    seconds = {trial: by_arm[study.arm_of(trial)] for trial in pending} if by_arm else {}
    in_all = seconds_in_all(list(seconds.values()), context) if seconds else None
    if line := opening_line(study, len(pending), in_all, context, out):
        console.print(line, highlight=False, soft_wrap=True)
    num_train = len(study.images.train.labels_N)
    return Display(len(study.trials), pending, num_train, console, study.name_of, seconds=seconds, in_all=in_all)


def both(first: Callable[[Event], None], second: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return a function that passes an event to both."""

    def see(event: Event) -> None:
        first(event)
        second(event)

    return see
