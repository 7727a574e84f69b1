"""Published sizes of networks with their sources, from `published_counts.csv`: each row is one value, as it is printed."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Any, Literal

from resnet_variants.lookup import check_type

Axis = Literal["params", "macs", "activations"]
UNITS = {"": 1, "M": 10**6, "G": 10**9}


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedCount:
    """Size of a network as a source prints it; if ours differs, `note` says why."""

    name: str
    axis: Axis
    printed: str
    unit: str
    source: str
    note: str

    def agrees_with(self, count: int) -> bool:
        """Return whether a count, rounded as the source rounds, equals the printed value."""
        value = Decimal(self.printed)
        last_digit = Decimal(1).scaleb(int(value.as_tuple().exponent))
        return (Decimal(count) / UNITS[self.unit]).quantize(last_digit) == value if self.unit else count == value

    def __str__(self) -> str:
        return f"{int(self.printed):,}" if not self.unit else f"{self.printed} {self.unit}"


def published_counts(name: str | None = None) -> list[PublishedCount]:
    """Return the published sizes of a network, by its canonical name (default: of all networks)."""
    check_type("name", name, (str, NoneType), "text, such as 'resnet56'")
    text = Path(__file__).with_name("published_counts.csv").read_text(encoding="utf-8")
    fields: list[dict[str, Any]] = list(csv.DictReader(text.splitlines()))
    return [PublishedCount(**row) for row in fields if name in (None, row["name"])]
