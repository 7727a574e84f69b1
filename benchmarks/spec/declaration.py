"""Hashes of what is declared: plans and the ledger of declarations show by them whether a claim or an arm has changed since."""

from collections.abc import Mapping

from benchmarks.spec.claims import Claim
from benchmarks.spec.contrasts import Tracks
from benchmarks.spec.metrics import Metric
from benchmarks.spec.trial import Arm, key_of, without_defaults
from resnet_variants.whose import digest_in


def claim_hash(claim: Claim) -> str:
    """Return 12 hex digits of what decides a claim: metric, its measure, test, margin, whether it is relative or an identity, and where it is judged.

    Words (the id, the statement, the source and the metric's name in words) are not part of it, nor are fields at their defaults, nor what
    replaced a retired claim.
    """
    content: dict[str, object] = {
        "metric": claim.metric,
        "measure": _without_words(claim.measure),
        "test": {"kind": type(claim.test).__name__, **without_defaults(claim.test)},
        "margin": float(claim.margin),
    }
    if isinstance(claim.test, Tracks):
        content["other_measure"] = _without_words(claim.measures[1])
    flags = {name: True for name in ("is_relative", "is_identity") if getattr(claim, name)}
    place = {"too_easy_on": sorted(claim.too_easy_on)} if claim.too_easy_on else {}
    return key_of(content | flags | place)


def _without_words(measure: Metric) -> dict[str, object]:
    return {name: value for name, value in without_defaults(measure).items() if name != "words"}


def arm_hash(arm: Arm) -> str:
    """Return 12 hex digits of an arm: its network, with the digest of a user's source, its fraction of the training images, and its settings."""
    settings = {"settings": arm.settings} if arm.settings else {}
    return key_of({"architecture": without_defaults(arm.architecture), "train_fraction": arm.train_fraction} | settings)


def changed_sources(declared: Mapping[str, str], arms: Mapping[str, Arm]) -> list[str]:
    """Return the labels of users' networks whose source is another than that of the declared hash."""
    return [
        label
        for label, arm in arms.items()
        if digest_in(arm.architecture) is not None and declared.get(label, arm_hash(arm)) != arm_hash(arm)
    ]
