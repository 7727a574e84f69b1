"""Where a signal dies or explodes, by one rule, and the sentences that say so.

Batch norm keeps a residual stream's variance growing by a constant per block (De and Smith 2020, 2002.10444), so that a
thousand blocks are needed for a factor of 1,000. Signals that shrink or grow by a factor per block reach it within a few:
ten blocks that double the variance. At such a factor a single learning rate also suits no two ends of a network.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.spec.signal import BlockSignal, NetworkSignal, Signal
from benchmarks.spec.words import counted

FACTOR = 1_000.0
RULE = (
    "A signal dies or explodes where its variance falls below 1/1,000 of the images' or exceeds it 1,000 times, or is zero or not finite. "
    "A gradient does where its norm, from the last block back, leaves the same range around that of the last block. Linear growth, as batch norm "
    "gives a residual stream, takes 1,000 blocks to get there; growth by a factor per block takes a few. The scores are held only to be finite "
    "and to differ between images."
)
Kind = Literal["dies", "explodes", "is not finite"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Block at which a signal or a gradient dies or explodes first, with one seed.

    `factor` is the variance there over the images', or the gradient's norm over the last block's; `end` and `end_factor` are those
    of the block that the signal or gradient reaches last. A factor is None if it is not finite.
    """

    quantity: Literal["signal", "gradient"]
    kind: Kind
    block: str
    factor: float | None
    end: str
    end_factor: float | None


def judge(signal: Signal) -> tuple[Finding, ...]:
    """Return where the signal dies or explodes, and where its gradient does; nothing if both pass."""
    return tuple(finding for finding in (_judge_signal(signal), _judge_gradient(signal)) if finding is not None)


def _judge_signal(signal: Signal) -> Finding | None:
    values = {block.name: _variance(block) / signal.images_variance for block in signal.stream}
    found = _first("signal", values)
    if found is not None or not signal.ends_in_scores:
        return found
    scores = signal.blocks[-1]
    variance = _variance(scores)
    if math.isfinite(variance) and variance > 0:
        return None
    return _first("signal", {scores.name: variance})


def _judge_gradient(signal: Signal) -> Finding | None:
    """Judge the gradient on its way back; a block that no gradient reaches has none, which is zero."""
    backward = signal.stream[::-1]
    if not backward:
        return None
    last = backward[0].gradient or 0.0
    return _first("gradient", {block.name: _quotient(block.gradient or 0.0, last) for block in backward})


def _first(quantity: Literal["signal", "gradient"], values: dict[str, float]) -> Finding | None:
    """Return the finding at the first block whose factor is out of range, or None."""
    for block, factor in values.items():
        kind = _kind(factor)
        if kind is not None:
            end = next(reversed(values))
            return Finding(
                quantity=quantity, kind=kind, block=block, factor=_finite(factor), end=end, end_factor=_finite(values[end])
            )
    return None


def _kind(factor: float) -> Kind | None:
    if not math.isfinite(factor):
        return "is not finite"
    return "explodes" if factor > FACTOR else "dies" if factor < 1 / FACTOR else None


def _variance(block: BlockSignal) -> float:
    return block.variance if math.isfinite(block.mean) else math.nan


def _quotient(value: float, reference: float) -> float:
    """Return the quotient of two norms; 0 if the reference is zero, because then nothing is sent back."""
    return value / reference if reference else 0.0


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def in_words(network: NetworkSignal, seeds: Sequence[int]) -> list[str]:
    """Return a sentence per finding of a network, or one that says that its signal passes; and one on weights without a gradient."""
    found: dict[tuple[str, str], list[tuple[int, Finding]]] = {}
    for seed, signal in zip(seeds, network.signals, strict=True):
        for finding in judge(signal):
            found.setdefault((finding.quantity, finding.kind), []).append((seed, finding))
    sentences = [_describe(network.name, of_seeds, len(seeds)) for of_seeds in found.values()]
    return [*(sentences or [_describe_passing(network)]), *_idle_weights(network)]


def _describe(name: str, found: list[tuple[int, Finding]], num_seeds: int) -> str:
    seed, finding = found[0]
    whole = f"{name}: the {finding.quantity} {finding.kind} at {_block(finding.block)}"
    if finding.factor is None:
        return f"{whole} ({_which_seeds(None, len(found), num_seeds)})."
    of = "the images' variance" if finding.quantity == "signal" else "the last block's norm"
    whole += f", where it is {_times(finding.factor)} {of}" if finding.factor else ", where it is zero"
    if finding.factor and finding.end != finding.block and finding.end_factor is not None:
        whole += f"; at {_block(finding.end)} it is {_times(finding.end_factor)}"
    return f"{whole} ({_which_seeds(seed, len(found), num_seeds)})."


def _which_seeds(seed: int | None, num_found: int, num_seeds: int) -> str:
    """Return how many seeds have a finding, and whose values are given, if any are."""
    return f"{num_found} of {counted(num_seeds, 'seed')}" + ("" if seed is None or num_seeds == 1 else f"; values of seed {seed}")


def _describe_passing(network: NetworkSignal) -> str:
    """Return a sentence with the ranges within which signal and gradient stay, over blocks and seeds."""
    forward = [block.variance / signal.images_variance for signal in network.signals for block in signal.stream]
    backward = [
        _quotient(block.gradient or 0.0, signal.stream[-1].gradient or 0.0)
        for signal in network.signals
        for block in signal.stream
    ]
    if not forward:
        return f"{network.name}: the scores are finite and differ between images; it has no blocks before them."
    return (
        f"{network.name}: the signal passes: its variance is {_size(min(forward))} to {_times(max(forward))} the images', "
        f"and the gradient's norm {_size(min(backward))} to {_times(max(backward))} the last block's."
    )


def _idle_weights(network: NetworkSignal) -> Iterator[str]:
    """Yield a sentence if the gradient is exactly zero at all weights of some blocks, which then cannot learn from the first step."""
    idle = list(dict.fromkeys(block.name for signal in network.signals for block in signal.blocks if block.weight_gradient == 0))
    if idle:
        more = f" and of {counted(len(idle) - 1, 'more block')}" if len(idle) > 1 else ""
        yield f"{network.name}: the gradient is exactly zero at all weights of {_block(idle[0])}{more}: the first step does not train them."


def _block(name: str) -> str:
    """Return a block's name for a sentence; modules without names of their own are numbered."""
    return f"block {name}" if name.isdecimal() else name


def _times(factor: float) -> str:
    return f"{_size(factor)} times"


def _size(factor: float) -> str:
    return f"{factor:,.0f}" if 100 <= factor < 1e6 else f"{factor:.2g}"
