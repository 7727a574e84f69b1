"""Customary names of networks, in both directions: `resnet56` <-> Architecture.

A name is a family followed by the family's numbers. What the name does not state follows as options, as in
`resnet110:shortcut=C,ordering=bn-after`. This is separate from `network` so that names can be listed and checked
without torch.
"""

import re
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from resnet_variants.architecture import Architecture
from resnet_variants.block_kinds import IMAGENET_BLOCKS
from resnet_variants.catalogue import CATALOGUE
from resnet_variants.families import FAMILIES, NUMBER, Family, family_and_numbers
from resnet_variants.lookup import text
from resnet_variants.orderings import ordering_of
from resnet_variants.spelling import parse_options, spell_options
from resnet_variants.variant import FIXED, Fixed, Own, Perceptron, Unknown, Variant, check_variant

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
    if isinstance(variant, Architecture):
        return _architecture_name(variant)
    perceptron = "resmlp" if variant.is_residual else "mlp"
    base = variant.network if isinstance(variant, Fixed) else f"{perceptron}_{variant.hidden_layers}x{variant.width}"
    spelled = spell_options(variant, implied=parse(base), stated=())
    return f"{base}:{spelled}" if spelled else base


def _architecture_name(architecture: Architecture) -> str:
    """Return the name of an architecture; a block that no family's name states is its first option."""
    family, numbers = family_and_numbers(architecture)
    base, stated = family + numbers, FAMILIES[family].says
    if architecture.block in ("basic", "bottleneck"):
        base = base if parse(base).task == architecture.task else f"cifar_{base}"
        implied, options = parse(base), []
    else:
        base = f"cifar_{base}" if architecture.depth in IMAGENET_BLOCKS else base
        options = [f"block={architecture.block}"]
        implied = parse(f"{base}:{options[0]}")
    options += filter(None, [spell_options(architecture, implied=implied, stated=stated)])
    return ":".join([base, *([",".join(options)] if options else [])])


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
    if options.get("block") == "bottleneck" and "block" not in values:
        raise ValueError(f"block=bottleneck is part of a name: write {base}bn")
    for key in (*family.says, *(["block"] if "block" in values else [])):
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


def _no_such_network(name: str) -> str:
    near = get_close_matches(name.lower().replace("-", "_"), CATALOGUE, n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(near)}?" if near else ";"
    examples = ", ".join([*(family.example for family in FAMILIES.values()), "mlp_5x2048", "resmlp_5x2048", *FIXED])
    others = "the same with other numbers (`python -m resnet_variants list`), and your own as module:name"
    return f"unknown network {name!r}{hint} available: {examples}, {others}"
