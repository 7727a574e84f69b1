"""From a comparison to its suite: a claim per pair of networks, and defaults that suit any networks."""

import shlex
from collections.abc import Mapping

from benchmarks.spec.claims import EXACT_KINDS, Claim, Kind
from benchmarks.spec.comparison import MATCH_TOLERANCE, Comparison
from benchmarks.spec.contrasts import Compare, Less, Test
from benchmarks.spec.images import dataset_names
from benchmarks.spec.metrics import METRICS
from benchmarks.spec.probe import ProbeUse
from benchmarks.spec.suite import Budget, Suite
from benchmarks.spec.timing import Step
from benchmarks.spec.trial import slug
from resnet_variants.published import Axis

SOURCE = "the author of this comparison"
DATASET, RECIPE = "digits-splits", "quick"
STEPS: dict[str, Step] = {"train_step_seconds": "train", "infer_step_seconds": "infer"}
COUNTS: dict[Axis, str] = {"params": "parameters", "macs": "multiply-adds", "activations": "activations"}


def suite_of(comparison: Comparison) -> Suite:
    """Return the suite of a comparison: its arms, a three-way claim per pair (one-sided for exact counts), its controls, looks and figures.

    Raises:
        ValueError: the claims are not possible, such as two with one name; says why.
    """
    probe, step = comparison.measure.probe, STEPS.get(comparison.metric)
    claims = tuple(_claim(comparison, reference, other) for reference, other in comparison.pairs)
    return Suite(
        question=question_of(comparison),
        arms=comparison.arms,
        claims=claims,
        main=claims[0].id,
        dataset=DATASET,
        recipe=RECIPE,
        num_seeds=5,
        looks=(5, 10, 20),
        figures=("error_by_arm", "test_error_by_epoch", *(("error_by_step_time",) if step else ())),
        timed=(step,) if step else (),
        budgets=tuple(
            Budget(arms=pair, on=comparison.matched, tolerance=MATCH_TOLERANCE) for pair in comparison.pairs if comparison.matched
        ),
        probes=(ProbeUse(probe=probe),) if probe else (),
        reference=comparison.references[0],
        comparison=comparison,
    )


def question_of(comparison: Comparison) -> str:
    """Return the question that a comparison asks."""
    others, words = _listed(comparison.others), comparison.measure.words
    does, have = ("Do", "each have") if len(comparison.others) > 1 else ("Does", "have")
    at, reference = _at_equal(comparison), _listed(comparison.references)
    if len(comparison.references) > 1:
        reference = f"{comparison.asked[0]} of the same cost"
    return f"{at}{does if not at else does.lower()} {others} {have} a lower {words} than {reference}?"


def command_of(comparison: Comparison, name: str, dataset: str) -> str:
    """Return the command that counts or times the networks of a comparison again, which trains nothing."""
    chosen = ["--compare", *comparison.asked, "--on", comparison.metric, "--margin", f"{comparison.margin:g}"]
    chosen += ["--matched", comparison.matched] if comparison.matched else []
    named = dataset if dataset in dataset_names() else "NAME"  # images of a folder or of a user's file
    chosen += ["--dataset", named] if dataset != DATASET else []
    return shlex.join(["python", "-m", "benchmarks.run", *chosen, "--name", name, "--out", "DIR"])


def matched_in_words(comparison: Comparison, pair: tuple[str, str], counts: Mapping[str, int]) -> str:
    """Describe what both networks of a matched pair cost."""
    assert comparison.matched
    reference, other = (counts[label] for label in pair)
    share, sign = f"{abs(reference / other - 1):.1%}", "+" if reference > other else "\N{MINUS SIGN}"
    near = "less than 0.1% apart" if share == "0.0%" else f"{sign}{share} for the reference"
    difference = "exactly equal" if reference == other else near
    return f"matched by {COUNTS[comparison.matched]}: {pair[0]} {reference:,}, {pair[1]} {other:,} ({difference})"


def _claim(comparison: Comparison, reference: str, other: str) -> Claim:
    is_exact = _kind_of(comparison) in EXACT_KINDS
    at = _at_equal(comparison)
    test: Test = Less(smaller=other, larger=reference) if is_exact else Compare(reference=reference, other=other, says="better")
    return Claim(
        id=f"{slug(other)}-beats-{slug(reference)}",
        statement=f"{at}{other} has a lower {comparison.measure.words} than {reference}.",
        source=SOURCE,
        metric=comparison.metric,
        test=test,
        margin=comparison.margin,
    )


def _kind_of(comparison: Comparison) -> Kind:
    kinds: dict[str, Kind] = {"seeds": "evidence", "sessions": "time", "counts": "count", "published": "published"}
    return kinds[METRICS[comparison.metric].over]


def _at_equal(comparison: Comparison) -> str:
    """Return "At about equal multiply-adds " for a matched comparison, else ""."""
    return f"At about equal {COUNTS[comparison.matched]} " if comparison.matched else ""


def _listed(labels: tuple[str, ...]) -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
