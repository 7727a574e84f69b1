"""Make rows with timm's columns from timings, and compute the peak rates of the machine."""

from dataclasses import dataclass, replace
from statistics import median
from typing import get_args

from analysis.statistics.means import spread
from analysis.tables.published import published_rows
from benchmarks.spec.cost import Cost
from benchmarks.spec.timing import PASSES, Step
from benchmarks.store.timings import NetworkTiming, TimingResult
from resnet_variants.architecture import Architecture, FamilyName
from resnet_variants.families import family_and_numbers
from resnet_variants.variant import Fixed, Variant


@dataclass(frozen=True, kw_only=True, slots=True)
class Peaks:
    """Peak rates of the machine, medians over the rounds.

    `matmul` and `convolution` are multiply-adds per second of a large matrix product and a large convolution; `copy` is the bytes per second
    that a large copy reads and writes.
    """

    matmul: float
    convolution: float
    copy: float


def peaks_of(timing: TimingResult) -> Peaks | None:
    """Return the machine's peak rates; None if the session did not measure them."""
    ceilings = timing.ceilings
    if ceilings is None:
        return None
    return Peaks(
        matmul=median(ceilings.matmul_macs_per_second),
        convolution=median(ceilings.convolution_macs_per_second),
        copy=median(ceilings.copied_bytes_per_second),
    )


def macs_per_second(step: Step, network: NetworkTiming) -> float | None:
    """Compute the multiply-adds per second at the median time of a step; None if it was not timed or not counted exactly."""
    seconds = spread(getattr(network, f"{step}_step_seconds"))
    if seconds is None or network.cost is None or network.cost.is_lower_bound:
        return None
    return network.workload.batch_size * network.cost.macs * PASSES[step] / seconds.median


def fraction_of_peak(step: Step, network: NetworkTiming, timing: TimingResult) -> float | None:
    """Compute the rate of a step relative to that of a large convolution; None if either is unknown."""
    peaks, achieved = peaks_of(timing), macs_per_second(step, network)
    return achieved / peaks.convolution if peaks and achieved else None


def timing_row(label: str, network: NetworkTiming, timing: TimingResult) -> dict[str, object]:
    """Return the row of a timed workload: timm's columns, quartiles, memory and multiply-adds per second."""
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
        row |= _step_columns(step, network, timing)
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
        **_gpu_columns(network, timing),
    }


def launch_share(step: Step, network: NetworkTiming, timing: TimingResult) -> float | None:
    """Compute the share of the eager step's time that a CUDA graph saves, 1 - graph / eager.

    Return None if the workload is not a graph, or was not also timed eagerly.
    """
    if network.workload.mode != "graph":
        return None
    eager = replace(network.workload, mode="eager")
    counterpart = next((other for other in timing.networks if other.workload == eager), None)
    ours, theirs = (spread(getattr(timed, f"{step}_step_seconds")) if timed else None for timed in (network, counterpart))
    return 1 - ours.median / theirs.median if ours and theirs else None


def _gpu_columns(network: NetworkTiming, timing: TimingResult) -> dict[str, object]:
    """Return the launch shares and the medians of the GPU's sensors; empty without a graph and sensors."""
    shares = {f"{step}_launch_share": launch_share(step, network, timing) for step in get_args(Step)}
    row: dict[str, object] = {name: share for name, share in shares.items() if share is not None}
    if network.gpu_samples:
        for name in ("clock_mhz", "power_watts", "celsius"):
            row[f"gpu_{name}"] = median(getattr(sample, name) for sample in network.gpu_samples)
        row["num_throttled"] = network.num_throttled
    return row


def _step_columns(name: Step, network: NetworkTiming, timing: TimingResult) -> dict[str, object]:
    """Return timm's columns of a step, with quartiles, memory and multiply-adds per second; None if the step was not timed."""
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
    """Compute the multiply-adds per byte that inference must move at least; None if the count is only a lower bound.

    Every weight is read once, and the output of every counted layer is written once and read once.
    """
    if cost.is_lower_bound:
        return None
    size = 2 if precision == "bf16" else 4
    return batch_size * cost.macs / (size * (cost.params + 2 * batch_size * cost.activations))


def _accuracy(label: str) -> tuple[float | None, str]:
    """Return torchvision's published top-1 accuracy of a network, in %, and its recipe; None and "" if there is none."""
    rows = [row for row in published_rows() if (row.arm, row.metric) == (label, "top1_accuracy_pct")]
    return (rows[0].value, rows[0].recipe) if rows else (None, "")


# names of the registry's families, and of the others, in figures of costs and times
STAGED = {
    "resnet": "ResNet",
    "preresnet": "ResNet, pre-activation",
    "resnext": "ResNeXt",
    "wide_resnet": "Wide ResNet",
    "wrn": "Wide ResNet",
}
FAMILIES: dict[FamilyName, str] = {"plain": "plain", "residual": "other residual networks", "other": "other networks"}


def family_of(variant: Variant) -> str:
    """Return the name of a network's family in figures and tables."""
    if isinstance(variant, Architecture) and variant.family == "residual":
        family, _ = family_and_numbers(variant)
        return STAGED[family]
    if isinstance(variant, Fixed) and variant.family == "other":
        return "without residual blocks"
    return FAMILIES[variant.family]
