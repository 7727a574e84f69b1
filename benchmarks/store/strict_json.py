"""Read and write the JSON of records strictly: the schema, its history, and what is rejected.

Trials, probes and timing sessions share this code. Nothing here needs torch.
"""

import json
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from resnet_variants.orderings import ORDERINGS
from resnet_variants.residual import JOINS, NORMS
from resnet_variants.shortcuts import SHORTCUTS
from resnet_variants.variant import FIXED, KINDS

# 2: networks beyond the first families, and the counter of the cost; 3: fractions of the training images; 4: graphs on a GPU; 5: meanings of names;
# 6: users' networks by their source, splits, held-out images, controls, when a record ended, lanes, tracebacks; 7: the processor's
# instructions, predictions of at most ten classes as text
SCHEMA = 7
T = TypeVar("T")
STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class NewerSchemaError(Exception):
    """Error for a record that a later release has written. It is no ValueError, so that no handler takes the record for an unreadable one."""


class MissingRecordError(ValueError):
    """Error for a needed record that is missing or unreadable."""


def read_strictly(text: str, adapter: TypeAdapter[T]) -> T:
    """Return the result that a text records; no value is converted, and no field is ignored.

    A network whose names are in no table here is read as `Unknown`, which keeps its fields.

    Raises:
        NewerSchemaError: a later release wrote the record.
        ValueError: the text is not a record; the message says where.
    """
    try:
        content = json.loads(text)
        schema = content.get("schema")
    except (AttributeError, RecursionError, json.JSONDecodeError) as error:
        raise ValueError(f"not a record: {error}") from error
    if isinstance(schema, int) and schema > SCHEMA:
        raise NewerSchemaError(f"its schema is {schema}, this release reads up to {SCHEMA}: update this package")
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        wrong = error
    if _mark_unknown(content):
        try:
            return adapter.validate_json(json.dumps(content))
        except ValidationError as error:
            wrong = error
    raise ValueError(f"not a record: {_describe_error(wrong, content)}") from wrong


def _mark_unknown(content: Any) -> int:
    """Replace the unknown networks in a record by the fields of `Unknown`, and return their number."""
    if isinstance(content, list):
        return sum(map(_mark_unknown, content))
    if not isinstance(content, dict):
        return 0
    network = content.get("architecture")
    if isinstance(network, dict) and _is_unknown(network):
        content["architecture"] = {"kind": _kind_of(network), "fields": json.dumps(network, sort_keys=True)}
        return 1
    return sum(map(_mark_unknown, content.values()))


def _is_unknown(network: dict[str, Any]) -> bool:
    """Return whether a network would be valid in this release, except for a name that is in no table here."""
    known: dict[str, dict[str, Any]] = {
        "Architecture": {"ordering": "post", "shortcut": "A", "gate_bias": 0.0, "zero_gamma": False, "norm": "bn", "join": "add"},
        "Fixed": {"network": "vgg16_bn"},
    }
    tables: dict[str, Collection[str]] = {
        "ordering": ORDERINGS,
        "shortcut": SHORTCUTS,
        "norm": NORMS,
        "join": JOINS,
        "network": FIXED,
    }
    kind = _kind_of(network)
    named = [
        isinstance(name := network.get(field, ""), str)
        and name
        and name not in table
        and not (field == "ordering" and "|" in name)
        for field, table in tables.items()
    ]
    if not any(named) or kind not in known or not network.keys() <= {field.name for field in fields(KINDS[kind])}:
        return False
    try:
        TypeAdapter(KINDS[kind]).validate_json(json.dumps(network | known[kind]), strict=True)
    except ValidationError:
        return False
    return True


def _kind_of(network: dict[str, Any]) -> str:
    """Return the class of a record's network, by a field that only that class has."""
    marks = {"place": "Own", "network": "Fixed", "hidden_layers": "Perceptron", "fields": "Unknown"}
    return next((kind for mark, kind in marks.items() if mark in network), "Architecture")


def _describe_error(error: ValidationError, content: Any) -> str:
    """Return the place and message of the first error for a network's actual class, not for the first class tried."""
    kinds = {*KINDS, "Unknown"}

    def is_right(place: tuple[int | str, ...]) -> bool:
        tried = [index for index, part in enumerate(place) if part in kinds]
        network = content
        for part in place[: tried[0]] if tried else ():
            network = network[part]
        return not tried or (isinstance(network, dict) and place[tried[0]] == _kind_of(network))

    errors = error.errors()
    first = next((candidate for candidate in errors if is_right(candidate["loc"])), errors[0])
    where = ".".join(str(part) for part in first["loc"] if part not in kinds)
    return f"{where}: {first['msg']}"


def finite(value: float) -> float | None:
    """Return the number, or None if it is not finite, because strict JSON cannot express it."""
    return value if math.isfinite(value) else None


def dumped(value: object) -> str:
    """Return strict JSON that can be read again; characters that UTF-8 cannot hold, as in some file names, become question marks."""
    text = json.dumps(value, allow_nan=False)
    if "\\ud" not in text:  # no surrogates, single or in pairs
        return text
    return json.dumps(json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace")), allow_nan=False)


def record_text(fields: Mapping[str, object]) -> str:
    """Return the text of a record, with one line per top-level field.

    Raises:
        ValueError: a number is not finite.
    """
    lines = (f"  {json.dumps(name)}: {dumped(value)}" for name, value in fields.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def recordable(result: T, to_text: Callable[[T], str], failed: Callable[[str], T]) -> tuple[T, str]:
    """Return a result and its text, or, if it cannot be written, the result that `failed` makes of the reason, and its text."""
    try:
        return result, to_text(result)
    except (ValueError, TypeError) as error:
        instead = failed(f"it cannot be recorded: {' '.join(str(error).split())}")
        return instead, to_text(instead)
