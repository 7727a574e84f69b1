"""Objections to how a suite's learning rates were tuned: not at all, in part, or with a best rate at the edge of the grid."""

from collections.abc import Iterator, Sequence

from analysis.inference.tuned import at_edge, unfinished
from analysis.tables.studies import Study
from analysis.tables.tuning import tunings_of
from benchmarks.spec.rates import OF_PAPERS
from benchmarks.spec.settings import recipe_name
from resnet_variants.names import some_of

SHOWN = 4  # names that a sentence shows of a longer list


def has_other_rates(study: Study) -> bool:
    """Return whether the suite's question leaves the rate open: it declares several, and the recipe is not that of a paper's study."""
    return len(study.suite.rates) > 1 and recipe_name(study.recipe).partition(":")[0] not in OF_PAPERS


def tuning_objections(studies: Sequence[Study]) -> Iterator[str]:
    """Yield the objections to the tuning of each of these studies, and one line for all that have none."""
    without = []
    for study in studies:
        arms = {label: tuning for label, tuning in tunings_of(study).items() if study.suite.arms[label] in study.present}
        if study.tuning:
            for words, labels in (
                ("best rate at the edge of the grid", at_edge(arms)),
                ("tuning is incomplete", unfinished(arms)),
            ):
                if labels:
                    yield f"{study.name}, {study.label}: {words}: {some_of(labels, SHOWN)}"
        elif arms and has_other_rates(study):
            without.append(f"{study.name} ({study.label})")
    if without:
        yield f"no tuning, so that a rate may suit one arm more than another: {some_of(without, SHOWN)}"
