"""Which fields of an `Architecture` go together: each check raises a ValueError that names both, the reason and the remedy."""

from resnet_variants.block_kinds import BLOCKS, CIFAR_STAGES, IMAGENET_PLANS
from resnet_variants.fields import Fields
from resnet_variants.lookup import LARGEST_DEPTH, whole_number
from resnet_variants.shortcuts import SHORTCUTS
from resnet_variants.trunks import STATIC

NO_BATCH_NORM = "has no batch norm that another norm could replace"


def check_depth(network: Fields) -> None:
    """Refuse a depth that no whole number of blocks gives."""
    whole_number("depth", network.depth, most=LARGEST_DEPTH)
    if network.template == "imagenet":
        plans = IMAGENET_PLANS.get(network.block)
        if plans is None:
            raise ValueError(f"block={network.block} is for CIFAR networks: those for ImageNet have the blocks of their papers")
        if network.depth not in plans:
            depths = ", ".join(str(depth) for depth in plans)
            raise ValueError(f"depth must be one of {depths} with {network.block} blocks on ImageNet, got {network.depth}")
        return
    step = CIFAR_STAGES * BLOCKS[network.block].convolutions
    if network.depth < step + 2 or (network.depth - 2) % step:
        below = max(1, (network.depth - 2) // step) * step + 2
        near = " or ".join(str(depth) for depth in (below, below + step) if depth <= LARGEST_DEPTH)
        raise ValueError(f"depth must be {step}n+2 with {network.block} blocks, such as {near}, got {network.depth}")


def check_groups(network: Fields) -> None:
    """Refuse groups and strides that the block has no place for, and groups that do not divide the width."""
    if network.block != "bottleneck" and (network.groups > 1 or network.width_per_group is not None):
        raise ValueError(
            f"groups={network.groups}, width_per_group={network.width_per_group} need bottleneck blocks: two grouped layers of a basic "
            "block equal one dense block (Xie et al. 2017, section 3.3)"
        )
    if network.width_per_group is None and network.width % network.groups:
        raise ValueError(
            f"groups {network.groups} do not divide the width {network.width}: give width_per_group, or another width"
        )
    if network.block != "bottleneck" and network.stride_in != "3x3":
        raise ValueError(f"stride_in={network.stride_in} needs bottleneck blocks: a {network.block} block has no 1x1 convolution")


def check_shortcut(network: Fields) -> None:
    """Refuse a bias without a gate, and branches that start at zero and could not leave it."""
    if network.gate_bias and not SHORTCUTS[network.shortcut].gate:
        gated = ", ".join(name for name, shortcut in SHORTCUTS.items() if shortcut.gate)
        raise ValueError(f"gate_bias {network.gate_bias} needs a gated shortcut ({gated}), got {network.shortcut!r}")
    if not network.zero_gamma:
        return
    if not network.is_residual:
        raise ValueError("zero_gamma needs shortcuts: no signal passes a plain network whose branches start at zero")
    last = network.words.last_of_branch
    if last == "relu":
        raise ValueError(
            f"zero_gamma cannot be combined with ordering {network.ordering!r}: its branch ends in a ReLU, which passes no gradient at zero"
        )
    if last in ("bias", "shift"):
        raise ValueError(
            f"zero_gamma needs a gamma: with norm={network.norm} and ordering {network.ordering!r} a branch ends in a bias"
        )
    if network.branch_gain == "skipinit":
        raise ValueError(
            "zero_gamma cannot be combined with branch_gain=skipinit: both start at zero, so that neither has a gradient"
        )


def check_norm(network: Fields) -> None:
    """Refuse another norm for an ordering without batch norm, and Fixup with any norm or ordering but its own."""
    if network.norm != "bn" and "bn" not in network.words_with_batch_norm.all_words:
        raise ValueError(f"norm={network.norm} would change nothing: ordering {network.ordering!r} {NO_BATCH_NORM}")
    if network.branch_gain != "fixup":
        return
    if (network.norm, network.ordering) != ("none", "post"):
        raise ValueError(
            f"branch_gain=fixup is for norm=none and ordering post (Zhang et al. 2019, figure 1), got norm={network.norm} and "
            f"ordering {network.ordering!r}"
        )


def check_branch(network: Fields) -> None:
    """Refuse options of residual branches in networks without shortcuts, and two that contradict each other."""
    if not network.is_residual:
        asked = [name for name in RESIDUAL_ONLY if getattr(network, name) != RESIDUAL_ONLY[name]]
        if asked:
            raise ValueError(f"{asked[0]}={getattr(network, asked[0])} needs shortcuts: a plain network has no branches")
        if network.block in ("single", "triple"):
            raise ValueError(
                f"block={network.block} needs shortcuts: without them it is plain{network.depth}, whose layers belong to no block"
            )
    if network.branch_scale != "1" and SHORTCUTS[network.shortcut].branch_scale != 1:
        raise ValueError(
            f"branch_scale={network.branch_scale} cannot be combined with shortcut {network.shortcut!r}, which scales the branch, too"
        )
    if network.drop_path == 0 and network.drop_path_rule != "linear":
        raise ValueError(f"drop_path_rule={network.drop_path_rule} needs a drop_path above 0")


def check_join(network: Fields) -> None:
    """Refuse joins for gated shortcuts, and factors of a branch of which only the direction is used."""
    if network.join == "add":
        return
    if SHORTCUTS[network.shortcut].gate:
        raise ValueError(f"join={network.join} cannot be combined with shortcut {network.shortcut!r}, which joins by its gate")
    if not network.join.startswith("delta"):
        return
    for name, value in {"branch_gain": "none", "branch_scale": "1", "drop_path": 0.0, "zero_gamma": False}.items():
        if getattr(network, name) != value:
            raise ValueError(
                f"join={network.join} cannot be combined with {name}={getattr(network, name)}: it uses only the direction of the branch"
            )


def check_trunk(network: Fields) -> None:
    """Refuse to mix a single stream, and streams or attention where the formulas have no place for another option."""
    if network.streams == 1 and network.mixing != STATIC:
        raise ValueError(f"mixing={network.mixing} needs several streams, such as streams=4: a single one is not mixed")
    if not network.passes_several:
        return
    shortcut, asked = SHORTCUTS[network.shortcut], f"aggregate={network.aggregate}"
    if network.streams > 1:
        if network.aggregate != "none":
            raise ValueError(
                f"streams={network.streams} cannot be combined with {asked}: both decide what a block reads: choose one"
            )
        asked = f"streams={network.streams}"
    if shortcut.gate is not None:
        raise ValueError(f"{asked} cannot be combined with shortcut {network.shortcut!r}, whose gate reads what one stream has")
    if network.join != "add":
        raise ValueError(f"{asked} cannot be combined with join={network.join}: its formula adds branch and shortcut")
    if network.aggregate == "none":
        return
    if network.words.after_addition:
        raise ValueError(
            f"{asked} needs an ordering that ends in the addition, such as pre, got {network.ordering!r}: each block's output is kept as it is"
        )
    is_altered = shortcut.scale != 1 or shortcut.dropout > 0
    if shortcut.same_shape != "identity" or shortcut.new_shape not in ("zero-pad", "zero-pad-centred") or is_altered:
        raise ValueError(
            f"{asked} needs shortcut A or A-centred, which bring earlier outputs to a new shape, got {network.shortcut!r}"
        )


RESIDUAL_ONLY: dict[str, object] = {
    "branch_gain": "none",
    "branch_scale": "1",
    "drop_path": 0.0,
    "join": "add",
    "streams": 1,
    "aggregate": "none",
}
CHECKS = (check_depth, check_groups, check_norm, check_branch, check_shortcut, check_join, check_trunk)
