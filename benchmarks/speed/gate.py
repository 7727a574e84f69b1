"""Has anything become slower? python -m benchmarks.speed.gate --baseline FILE, after --save FILE on the code that is to be kept up with.

Every piece of work takes turns with a reference kernel, round by round, in several fresh processes, and what is compared is the ratio of the two: the
machine's moods meet both. Slower is what a one-sided Welch test on the processes' ratios says (Bonferroni over all work), if it is also slower by the
group's factor, and if all of that comes out again in a second measurement. A run that compares never writes, so that slow code is found
slow again. About a minute for the default choice.

Exit codes: 0 nothing is slower, 1 something is or is gone, 2 there is nothing to compare with.
"""

import json
import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, median
from typing import Annotated, ClassVar, NoReturn

import typer
from pydantic import ConfigDict, TypeAdapter, ValidationError
from scipy.stats import ttest_ind

from benchmarks.files import write_whole
from benchmarks.machine import THREADS_PER_TRIAL, Environment, describe, read_checkout
from benchmarks.strict_json import STRICT

SLOWER, NOTHING_TO_COMPARE = 1, 2
LEVEL = 0.01  # of the whole gate, before it is confirmed
FACTORS = {
    "forward": 1.25,
    "training step": 1.25,
    "counting": 1.4,
    "augmentation": 1.4,
    "report": 1.4,
}  # what a slower group is slower by
CHOICE = (
    "depth: *20: forward",
    "depth: *20: training step",
    "*: preresnet20: training step",
    "*: resnet56:shortcut=B: training step",
    "*: resnext29_8*: training step",
    "depth: resnet20: counting",
    "augmentation: *-flip",
    "report: *",
)
NUM_PROCESSES, NUM_ROUNDS, FEWEST_PROCESSES = 4, 5, 3  # two would seldom find a factor of two
TURN_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """For each piece of work its time over the kernel's: one number a process, the median of the process's rounds."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    ratios: dict[str, tuple[float, ...]]
    environment: Environment


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """By what factor a piece of work takes longer than it did, and how surely: p of no change or a faster one."""

    name: str
    factor: float
    p: float
    limit: float

    def is_slower(self, num_compared: int) -> bool:
        """Whether the test and the group's factor say so."""
        return self.p < LEVEL / num_compared and self.factor > self.limit


def measure(names: Iterable[str], num_processes: int, num_rounds: int) -> Measurement:
    """Time these pieces of work, one fresh process after the other."""
    names, found = list(names), []
    for _ in range(num_processes):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            found.append(pool.submit(_in_a_process, names, num_rounds).result())
    environment = describe(device="cpu", num_threads=THREADS_PER_TRIAL, checkout=read_checkout())
    return Measurement(ratios={name: tuple(process[name] for process in found) for name in names}, environment=environment)


def _in_a_process(names: list[str], num_rounds: int) -> dict[str, float]:
    """The median ratio of each piece of work over the rounds."""
    from benchmarks.speed.work import everything  # they load torch
    from benchmarks.training import prepare_process

    prepare_process()
    table, kernel = everything(), reference_kernel()
    ready = {name: table[name].make() for name in names}
    ratios: dict[str, list[float]] = {name: [] for name in names}
    for number in range(num_rounds + 1):
        for name, once in ready.items():
            before, own, after = _seconds(kernel), _seconds(once), _seconds(kernel)
            if number > 0:  # the first round warms up
                ratios[name].append(2 * own / (before + after))
    return {name: median(found) for name, found in ratios.items()}


def _seconds(once: Callable[[], object]) -> float:
    """The mean of as many repetitions as a turn takes."""
    start, count = time.perf_counter(), 0
    while count == 0 or time.perf_counter() - start < TURN_SECONDS:
        once()
        count += 1
    return (time.perf_counter() - start) / count


def reference_kernel() -> Callable[[], object]:
    """Work that no change of ours can reach, of both kinds that ours is made of: a convolution, and a loop in Python."""
    import torch
    import torch.nn.functional as F

    generator = torch.Generator().manual_seed(0)
    x_NCHW, weight = torch.randn(64, 32, 16, 16, generator=generator), torch.randn(32, 32, 3, 3, generator=generator)

    def once() -> None:
        with torch.inference_mode():
            F.conv2d(x_NCHW, weight, padding=1)
        sum(number * number for number in range(20_000))

    return once


def compare(baseline: Measurement, found: Measurement, groups: Mapping[str, str]) -> list[Change]:
    """The change of every piece of work that both have measured."""
    changes = []
    for name in baseline.ratios.keys() & found.ratios.keys():
        old, new = ([math.log(ratio) for ratio in one.ratios[name]] for one in (baseline, found))
        p = float(ttest_ind(new, old, equal_var=False, alternative="greater").pvalue)
        changes.append(Change(name=name, factor=math.exp(mean(new) - mean(old)), p=p, limit=FACTORS[groups[name]]))
    return sorted(changes, key=lambda change: -change.factor)


def differences(ours: Environment, theirs: Environment) -> list[str]:
    """In what two machines differ that times depend on."""
    told = {
        "processor": (ours.processor, theirs.processor),
        "number of cores": (ours.num_cores, theirs.num_cores),
        "system": (ours.system, theirs.system),
        "Python": (ours.python, theirs.python),
        "torch": (ours.versions.get("torch"), theirs.versions.get("torch")),
    }
    return [f"{what} {here}, and the baseline {there}" for what, (here, there) in told.items() if here != there]


def read_baseline(path: Path) -> Measurement:
    """A baseline that fits this machine.

    Raises:
        ValueError: there is none, it is of another form, or of another machine.
    """
    again = "make one with --save on the code that is to be kept up with"
    try:
        found = ADAPTER.validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"no baseline {path} ({error.strerror}): {again}") from error
    except ValidationError as error:
        raise ValueError(f"{path} is no baseline ({error.errors()[0]['msg']}): {again}") from error
    here = describe(device="cpu", num_threads=THREADS_PER_TRIAL, checkout=read_checkout())
    apart = differences(here, found.environment)
    if apart:
        raise ValueError(f"{path} was measured elsewhere: this machine has {'; '.join(apart)}: {again}, here")
    return found


ADAPTER = TypeAdapter(Measurement)


def main(
    baseline: Annotated[Path | None, typer.Option(metavar="FILE", help="Compare with this.")] = None,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Measure, and write a baseline.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Which work; a choice of every group by default.")
    ] = None,
    processes: Annotated[int, typer.Option(min=FEWEST_PROCESSES, help="Fresh processes, one after the other.")] = NUM_PROCESSES,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds in each.")] = NUM_ROUNDS,
) -> None:
    """Hold the speed of this code against a baseline of this machine."""
    if (baseline is None) == (save is None):
        _refuse("give either --baseline FILE or --save FILE")
    if "PYTEST_XDIST_WORKER" in os.environ:
        _refuse("it runs beside other tests (pytest-xdist), where times mean nothing: run it alone")
    from benchmarks.speed.work import everything

    groups = {name: work.group for name, work in everything().items()}
    chosen = [name for name in groups if any(fnmatchcase(name, glob) for glob in only or CHOICE)]
    if save is not None:
        if not chosen:
            _refuse(f"no work matches {', '.join(only or CHOICE)}; have such as {', '.join(list(groups)[:3])}")
        text = json.dumps(asdict(measure(chosen, processes, rounds)), indent=2) + "\n"
        save.parent.mkdir(parents=True, exist_ok=True)
        write_whole(save, text)
        typer.echo(f"{len(chosen)} pieces of work measured: {save}")
        return
    assert baseline is not None
    try:
        known = read_baseline(baseline)
    except ValueError as error:
        _refuse(str(error))
    if only:
        asked = {name: ratios for name, ratios in known.ratios.items() if any(fnmatchcase(name, glob) for glob in only)}
        if not asked:
            _refuse(f"no work of {baseline} matches {', '.join(only)}; it has {', '.join(list(known.ratios)[:3])}")
        known = replace(known, ratios=asked)
    raise typer.Exit(_hold(known, groups, processes, rounds))


def _hold(known: Measurement, groups: Mapping[str, str], processes: int, rounds: int) -> int:
    """Measure what the baseline has, and say what has changed; the exit code."""
    gone = [name for name in known.ratios if name not in groups]
    there = [name for name in known.ratios if name in groups]
    changes = compare(known, measure(there, processes, rounds), groups)
    suspects = [change.name for change in changes if change.is_slower(len(there))]
    if suspects:
        typer.echo(f"measured again: {', '.join(suspects)}")
        again = compare(known, measure(suspects, processes, rounds), groups)
        suspects = [change.name for change in again if change.is_slower(len(there))]
    for change in changes:
        mark = "SLOWER" if change.name in suspects else "ok"
        typer.echo(f"{mark:6} \N{MULTIPLICATION SIGN}{change.factor:.2f} (limit {change.limit}, p {change.p:.2g})  {change.name}")
    for name in gone:
        typer.echo(f"GONE   {name}: it is in the baseline and no longer in this code")
    return SLOWER if suspects or gone else 0


def _refuse(words: str) -> NoReturn:
    typer.echo(f"error: {words}", err=True)
    raise typer.Exit(NOTHING_TO_COMPARE)


if __name__ == "__main__":
    typer.run(main)
