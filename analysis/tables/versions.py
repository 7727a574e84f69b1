"""Give every version of a user's network that was trained an arm of its own: a suite that names `my_nets:my_net`, and what its records hold.

A record whose network has another digest than the source here is of other code. It is not passed over, nor taken for the present one: it
is an arm `my_net@ab12cd`, and every claim about the network is made of it, too, so that what was tried is seen.
"""

from collections.abc import Iterable
from dataclasses import fields, replace

from benchmarks.spec.claims import Claim
from benchmarks.spec.suite import Suite
from benchmarks.spec.trial import Arm
from resnet_variants.variant import Own


def with_versions(suite: Suite, there: Iterable[Arm]) -> Suite:
    """Return the suite with an arm for each other version of its networks among the arms that are `there`, and with the claims about it.

    A network whose source is not found here, which nothing can be trained with, gives way to its versions.
    """
    there = [arm for arm in dict.fromkeys(there) if isinstance(arm.architecture, Own)]
    for label, arm in [*suite.arms.items(), *suite.optional.items()] if there else ():
        if not isinstance(arm.architecture, Own):
            continue
        versions = {f"{label}@{_digits(other)}": other for other in there if _is_version(other, arm)}
        if versions:
            suite = _added(suite, label, versions, is_here=bool(arm.architecture.digest))
    return suite


def is_version(label: str, arm: Arm) -> bool:
    """Whether an arm of such a suite is of other source than what is here: nothing more can be trained or measured of it."""
    return isinstance(arm.architecture, Own) and label.endswith(f"@{_digits(arm)}")


def _digits(arm: Arm) -> str:
    assert isinstance(arm.architecture, Own)
    return arm.architecture.digest[:6]


def _is_version(arm: Arm, of: Arm) -> bool:
    """Whether two arms are one network by its place, trained on the same share of the images, and other source."""
    assert isinstance(arm.architecture, Own) and isinstance(of.architecture, Own)
    same_place = arm.architecture.place == of.architecture.place
    return same_place and arm.train_fraction == of.train_fraction and arm != of


def _added(suite: Suite, label: str, versions: dict[str, Arm], *, is_here: bool) -> Suite:
    """The suite with these arms after (or, where it is not here, instead of) the one that they are versions of."""

    def spread(value: str, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(names) if value == label else (value,)

    names = [*([label] if is_here else []), *versions]
    known = {**suite.arms, **suite.optional} | versions
    arms = {name: known[name] for arm in suite.arms for name in spread(arm, names)}
    optional = {name: known[name] for arm in suite.optional for name in spread(arm, names)}
    return replace(
        suite,
        arms=arms,
        optional=optional,
        claims=tuple(one for claim in suite.claims for one in _repeated(claim, label, names)),
        optional_claims=tuple(one for claim in suite.optional_claims for one in _repeated(claim, label, names)),
        budgets=tuple(
            replace(budget, arms=tuple(name for arm in budget.arms for name in spread(arm, names))) for budget in suite.budgets
        ),
        probes=tuple(replace(use, arms=tuple(name for arm in use.arms for name in spread(arm, names))) for use in suite.probes),
    )


def _repeated(claim: Claim, label: str, names: Iterable[str]) -> list[Claim]:
    """A claim about each of these arms in place of the one called `label`; itself where it does not speak of it."""
    if label not in claim.test.contrast:
        return [claim]
    return [claim if name == label else _about(claim, label, name) for name in names]


def _about(claim: Claim, label: str, name: str) -> Claim:
    """The claim, made of another arm."""

    def renamed(value: object) -> object:
        if isinstance(value, tuple):
            return tuple(map(renamed, value))
        return name if value == label else value

    values = {field.name: renamed(getattr(claim.test, field.name)) for field in fields(claim.test)}
    test = replace(claim.test, **values)  # type: ignore[arg-type]  # each value is of its field's own type
    version = name.rpartition("@")[2]
    return replace(claim, id=f"{claim.id}@{version}", statement=f"{claim.statement} ({name})", test=test)
