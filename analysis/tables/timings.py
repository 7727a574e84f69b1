"""What was timed -> rows with timm's columns, what the machine can tell apart, and what it does at its best."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import get_args

import pandas as pd

from analysis.statistics import Estimate, estimate, spread
from analysis.tables.published import published_rows
from benchmarks.spec.cost import Cost
from benchmarks.spec.suite import Budget
from benchmarks.spec.timing import PASSES, Step
from benchmarks.store.timings import NetworkTiming, TimingResult
from resnet_variants.architecture import Architecture, FamilyName
from resnet_variants.registry import family_and_numbers
from resnet_variants.variant import Fixed, Variant


@dataclass(frozen=True, kw_only=True, slots=True)
class Peaks:
    """The machine at its best, medians over the rounds: multiply-adds a second of a large matrix product and a large convolution, and bytes a
    second that a copy reads and writes.
    """

    matmul: float
    convolution: float
    copy: float


def peaks_of(timing: TimingResult) -> Peaks | None:
    """What the session measured of the machine, where it did."""
    found = timing.ceilings
    if found is None:
        return None
    return Peaks(
        matmul=median(found.matmul_macs_per_second),
        convolution=median(found.convolution_macs_per_second),
        copy=median(found.copied_bytes_per_second),
    )


def macs_per_second(step: Step, network: NetworkTiming) -> float | None:
    """Multiply-adds a second at the median of a step; None where it was not timed."""
    found = spread(getattr(network, f"{step}_step_seconds"))
    if found is None or network.cost is None or network.cost.is_lower_bound:
        return None
    return network.workload.batch_size * network.cost.macs * PASSES[step] / found.median


def fraction_of_peak(step: Step, network: NetworkTiming, timing: TimingResult) -> float | None:
    """Of the multiply-adds that a large convolution does in the same time."""
    peaks, achieved = peaks_of(timing), macs_per_second(step, network)
    return achieved / peaks.convolution if peaks and achieved else None


def twin_ratios(timing: TimingResult) -> dict[Step, Estimate]:
    """By step, the logarithm of the twin's seconds over its original's, with its interval over the rounds; empty where there was no twin."""
    if timing.twin is None:
        return {}
    ratios = {}
    for step in get_args(Step):
        logs = _log_ratios(step, timing.twin, timing.networks[0])
        if logs:
            ratios[step] = estimate(logs)
    return ratios


def _log_ratios(step: Step, network: NetworkTiming, reference: NetworkTiming) -> list[float]:
    """The logarithm of one network's seconds over another's, by round; none where one of them was not timed."""
    ours, theirs = (getattr(one, f"{step}_step_seconds") for one in (network, reference))
    return [math.log(one / other) for one, other in zip(ours, theirs, strict=True)] if ours and theirs else []


def resolution(ratio: Estimate) -> float | None:
    """The share that two networks must differ by to be told apart: the farther end of the twin's interval; None with a single round."""
    if ratio.low is None or ratio.high is None:
        return None
    return math.expm1(max(abs(ratio.low), abs(ratio.high)))


def equal_costs(budgets: Iterable[Budget], costs: Mapping[str, Cost], timings: Mapping[str, NetworkTiming]) -> pd.DataFrame:
    """For arms that are to cost the same: what each is of the first of its budget, by every count and by time; `low` and `high` over rounds."""
    rows: list[dict[str, object]] = []
    for budget in budgets:
        there = [arm for arm in budget.arms if arm in costs]
        for arm in there[1:] if there[:1] == [budget.arms[0]] else []:
            first = {"reference": there[0], "arm": arm}
            for quantity in ("macs", "params", "activations"):
                ours, theirs = costs[arm].exact(quantity), costs[there[0]].exact(quantity)
                if ours is None or theirs is None:
                    continue
                ratio = ours / theirs
                rows.append(first | {"quantity": quantity, "ratio": ratio, "low": ratio, "high": ratio})
            if arm in timings and there[0] in timings:
                rows += [first | row for row in _time_ratios(timings[arm], timings[there[0]])]
    return pd.DataFrame(rows, columns=["reference", "arm", "quantity", "ratio", "low", "high"])


def _time_ratios(network: NetworkTiming, reference: NetworkTiming) -> Iterator[dict[str, object]]:
    for step in get_args(Step):
        logs = _log_ratios(step, network, reference)
        if logs:
            found = estimate(logs)
            ends = [found.value if end is None else end for end in (found.low, found.high)]
            yield {
                "quantity": f"{step}_step_seconds",
                "ratio": math.exp(found.value),
                "low": math.exp(ends[0]),
                "high": math.exp(ends[1]),
            }


def timing_row(label: str, network: NetworkTiming, timing: TimingResult) -> dict[str, object]:
    """A workload that could run, with timm's columns, quartiles, memory, and multiply-adds a second."""
    cost, workload = network.cost, network.workload
    assert cost is not None
    accuracy, recipe = _accuracy(label)
    row: dict[str, object] = {
        "model": label,
        "img_size": workload.task.image_shape[1],
        "batch_size": workload.batch_size,
        "mode": workload.mode,
        "param_count": cost.params,
        "gmacs": None if cost.is_lower_bound else cost.macs / 1e9,
        "macts": None if cost.is_lower_bound else cost.activations / 1e6,
    }
    for step in get_args(Step):
        row |= _of_step(step, network, timing)
    intensity, peaks = macs_per_byte(cost, workload.batch_size, timing.plan.precision), peaks_of(timing)
    roof, achieved = (
        min(peaks.convolution, intensity * peaks.copy) if peaks and intensity else None,
        macs_per_second("infer", network),
    )
    return row | {
        "compile_seconds": network.compile_seconds,
        "macs_per_byte": intensity,
        "infer_share_of_roof": achieved / roof if achieved and roof else None,
        "top1": accuracy,
        "top1_err": None if accuracy is None else 100 - accuracy,
        "top1_recipe": recipe,
        "family": family_of(workload.architecture),
        **_on_gpu(network, timing),
    }


def launch_share(step: Step, network: NetworkTiming, timing: TimingResult) -> float | None:
    """Of a step that is replayed as a CUDA graph: the share of the eager step's time that went to launches, 1 - graph / eager; None where
    it is no graph, or was not timed eagerly beside it.
    """
    if network.workload.mode != "graph":
        return None
    eager = replace(network.workload, mode="eager")
    beside = next((one for one in timing.networks if one.workload == eager), None)
    ours, theirs = (spread(getattr(one, f"{step}_step_seconds")) if one else None for one in (network, beside))
    return 1 - ours.median / theirs.median if ours and theirs else None


def _on_gpu(network: NetworkTiming, timing: TimingResult) -> dict[str, object]:
    """What only a GPU tells: nothing elsewhere."""
    shares = {f"{step}_launch_share": launch_share(step, network, timing) for step in get_args(Step)}
    row: dict[str, object] = {name: share for name, share in shares.items() if share is not None}
    if network.gpu_samples:
        for name in ("clock_mhz", "power_watts", "celsius"):
            row[f"gpu_{name}"] = median(getattr(sample, name) for sample in network.gpu_samples)
        row["num_throttled"] = network.num_throttled
    return row


def _of_step(name: Step, network: NetworkTiming, timing: TimingResult) -> dict[str, object]:
    """timm's columns of a step, with quartiles, memory, and multiply-adds a second; empty where the step was not timed."""
    step, size = spread(getattr(network, f"{name}_step_seconds")), network.workload.batch_size
    achieved = macs_per_second(name, network)
    return {
        f"{name}_samples_per_sec": size / step.median if step else None,
        f"{name}_step_time": 1000 * step.median if step else None,  # milliseconds, as timm has it
        f"{name}_step_time_low": 1000 * step.low if step else None,
        f"{name}_step_time_high": 1000 * step.high if step else None,
        f"{name}_is_noisy": step.is_noisy if step else None,
        f"{name}_memory_bytes": getattr(network, f"{name}_memory_bytes"),
        f"{name}_gmacs_per_sec": achieved / 1e9 if achieved else None,
        f"{name}_share_of_peak": fraction_of_peak(name, network, timing),
    }


def macs_per_byte(cost: Cost, batch_size: int, precision: str) -> float | None:
    """Multiply-adds for each byte that inference must move at the least: every weight read once, and the output of every counted layer written
    once and read once; None where the count is only a lower bound.
    """
    if cost.is_lower_bound:
        return None
    size = 2 if precision == "bf16" else 4
    return batch_size * cost.macs / (size * (cost.params + 2 * batch_size * cost.activations))


def _accuracy(label: str) -> tuple[float | None, str]:
    """What torchvision publishes for its weights of this name, and the recipe that they were trained by."""
    rows = [row for row in published_rows() if (row.arm, row.metric) == (label, "top1_accuracy_pct")]
    return (rows[0].value, rows[0].recipe) if rows else (None, "")


# what figures of costs and times call the families of the registry, and the others
STAGED = {
    "resnet": "ResNet",
    "preresnet": "ResNet, pre-activation",
    "resnext": "ResNeXt",
    "wide_resnet": "Wide ResNet",
    "wrn": "Wide ResNet",
}
FAMILIES: dict[FamilyName, str] = {"plain": "plain", "residual": "other residual networks", "other": "other networks"}


def family_of(variant: Variant) -> str:
    """The words for a network's family."""
    if isinstance(variant, Architecture) and variant.family == "residual":
        family, _ = family_and_numbers(variant)
        return STAGED[family]
    if isinstance(variant, Fixed) and variant.family == "other":
        return "without residual blocks"
    return FAMILIES[variant.family]
