"""The ledger of declarations: when each claim of the project was written as it is now, from `declared.csv`.

It is separate from the claims, so that a claim that is changed needs a new line, and its old date stays in the file.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.spec.claims import Claim
from benchmarks.spec.declaration import claim_hash


@dataclass(frozen=True, kw_only=True, slots=True)
class Declaration:
    """A suite's claim, the hash of what decides it, and when it was declared, in UTC and ISO 8601 to the second."""

    suite: str
    claim: str
    declared_at: str
    hash: str


@cache
def ledger() -> tuple[Declaration, ...]:
    """Read all declarations, in the order of the file; a changed claim has several, the present one last."""
    text = Path(__file__).parents[1].joinpath("declared.csv").read_text(encoding="utf-8")
    return tuple(Declaration(**row) for row in csv.DictReader(text.splitlines()))


def declared_at(suite: str, claim: Claim) -> str | None:
    """Return when a suite's claim was declared as it is now; None if the ledger does not have it, as for a user's own claims."""
    found = [line for line in ledger() if (line.suite, line.claim, line.hash) == (suite, claim.id, claim_hash(claim))]
    return found[-1].declared_at if found else None
