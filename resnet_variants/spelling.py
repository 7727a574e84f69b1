"""Options after a network's name, `key=value,key=value`, in both directions."""

from dataclasses import fields
from typing import Any

from resnet_variants.architecture import Architecture
from resnet_variants.block_kinds import BLOCKS, STRIDES_IN
from resnet_variants.lookup import no_such
from resnet_variants.orderings import ORDERINGS, canonical_ordering
from resnet_variants.residual import DROP_PATH_RULES, GAIN_SPELLINGS, GAINS, JOINS, NAMED_SCALES, NORMS
from resnet_variants.shortcuts import SHORTCUTS, SPELLINGS
from resnet_variants.trunks import AGGREGATES, MIXINGS
from resnet_variants.variant import Fixed, Own, Perceptron, Variant

# the fields that an option may set; only the name states depth, block and the like
OPTIONS: dict[type[Variant], tuple[str, ...]] = {
    Architecture: (
        "width",
        "ordering",
        "shortcut",
        "stem_width",
        "groups",
        "width_per_group",
        "gate_bias",
        "dropout",
        "zero_gamma",
        "stride_in",
        "block",
        "norm",
        "branch_gain",
        "branch_scale",
        "drop_path",
        "drop_path_rule",
        "join",
        "streams",
        "mixing",
        "aggregate",
    ),
    Perceptron: ("has_norm", "dropout", "zero_gamma"),
    Fixed: ("dropout",),
    Own: ("depth", "is_residual"),
}
TABLES: dict[str, list[str]] = {
    "ordering": list(ORDERINGS),
    "shortcut": list(SHORTCUTS),
    "stride_in": list(STRIDES_IN),
    "block": list(BLOCKS),
    "norm": list(NORMS),
    "branch_gain": [*GAINS, *GAIN_SPELLINGS],
    "branch_scale": list(NAMED_SCALES),
    "drop_path_rule": list(DROP_PATH_RULES),
    "join": list(JOINS),
    "mixing": list(MIXINGS),
    "aggregate": list(AGGREGATES),
}
TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def parse_options(kind: type[Variant], spelled: str) -> dict[str, Any]:
    """Return the fields that "shortcut=C,width=32" sets.

    Raises:
        ValueError: an option is unknown or repeated, or its value has the wrong kind.
    """
    types = {field.name: field.type for field in fields(kind)}
    values: dict[str, Any] = {}
    for item in filter(None, (part.strip() for part in spelled.split(","))):
        key, _, value = (part.strip() for part in item.partition("="))
        key = key.lower().replace("-", "_")
        if key not in OPTIONS[kind]:
            raise ValueError(no_such("option", key, OPTIONS[kind]))
        if key in values:
            raise ValueError(f"option {key!r} is given twice")
        values[key] = _parse_value(key, value, types[key])
    return values


def spell_options(variant: Variant, *, implied: Variant, stated: tuple[str, ...]) -> str:
    """Return the options in which a variant differs from what its bare name implies, without fields that the name states."""
    keys = [key for key in OPTIONS[type(variant)] if key not in stated]
    differing = [key for key in keys if getattr(variant, key) != getattr(implied, key)]
    return ",".join(f"{key}={_spell_value(getattr(variant, key))}" for key in differing)


def _spell_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _parse_value(key: str, value: str, kind: Any) -> Any:
    if key == "ordering" and "|" in value:
        return canonical_ordering(value)
    if key in TABLES:
        spellings = {entry.lower(): entry for entry in TABLES[key]} | (SPELLINGS if key == "shortcut" else {})
        return spellings.get(value.lower(), value)  # Architecture rejects an unknown one
    if kind in (bool, bool | None):
        if value.lower() not in TRUTHS:
            raise ValueError(f"{key} must be true or false, got {value!r}")
        return TRUTHS[value.lower()]
    if kind in (int, int | None):
        if not value.isdecimal():
            raise ValueError(f"{key} {value!r} is not a whole number")
        return int(value)
    try:
        return float(value)
    except ValueError:
        raise ValueError(f"{key} {value!r} is not a number") from None
