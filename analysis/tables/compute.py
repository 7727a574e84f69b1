"""Add up what a study's trainings took: hours by machine, and energy where the machine told its power."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from analysis.tables.studies import Study
from benchmarks.store.environment import Environment
from benchmarks.store.timings import TimingResult
from benchmarks.store.trials import TrialResult


@dataclass(frozen=True, kw_only=True, slots=True)
class Compute:
    """Trials on one machine: their number, and hours of one of its devices: a thread of a processor, or a whole GPU.

    `power_watts` is the median power of the GPU while networks were timed on it in the same folder; None if nothing was measured.
    """

    environment: Environment
    num_trials: int
    hours: float
    power_watts: float | None = None

    @property
    def is_gpu(self) -> bool:
        """Whether the device is a GPU."""
        return self.environment.gpu is not None

    @property
    def kilowatt_hours(self) -> float | None:
        """Energy at that power; None if the power is unknown."""
        return None if self.power_watts is None else self.hours * self.power_watts / 1000


def compute_of(study: Study) -> list[Compute]:
    """Return what the trials of a study took, a line per machine: at every learning rate, with its controls and the runs that tune it.

    Probes, timing sessions and failed trials without an epoch are not in it, because their records have no time.
    """
    at_rates = (result for one in (*study.by_rate.values(), *study.tuned) for result in one.results)
    results = {result.trial: result for result in (*at_rates, *study.controls, *study.tuning)}
    by_machine: dict[tuple[str, str, int], list[TrialResult]] = {}
    for result in results.values():
        ran_in = result.environment
        by_machine.setdefault((ran_in.machine, ran_in.device, ran_in.num_cores), []).append(result)
    return [_of_machine(found, study.timings) for found in by_machine.values()]


def _of_machine(results: list[TrialResult], timings: Iterable[TimingResult]) -> Compute:
    ran_in = results[0].environment
    return Compute(
        environment=ran_in,
        num_trials=len(results),
        hours=sum(map(_device_seconds, results)) / 3600,
        power_watts=_power(ran_in, timings) if ran_in.gpu else None,
    )


def _device_seconds(result: TrialResult) -> float:
    """Return the seconds of a device that a trial took: each of its threads on a processor, or its share of a GPU."""
    seconds = sum(epoch.train_seconds + epoch.eval_seconds for epoch in result.history)
    return seconds / result.num_lanes if result.environment.gpu else seconds * result.environment.num_threads


def _power(ran_in: Environment, timings: Iterable[TimingResult]) -> float | None:
    """Return the median power of a GPU of this kind while training steps were timed."""
    samples = [
        sample.power_watts
        for session in timings
        if session.environment.gpu == ran_in.gpu
        for network in session.networks
        for sample in network.gpu_samples
    ]
    return median(samples) if samples else None
