"""What passes from block to block where it is more than one tensor: names, texts and numbers, without torch.

A network has several streams (hyper-connections), or its blocks read the outputs of former ones by attention. `streams`,
`attention` and `several` have the modules.
"""

from resnet_variants.fields import Fields

MIXINGS: dict[str, str] = {
    # hyper-connections: Zhu et al. 2024 (2409.19606)
    "hc-static": "mixed by learned matrices",
    "hc": "mixed by matrices of a learned and a computed part, one per image",
    # manifold-constrained: Xie et al. 2025 (2512.24880)
    "mhc": "mixed by computed matrices whose rows and columns sum to 1, one per image",
    "identity": "control: not mixed, only read and written with learned weights",
}
STATIC = "hc-static"
AGGREGATES: dict[str, str] = {
    "none": "a block reads the sum of all before",
    # Attention Residuals: Kimi Team 2026 (2603.15031), the block form with a stage as block, and the full form
    "attention": "a block reads a softmax average, at each pixel, of the stem, the sums of former stages and that of its own",
    "attention-full": "a block reads a softmax average, at each pixel, of its stage's input and all outputs of the stage",
    "mean": "control: a block reads the mean of the stem, the sums of former stages and that of its own",
}
LARGEST_STREAMS = 64


def trunk_line(network: Fields) -> str:
    """Return in words what passes from block to block; "" where it is one tensor."""
    if network.streams > 1:
        return f"{network.streams} streams, {MIXINGS[network.mixing]}"
    return "" if network.aggregate == "none" else AGGREGATES[network.aggregate]


def num_sources(network: Fields, place: int) -> int:
    """Return how many tensors the block at `place`, from 1, reads by attention; the place after the last is that of the head.

    In the block form these are the stem's output and a sum of branches for each stage so far, in the full form the
    stage's input and its branches so far. The first block of a stage reads what the stage before it has left.
    """
    before = place - 1
    if before == 0:
        return 1
    stage = network.stage_of(before)
    if network.aggregate != "attention-full":
        return 2 + stage
    return 1 + before - sum(network.blocks_per_stage[:stage])


def starts_stage(network: Fields, place: int) -> bool:
    """Return whether the block at `place`, from 1, is the first of its stage."""
    return place == 1 or network.stage_of(place) > network.stage_of(place - 1)
