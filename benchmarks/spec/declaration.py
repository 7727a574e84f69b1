"""What a claim is decided by, as a hash: plans and the ledger of declarations show by it whether a claim has changed since."""

from benchmarks.spec.claims import Claim
from benchmarks.spec.trial import key_of, without_defaults


def claim_hash(claim: Claim) -> str:
    """Return 12 hex digits of what decides a claim: metric, its measure, test, margin, and whether it is relative or an identity.

    Words (the id, the statement, the source and the metric's name in words) are not part of it, nor are fields at their defaults.
    """
    content = {
        "metric": claim.metric,
        "measure": {name: value for name, value in without_defaults(claim.measure).items() if name != "words"},
        "test": {"kind": type(claim.test).__name__, **without_defaults(claim.test)},
        "margin": float(claim.margin),
    }
    flags = {name: True for name in ("is_relative", "is_identity") if getattr(claim, name)}
    return key_of(content | flags)
