"""Time networks: one session of a timing run, or of a study after its trials."""

from datetime import UTC, datetime
from typing import Any

from benchmarks.cli.flags import Shown
from benchmarks.cli.plan import TimingRun
from benchmarks.cli.timing_sessions import progress_of, reason_to_wait
from benchmarks.cli.workers import Context
from benchmarks.executors import ray
from benchmarks.executors.ray_cluster import Cluster
from benchmarks.spec.timing import TimingPlan
from benchmarks.spec.words import counted
from benchmarks.store.cores import num_cores
from benchmarks.store.environment import Environment, describe
from benchmarks.store.out import Out
from benchmarks.store.timings import TimingResult
from resnet_variants.console import new_console


def run_timing(run: TimingRun, context: Context, out: Out, *, shown: Shown) -> dict[str, Any]:
    """Time a survey's networks, write its report and print its verdicts; return them as plain values."""
    result = time_networks(run.plan, context, out)
    from analysis.pages.console import print_summary
    from analysis.pages.verdict_rows import verdict_rows
    from analysis.report import report_on_session

    summary, written = report_on_session(out, run.name, result)
    if shown != "nothing":
        print_summary(summary, written.page, written.left_out, is_verbose=shown == "all")
    return {
        "suite": run.name,
        "networks": len({network.workload.architecture for network in result.networks}),
        "not_measured": sum(bool(network.detail) for network in result.networks),
        "not_drawn": len(written.left_out),
        "report": str(written.page),
        "verdicts": verdict_rows(summary),
    }


def time_networks(plan: TimingPlan, context: Context, out: Out) -> TimingResult:
    """Time the networks in one session, unless this machine has all sessions, or one from less than an hour ago; return the last session."""
    store, console = out.timings, new_console(stderr=True)
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
