"""Read the tuning of arms from records: a pure function of the results, so that a report made later finds the same choice."""

from collections.abc import Iterable

from benchmarks.spec.tuning import ArmTuning, RateRuns, TuningRun, grid, is_tuning_run, rank
from benchmarks.store.trials import TrialResult


def is_tuning_result(result: TrialResult) -> bool:
    """Return whether a record is of a tuning run."""
    data = result.data  # its test images are those that were held out of the training images
    return is_tuning_run(result.trial, data.num_train + data.num_test)


def arm_tuning(results: Iterable[TrialResult], rate: float) -> ArmTuning:
    """Return the tuning of one arm around a learning rate, from its tuning runs on one data set with one recipe."""
    by_rate: dict[float, list[TuningRun]] = {rate: [] for rate in grid(rate)}
    for result in results:
        at_rate = result.trial.recipe.learning_rate
        if result.final is not None and result.trains is not None and at_rate in by_rate:
            by_rate[at_rate].append(TuningRun(trains=result.trains, error_pct=result.final.test_error_pct))
    return ArmTuning(rates=tuple(RateRuns(rate=rate, runs=tuple(runs)) for rate, runs in by_rate.items()))


def best_rates(results: Iterable[TrialResult], rate: float) -> dict[int, float]:
    """Return by seed the best of the rates around this one, for the seeds with a result at each: chosen as for an arm, from one run per rate."""
    by_seed: dict[int, list[TrialResult]] = {}
    for result in results:
        by_seed.setdefault(result.trial.seed, []).append(result)
    tunings = {seed: arm_tuning(mine, rate) for seed, mine in by_seed.items()}
    return {seed: min(found.rates, key=rank).rate for seed, found in tunings.items() if all(one.runs for one in found.rates)}
