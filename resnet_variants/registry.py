"""Customary names of networks, in both directions: `resnet56` <-> Architecture.

A name is a family followed by the family's numbers. What the name does not state follows as options, as in
`resnet110:shortcut=C,ordering=bn-after`. This is separate from `network` so that names can be listed and checked
without torch.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from resnet_variants.architecture import IMAGENET_BLOCKS, Architecture
from resnet_variants.catalogue import CATALOGUE
from resnet_variants.lookup import text
from resnet_variants.orderings import ordering_of
from resnet_variants.spelling import parse_options, spell_options
from resnet_variants.variant import FIXED, Fixed, Own, Perceptron, Unknown, Variant, check_variant

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
IN_BRACKETS_OR_HYPHEN = re.compile(r"(?P<brackets>\[!?+\]?+[^]]*\])|-")  # brackets as fnmatch reads them
PERCEPTRON = re.compile(f"(?P<residual>res_?)?mlp_?(?P<layers>{NUMBER})x(?P<width>{NUMBER})")


def names(pattern: str = "*") -> list[str]:
    """Return the customary names that match a wildcard; `parse` also accepts other valid numbers and options.

    Hyphens stand for underscores, except in brackets, where they spell ranges: 'resnext-[1-5]*'.
    """
    text("pattern", pattern, such_as="resnext*")
    wildcard = IN_BRACKETS_OR_HYPHEN.sub(lambda match: match["brackets"] or "_", pattern.lower())
    return [name for name in CATALOGUE if fnmatchcase(name, wildcard)]


def parse(name: str) -> Variant:
    """Return the variant that a name spells; a user's own network is named by its location, as in "my_nets:my_net".

    Case does not matter, and hyphens count as underscores, except in the name of a user's network.

    Raises:
        ValueError: the family, depth, option or value is unknown, an option contradicts the name, or the source of a
            user's network is broken.
        TypeError: the name is not text.
    """
    text("name", name, such_as="resnet56")
    base, _, spelled = name.strip().partition(":")
    plain_base = _plain(base)
    for family in FAMILIES.values():
        match = re.fullmatch(family.pattern, plain_base)
        if match is not None:
            return _build_architecture(base, family, family.read(match), spelled)
    match = PERCEPTRON.fullmatch(plain_base)
    if match is not None:
        layers, width, is_residual = int(match["layers"]), int(match["width"]), match["residual"] is not None
        options = parse_options(Perceptron, spelled)
        return Perceptron(hidden_layers=layers, width=width, is_residual=is_residual, **options)
    for network in FIXED:
        if plain_base.replace("_", "") == network.replace("_", ""):
            return Fixed(network=network, **parse_options(Fixed, spelled))
    return _parse_own(name.strip())


def _plain(name: str) -> str:
    """Return a name in lower case, with underscores for hyphens."""
    return name.strip().lower().replace("-", "_")


def is_ours(name: str) -> bool:
    """Return whether a name without options is that of a network of this project."""
    patterns = [PERCEPTRON.pattern, *(family.pattern for family in FAMILIES.values())]
    fixed = {network.replace("_", "") for network in FIXED}
    return _plain(name).replace("_", "") in fixed or any(re.fullmatch(pattern, _plain(name)) for pattern in patterns)


def name_of(variant: Variant) -> str:
    """Return the canonical name of a variant: `parse(name_of(v)) == v`, if the source of a user's network is unchanged."""
    check_variant(variant)
    if isinstance(variant, Own):
        return variant.place
    if isinstance(variant, Unknown):
        return variant.name
    return _customary_name(variant)


@lru_cache(maxsize=1000)  # a run names its trials again and again
def _customary_name(variant: Architecture | Perceptron | Fixed) -> str:
    """Return the name of a variant that only its fields determine."""
    stated: tuple[str, ...] = ()
    if isinstance(variant, Fixed):
        base = variant.network
    elif isinstance(variant, Perceptron):
        base = f"{'res' if variant.is_residual else ''}mlp_{variant.hidden_layers}x{variant.width}"
    else:
        family, numbers = family_and_numbers(variant)
        base, stated = family + numbers, FAMILIES[family].says
        if parse(base).task != variant.task:
            base = f"cifar_{base}"
    spelled = spell_options(variant, implied=parse(base), stated=stated)
    return f"{base}:{spelled}" if spelled else base


def _parse_own(name: str) -> Own:
    """Return a user's own network; options add facts that its module does not state, as in "my_nets:my_net:depth=20".

    An entry point of another package stands for the location that it names.
    """
    from resnet_variants.facts import PLACE  # parses source files, which other names do not need
    from resnet_variants.own import entry_point_of, read_own

    base, colon, options = name.partition(":")
    entry = None if "=" not in options and colon else entry_point_of(base)
    match = PLACE.fullmatch(f"{entry}{colon}{options}" if entry else name)
    if match is None:
        raise ValueError(_no_such_network(name.partition(":")[0]))
    return read_own(match["place"], **parse_options(Own, match["options"] or ""))


def _build_architecture(base: str, family: Family, values: dict[str, Any], spelled: str) -> Architecture:
    """Return the architecture of a name and its options; an option must not contradict the name."""
    options = parse_options(Architecture, spelled)
    for key in family.says:
        stated = values.get(key, 1)
        if key in options and options[key] != stated:
            raise ValueError(
                f"{key}={options[key]} contradicts the name {base!r}, which means {key}={stated}: omit it, or choose another name"
            )
    return with_digest(Architecture(**(values | options)))


def with_digest(architecture: Architecture) -> Architecture:
    """Return an architecture with the digest of the source of a user's words in its ordering, if it spells one.

    Raises:
        ValueError: a word is unknown, or its source is broken or does not define it.
    """
    if "|" not in architecture.ordering:
        return architecture
    from resnet_variants.meaning import digest_of_words  # parses source files

    return replace(architecture, digest=digest_of_words(ordering_of(architecture.ordering)))


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


def _no_such_network(name: str) -> str:
    near = get_close_matches(name.lower().replace("-", "_"), CATALOGUE, n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(near)}?" if near else ";"
    examples = ", ".join([*(family.example for family in FAMILIES.values()), "mlp_5x2048", "resmlp_5x2048", *FIXED])
    others = "the same with other numbers (`python -m resnet_variants list`), and your own as module:name"
    return f"unknown network {name!r}{hint} available: {examples}, {others}"
