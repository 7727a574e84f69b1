"""Describe machines, software and timing sessions in words, for studies and surveys."""

import math
from collections.abc import Iterator, Mapping

from analysis.inference.sizes import TIMES
from analysis.tables.timings import peaks_of, resolution, twin_ratios
from benchmarks.spec.cost import Cost
from benchmarks.spec.words import counted, sentence
from benchmarks.store.environment import Environment
from benchmarks.store.timings import TimingResult
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


def timing_conditions(timing: TimingResult, of_size: str) -> str:
    """Describe the conditions of a timing session and the meaning of its values; `of_size` describes the images."""
    environment, plan = timing.environment, timing.plan
    others = "" if timing.others_share is None else f"; other programs used {timing.others_share:.1%} of it meanwhile"
    sizes = ", ".join(str(size) for size in sorted({network.workload.batch_size for network in timing.networks}))
    sentences = [
        f"Batches of {sizes} random images {of_size}, {plan.precision}, channels last, "
        f"{threads_of(environment)} on {environment.machine}{others}.",
        f"Median [quartiles] of {plan.num_rounds} rounds in which the networks took turns; noisy if the quartiles differ by more than a "
        "tenth of the median. The interval of a ratio is over these rounds and holds only for this timing session on this machine.",
        *_twin_words(timing),
        *_peak_words(timing),
        "Memory is the increase of the process's memory during one step.",
        *_gpu_words(timing),
    ]
    return " ".join(sentences)


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


def _twin_words(timing: TimingResult) -> Iterator[str]:
    """Describe the noise of the machine by the network that was timed twice."""
    steps = {"train": "a training step", "infer": "a batch's inference"}
    ratios = []
    for step, ratio in twin_ratios(timing).items():
        least = resolution(ratio)
        if least is not None:
            ratios.append(
                f"{steps[step]} {TIMES}{math.exp(ratio.value):.3f} as long, so differences below {least:.1%} cannot be resolved"
            )
    if ratios:
        first = name_of(timing.networks[0].workload.architecture)
        yield f"{first} was timed twice, as if it were two networks: the second took, for {'; for '.join(ratios)}."


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


def timing_warnings(timing: TimingResult) -> Iterator[str]:
    """Warn of a busy machine, and of networks that could not be timed."""
    if timing.others_share is not None and timing.others_share > MOST_OTHERS:
        yield f"While the networks were timed, other programs used {timing.others_share:.0%} of the machine: time them again when it is idle."
    for network in timing.networks:
        if network.detail:
            yield sentence(f"Not timed: {name_of(network.workload.architecture)}: {network.detail}")
