"""Customary names of networks, both ways: `resnet56` <-> Architecture.

A name is a family, a depth and `bn` for bottleneck blocks; what the name does not say is spelled behind it, as in
`resnet110:shortcut=C,ordering=bn-after`. It stands apart from `network` so that names can be listed and checked without torch.
"""

import re
from dataclasses import fields
from fnmatch import fnmatchcase
from typing import Any

from resnet_variants.architecture import BLOCKS, Architecture
from resnet_variants.choices import no_such
from resnet_variants.orderings import ORDERINGS
from resnet_variants.shortcuts import SHORTCUTS

FAMILIES: dict[str, dict[str, str]] = {
    "plain": {"shortcut": "none"},  # He et al. 2015, section 4.2
    "resnet": {},  # He et al. 2015, section 4.2
    "preresnet": {"ordering": "pre"},  # He et al. 2016
}
BOTTLENECK_SHORTCUT = "B"  # He et al. 2016, appendix: projection where the dimensions grow
TORCHVISION_DEPTHS = (18, 34, 50, 101, 152)  # `resnet50` is torchvision's; where 6n+2 collides, ours is `cifar_resnet50`
CATALOGUE = [f"{family}{depth}" for family in FAMILIES for depth in (8, 14, 20, 32, 44, 56, 110, 1202)] + [
    f"{family}{depth}bn" for family in ("resnet", "preresnet") for depth in (164, 1001)
]
OPTIONS = [field.name for field in fields(Architecture) if field.name not in ("template", "depth")]
NAME = re.compile(r"(?P<cifar>cifar)?(?P<family>[a-z]+?)(?P<depth>\d+)(?P<bottleneck>bn)?")


def names(pattern: str = "*") -> list[str]:
    """The customary names that match a wildcard; any other valid depth and option can be parsed as well."""
    return [name for name in CATALOGUE if fnmatchcase(name, pattern.lower())]


def parse(name: str) -> Architecture:
    """The architecture that a name spells; case, hyphens and underscores do not matter.

    Raises:
        ValueError: no such family, depth, option or value.
    """
    base, _, spelled = name.strip().partition(":")
    match = NAME.fullmatch(re.sub(r"[-_]", "", base.lower()))
    if match is None or match["family"] not in FAMILIES:
        raise ValueError(no_such("network", base, CATALOGUE))
    depth = int(match["depth"])
    if match["family"] == "resnet" and depth in TORCHVISION_DEPTHS and not (match["cifar"] or match["bottleneck"]):
        raise ValueError(
            f"{base!r} is torchvision's ImageNet network, which is not built here; "
            f"the CIFAR network of that depth, where there is one, is 'cifar_resnet{depth}'"
        )
    values: dict[str, Any] = dict(FAMILIES[match["family"]])
    if match["bottleneck"]:
        values = {"block": "bottleneck", "shortcut": BOTTLENECK_SHORTCUT} | values
    return Architecture(depth=depth, **(values | _parse_options(spelled)))


def name_of(architecture: Architecture) -> str:
    """The one canonical name of an architecture: `parse(name_of(a)) == a`."""
    family = "resnet"
    if architecture.shortcut == "none":
        family = "plain"
    elif architecture.ordering == "pre":
        family = "preresnet"
    base = f"{family}{architecture.depth}{'bn' if architecture.block == 'bottleneck' else ''}"
    if base in {f"resnet{depth}" for depth in TORCHVISION_DEPTHS}:
        base = f"cifar_{base}"
    implied = parse(base)
    spelled = [f"{key}={getattr(architecture, key)}" for key in OPTIONS if getattr(architecture, key) != getattr(implied, key)]
    return f"{base}:{','.join(spelled)}" if spelled else base


def _parse_options(spelled: str) -> dict[str, Any]:
    """The fields that "shortcut=C,width=32" sets."""
    values: dict[str, Any] = {}
    for item in filter(None, spelled.split(",")):
        key, _, value = (part.strip() for part in item.partition("="))
        if key not in OPTIONS:
            raise ValueError(no_such("option", key, OPTIONS))
        values[key] = _parse_value(key, value)
    return values


def _parse_value(key: str, value: str) -> Any:
    if key == "width":
        if not value.isdecimal():
            raise ValueError(f"width {value!r} is not a whole number of channels")
        return int(value)
    tables = {"ordering": list(ORDERINGS), "shortcut": list(SHORTCUTS), "block": list(BLOCKS)}
    spellings = {entry.lower(): entry for entry in tables[key]}
    return spellings.get(value.lower(), value)  # Architecture answers a wrong one
