"""Give each trained version of a user's network, such as `my_nets:my_net`, or with a user's words, an arm of its own.

A record whose network has a different digest than the present source was trained from other code. It is neither ignored nor taken for the
present network: it becomes an arm `my_net@ab12cd`, and every claim about the network is repeated for it.
"""

from collections.abc import Iterable
from dataclasses import fields, replace
from itertools import chain

from benchmarks.spec.claims import Claim
from benchmarks.spec.suite import Suite
from benchmarks.spec.trial import Arm
from resnet_variants.registry import name_of
from resnet_variants.whose import digest_in


def with_versions(suite: Suite, present: Iterable[Arm]) -> Suite:
    """Return the suite with an arm, and its claims, for each other version of its networks among the `present` arms.

    A network whose source cannot be found is replaced by its versions.
    """
    present = [arm for arm in dict.fromkeys(present) if digest_in(arm.architecture) is not None]
    for label, arm in [*suite.arms.items(), *suite.optional.items()] if present else ():
        if digest_in(arm.architecture) is None:
            continue
        versions = {
            f"{label}@{_digits(other)}": replace(arm, architecture=other.architecture)
            for other in present
            if _is_version(other, arm)
        }
        if versions:
            suite = _add_versions(suite, label, versions, is_here=bool(digest_in(arm.architecture)))
    return suite


def is_version(label: str, arm: Arm) -> bool:
    """Return whether an arm is a version from other source, which can no longer be trained or measured."""
    return digest_in(arm.architecture) is not None and label.endswith(f"@{_digits(arm)}")


def _digits(arm: Arm) -> str:
    """Return the first six digits of the digest of an arm's source."""
    return (digest_in(arm.architecture) or "")[:6]


def _is_version(arm: Arm, of: Arm) -> bool:
    """Return whether two arms differ only in the source of their network or of its words, which have the same import path."""
    same_place = name_of(arm.architecture) == name_of(of.architecture)
    return same_place and arm.train_fraction == of.train_fraction and arm.architecture != of.architecture


def _add_versions(suite: Suite, label: str, versions: dict[str, Arm], *, is_here: bool) -> Suite:
    """Insert the versions of an arm after it, or in place of it if its source is not here."""

    def spread(value: str, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(names) if value == label else (value,)

    names = [*([label] if is_here else []), *versions]
    known = {**suite.arms, **suite.optional} | versions
    arms = {name: known[name] for arm in suite.arms for name in spread(arm, names)}
    optional = {name: known[name] for arm in suite.optional for name in spread(arm, names)}
    repeated = {claim.id: _repeat_claim(claim, label, names) for claim in suite.claims}
    return replace(
        suite,
        arms=arms,
        optional=optional,
        claims=tuple(chain.from_iterable(repeated.values())),
        main=repeated[suite.main][0].id if suite.main else "",
        optional_claims=tuple(chain.from_iterable(_repeat_claim(claim, label, names) for claim in suite.optional_claims)),
        budgets=tuple(
            replace(budget, arms=tuple(name for arm in budget.arms for name in spread(arm, names))) for budget in suite.budgets
        ),
        probes=tuple(replace(use, arms=tuple(name for arm in use.arms for name in spread(arm, names))) for use in suite.probes),
        reference=names[0] if suite.reference == label else suite.reference,
    )


def _repeat_claim(claim: Claim, label: str, names: Iterable[str]) -> list[Claim]:
    """Repeat a claim about the arm `label` for each of the named arms; return other claims unchanged."""
    if label not in claim.test.contrast:
        return [claim]
    return [claim if name == label else _rename_arm(claim, label, name) for name in names]


def _rename_arm(claim: Claim, label: str, name: str) -> Claim:
    """Return the claim with another arm in place of `label`."""

    def renamed(value: object) -> object:
        if isinstance(value, tuple):
            return tuple(map(renamed, value))
        return name if value == label else value

    values = {field.name: renamed(getattr(claim.test, field.name)) for field in fields(claim.test) if field.name != "says"}
    test = replace(claim.test, **values)  # type: ignore[arg-type]  # each value is of its field's own type
    version = name.rpartition("@")[2]
    return replace(claim, id=f"{claim.id}@{version}", statement=f"{claim.statement} ({name})", test=test)
