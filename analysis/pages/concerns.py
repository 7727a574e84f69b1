"""Put a referee's doubts about a study's arms, images and seeds into words, for `analysis.check` and next to the claims they concern."""

from collections.abc import Iterator, Sequence

from analysis.inference.rates import has_rates
from analysis.inference.verdicts import TOO_EASY, Verdict
from analysis.pages.formats import runs_that_train
from analysis.tables.arm_words import noun_phrase
from analysis.tables.doubtful_arms import UNDER_TRAINED_PCT, at_chance_level, best_at_an_end, failing_in_part, under_trained
from analysis.tables.plans import between_looks
from analysis.tables.studies import Study
from benchmarks.spec.words import capital
from resnet_variants.names import some_of

SHOWN = 4  # items that a sentence names of a longer list


def concerns_of(study: Study) -> dict[str, tuple[str, ...]]:
    """Return sentences by claim id: on its arms that are an under-trained reference, at chance level, or best at an end of the rates.

    Claims that are not judged on these images have none.
    """
    by_arm: dict[str, list[str]] = {}
    for arm, means in under_trained(study).items():
        by_arm.setdefault(arm, []).append(
            f"The reference, {noun_phrase(arm)}, is under-trained: training error {_listed(study, means)}."
        )
    for arm, medians in at_chance_level(study).items():
        by_arm.setdefault(arm, []).append(
            f"{capital(noun_phrase(arm))} is at chance level: test error {_listed(study, medians)}."
        )
    for arm, best in best_at_an_end(study).items():
        by_arm.setdefault(arm, []).append(
            f"{capital(noun_phrase(arm))} is best at an end of the learning rates: {next(iter(best)):g}."
        )
    judged = {claim.id for family in study.suite.families(study.dataset.name, study.results[0].data.classes) for claim in family}
    return {
        claim.id: tuple(line for arm in claim.test.contrast for line in by_arm.get(arm, ()))
        if has_rates(claim) and claim.id in judged
        else ()
        for claim in study.suite.claims
    }


def referee_objections(study: Study, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield the objections to a study's arms, margins, declarations, seeds and images."""
    for words, arms in _doubted_arms(study).items():
        if arms:
            yield f"{words}: {some_of(arms, SHOWN)}"
    judged = [verdict for verdict in verdicts if verdict.outcome != TOO_EASY]
    easy = [verdict.claim.id for verdict in judged if verdict.is_at_floor]
    if easy:
        yield f"margin worth less than one image: {some_of(easy, SHOWN)}"
    exploratory = [verdict.claim.id for verdict in judged if verdict.is_exploratory]
    if exploratory:
        yield f"declared after their first run: {some_of(exploratory, SHOWN)}"
    between = between_looks(study)
    if between:
        yield between
    if all(result.trial.split is None for result in study.results):
        yield "one split of the images: its claims may hold on these images only"
    if not {result.trial.seed for result in study.results} <= study.labels.keys():
        yield "labels of the test images missing: intervals of errors leave out the sampling of images"


def _doubted_arms(study: Study) -> dict[str, list[str]]:
    """List by objection the arms to which it is made, each with its numbers."""
    failing = {
        arm: ", ".join(f"{runs_that_train(runs)} train{_at(study, rate)}" for rate, runs in by_rate.items())
        for arm, by_rate in failing_in_part(study).items()
    }
    return {
        f"reference under-trained (training error above {UNDER_TRAINED_PCT:g}%)": [
            f"{arm} ({_listed(study, means)})" for arm, means in under_trained(study).items()
        ],
        "at chance level": [f"{arm} ({_listed(study, medians)})" for arm, medians in at_chance_level(study).items()],
        "failing in part": [f"{arm} ({trained})" for arm, trained in failing.items()],
        "best at an end of the learning rates": [f"{arm} ({next(iter(best)):g})" for arm, best in best_at_an_end(study).items()],
    }


def _listed(study: Study, percentages: dict[float, float]) -> str:
    """List percentages by learning rate; the rate is left out if the study has only one."""
    return ", ".join(f"{value:.3g}%{_at(study, rate)}" for rate, value in percentages.items())


def _at(study: Study, rate: float) -> str:
    return f" at {rate:g}" if len(study.by_rate) > 1 else ""
