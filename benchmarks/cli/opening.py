"""The first line of a study's run: what is trained, how long it takes, and where; and what the folder has of it already."""

from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.time_left import in_words
from benchmarks.cli.workers import Context, num_at_once
from benchmarks.executors.ray_cluster import Cluster
from benchmarks.spec.words import counted
from benchmarks.store.out import Out


def opening_line(study: StudyPlan, num_pending: int, seconds: float | None, context: Context, out: Out) -> str:
    """Return the line, as in "depth: 40 trials, about 2 min, 2 at once on cpu; results in results"; `seconds` are None if unknown.

    It also says how many trials were done before, how many of these are trained again for the weights that a probe reads, and whether another
    run is active in the folder. It is "" if there is nothing to say.
    """
    num_trials, num_done = len(study.trials), len(out.with_result(study.trials))
    num_others = out.trials.num_leased_elsewhere()
    others = [f"another run is active here, on {counted(num_others, 'trial')}"] if num_others else []
    if not num_pending:
        before = [f"{num_done} of {counted(num_trials, 'trial')} {_were(num_done)} done before"] if num_done else []
        return f"{study.name}: {'; '.join([*before, *others])}" if before or others else ""
    kind = "trial" if study.trials != study.tuning else "tuning run"
    parts = [counted(num_trials, kind)]
    if num_done:
        num_again = num_pending + num_done - num_trials
        again = f" ({num_again} of them again, for the weights that a probe reads)" if num_again > 0 else ""
        parts.append(f"{num_done} {_were(num_done)} done before and {num_pending} {_are(num_pending)} to run{again}")
    if seconds is not None:
        parts.append(in_words(seconds))
    return f"{study.name}: {'; '.join([', '.join([*parts, _where(context)]), f'results in {out.folder}', *others])}"


def _where(context: Context) -> str:
    if isinstance(context.workers, Cluster):
        return f"on {context.device} of a Ray cluster"
    return f"{num_at_once(context.workers)} at once on {context.device}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
