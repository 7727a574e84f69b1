"""Count the paths through a residual network: each passes a block's branch or its shortcut, so that n blocks make 2^n paths."""

from math import comb

from resnet_variants.architecture import Architecture
from resnet_variants.variant import Variant

MIDDLE = (19, 35)  # branches on most paths through ResNet-110: Veit et al. 2016, section 3


def num_residual_blocks(variant: Variant) -> int | None:
    """Return the number of residual blocks, each a branch and a shortcut; None for a network without them."""
    if not isinstance(variant, Architecture) or not variant.is_residual:
        return None
    return sum(variant.blocks_per_stage)


def share_of_paths(num_blocks: int, fewest: int, most: int) -> float:
    """Return the share of all paths that pass through at least `fewest` and at most `most` of the branches, from 0 to 1."""
    num_paths: int = 2**num_blocks
    return sum(comb(num_blocks, length) for length in range(fewest, most + 1)) / num_paths


def middle_paths_pct(variant: Variant) -> float | None:
    """Return the share of paths through 19 to 35 branches, in %; None for a network without residual blocks."""
    num_blocks = num_residual_blocks(variant)
    return None if num_blocks is None else 100 * share_of_paths(num_blocks, *MIDDLE)
