"""What a signal check finds, by value: how the images' signal passes the blocks of a network before training, and its gradient back.

A value may be infinite or not a number, since that is what a check looks for.
"""

from dataclasses import dataclass

from resnet_variants.architecture import ImageShape


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockSignal:
    """Signal after one block of a network, on one batch of images.

    `mean` is over all values of the stream, which is the block's output; `variance` is that of a channel over images and
    pixels, and the mean over channels. `branch_to_stream` is the standard deviation of the branch over that of the
    shortcut where they are added, by channel as the variance; None if nothing is added. `gradient` is the norm of the
    loss's gradient at the output, and `weight_gradient` that at the block's own weights; None if no gradient reaches
    them, or if there are none to train. `largest_gain` is the largest factor by which the block can enlarge a small
    change of its input; None if it cannot be determined.
    """

    name: str
    mean: float
    variance: float
    branch_to_stream: float | None = None
    gradient: float | None = None
    weight_gradient: float | None = None
    largest_gain: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """Signal of one network with one seed: mean and variance of the images, and the blocks in the order in which they run.

    If it `ends_in_scores`, the last block returns the class scores, which are no stream.
    """

    images_mean: float
    images_variance: float
    blocks: tuple[BlockSignal, ...]
    ends_in_scores: bool

    @property
    def stream(self) -> tuple[BlockSignal, ...]:
        """The blocks that pass the stream on: all but the one that returns the scores."""
        return self.blocks[:-1] if self.ends_in_scores else self.blocks


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkSignal:
    """Signals of one network: one per seed."""

    name: str
    signals: tuple[Signal, ...]

    @property
    def blocks(self) -> dict[str, list[BlockSignal]]:
        """The blocks of all seeds by name, in order; a network may skip a block at random."""
        return _by_name([signal.blocks for signal in self.signals])

    @property
    def stream(self) -> dict[str, list[BlockSignal]]:
        """The same without the block that returns the scores."""
        return _by_name([signal.stream for signal in self.signals])


def _by_name(of_seeds: list[tuple[BlockSignal, ...]]) -> dict[str, list[BlockSignal]]:
    found: dict[str, list[BlockSignal]] = {}
    for block in (block for blocks in of_seeds for block in blocks):
        found.setdefault(block.name, []).append(block)
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalCheck:
    """Signals of several networks on the same images, with the same seeds."""

    dataset: str
    image_shape: ImageShape
    batch_size: int
    seeds: tuple[int, ...]
    networks: tuple[NetworkSignal, ...]
