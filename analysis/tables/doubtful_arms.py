"""Find the arms of a study that a referee would doubt, at each learning rate: their runs may say little about the architecture."""

import math
from collections.abc import Iterator
from dataclasses import fields

from analysis.statistics.failures import Runs
from analysis.tables.frames import of_one_kind, runs_by_arm, with_result
from analysis.tables.studies import Study
from benchmarks.spec.suite import Suite

UNDER_TRAINED_PCT = 0.5  # training error of a reference arm
CRITICAL = 1.96  # standard errors of a 95% interval

ByRate = dict[str, dict[float, float]]  # by arm and learning rate, in per cent


def reference_arm(suite: Suite) -> str | None:
    """Return the suite's reference arm: the one that it names, else the first arm of its first claim; None without a claim."""
    if named := str(getattr(suite, "reference", "")):
        return named
    if not suite.claims:
        return None
    test = suite.claims[0].test
    first = getattr(test, fields(test)[0].name)
    return first if isinstance(first, str) else str(first[0])


def under_trained(study: Study) -> ByRate:
    """Return the mean training error of the reference arm at each rate at which it is above 0.5%."""
    found: ByRate = {}
    for rate, at_rate in _with_results(study):
        rows = of_one_kind(at_rate.trials)
        mean = float(rows.loc[rows["arm"] == reference_arm(study.suite), "train_error_pct"].mean())
        if mean > UNDER_TRAINED_PCT:
            found.setdefault(str(reference_arm(study.suite)), {})[rate] = mean
    return found


def at_chance_level(study: Study) -> ByRate:
    """Return the median test error of the arms at the rates at which it is not distinguished from chance level.

    The limit is the lower end of the 95% interval of random predictions on the test images.
    """
    found: ByRate = {}
    for rate, at_rate in _with_results(study):
        facts = at_rate.results[0].data
        chance = 1 - 1 / len(facts.classes)
        limit = 100 * (chance - CRITICAL * math.sqrt(chance * (1 - chance) / facts.num_test))
        for arm, errors in with_result(at_rate.trials).groupby("arm", sort=False)["test_error_pct"]:
            if errors.median() >= limit:
                found.setdefault(str(arm), {})[rate] = float(errors.median())
    return found


def failing_in_part(study: Study) -> dict[str, dict[float, Runs]]:
    """Return the runs of the arms of which some train and others fail, at the rates at which they do."""
    found: dict[str, dict[float, Runs]] = {}
    for rate, at_rate in _with_results(study):
        for arm, runs in runs_by_arm(at_rate).items():
            if 0 < runs.trained < runs.n:
                found.setdefault(arm, {})[rate] = runs
    return found


def best_at_an_end(study: Study) -> ByRate:
    """Return the mean test error of the arms that are best at the lowest or the highest rate, so that a rate beyond may be better still.

    The best rate has the smallest share of runs that fail, then the lowest mean test error. A rate that only equals one inside is not better.
    """
    ranks: dict[str, dict[float, tuple[float, float]]] = {}
    for rate, at_rate in _with_results(study):
        means, runs = of_one_kind(at_rate.trials).groupby("arm")["test_error_pct"].mean(), runs_by_arm(at_rate)
        for arm, found in runs.items():
            ranks.setdefault(arm, {})[rate] = (found.failed / found.n, float(means[arm]))
    ends: ByRate = {}
    for arm, by_rate in ranks.items():
        rates = sorted(by_rate)
        best = min((rates[0], rates[-1]), key=lambda rate: by_rate[rate])
        if len(rates) > 1 and all(by_rate[best] < by_rate[rate] for rate in rates[1:-1]):
            ends[arm] = {best: by_rate[best][1]}
    return ends


def _with_results(study: Study) -> Iterator[tuple[float, Study]]:
    """Yield the study at each learning rate at which it has a result."""
    for rate, at_rate in study.by_rate.items():
        if any(result.has_result for result in at_rate.results):
            yield rate, at_rate
