"""Read and write the JSON of records strictly: the schema, its history, and what is refused.

It stands apart because trials, probes and timings are read alike. Nothing here needs torch.
"""

import json
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from resnet_variants.orderings import ORDERINGS
from resnet_variants.shortcuts import SHORTCUTS
from resnet_variants.variant import FIXED, KINDS

# 2: networks beyond the first families, and who counted the cost; 3: parts of the training images; 4: graphs on a GPU; 5: meanings of names;
# 6: users' networks by their source, splits, held-out images, controls, when a record ended, lanes, tracebacks
SCHEMA = 6
T = TypeVar("T")
STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class NewerSchemaError(ValueError):
    """A record that a later release has written."""


class MissingRecordError(ValueError):
    """A record that was to be there, and is not, or cannot be read."""


def read_strictly(text: str, adapter: TypeAdapter[T]) -> T:
    """Return the result that a text records, nothing converted or passed over.

    A network whose names are in no table here is read as `Unknown`: what a record needs is in it.

    Raises:
        NewerSchemaError: a later release wrote it.
        ValueError: it is no record; says where.
    """
    try:
        content = json.loads(text)
        found = content.get("schema")
    except (AttributeError, RecursionError, json.JSONDecodeError) as error:
        raise ValueError(f"not a record: {error}") from error
    if isinstance(found, int) and found > SCHEMA:
        raise NewerSchemaError(f"its schema is {found}, this release reads up to {SCHEMA}: update this package")
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        wrong = error
    if _mark_unknown(content):
        try:
            return adapter.validate_json(json.dumps(content))
        except ValidationError as error:
            wrong = error
    raise ValueError(f"not a record: {_where_and_why(wrong, content)}") from wrong


def _mark_unknown(content: Any) -> int:
    """Replace the networks in a record that no table here knows by what `Unknown` holds; return how many those are."""
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
    """Whether a network would be one of this release's but for a name that stands in no table here."""
    known: dict[str, dict[str, Any]] = {
        "Architecture": {"ordering": "post", "shortcut": "A", "gate_bias": 0.0, "zero_gamma": False},
        "Fixed": {"network": "vgg16_bn"},
    }
    tables: dict[str, Collection[str]] = {"ordering": ORDERINGS, "shortcut": SHORTCUTS, "network": FIXED}
    kind = _kind_of(network)
    named = [isinstance(name := network.get(field, ""), str) and name and name not in table for field, table in tables.items()]
    if not any(named) or kind not in known or not network.keys() <= {field.name for field in fields(KINDS[kind])}:
        return False
    try:
        TypeAdapter(KINDS[kind]).validate_json(json.dumps(network | known[kind]), strict=True)
    except ValidationError:
        return False
    return True


def _kind_of(network: dict[str, Any]) -> str:
    """The class that a record's network is of, by a field that only that class has."""
    marks = {"place": "Own", "network": "Fixed", "hidden_layers": "Perceptron", "fields": "Unknown"}
    return next((kind for mark, kind in marks.items() if mark in network), "Architecture")


def _where_and_why(error: ValidationError, content: Any) -> str:
    """The first error, of the class that a network is of and not of the first that was tried."""
    kinds = {*KINDS, "Unknown"}

    def is_right(place: tuple[int | str, ...]) -> bool:
        tried = [number for number, part in enumerate(place) if part in kinds]
        network = content
        for part in place[: tried[0]] if tried else ():
            network = network[part]
        return not tried or (isinstance(network, dict) and place[tried[0]] == _kind_of(network))

    errors = error.errors()
    first = next((one for one in errors if is_right(one["loc"])), errors[0])
    where = ".".join(str(part) for part in first["loc"] if part not in kinds)
    return f"{where}: {first['msg']}"


def finite(value: float) -> float | None:
    """The number, or None where it is not finite, as strict JSON has no word for it."""
    return value if math.isfinite(value) else None


def dumped(value: object) -> str:
    """Strict JSON that can be read again: what UTF-8 cannot hold, as an error may quote it of a file's name, becomes a question mark."""
    text = json.dumps(value, allow_nan=False)
    if "\\ud" not in text:  # neither halves of signs nor whole ones
        return text
    return json.dumps(json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace")), allow_nan=False)


def record_text(fields: Mapping[str, object]) -> str:
    """The text of a record: one field a line at the outer level.

    Raises:
        ValueError: a number is not finite.
    """
    lines = (f"  {json.dumps(name)}: {dumped(value)}" for name, value in fields.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def recordable(result: T, to_text: Callable[[T], str], failed: Callable[[str], T]) -> tuple[T, str]:
    """A result and its text; where it has none, `failed` makes the result that stands for it out of the reason."""
    try:
        return result, to_text(result)
    except (ValueError, TypeError) as error:
        instead = failed(f"it cannot be recorded: {' '.join(str(error).split())}")
        return instead, to_text(instead)
