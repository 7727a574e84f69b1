"""Machines, software and sittings in words, alike for what is trained and for what is timed alone."""

from collections.abc import Iterator

from benchmarks.machine import Environment
from benchmarks.timings import TimingResult
from resnet_variants.registry import name_of

MOST_OTHERS = 0.05  # of a machine, while networks are timed on it


def machine_words(environment: Environment, threads: str) -> str:
    """Such as "AMD EPYC, 2 cores, 1 thread a trial, Linux"."""
    return f"{environment.gpu or environment.processor}, {environment.num_cores} cores, {threads}, {environment.system}"


def software_words(environment: Environment) -> str:
    """Python, the libraries that matter, and the commit."""
    versions = ", ".join(f"{name} {version}" for name, version in environment.versions.items())
    return f"Python {environment.python}, {versions}, commit {(environment.commit or 'unknown')[:12]}"


def timing_conditions(timing: TimingResult, of_size: str) -> str:
    """Under what networks were timed, and how their figures are to be read; the images are `of_size`."""
    machine = timing.environment
    others = "" if timing.others_share is None else f"; other programs took {timing.others_share:.1%} of it meanwhile"
    return (
        f"Batches of {timing.plan.batch_size} random images {of_size}, {timing.plan.precision}, channels last, "
        f"{machine.num_threads} threads on {machine.gpu or machine.processor}{others}. Median [quartiles] of {timing.plan.num_rounds} "
        "rounds in which the networks took turns; noisy where the quartiles lie further apart than a tenth of the median. The interval of a "
        "ratio is over these rounds: it holds for this sitting on this machine. Memory is how far one step raised what the process uses."
    )


def timing_warnings(timing: TimingResult) -> Iterator[str]:
    """Why times may not hold."""
    if timing.others_share is not None and timing.others_share > MOST_OTHERS:
        yield f"While the networks were timed, other programs took {timing.others_share:.0%} of the machine: time them again when it is idle."
    for network in timing.networks:
        if network.detail:
            yield f"Not timed: {name_of(network.workload.architecture)}: {network.detail}."
