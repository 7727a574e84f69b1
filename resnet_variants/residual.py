"""What may change a residual block besides its ordering and its shortcut: names, texts and numbers, without torch.

A branch is multiplied by learned gains or by a constant, or dropped; it joins the shortcut's path in another way than by
addition; another norm stands where batch norm does. `gains`, `joins` and `norms` have the modules.
"""

import math
from dataclasses import dataclass
from typing import Literal

from resnet_variants.lookup import choose, no_such, number, text

NORMS: dict[str, str] = {  # the word that stands in the place of `bn`
    "bn": "bn",
    "gn": "gn",  # group norm: Wu and He 2018 (1803.08494)
    "ln": "ln",  # the same with one group
    "ln-pixel": "ln-pixel",  # over the channels of each pixel: Liu et al. 2022 (2201.03545)
    "dyt": "dyt",  # dynamic tanh: Zhu et al. 2025 (2503.10622)
    "none": "bias",  # one per channel, as a norm has and a convolution here lacks
}
JOINS: dict[str, str] = {
    "add": "the sum of branch and shortcut",
    # Oh et al. 2025 (2505.11881)
    "orthogonal": "the branch without its part along the shortcut's output, at each pixel",
    "orthogonal-global": "the branch without its part along the shortcut's output, over a whole image",
    "random-direction": "control: the branch without its part along a fixed random direction, at each pixel",
    # Deep Delta Learning (2601.00417), adapted to feature maps
    "delta": "the part of the shortcut's output along the branch is replaced by a learned amount, at each pixel",
    "delta-fixed": "control: the part of the shortcut's output along the branch is removed, at each pixel",
}
DropPathRule = Literal["linear", "constant"]
DROP_PATH_RULES: tuple[DropPathRule, ...] = ("linear", "constant")
NAMED_SCALES = ("1/sqrtL", "1/L")  # Bordelon et al. 2023 (2309.16620); Dey et al. 2025 (2505.01618)
LAYERSCALE, LAYERSCALE_START = "layerscale", 0.1
GAINS = ("none", "skipinit", "skipinit-sqrt", LAYERSCALE, "fixup")
GAIN_SPELLINGS = {"rezero": "skipinit"}  # Bachlechner et al. 2020 (2003.04887): the same scalar, with the usual norms
# the ordering of Zhang et al. 2019 (1901.09321), figure 1: a scalar before and after every convolution, and no norm
FIXUP_LINE = "shift conv shift | relu"


@dataclass(frozen=True, kw_only=True, slots=True)
class Gain:
    """Learned factor of a branch: its value at the start, and whether there is one per channel or one in all."""

    start: float
    per_channel: bool = False


def gain_of(name: str, num_blocks: int) -> Gain | None:
    """Return the gain that a name stands for in a network of `num_blocks` blocks; None if branches have none.

    "skipinit" starts at 0 (De and Smith 2020, 2002.10444), "skipinit-sqrt" at 1/sqrt(blocks), "fixup" at 1, and
    "layerscale" at 0.1 per channel (Touvron et al. 2021, 2103.17239), or at the number that its name ends in.

    Raises:
        ValueError: the name is unknown, or its number is not above 0.
    """
    if name == "none":
        return None
    if name.startswith(LAYERSCALE):
        return Gain(start=_start_of(name), per_channel=True)
    starts = {"skipinit": 0.0, "skipinit-sqrt": num_blocks**-0.5, "fixup": 1.0}
    return Gain(start=choose("branch_gain", name, starts))


def canonical_gain(name: str) -> str:
    """Return the one spelling of a gain: "rezero" is skipinit, and "layerscale-0.1" is layerscale.

    Raises:
        ValueError: the name is unknown, or its number is not above 0.
        TypeError: it is not text.
    """
    text("branch_gain", name, such_as="skipinit")
    name = GAIN_SPELLINGS.get(name.lower(), name)
    if name in GAINS:
        return name
    if not name.startswith(f"{LAYERSCALE}-"):
        raise ValueError(
            f"{no_such('branch_gain', name, [*GAINS, *GAIN_SPELLINGS])}, or layerscale-NUMBER, such as layerscale-1e-4"
        )
    start = _start_of(name)
    return LAYERSCALE if start == LAYERSCALE_START else f"{LAYERSCALE}-{start:g}"


def _start_of(name: str) -> float:
    """Return the number at which the gains of "layerscale-1e-4" start."""
    spelled = name.removeprefix(LAYERSCALE).removeprefix("-")
    try:
        start = float(spelled) if spelled else LAYERSCALE_START
    except ValueError:
        start = math.nan
    if not 0 < start < math.inf:
        raise ValueError(f"branch_gain {name!r} must end in a number above 0, such as layerscale-1e-4")
    return start


def canonical_scale(scale: str) -> str:
    """Return the one spelling of a branch's constant factor: a name, or the shortest text of a number.

    Raises:
        ValueError: it is neither a name nor a number above 0.
        TypeError: it is not text.
    """
    text("branch_scale", scale, such_as="1/sqrtL")
    named = {name.lower(): name for name in NAMED_SCALES}.get(scale.lower())
    if named:
        return named
    try:
        factor = number("branch_scale", float(scale))
    except ValueError:
        factor = 0.0
    if factor <= 0:
        raise ValueError(f"branch_scale {scale!r} must be {', '.join(NAMED_SCALES)} or a number above 0, such as 0.5")
    return f"{factor:g}" if float(f"{factor:g}") == factor else repr(factor)


def scale_of(scale: str, num_blocks: int) -> float:
    """Return the constant factor of the branches in a network of `num_blocks` blocks."""
    named = {"1/sqrtL": num_blocks**-0.5, "1/L": 1 / num_blocks}
    return named[scale] if scale in named else float(scale)


def kept_share(drop_path: float, rule: DropPathRule, place: int, num_blocks: int) -> float:
    """Return the probability that a block's branch is kept, for the blocks at `place` 1 to `num_blocks` (Huang et al. 2016, section 3).

    By the linear rule the last block is dropped with probability `drop_path`, and the others less, in proportion to their place.
    """
    return 1 - drop_path * (place / num_blocks if rule == "linear" else 1.0)
