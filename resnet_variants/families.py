"""Families of customary names: what each name's numbers mean, in both directions.

A name is a family followed by the family's numbers; `registry` adds the options.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from resnet_variants.architecture import Architecture
from resnet_variants.block_kinds import IMAGENET_BLOCKS

Match = re.Match[str]
NUMBER = "[1-9][0-9]*"
DEPTH = f"_?(?P<depth>{NUMBER})(_?(?P<bottleneck>bn))?"
CIFAR = "(?P<cifar>cifar_?)?"  # needed if ImageNet has a network of the same depth
WRN_STEM = 16  # Zagoruyko and Komodakis 2016, table 1
WRN_MORE_LAYERS = 2  # they count the three projections but not the linear layer: their 6n+4 is 6n+2 here


def _read_depth(match: Match) -> dict[str, Any]:
    """Return the fields of a network of that depth: ImageNet's if it has one, unless the name says bottleneck (bn) or CIFAR."""
    depth, groups = int(match["depth"]), match.groupdict()
    if groups.get("bottleneck"):
        return {"depth": depth, "block": "bottleneck", "shortcut": "B"}  # He et al. 2016, appendix
    if depth in IMAGENET_BLOCKS and not groups.get("cifar"):
        return {"template": "imagenet", "depth": depth, "block": IMAGENET_BLOCKS[depth], "width": 64, "shortcut": "B"}
    return {"depth": depth}


def _read_wide(match: Match) -> dict[str, Any]:
    depth, width = int(match["depth"]), WRN_STEM * int(match["factor"])
    if depth < 10 or (depth - 4) % 6:
        below = max(1, (depth - 4) // 6) * 6 + 4
        raise ValueError(f"the depth in {match[0]!r} must be 6n+4, such as {below} or {below + 6}, got {depth}")
    return {"depth": depth - WRN_MORE_LAYERS, "width": width, "stem_width": WRN_STEM, "ordering": "pre", "shortcut": "B"}


def _read_grouped(match: Match) -> dict[str, Any]:
    on_cifar = {"block": "bottleneck", "width": 64, "shortcut": "B"}  # Xie et al. 2017, section 5.3
    return on_cifar | _read_depth(match) | {"groups": int(match["groups"]), "width_per_group": int(match["channels"])}


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """Pattern and example of a family's names, the fields that a name fixes, and a function from a match to field values."""

    pattern: str
    example: str
    says: tuple[str, ...] = ()
    read: Callable[[Match], dict[str, Any]] = _read_depth


FAMILIES: dict[str, Family] = {
    # He et al. 2015, sections 4.1 and 4.2
    "plain": Family(
        pattern=f"{CIFAR}plain{DEPTH}",
        example="plain56",
        says=("shortcut",),
        read=lambda match: _read_depth(match) | {"shortcut": "none"},
    ),
    "resnet": Family(pattern=f"{CIFAR}resnet{DEPTH}", example="resnet110"),
    # He et al. 2016
    "preresnet": Family(
        pattern=f"{CIFAR}pre_?(act_?)?resnet{DEPTH}",
        example="preresnet164bn",
        says=("ordering",),
        read=lambda match: _read_depth(match) | {"ordering": "pre"},
    ),
    # torchvision's name of WRN-50-2-bottleneck, Zagoruyko and Komodakis 2016, table 8
    "wide_resnet": Family(
        pattern=f"wide_?resnet_?(?P<depth>50|101|152|200)_(?P<factor>{NUMBER})",
        example="wide_resnet50_2",
        says=("groups", "width_per_group"),
        read=lambda match: _read_depth(match) | {"width_per_group": 64 * int(match["factor"])},
    ),
    # Zagoruyko and Komodakis 2016
    "wrn": Family(
        pattern=f"(wrn|wide_?resnet)_?(?P<depth>{NUMBER})_(?P<factor>{NUMBER})",
        example="wrn_28_10",
        says=("ordering", "width", "stem_width"),
        read=_read_wide,
    ),
    # Xie et al. 2017
    "resnext": Family(
        pattern=f"{CIFAR}resnext_?(?P<depth>{NUMBER})_(?P<groups>{NUMBER})x(?P<channels>{NUMBER})d",
        example="resnext29_8x64d",
        says=("groups", "width_per_group"),
        read=_read_grouped,
    ),
}


def family_and_numbers(architecture: Architecture) -> tuple[str, str]:
    """Return the family and the numbers of an architecture's name, chosen by fields that only that family's names can state."""
    depth, inner = architecture.depth, architecture.inner_width
    is_imagenet = architecture.template == "imagenet"
    numbers = f"{depth}bn" if architecture.block == "bottleneck" and not is_imagenet else f"{depth}"
    if architecture.groups > 1:
        return "resnext", f"{depth}_{architecture.groups}x{inner // architecture.groups}d"
    if architecture.shortcut == "none":
        return "plain", numbers
    if architecture.ordering == "pre":
        factor, rest = divmod(architecture.width, WRN_STEM)
        is_wide = architecture.stem_width == WRN_STEM and rest == 0 and numbers == f"{depth}" and not is_imagenet
        return ("wrn", f"_{depth + WRN_MORE_LAYERS}_{factor}") if is_wide else ("preresnet", numbers)
    if is_imagenet and architecture.width_per_group is not None and inner % 64 == 0:
        return "wide_resnet", f"{depth}_{inner // 64}"
    return "resnet", numbers
