"""Machines, software and sittings in words, alike for what is trained and for what is timed alone."""

import math
from collections.abc import Iterator, Mapping

from analysis.inference.wording import TIMES
from analysis.tables.timings import peaks_of, resolution, twin_ratios
from benchmarks.spec.cost import Cost
from benchmarks.spec.words import counted, sentence
from benchmarks.store.environment import Environment
from benchmarks.store.timings import TimingResult
from resnet_variants.registry import name_of

MOST_OTHERS = 0.05  # of a machine, while networks are timed on it


def machine_words(environment: Environment, threads: str) -> str:
    """Such as "AMD EPYC, 2 cores, 1 thread a trial, Linux"."""
    return (
        f"{environment.gpu or environment.processor}, {counted(environment.num_cores, 'core')}, {threads}, {environment.system}"
    )


def threads_of(environment: Environment) -> str:
    """Such as "2 threads"."""
    return f"{environment.num_threads} thread{'' if environment.num_threads == 1 else 's'}"


def software_words(environment: Environment) -> str:
    """Python, the libraries that matter, and the commit."""
    versions = ", ".join(f"{name} {version}" for name, version in environment.versions.items())
    return f"Python {environment.python}, {versions}, commit {(environment.commit or 'unknown')[:12]}"


def timing_conditions(timing: TimingResult, of_size: str) -> str:
    """Under what networks were timed, and how their figures are to be read; the images are `of_size`."""
    machine, plan = timing.environment, timing.plan
    others = "" if timing.others_share is None else f"; other programs took {timing.others_share:.1%} of it meanwhile"
    sizes = ", ".join(str(size) for size in sorted({one.workload.batch_size for one in timing.networks}))
    sentences = [
        f"Batches of {sizes} random images {of_size}, {plan.precision}, channels last, "
        f"{threads_of(machine)} on {machine.gpu or machine.processor}{others}.",
        f"Median [quartiles] of {plan.num_rounds} rounds in which the networks took turns; noisy where the quartiles lie further apart than a "
        "tenth of the median. The interval of a ratio is over these rounds: it holds for this sitting on this machine.",
        *_twin_words(timing),
        *_peak_words(timing),
        "Memory is how far one step raised what the process uses.",
        *_gpu_words(timing),
    ]
    return " ".join(sentences)


def _gpu_words(timing: TimingResult) -> Iterator[str]:
    """What a GPU said of itself while it was timed, and what a graph tells of launches."""
    if any(one.workload.mode == "graph" for one in timing.networks):
        yield "Graph: the whole step replayed as one CUDA graph; launches are the share of the eager step that it saves, 1 - graph / eager."
    samples = [sample for one in timing.networks for sample in one.gpu_samples]
    if samples:
        ranges = (
            f"{name} {min(values):.0f} to {max(values):.0f} {unit}"
            for name, values, unit in (
                ("clock", [sample.clock_mhz for sample in samples], "MHz"),
                ("power", [sample.power_watts for sample in samples], "W"),
                ("temperature", [sample.celsius for sample in samples], "\N{DEGREE SIGN}C"),
            )
        )
        throttled = sum(one.num_throttled for one in timing.networks)
        yield f"GPU: {', '.join(ranges)}; turns throttled, discarded and taken again: {throttled}."


def _twin_words(timing: TimingResult) -> Iterator[str]:
    """What a network that was timed twice says about the machine."""
    steps = {"train": "a training step", "infer": "a batch's inference"}
    said = []
    for step, ratio in twin_ratios(timing).items():
        least = resolution(ratio)
        if least is not None:
            said.append(
                f"{steps[step]} {TIMES}{math.exp(ratio.value):.3f} as long, so that less than {least:.1%} cannot be told apart"
            )
    if said:
        first = name_of(timing.networks[0].workload.architecture)
        yield f"{first} was timed twice, as if it were two networks: the second took, for {'; for '.join(said)}."


def _peak_words(timing: TimingResult) -> Iterator[str]:
    peaks = peaks_of(timing)
    if peaks is not None:
        yield (
            f"At its best the machine did, in the same rounds, {peaks.convolution / 1e9:.0f} thousand million multiply-adds a second in a large "
            f"convolution and {peaks.matmul / 1e9:.0f} in a large matrix product, and copied at {peaks.copy / 1e9:.0f} GB/s, read and written."
        )


def counting_warnings(costs: Mapping[str, Cost]) -> Iterator[str]:
    """Who counted the costs of networks where it was not fvcore alone, and which counts are lower bounds."""
    for counted_by in dict.fromkeys(cost.counted_by for cost in costs.values()):
        named = [name for name, cost in costs.items() if cost.counted_by == counted_by]
        if costs[named[0]].is_lower_bound:
            bounds = ", ".join(f"{name} ({costs[name].macs:,} and {costs[name].activations:,})" for name in named)
            yield (
                f"The multiply-adds and activations of {bounds} are lower bounds, counted by {counted_by}: "
                "they are in no ratio, no verdict and no figure."
            )
        elif counted_by != "fvcore":
            yield f"The costs of {', '.join(named)} were counted by {counted_by}."


def timing_warnings(timing: TimingResult) -> Iterator[str]:
    """Why times may not hold."""
    if timing.others_share is not None and timing.others_share > MOST_OTHERS:
        yield f"While the networks were timed, other programs took {timing.others_share:.0%} of the machine: time them again when it is idle."
    for network in timing.networks:
        if network.detail:
            yield sentence(f"Not timed: {name_of(network.workload.architecture)}: {network.detail}")
