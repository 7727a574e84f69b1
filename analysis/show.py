"""Say what the folder of a run holds: python -m analysis.show OUT

Its studies with their trials, rates, seeds, arms, controls, plans and gaps, its timing sessions, what each kind of file takes on the disk,
and what cannot be read. Nothing is trained, judged or changed.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from analysis.pages.inventory import Inventory, SurveyInventory, inventory
from analysis.pages.study_inventory import StudyInventory, listed
from benchmarks.spec.survey import known_suites
from benchmarks.spec.words import counted
from benchmarks.store.strict_json import NewerSchemaError
from resnet_variants.command import USAGE, start
from resnet_variants.names import printable, some_of

SHOWN = 6  # lines, arms or networks of a longer list
INDENT = "  "


def text_of(found: Inventory) -> str:
    """Return an inventory as text for the terminal."""
    counts = [counted(found.trials, "trial"), counted(found.probes, "probe"), counted(found.timing_sessions, "timing session")]
    size = sum(usage.size for usage in found.disk.values())
    lines = [f"{found.out}: {', '.join(counts)}, {_megabytes(size)}; last run {_time(found.last_run)}"]
    for study in found.studies:
        lines += ["", f"{study.folder}: {study.suite} on {study.dataset}, recipe {study.recipe}"]
        lines += [f"{INDENT}{line}" for line in _study_lines(study)]
    for survey in found.surveys:
        lines += ["", _survey_line(survey)]
    return "\n".join(map(printable, [*lines, "", *_folder_lines(found)]))


def _study_lines(study: StudyInventory) -> Iterator[str]:
    """Yield the lines of a study; what it does not have is left out."""
    yield f"trials     {listed(study.trials)}; {counted(len(study.arms), 'arm')}, {_seeds(study.seeds)}, {_rates(study.rates)}"
    yield f"arms       {some_of(study.arms, SHOWN) or 'none'}"
    for control, values in study.controls.items():
        outcome = f", {values['outcome']}" if values["outcome"] else ""
        yield f"control    {control} of {values['reference']}: {counted(int(str(values['trials'])), 'trial')}{outcome}"
    if study.tuning:
        yield f"tuning     {_tuning(study.tuning)}"
    if study.probes:
        yield f"probes     {study.probes:,}"
    if study.timing_sessions:
        yield f"timed      {counted(study.timing_sessions, 'timing session')}"
    yield f"plan       {_plan(study.plan)}"
    yield f"page       {study.page or 'none: residual-benchmarks report writes it'}"
    yield f"last run   {_time(study.last_run)}"
    yield from (f"incomplete {line}" for line in study.incomplete)
    yield from (f"remark     {line}" for line in study.remarks)


def _tuning(tuning: Mapping[str, object]) -> str:
    trials, chosen = tuning["trials"], tuning["chosen_rates"]
    assert isinstance(trials, dict) and isinstance(chosen, dict)
    rates = [f"{arm} {rate:g}" for arm, rate in chosen.items()]
    return f"{listed(trials)}; chosen rates: {some_of(rates, SHOWN) or 'none'}"


def _plan(plan: Mapping[str, object] | None) -> str:
    if plan is None:
        return "none: this study has no plan.json"
    looks, seeds = plan["looks"], plan["seeds"]
    assert isinstance(looks, tuple) and isinstance(seeds, tuple)
    decided = f": decided at {' or '.join(map(str, looks))} seeds, from seed {seeds[0]} on" if looks else ""
    return f"{plan['path']}, declared {_time(str(plan['declared_at']))}{decided}"


def _survey_line(survey: SurveyInventory) -> str:
    networks = counted(survey.networks, "network")
    found = f"{networks} on {survey.machine}, {survey.precision}: {counted(survey.sessions, 'timing session')}"
    plans = f"; plan {', '.join(survey.plans)}" if survey.plans else ""
    return f"{survey.suite}: {found if survey.is_timed else f'{networks} counted'}; last run {_time(survey.last_run)}{plans}"


def _folder_lines(found: Inventory) -> Iterator[str]:
    """Yield what the files take, what is unfinished, and what belongs to no study or cannot be read."""
    sizes = (f"{kind} {_megabytes(usage.size)} ({counted(usage.files, 'file')})" for kind, usage in found.disk.items())
    yield f"on disk: {', '.join(sizes)}"
    left = found.leftovers
    if left.checkpoints:
        yield f"unfinished: {counted(left.checkpoints, 'trial')} with a checkpoint; the same command resumes"
    if left.leases:
        yield f"in progress, or left by a killed run: {counted(left.leases, 'trial')}"
    if left.set_aside:
        yield f"set aside as unreadable: {counted(left.set_aside, 'record')} (trials/*.unreadable-N)"
    if found.unclaimed:
        named = some_of([f"{name} ({number})" for name, number in found.unclaimed.items()], SHOWN)
        yield f"in no study of a suite that is installed here: {counted(sum(found.unclaimed.values()), 'trial')}: {named}"
    if found.unreadable:
        yield f"cannot be read: {counted(len(found.unreadable), 'record')}"
        yield from (f"{INDENT}{line}" for line in found.unreadable[:SHOWN])
        if len(found.unreadable) > SHOWN:
            yield f"{INDENT}and {len(found.unreadable) - SHOWN} more, which --json lists"


def json_of(found: Inventory) -> dict[str, object]:
    """Return an inventory as a JSON object; sizes are in bytes, times in UTC."""
    return asdict(found) | {"bytes": sum(usage.size for usage in found.disk.values())}


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size / 1e6:.3f} MB"


def _seeds(seeds: Iterable[int]) -> str:
    """Return seeds as ranges, such as "seeds 0-4, 20"."""
    ranges: list[list[int]] = []
    for seed in sorted(seeds):
        if ranges and seed == ranges[-1][1] + 1:
            ranges[-1][1] = seed
        else:
            ranges.append([seed, seed])
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in ranges]
    return f"seeds {some_of(shown, SHOWN)}" if shown else "no seeds"


def _rates(rates: tuple[float, ...]) -> str:
    return f"learning rate{'s' if len(rates) > 1 else ''} {', '.join(f'{rate:g}' for rate in rates)}"


def _time(time: str | None) -> str:
    """Return a time to the minute; "unknown" for None."""
    return f"{time[:16].replace('T', ' ')} UTC" if time else "unknown"


def main(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder that a run wrote.")],
    suites: Annotated[
        list[str] | None, typer.Option("--suite", help="Suite of your own in the folder: FILE.py or an entry point; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a folder holds: studies, seeds, rates, plans, gaps, timing sessions, sizes, and what cannot be read."""
    try:
        known_suites(suites or ())
        found = inventory(out)
    except (ValueError, NewerSchemaError) as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(USAGE) from None
    print(json.dumps(json_of(found), indent=2, allow_nan=False) if as_json else text_of(found))


if __name__ == "__main__":
    start(main)
