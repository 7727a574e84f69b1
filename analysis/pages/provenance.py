"""Describe machines, software and timing sessions in words, for studies and surveys."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from analysis.tables.sessions import largest_twin_difference
from analysis.tables.timings import peaks_of
from benchmarks.spec.claims import FEWEST_SEEDS
from benchmarks.spec.cost import Cost
from benchmarks.spec.timing import Step
from benchmarks.spec.words import counted, sentence
from benchmarks.store.environment import Environment
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.timings import TimingResult, an_hour_apart
from resnet_variants.registry import name_of

MOST_OTHERS = 0.05  # share of a machine that other programs may use during a timing session


def machine_words(environment: Environment, threads: str) -> str:
    """Describe a machine, such as "AMD EPYC, 2 cores, 1 thread per trial, Linux"."""
    return f"{environment.machine}, {counted(environment.num_cores, 'core')}, {threads}, {environment.system}"


def threads_of(environment: Environment) -> str:
    """Format the number of threads, such as "2 threads"."""
    return counted(environment.num_threads, "thread")


def software_words(environment: Environment) -> str:
    """List the versions of Python and the libraries, and the commit."""
    versions = ", ".join(f"{name} {version}" for name, version in environment.versions.items())
    return f"Python {environment.python}, {versions}, commit {(environment.commit or 'unknown')[:12]}"


def software_of_study(environments: Iterable[Environment], plan: DeclaredPlan | None) -> tuple[str, ...]:
    """List the software of a study's trials, and the user's own files that its plan names."""
    files = [f"{name} ({digest})" for name, digest in plan.files.items()] if plan else []
    own = [f"Own files, with digests of their source: {', '.join(files)}"] if files else []
    return (*dict.fromkeys(map(software_words, environments)), *own)


def data_flag(is_shipped: bool, plan: DeclaredPlan | None) -> str:
    """Return the flag that names the images of a study to a command: " --dataset FILE" for a user's own, "" for shipped ones."""
    own = [name.removeprefix("data set ") for name in (plan.files if plan else ()) if name.startswith("data set ")]
    return f" --dataset {own[0]}" if own else "" if is_shipped else " --data DIR"


def timing_conditions(timings: Sequence[TimingResult], of_size: str) -> str:
    """Describe the conditions of timing sessions, by time, and the meaning of the values; `of_size` describes the images."""
    timing = timings[-1]
    environment, plan = timing.environment, timing.plan
    others = "" if timing.others_share is None else f"; other programs used {timing.others_share:.1%} of it meanwhile"
    sizes = ", ".join(str(size) for size in sorted({network.workload.batch_size for network in timing.networks}))
    sentences = [
        f"Batches of {sizes} random images {of_size}, {plan.precision}, channels last, "
        f"{threads_of(environment)} on {environment.machine}{others}.",
        f"Median [quartiles] of {_rounds(timing)} in which the networks took turns; noisy if the quartiles differ by more than a "
        "tenth of the median.",
        f"{_session_words(timings)} A claim about times is tested over the sessions, by the ratio of two medians in each.",
        *_twin_words(timings),
        *_peak_words(timing),
        "Memory is the increase of the process's memory during one step.",
        *_gpu_words(timing),
    ]
    return " ".join(sentences)


def _rounds(timing: TimingResult) -> str:
    """Describe the numbers of rounds of a session and their order."""
    order = "" if timing.order_seed is None else ", in an order of its own each,"
    fewer = {timing.plan.num_rounds_of(place) for place in timing.plan.unclaimed} - {timing.plan.num_rounds}
    some = f" ({min(fewer)} for networks and batches that no claim speaks of)" if fewer else ""
    return f"{timing.plan.num_rounds} rounds{some}{order}"


def _session_words(timings: Sequence[TimingResult]) -> str:
    """Describe how many timing sessions there are, and which counts."""
    if len(timings) == 1:
        return f"One timing session; a verdict needs {FEWEST_SEEDS}, an hour or more apart."
    number = len(an_hour_apart(timings))
    some = "all" if number == len(timings) else f"{number} of them"
    return (
        f"The last of {len(timings)} timing sessions, {some} an hour or more apart; a verdict needs {FEWEST_SEEDS} such sessions."
    )


def _gpu_words(timing: TimingResult) -> Iterator[str]:
    """Explain CUDA graphs, and give the ranges of the GPU's clock, power and temperature, if there are any."""
    if any(network.workload.mode == "graph" for network in timing.networks):
        yield "Graph: the whole step replayed as one CUDA graph. Launches: the share of the eager step's time that it saves, 1 - graph / eager."
    samples = [sample for network in timing.networks for sample in network.gpu_samples]
    if samples:
        ranges = (
            f"{name} {min(values):.0f} to {max(values):.0f} {unit}"
            for name, values, unit in (
                ("clock", [sample.clock_mhz for sample in samples], "MHz"),
                ("power", [sample.power_watts for sample in samples], "W"),
                ("temperature", [sample.celsius for sample in samples], "\N{DEGREE SIGN}C"),
            )
        )
        throttled = sum(network.num_throttled for network in timing.networks)
        yield f"GPU: {', '.join(ranges)}; throttled turns, discarded and repeated: {throttled}."


def _twin_words(timings: Sequence[TimingResult]) -> Iterator[str]:
    """Describe the noise of the machine by the networks that were timed twice."""
    steps: dict[Step, str] = {"train": "a training step", "infer": "a batch's inference"}
    apart = {step: largest_twin_difference(timings, step) for step in steps}
    found = [f"{apart[step]:.1%} apart for {words}" for step, words in steps.items() if apart[step] is not None]
    if found:
        twins = dict.fromkeys(name_of(twin.workload.architecture) for timing in timings for twin in timing.all_twins)
        was, one = ("were", "each one network") if len(twins) > 1 else ("was", "it")
        yield f"{' and '.join(twins)} {was} timed twice, as if {one} were two: at most {' and '.join(found)}."


def _peak_words(timing: TimingResult) -> Iterator[str]:
    """Describe the machine's peak rates, if they were measured."""
    peaks = peaks_of(timing)
    if peaks is not None:
        yield (
            f"Peak rates of the machine in the same rounds: {peaks.convolution / 1e9:.0f} GMAC/s in a large convolution, "
            f"{peaks.matmul / 1e9:.0f} GMAC/s in a large matrix product, and {peaks.copy / 1e9:.0f} GB/s read and written by a large copy."
        )


def counting_warnings(costs: Mapping[str, Cost]) -> Iterator[str]:
    """Warn of costs that are lower bounds, and of costs that were not counted by fvcore only."""
    for counted_by in dict.fromkeys(cost.counted_by for cost in costs.values()):
        named = [name for name, cost in costs.items() if cost.counted_by == counted_by]
        if costs[named[0]].is_lower_bound:
            bounds = ", ".join(f"{name} ({costs[name].macs:,} and {costs[name].activations:,})" for name in named)
            yield (
                f"The multiply-adds and activations of {bounds} are lower bounds, counted by {counted_by}: "
                "they are not used in any ratio, verdict or figure."
            )
        elif counted_by != "fvcore":
            yield f"The costs of {', '.join(named)} were counted by {counted_by}."


def timing_warnings(timings: Sequence[TimingResult]) -> Iterator[str]:
    """Warn of a machine that was busy in any session, and of networks that could not be timed in the last."""
    busy = max((timing.others_share or 0.0 for timing in timings), default=0.0)
    if busy > MOST_OTHERS:
        yield f"While the networks were timed, other programs used {busy:.0%} of the machine: time them again when it is idle."
    for network in timings[-1].networks if timings else ():
        if network.detail:
            yield sentence(f"Not timed: {name_of(network.workload.architecture)}: {network.detail}")
