"""Has anything become slower? python -m benchmarks.speed.gate --baseline FILE, after --save FILE on the code that is to be kept up with.

Every piece of work takes turns with a reference kernel, round by round, in several fresh processes, and what is compared is the ratio of the two: the
machine's moods meet both. Slower is what a one-sided Welch test on the processes' ratios says (Bonferroni over all work), if it is also slower by the
group's factor, and if all of that comes out again in a second measurement. Suspicious is what is neither slower beyond doubt nor ok: a
likely slowdown below the factor, one above it that is not sure, or noise that does not rule it out; it is a line, and exit code 0. A run that
compares never writes, so that slow code is found slow again. About a minute for the default choice.

Exit codes: 0 nothing is slower (something may be suspicious), 1 something is slower or gone, 2 there is nothing to compare with.
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
from rich.console import Console

from benchmarks.cli.shadows import prefer_own_packages
from benchmarks.spec.words import counted
from benchmarks.speed.changes import Answer, Change, as_values, change_of, in_words
from benchmarks.speed.turns import take_turns
from benchmarks.store.environment import THREADS_PER_TRIAL, Environment, describe, read_checkout
from benchmarks.store.files import write_whole
from benchmarks.store.strict_json import STRICT
from resnet_variants.command import start
from resnet_variants.names import some_of

NOTHING_TO_COMPARE = 2
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """For each piece of work its time over the kernel's: one number a process, the median of the process's rounds.

    `seconds` are for reading alone: the ratios are compared. A baseline of before may lack them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    ratios: dict[str, tuple[float, ...]]
    environment: Environment
    seconds: dict[str, float] = field(default_factory=dict)


def measure(names: Iterable[str], num_processes: int, num_rounds: int) -> Measurement:
    """Time these pieces of work, one fresh process after the other."""
    timed = take_turns(list(names), num_processes, num_rounds, Console(stderr=True))
    environment = describe(device="cpu", num_threads=THREADS_PER_TRIAL, checkout=read_checkout())
    return Measurement(ratios=timed.ratios, seconds=timed.seconds, environment=environment)


def compare(baseline: Measurement, found: Measurement, groups: Mapping[str, str]) -> list[Change]:
    """The change of every piece of work that both have measured."""
    names = baseline.ratios.keys() & found.ratios.keys()
    changes = [change_of(name, baseline.ratios[name], found.ratios[name], FACTORS[groups[name]]) for name in names]
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
    except (ValidationError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no baseline: {_fault(error)}: {again}") from error
    few = [name for name, ratios in found.ratios.items() if len(ratios) < 2 or min(ratios) <= 0]
    if few or not found.ratios:
        told = f"{few[0]} needs two times or more, all above 0" if few else "it holds no work"
        raise ValueError(f"{path} is no baseline: {told}: {again}")
    here = describe(device="cpu", num_threads=THREADS_PER_TRIAL, checkout=read_checkout())
    apart = differences(here, found.environment)
    if apart:
        raise ValueError(f"{path} was measured elsewhere: this machine has {'; '.join(apart)}: {again}, here")
    return found


ADAPTER = TypeAdapter(Measurement)


def _fault(error: ValidationError | UnicodeDecodeError) -> str:
    """What is wrong with a file that should be a baseline."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not text"
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    told = {"missing": f"it lacks {where}", "json_invalid": "it is not JSON", "dataclass_type": "it must be a JSON object"}
    return told.get(str(first["type"]), f"its {where} is not what --save writes")


def main(
    baseline: Annotated[Path | None, typer.Option(metavar="FILE", help="Compare with this.")] = None,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Measure, and write a baseline.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Which work; a choice of every group by default.")
    ] = None,
    processes: Annotated[int, typer.Option(min=FEWEST_PROCESSES, help="Fresh processes, one after the other.")] = NUM_PROCESSES,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds in each.")] = NUM_ROUNDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")] = False,
) -> None:
    """Hold the speed of this code against a baseline of this machine.

    SLOWER (exit code 1): beyond doubt, by more than the limit, twice. Suspicious (a line, exit code 0): a likely slowdown below the limit, one
    above it that is not sure, or noise that does not rule it out. Exit code 1 also where work is gone, 2 where there is nothing to compare.
    """
    if (baseline is None) == (save is None):
        _refuse("give either --baseline FILE or --save FILE")
    _refuse_what_spoils_times()
    from benchmarks.speed.jobs import everything

    groups = {name: work.group for name, work in everything().items()}
    chosen = [name for name in groups if any(fnmatchcase(name, glob) for glob in only or CHOICE)]
    if save is not None:
        if not chosen:
            _refuse(f"no work matches {', '.join(only or CHOICE)}; available: {some_of(list(groups), 3)}")
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


def _refuse_what_spoils_times() -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        _refuse("it runs beside other tests (pytest-xdist), where times mean nothing: run it alone")
    try:
        prefer_own_packages()
    except ValueError as error:
        _refuse(str(error))


def _matching(known: Measurement, only: Sequence[str], baseline: Path) -> Measurement:
    """The work of a baseline that matches one of the wildcards."""
    asked = {name: ratios for name, ratios in known.ratios.items() if any(fnmatchcase(name, glob) for glob in only)}
    if not asked:
        _refuse(f"no work of {baseline} matches {', '.join(only)}; it has {', '.join(list(known.ratios)[:3])}")
    return replace(known, ratios=asked)


def _hold(known: Measurement, groups: Mapping[str, str], processes: int, rounds: int) -> Answer:
    """Measure what the baseline has, and what seems slower once more."""
    there = [name for name in known.ratios if name in groups]
    found = measure(there, processes, rounds)
    changes = compare(known, found, groups)
    suspects = [change.name for change in changes if change.is_slower(len(there))]
    if suspects:
        typer.echo(f"measured again: {', '.join(suspects)}", err=True)
    return Answer(
        changes=tuple(changes),
        again=tuple(compare(known, measure(suspects, processes, rounds), groups)) if suspects else (),
        gone=tuple(name for name in known.ratios if name not in groups),
        milliseconds=_milliseconds(found),
        milliseconds_before=_milliseconds(known),
        here=found.environment,
        baseline=known.environment,
    )


def _save(path: Path, found: Measurement, *, as_json: bool) -> None:
    """Write a baseline, and say what is in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(asdict(found), indent=2) + "\n")
    if as_json:
        work = [{"name": name, "milliseconds": time} for name, time in _milliseconds(found).items()]
        _print({"saved": str(path), "work": work, "environment": asdict(found.environment)})
    else:
        typer.echo(f"{counted(len(found.ratios), 'piece')} of work measured: {path}")


def _milliseconds(found: Measurement) -> dict[str, float]:
    return {name: 1000 * seconds for name, seconds in found.seconds.items()}


def _print(document: dict[str, Any]) -> None:
    typer.echo(json.dumps(document, indent=2, allow_nan=False))


def _refuse(words: str) -> NoReturn:
    typer.echo(f"error: {words}", err=True)
    raise typer.Exit(NOTHING_TO_COMPARE)


if __name__ == "__main__":
    start(main)
