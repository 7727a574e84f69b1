"""Read the JSON of records strictly: the schema, its history, and what is refused.

It stands apart because trials, probes and timings are read alike. Nothing here needs torch.
"""

import json
import math
from typing import TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

# 2: networks beyond the first families, and who counted the cost; 3: parts of the training images; 4: graphs on a GPU; 5: meanings of names;
# 6: users' networks by their source, splits, held-out images, controls, when a record ended, lanes, tracebacks
SCHEMA = 6
T = TypeVar("T")
STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class NewerSchemaError(ValueError):
    """A record that a later release has written."""


def read_strictly(text: str, adapter: TypeAdapter[T]) -> T:
    """The value that a text records.

    Raises:
        NewerSchemaError: the record is of a later schema than this release reads.
        ValueError: it is no record; says where.
    """
    try:
        found = json.loads(text).get("schema")
    except (AttributeError, RecursionError, json.JSONDecodeError) as error:
        raise ValueError(f"not a record: {error}") from error
    if isinstance(found, int) and found > SCHEMA:
        raise NewerSchemaError(f"its schema is {found}, this release reads up to {SCHEMA}: update this package")
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"not a record: {where}: {first['msg']}") from error


def finite(value: float) -> float | None:
    """The number, or None where it is not finite, as strict JSON has no word for it."""
    return value if math.isfinite(value) else None
