"""From --compare to a named suite: the networks, the reference at the cost of the others, and a name that no other comparison has."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from benchmarks.cli.compare_flags import CompareOptions
from benchmarks.cli.flags import Request
from benchmarks.spec.compared import DATASET, RECIPE, matched_in_words, suite_of
from benchmarks.spec.comparison import DIGITS, MATCH_TOLERANCE, Comparison, differences
from benchmarks.spec.declaration import arm_hash
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.settings import change
from benchmarks.spec.suite import ALL, Suite, suite_names
from benchmarks.spec.survey import survey_names
from benchmarks.spec.trial import LONGEST_LABEL, Arm, key_of, short, slug
from benchmarks.store.out import CHECKPOINTS, LABELS, PROBES, TIMINGS, TRIALS
from benchmarks.store.plans import DeclaredPlan, PlanStore
from benchmarks.training.users_networks import refuse_broken
from resnet_variants.architecture import Architecture, Task
from resnet_variants.lookup import choose
from resnet_variants.names import some_of
from resnet_variants.registry import name_of, parse
from resnet_variants.source import digest
from resnet_variants.variant import Own, Variant
from resnet_variants.whose import digest_in

FOLDERS = (TRIALS, TIMINGS, PROBES, LABELS, CHECKPOINTS, "index.html")  # what OUT holds besides suites
OF_ANY_NETWORK = frozenset({"curvature", "gradients", "probabilities"})  # probes that do not look into blocks
LONGEST_DEFAULT, SHOWN = 60, 6


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedSuite:
    """A suite and its name."""

    name: str
    suite: Suite


def compare(request: Request, load: Callable[[str], Images]) -> NamedSuite:
    """Return the suite that --compare names; `load` returns the images of a data set, for which networks are matched.

    Raises:
        ValueError: a network, a value or the name is not possible, or OUT holds another comparison of this name; says what to do.
    """
    asked = request.compared
    refuse_name(asked.name)
    networks = [_read(name) for name in asked.networks]
    _refuse_without_stages(asked, networks)
    if asked.matched:
        recipe = change(choose("recipe", request.recipe or RECIPE, RECIPES), list(request.settings))
        task = load(request.dataset or DATASET).facts.task(recipe)
        refuse_broken(networks, task)
        pairs = [(_matched(networks[0], other, asked, task), other) for other in networks[1:]]
    else:
        pairs = [(networks[0], other) for other in networks[1:]]
    comparison = Comparison(
        asked=tuple(map(name_of, networks)),
        arms={name_of(network): Arm(architecture=network) for pair in pairs for network in pair},
        pairs=tuple((name_of(reference), name_of(other)) for reference, other in pairs),
        metric=asked.on,
        margin=asked.chosen_margin,
        matched=asked.axis,
    )
    return NamedSuite(name=_free_name(comparison, request), suite=suite_of(comparison))


def _read(name: str) -> Variant:
    network = parse(name)
    if isinstance(network, Own) and not network.digest:
        digest(network.place.partition(":")[0])  # says why no source is found
    return network


def _refuse_without_stages(asked: CompareOptions, networks: Iterable[Variant]) -> None:
    """Refuse a metric of a probe that looks into blocks, unless all networks have them."""
    if asked.metric.probe is None or asked.metric.probe in OF_ANY_NETWORK:
        return
    other = next((network for network in networks if not isinstance(network, Architecture)), None)
    if other is not None:
        raise ValueError(
            f"--on {asked.on} needs networks of stages, such as resnet20, into whose blocks it looks: {name_of(other)} is none; choose "
            "another metric"
        )


def _matched(reference: Variant, other: Variant, asked: CompareOptions, task: Task) -> Variant:
    """Return the reference at the width at which it costs what another network costs for a task."""
    from resnet_variants.budget import match  # late: it loads torch

    axis = asked.axis
    assert axis is not None
    try:
        return match(reference, to=other, on=axis, tolerance=MATCH_TOLERANCE, task=task).architecture
    except ValueError as error:
        raise ValueError(f"--matched {axis}: {error}; name another reference, or omit --matched") from error


def refuse_name(name: str | None) -> None:
    """Refuse a name that is a suite's, or no name of a folder.

    Raises:
        ValueError: the name cannot be used; says why.
    """
    if name is None:
        return
    if slug(name) != name or len(name) > LONGEST_LABEL:
        raise ValueError(
            f"--name must be letters, digits, dots, underscores and hyphens, at most {LONGEST_LABEL} of them, got {name!r}"
        )
    taken = {known.lower(): known for known in (*suite_names(), *survey_names(), *FOLDERS, ALL)}
    if name.lower() in taken:
        raise ValueError(f"--name {name} is taken: it names a suite or a folder of this project; choose another")


def _free_name(comparison: Comparison, request: Request) -> str:
    """Return the comparison's name; after a change of a user's source it is one of its own, ending in the digests.

    Raises:
        ValueError: OUT holds a different comparison of this name.
    """
    name = request.compared.name or short(slug(comparison.default_name), LONGEST_DEFAULT)
    try:
        known = PlanStore(folder=request.out).comparison(name)
        if known is None or _is_same(known[1], comparison):
            return name
        if not known[1].asks_the_same_as(comparison):
            words = "; ".join(differences(known[1], comparison))
            raise ValueError(
                f"{known[0]} declares another comparison called {name} ({words}): give this one another --name, or name another folder with "
                "--out"
            )
        digests = [found[:DIGITS] for arm in comparison.arms.values() if (found := digest_in(arm.architecture))]
        own = f"{short(name, LONGEST_DEFAULT)}-{'-'.join(digests) or key_of(_hashes(comparison))[:DIGITS]}"
        known = PlanStore(folder=request.out).comparison(own)
    except OSError as error:
        raise ValueError(f"{request.out} cannot be read ({error.strerror}): name another folder with --out") from error
    if known is None or _is_same(known[1], comparison):
        return own
    raise ValueError(f"{known[0]} declares another comparison called {own}: give this one another --name")


def _is_same(one: Comparison, other: Comparison) -> bool:
    return one.asks_the_same_as(other) and _hashes(one) == _hashes(other) and one.pairs == other.pairs


def _hashes(comparison: Comparison) -> dict[str, str]:
    return {label: arm_hash(arm) for label, arm in comparison.arms.items()}


def describe(plan: DeclaredPlan, request: Request, task: Task) -> Iterator[str]:
    """Yield lines to read before the first trial: why a comparison's name is not the given one, and what matched networks cost."""
    comparison = plan.comparison
    if comparison is None:
        return
    asked = request.compared.name
    if asked and asked != plan.suite:
        known = PlanStore(folder=request.out).comparison(asked)
        before = [known[1].with_digest(label) for label in known[1].arms] if known else []
        now = [version for label in comparison.arms if (version := comparison.with_digest(label)) not in before]
        gone = [version for version in before if version not in map(comparison.with_digest, comparison.arms)]
        yield f"{asked} declares {some_of(gone, SHOWN)}; {some_of(now, SHOWN)} is another comparison, called {plan.suite}"
    if comparison.matched:
        from resnet_variants.complexity import complexity_of  # late: it loads torch

        counts = {label: complexity_of(arm.architecture, task) for label, arm in comparison.arms.items()}
        for pair in comparison.pairs:
            yield matched_in_words(comparison, pair, {label: getattr(counts[label], comparison.matched) for label in pair})
