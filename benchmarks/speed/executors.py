"""What does a Ray cluster cost compared with local workers? python -m benchmarks.speed.executors

The forty trials of the suite `depth` on the digits run in turn on local workers and on as many workers of a Ray cluster on this machine: about five
minutes per round on two cores. The output is the time of each, the overhead per trial besides training, and whether all records are equal.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from benchmarks.cli.plan import plan
from benchmarks.cli.workers import Workers, executor_of
from benchmarks.executors.carry_out import carry_out
from benchmarks.executors.events import EpochDone, Event, Finished, Job
from benchmarks.executors.ray_cluster import Cluster
from benchmarks.spec.images import Images, load_dataset
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.suite import load_suite
from benchmarks.spec.trial import Trial
from benchmarks.store.cores import num_cores
from benchmarks.store.environment import THREADS_PER_TRIAL, describe, read_checkout
from benchmarks.store.files import write_whole
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult
from resnet_variants.command import start


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """Seconds until the first epoch began and until the last record was written, and a worker's seconds per trial outside its epochs."""

    start_seconds: float
    seconds: float
    overhead_seconds: float


def timed(trials: tuple[Trial, ...], images: Images, workers: Workers, num_workers: int, folder: Path) -> Outcome:
    """Carry out trials on `num_workers` workers and time them."""
    out = Out(folder)
    out.prepare()
    begun: list[float] = []
    epochs_seconds = 0.0

    def note(event: Event) -> None:
        nonlocal epochs_seconds
        if isinstance(event, EpochDone) and event.epoch is not None:
            seconds = event.epoch.train_seconds + event.epoch.eval_seconds
            epochs_seconds += seconds
            begun.append(time.perf_counter() - seconds)
        assert not isinstance(event, Finished) or event.result.status == "ok", event

    kept = frozenset(trial.key for trial in trials)
    job = Job(images=images, device="cpu", checkout=read_checkout(), weights_of=kept)
    began = time.perf_counter()
    carry_out(trials, job, out, executor_of(workers, len(trials)), note)
    end = time.perf_counter()
    overhead = (end - min(begun)) * num_workers - epochs_seconds
    return Outcome(start_seconds=min(begun) - began, seconds=end - began, overhead_seconds=overhead / len(trials))


def records(trials: tuple[Trial, ...], folder: Path) -> Iterator[object]:
    """Yield each trial's reproducible result (without times, machine and commit) and its weights."""
    out = Out(folder)
    for trial in trials:
        result = out.trials.find(trial)
        assert isinstance(result, TrialResult)
        yield result.reproducible, out.weights(trial).read_bytes()


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds in which each executor is timed in turn.")] = 2,
    arms: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Run only the matching arms.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the values as JSON.")] = None,
) -> None:
    """Time the suite depth on local workers and on Ray, and compare the records."""
    suite, images = load_suite("depth"), load_dataset("digits").load(None, False)
    try:
        chosen = suite.asked(*(arms or ["*"])).values()
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    trials = plan(chosen, images, RECIPES["quick"], suite.num_seeds)
    cores = num_cores()
    where: dict[str, Workers] = {"local": cores, "ray": Cluster(address=None, cpus_per_trial=1.0, gpus_per_trial=0.0)}
    measured: list[dict[str, Any]] = []
    are_equal = True
    for _ in range(rounds):
        with TemporaryDirectory() as folder:
            for name, workers in where.items():
                outcome = timed(trials, images, workers, cores, Path(folder) / name)
                measured.append({"executor": name} | asdict(outcome))
                typer.echo(
                    f"{name:5} {len(trials)} trials in {outcome.seconds:.1f} s, the first after {outcome.start_seconds:.1f} s; "
                    f"overhead per trial {1000 * outcome.overhead_seconds:.0f} ms of a worker"
                )
            near, far = (list(records(trials, Path(folder) / name)) for name in where)
            are_equal = are_equal and near == far
    typer.echo(f"records and weights are {'equal' if are_equal else 'NOT EQUAL'}")
    environment = asdict(describe(device="cpu", num_threads=THREADS_PER_TRIAL, checkout=read_checkout()))
    values = {
        "trials": len(trials),
        "workers": cores,
        "measured": measured,
        "are_equal": are_equal,
        "environment": environment,
    }
    if out is not None:
        write_whole(out, json.dumps(values, indent=2) + "\n")
    if not are_equal:
        raise typer.Exit(1)


if __name__ == "__main__":
    start(main)
