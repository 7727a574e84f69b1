"""Has anything become slower? python -m benchmarks.speed.gate --baseline FILE, after --save FILE on the code to compare with.

Each job is timed in turn with a reference kernel, round by round, in several fresh processes. The gate compares the ratio of the two times, because
drift in the machine's speed affects both. A job is slower if a one-sided Welch test on the processes' ratios says so (Bonferroni over all jobs), if
it exceeds the limit of its group, and if a second measurement confirms both. A job is suspicious if it is neither clearly slower nor clearly ok: a
likely slowdown below the limit, an uncertain one above it, or too much noise. Suspicious jobs are printed and do not change the exit code. Comparing
never writes the baseline, so slow code stays slow on the next run. The default jobs take about a minute.

Exit codes: 0 nothing is slower (a job may be suspicious), 1 a job is slower or no longer exists, 2 there is nothing to compare with.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, ClassVar, NoReturn

import typer
from pydantic import ConfigDict, TypeAdapter, ValidationError

from benchmarks.cli.shadows import prefer_own_packages
from benchmarks.spec.words import counted
from benchmarks.speed.changes import Answer, Change, as_values, change_of, in_words
from benchmarks.speed.turns import take_turns
from benchmarks.store.environment import THREADS_PER_TRIAL, Environment, describe, read_checkout
from benchmarks.store.files import write_whole
from benchmarks.store.strict_json import STRICT
from resnet_variants.command import start
from resnet_variants.console import new_console
from resnet_variants.names import some_of

NOTHING_TO_COMPARE = 2
FACTORS = {
    "forward": 1.25,
    "training step": 1.25,
    "counting": 1.4,
    "augmentation": 1.4,
    "report": 1.4,
}  # limit of each group: a job is slower only beyond it
CHOICE = (
    "*: plain20: forward",
    "*: resnet20: forward",
    "*: plain20: training step",
    "*: resnet20: training step",
    "*: preresnet20: training step",
    "*: resnet56:shortcut=B: training step",
    "*: resnext29_8*: training step",
    "*: resnet20: counting",
    "augmentation: *-flip",
    "report: *",
)
NUM_PROCESSES, NUM_ROUNDS, FEWEST_PROCESSES = 4, 5, 3  # two processes would seldom find a factor of two


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """Ratio of each job's time to the kernel's: one value per process, the median over its rounds.

    `seconds` are for display; only the ratios are compared. Old baselines may lack them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    ratios: dict[str, tuple[float, ...]]
    environment: Environment
    seconds: dict[str, float] = field(default_factory=dict)


def measure(names: Iterable[str], num_processes: int, num_rounds: int) -> Measurement:
    """Time the named jobs in one fresh process after the other."""
    timed = take_turns(list(names), num_processes, num_rounds, new_console(stderr=True))
    environment = describe(device="cpu", num_threads=THREADS_PER_TRIAL, checkout=read_checkout())
    return Measurement(ratios=timed.ratios, seconds=timed.seconds, environment=environment)


def compare(baseline: Measurement, current: Measurement, groups: Mapping[str, str]) -> list[Change]:
    """Return the change of every job that both measurements contain, the largest slowdown first."""
    names = baseline.ratios.keys() & current.ratios.keys()
    changes = [change_of(name, baseline.ratios[name], current.ratios[name], FACTORS[groups[name]]) for name in names]
    return sorted(changes, key=lambda change: -change.factor)


def differences(ours: Environment, theirs: Environment) -> list[str]:
    """List the differences between two machines that affect times."""
    values = {
        "processor": (ours.processor, theirs.processor),
        "number of cores": (ours.num_cores, theirs.num_cores),
        "system": (ours.system, theirs.system),
        "Python": (ours.python, theirs.python),
        "torch": (ours.versions.get("torch"), theirs.versions.get("torch")),
    }
    if theirs.instructions:  # older baselines do not name them
        values["instructions"] = (ours.instructions, theirs.instructions)
    return [f"{what} {here}, the baseline {there}" for what, (here, there) in values.items() if here != there]


def read_baseline(path: Path) -> Measurement:
    """Read a baseline that was measured on this machine.

    Raises:
        ValueError: the file is missing, malformed or from another machine.
    """
    remedy = "make one with --save on the code to compare with"
    try:
        baseline = ADAPTER.validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"no baseline {path} ({error.strerror}): {remedy}") from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a baseline: {_fault(error)}: {remedy}") from error
    faulty = [name for name, ratios in baseline.ratios.items() if len(ratios) < 2 or min(ratios) <= 0]
    if faulty or not baseline.ratios:
        fault = f"{faulty[0]} needs at least two times, all above 0" if faulty else "it contains no jobs"
        raise ValueError(f"{path} is not a baseline: {fault}: {remedy}")
    here = describe(device="cpu", num_threads=THREADS_PER_TRIAL, checkout=read_checkout())
    differing = differences(here, baseline.environment)
    if differing:
        raise ValueError(f"{path} was measured elsewhere: this machine has {'; '.join(differing)}: {remedy}, on this machine")
    return baseline


ADAPTER = TypeAdapter(Measurement)


def _fault(error: ValidationError | UnicodeDecodeError) -> str:
    """Describe why a file cannot be read as a baseline."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not text"
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    faults = {"missing": f"it lacks {where}", "json_invalid": "it is not JSON", "dataclass_type": "it must be a JSON object"}
    return faults.get(str(first["type"]), f"its {where} is not what --save writes")


def main(
    baseline: Annotated[Path | None, typer.Option(metavar="FILE", help="Baseline to compare with.")] = None,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Measure and write a baseline.")] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Jobs to time; by default some of every group.")] = None,
    processes: Annotated[
        int, typer.Option(min=FEWEST_PROCESSES, help="Number of fresh processes, run one after the other.")
    ] = NUM_PROCESSES,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds per process.")] = NUM_ROUNDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")] = False,
) -> None:
    """Compare the speed of this code with a baseline of this machine.

    SLOWER (exit code 1): clearly, by more than the limit, in two measurements. Suspicious (a line, exit code 0): a likely slowdown below the
    limit, an uncertain one above it, or too much noise. The exit code is also 1 if a job no longer exists, and 2 if there is nothing to compare.
    """
    if (baseline is None) == (save is None):
        _refuse("give either --baseline FILE or --save FILE")
    _refuse_disturbed_times()
    from benchmarks.speed.jobs import everything

    groups = {name: job.group for name, job in everything().items()}
    chosen = [name for name in groups if any(fnmatchcase(name, glob) for glob in only or CHOICE)]
    if save is not None:
        if not chosen:
            _refuse(f"no job matches {', '.join(only or CHOICE)}; available: {some_of(list(groups), 3)}")
        _save(save, measure(chosen, processes, rounds), as_json=as_json)
        return
    assert baseline is not None
    try:
        known = read_baseline(baseline)
    except ValueError as error:
        _refuse(str(error))
    answer = _hold(_matching(known, only or ["*"], baseline), groups, processes, rounds)
    if as_json:
        _print(as_values(answer))
    else:
        typer.echo(in_words(answer))
    raise typer.Exit(answer.exit_code)


def _refuse_disturbed_times() -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        _refuse("it runs next to other tests (pytest-xdist), which distorts the times: run it by itself")
    try:
        prefer_own_packages()
    except ValueError as error:
        _refuse(str(error))


def _matching(known: Measurement, only: Sequence[str], baseline: Path) -> Measurement:
    """Return the part of a baseline whose jobs match one of the wildcards."""
    matching = {name: ratios for name, ratios in known.ratios.items() if any(fnmatchcase(name, glob) for glob in only)}
    if not matching:
        _refuse(f"no job of {baseline} matches {', '.join(only)}; available: {some_of(list(known.ratios), 3)}")
    return replace(known, ratios=matching)


def _hold(known: Measurement, groups: Mapping[str, str], processes: int, rounds: int) -> Answer:
    """Measure the jobs of the baseline, and measure those again that seem slower."""
    names = [name for name in known.ratios if name in groups]
    current = measure(names, processes, rounds)
    changes = compare(known, current, groups)
    suspects = [change.name for change in changes if change.is_slower(len(names))]
    if suspects:
        typer.echo(f"measured again: {', '.join(suspects)}", err=True)
    return Answer(
        changes=tuple(changes),
        again=tuple(compare(known, measure(suspects, processes, rounds), groups)) if suspects else (),
        gone=tuple(name for name in known.ratios if name not in groups),
        milliseconds=_milliseconds(current),
        milliseconds_before=_milliseconds(known),
        here=current.environment,
        baseline=known.environment,
    )


def _save(path: Path, measured: Measurement, *, as_json: bool) -> None:
    """Write a baseline and print its content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(asdict(measured), indent=2) + "\n")
    if as_json:
        work = [{"name": name, "milliseconds": time} for name, time in _milliseconds(measured).items()]
        _print({"saved": str(path), "work": work, "environment": asdict(measured.environment)})
    else:
        typer.echo(f"{counted(len(measured.ratios), 'job')} measured: {path}")


def _milliseconds(measured: Measurement) -> dict[str, float]:
    return {name: 1000 * seconds for name, seconds in measured.seconds.items()}


def _print(document: dict[str, Any]) -> None:
    typer.echo(json.dumps(document, indent=2, allow_nan=False))


def _refuse(words: str) -> NoReturn:
    typer.echo(f"error: {words}", err=True)
    raise typer.Exit(NOTHING_TO_COMPARE)


if __name__ == "__main__":
    start(main)
