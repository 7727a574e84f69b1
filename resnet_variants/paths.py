"""Count the paths through a residual network: each passes a block's branch or its shortcut, so that n blocks make 2^n paths."""

from math import comb

from resnet_variants.architecture import Architecture
from resnet_variants.variant import Variant


def share_of_paths(num_blocks: int, fewest: int, most: int) -> float:
    """Return the share of all paths that pass through at least `fewest` and at most `most` of the branches, from 0 to 1."""
    num_paths: int = 2**num_blocks
    return sum(comb(num_blocks, length) for length in range(fewest, most + 1)) / num_paths


def middle_paths_pct(variant: Variant) -> float | None:
    """Return the share of paths through 19 to 35 branches, in % (Veit et al. 2016, section 3); None for a network without residual blocks."""
    if not isinstance(variant, Architecture) or not variant.is_residual:
        return None
    return 100 * share_of_paths(sum(variant.blocks_per_stage), 19, 35)
