"""Make the evidence of results/reference again, or continue it: python -m benchmarks.reference --plan

Each study is a run of `benchmarks.run` into one folder, so that studies share trials, and the same command continues after an interruption.
In results/reference it goes on to the next looks; with --out another folder it makes all again.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.answer import answer
from benchmarks.cli.dry_run import describe_study
from benchmarks.cli.execution_options import ExecutionOptions
from benchmarks.cli.listing import new_table
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.reference_studies import ReferenceStudy, reference_studies
from benchmarks.cli.request import resolve
from benchmarks.cli.workers import Context, resolve_context
from benchmarks.spec.trial import Trial
from benchmarks.spec.words import counted
from benchmarks.store.out import Out
from benchmarks.training.counts import Counts
from benchmarks.training.estimate import StepTimes
from resnet_variants.command import USAGE, start
from resnet_variants.console import new_console
from resnet_variants.lookup import no_such

REFERENCE = Path("results/reference")


def print_plan(studies: Iterable[ReferenceStudy], out: Path, data: Path | None, jobs: str, device: str) -> None:
    """Print for each study its trials to the first look, how many are done, the time of the rest, and why it cannot be run here.

    Raises:
        ValueError: a study's request is invalid.
    """
    table = new_table("study", "trials", "done", "probes left", "time left", title=f"The reference, in {out}")
    seen, seconds, missing, left_out = set[Trial](), 0.0, 0, dict[str, list[str]]()
    with ExitStack() as stack:
        counts, steps = stack.enter_context(Counts()), None
        for study in studies:
            hindrance = study.hindrance(data, device)
            if hindrance:
                left_out.setdefault(hindrance, []).append(study.name)
                continue
            context, plans = resolve(study.request(out, data, ExecutionOptions(jobs=jobs), device))
            for plan in plans:
                if not isinstance(plan, StudyPlan):
                    table.add_row(study.name, "", "", "", "counts, times")
                    continue
                steps = steps or stack.enter_context(StepTimes(context.device, counts))
                found = describe_study(plan, context, Out(out), steps, seen)
                seconds += found["own"]["seconds_left"]
                missing += found["own"]["trials"] - found["own"]["done"]
                left = str(timedelta(seconds=round(found["own"]["seconds_left"])))
                table.add_row(study.name, str(found["trials"]), str(found["done"]), str(found["probes"]), left)
    console = new_console()
    console.print(table)
    for hindrance, names in left_out.items():
        console.print(f"Left out, {hindrance}: {'; '.join(names)}.", soft_wrap=True)
    console.print(
        f"{counted(missing, 'trial')} missing, each counted once: about {timedelta(seconds=round(seconds))} of training to the first looks, "
        "without probes, timing sessions and later looks.",
        soft_wrap=True,
    )


def run_studies(studies: Sequence[ReferenceStudy], out: Path, data: Path | None, jobs: str, context: Context) -> int:
    """Run each study that can be run here, one after the other; return the highest exit code."""
    console, code = new_console(stderr=True), 0
    for study in studies:
        hindrance = study.hindrance(data, context.device)
        console.print(f"{study.name}{f': left out, {hindrance}' if hindrance else ''}", highlight=False, soft_wrap=True)
        if not hindrance:
            code = max(code, answer(study.request(out, data, ExecutionOptions(jobs=jobs), context.device)))
    return code


def main(
    is_plan: Annotated[bool, typer.Option("--plan", help="Print what is missing and how long it takes; train nothing.")] = False,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the records.")] = REFERENCE,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Folder that holds the image folders cifar10-jpeg and mnist-png.")
    ] = None,
    only: Annotated[
        str, typer.Option("--only", metavar="GLOB", help="Only studies whose name matches, such as 'depth on *'.")
    ] = "*",
    jobs: Annotated[str, typer.Option("--jobs", metavar="N|auto", help="Number of trials at once.")] = "auto",
    device: Annotated[str, typer.Option("--device", help="Device: auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Run every study of the reference, or print what is missing."""
    every = list(reference_studies())
    studies = [study for study in every if fnmatchcase(study.name, only)]
    try:
        if not studies:
            raise ValueError(no_such("study", only, [study.name for study in every]))
        if data is not None and not data.is_dir():
            raise ValueError(f"--data {data} is not a folder: name the one that holds cifar10-jpeg and mnist-png")
        context = resolve_context(studies[0].request(out, data, ExecutionOptions(jobs=jobs), device))
        if is_plan:
            print_plan(studies, out, data, jobs, context.device)
            return
    except ValueError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(USAGE) from error
    raise typer.Exit(run_studies(studies, out, data, jobs, context))


if __name__ == "__main__":
    start(main)
