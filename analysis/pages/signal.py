"""A signal check as tables for the terminal, and as plain values for JSON."""

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from rich.table import Table

from analysis.inference.signal import FACTOR, RULE, in_words, judge
from analysis.inference.sizes import with_minus
from benchmarks.spec.signal import NetworkSignal, Signal, SignalCheck

NONE = "\N{EN DASH}"
SMALLEST_SPREAD = 5e-4  # of the mean, which is shown with three digits
COLUMNS = {  # field of a block -> heading
    "mean": "mean",
    "variance": "variance",
    "branch_to_stream": "branch/stream",
    "gradient": "gradient",
    "weight_gradient": "at weights",
    "largest_gain": "largest gain",
}
LEGEND = (
    "mean and variance: of the block's output, the stream (variance: of a channel over images and pixels, mean over channels). branch/stream: "
    "standard deviation of the branch over that of the shortcut where they are added. gradient: norm of the loss's gradient at the output; at "
    "weights: at the block's own weights. largest gain: largest factor by which the block can enlarge a small change of its input."
)


def table_of(network: NetworkSignal) -> Table:
    """Return a table of a network, with a row per block: means over seeds, with their standard deviation."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("block", overflow="fold")
    for heading in COLUMNS.values():
        table.add_column(heading, justify="right")
    images = [(signal.images_mean, signal.images_variance) for signal in network.signals]
    table.add_row("images", *(_cell(list(column)) for column in zip(*images, strict=True)), *[NONE] * (len(COLUMNS) - 2))
    for name, blocks in network.blocks.items():
        table.add_row(name, *(_cell([getattr(block, column) for block in blocks]) for column in COLUMNS))
    return table


def _cell(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return NONE
    if not all(map(math.isfinite, known)):
        return "not finite"
    mean, deviation = float(np.mean(known)), float(np.std(known, ddof=1)) if len(known) > 1 else 0.0
    if deviation < abs(mean) * SMALLEST_SPREAD:
        deviation = 0.0
    return _rounded(mean, 3) + (f" \N{PLUS-MINUS SIGN}{_rounded(deviation, 1)}" if len(known) > 1 else "")


def _rounded(value: float, digits: int) -> str:
    """Format a number with some significant digits, without an exponent from 0.001 to below a million."""
    text = f"{value:.{digits}g}"
    return with_minus(f"{float(text):,.0f}" if "e" in text and 1 <= abs(value) < 1e6 else text)


def verdicts_of(check: SignalCheck) -> list[str]:
    """Return the sentences on all networks: where a signal dies or explodes, or that it passes."""
    return [sentence for network in check.networks for sentence in in_words(network, check.seeds)]


def as_values(check: SignalCheck) -> dict[str, Any]:
    """Return a check as plain values; a number that is not finite is None, and a finding says so."""
    return {
        "dataset": check.dataset,
        "image_shape": check.image_shape,
        "batch_size": check.batch_size,
        "seeds": check.seeds,
        "factor": FACTOR,
        "rule": RULE,
        "networks": [
            {
                "name": network.name,
                "verdict": in_words(network, check.seeds),
                "seeds": list(_seeds_of(network, check)),
            }
            for network in check.networks
        ],
    }


def _seeds_of(network: NetworkSignal, check: SignalCheck) -> Iterator[dict[str, Any]]:
    for seed, signal in zip(check.seeds, network.signals, strict=True):
        yield {
            "seed": seed,
            "images_mean": signal.images_mean,
            "images_variance": signal.images_variance,
            "findings": [asdict(finding) for finding in judge(signal)],
            "blocks": list(_blocks_of(signal)),
        }


def _blocks_of(signal: Signal) -> Iterator[dict[str, Any]]:
    for block in signal.blocks:
        yield {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in asdict(block).items()
        }
