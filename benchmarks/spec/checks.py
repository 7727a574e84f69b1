"""Checks of the fields of suites and surveys, with the remedies of common slips in users' files."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from benchmarks.spec.claims import Claim
from benchmarks.spec.images import DATASETS
from benchmarks.spec.plugins import names_in
from benchmarks.spec.timing import Step
from resnet_variants.lookup import choose
from resnet_variants.names import refuse_what_is_no_text, unmistakable


def make_tuple(value: object, name: str, kind: type) -> None:
    """Make a field of a frozen value a tuple of items of its type, from a tuple or a list; a forgotten last comma makes it something else.

    Raises:
        ValueError: the field holds something else; the message names the field and the wrong value.
    """
    items = getattr(value, name)
    wrong = next((item for item in items if not isinstance(item, kind)), None) if isinstance(items, tuple | list) else items
    if wrong is not None:
        raise ValueError(f"{name} must be a tuple of {kind.__name__}, as in ({kind.__name__}(...),), got {wrong!r}")
    object.__setattr__(value, name, tuple(items))


def check_rates(rates: tuple[float, ...]) -> None:
    """Check that rates are different fractions of the recipe's, its own first.

    Raises:
        ValueError: they are not.
    """
    if not isinstance(rates, tuple) or not rates or rates[0] != 1.0 or len(set(rates)) < len(rates) or min(rates) <= 0:
        raise ValueError(
            f"rates must be different fractions above 0 of the recipe's rate, 1.0 first, as in (1.0, 0.5), got {rates!r}"
        )


def check_successors(*groups: Iterable[Claim], is_whole: bool = True) -> None:
    """Check that only retired claims, the last group, name successors, and that data sets and successors exist, those of a whole suite's own.

    Raises:
        ValueError: a claim in use names a successor, a retired one names an unknown one, or a claim is too easy on an unknown data set.
    """
    *used, retired = (list(group) for group in groups)
    ids = dict.fromkeys(claim.id for claim in chain(*used, retired))
    for claim in chain(*used):
        if claim.superseded_by:
            raise ValueError(f"claim {claim.id!r} is superseded by {', '.join(claim.superseded_by)}: list it under retired")
    for successor in chain.from_iterable(claim.superseded_by for claim in retired):
        if is_whole and "/" not in successor:
            choose("claim of this suite", successor, ids)
    for dataset in chain.from_iterable(claim.too_easy_on for claim in chain(*used, retired)):
        choose("data set", dataset, dict.fromkeys(names_in(DATASETS)))


def check_claims(
    claims: Iterable[Claim], budgets: Iterable[Iterable[str]], *, labels: Iterable[str], timed: Iterable[Step]
) -> None:
    """Check that claims and budgets name existing arms and timed steps, and that claims have different ids.

    Raises:
        ValueError: a name is unknown, or two claims share an id.
    """
    claims, arms = list(claims), dict.fromkeys(labels)
    if len({claim.id for claim in claims}) < len(claims):
        raise ValueError("two claims share an id")
    for claim in claims:
        if claim.measure.over == "sessions":
            choose("timed step", claim.metric.partition("_")[0], dict.fromkeys(timed))
    for arm in chain.from_iterable([*(claim.test.contrast for claim in claims), *budgets]):
        choose("arm", arm, arms)


def main_of(main: str, claims: Sequence[Claim], *, is_part: bool = False) -> str:
    """Return the id of the main claim: the one that is named, else the first; "" without claims. A part may lack the one that is named.

    Raises:
        ValueError: no claim of the whole has the id that is named.
    """
    ids = dict.fromkeys(claim.id for claim in claims)
    if main and not is_part:
        choose("main claim", main, ids)
    return main if main in ids else next(iter(ids), "")


def check_labels(arms: Mapping[str, object]) -> None:
    """Check that labels are text, and that no two of them name the same network, which would share its trials.

    Raises:
        ValueError: a label is not text, or two name the same network; the message names them.
    """
    known: dict[object, str] = {}
    for label, arm in arms.items():
        refuse_what_is_no_text("arm", label)
        if known.setdefault(arm, label) != label:
            raise ValueError(f"{unmistakable(known[arm])} and {unmistakable(label)} are the same network: keep one of them")
