"""The command line: python -m benchmarks.run --suite depth

Settles and checks everything that was asked before it writes anything, carries the studies out, and ends with their reports.
"""

import signal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.executors import WorkerStartError
from benchmarks.machine import Checkout, describe, num_cores
from benchmarks.printing import print_json, print_list, print_plan
from benchmarks.progress import Display, ProbeDisplay
from benchmarks.records import NewerSchemaError, Store
from benchmarks.reproduce import REFERENCE, images_of, in_words, recorded, run_again
from benchmarks.request import Request, Sitting, Study, settle
from benchmarks.study import carry_out, carry_out_probes, is_done, measured, missing_probes
from benchmarks.timings import TimingPlan, TimingResult, TimingStore
from benchmarks.truth import write_labels

FAILED, USAGE, INTERRUPTED = 1, 2, 130


def main(
    suite: Annotated[str | None, typer.Option(help="The question to answer, or 'all'; see --list.")] = None,
    dataset: Annotated[str | None, typer.Option(help="The images; the suite's own by default.")] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder of the images, for data sets that need one.")
    ] = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch the images where torchvision can.")] = False,
    recipe: Annotated[str | None, typer.Option(help="How to train; the suite's own by default.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a field of the recipe.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(metavar="N", help="Seeds 0 to N-1; the suite's own number by default.")] = None,
    arms: Annotated[str, typer.Option(metavar="GLOB", help="Only the arms that match, such as 'plain*'.")] = "*",
    jobs: Annotated[str, typer.Option(metavar="N|auto", help="Trials at once; auto: one a core, or one on a GPU.")] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    measure: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT,...",
            help="Of cost, accuracy, throughput; without accuracy nothing is trained. The suite's own by default.",
        ),
    ] = None,
    trial: Annotated[
        str | None, typer.Option(metavar="KEY", help="Run one recorded trial again and compare; nothing is written.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where trials and reports are kept.")] = Path("results"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and what it costs; train nothing.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List suites, arms, data sets and recipes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Re-test what papers claim about architectures, and answer with a verdict, its interval and its pictures."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the workers, as Ctrl-C does
    request = Request(
        suite=suite,
        dataset=dataset,
        data=data,
        download=download,
        recipe=recipe,
        settings=tuple(settings or ()),
        num_seeds=seeds,
        arms=arms,
        jobs=jobs,
        device=device,
        measure=measure,
    )
    try:
        code = (
            _reproduce(trial, request, out)
            if trial
            else _answer(request, out, is_listing=listing, is_dry_run=dry_run, as_json=as_json)
        )
    except KeyboardInterrupt:
        code = INTERRUPTED
    except (NewerSchemaError, WorkerStartError) as error:
        code = _refuse(error, USAGE if isinstance(error, NewerSchemaError) else FAILED)
    raise typer.Exit(code)


def _refuse(error: Exception, code: int) -> int:
    typer.echo(f"error: {error}", err=True)
    return code


def _reproduce(key: str, request: Request, out: Path) -> int:
    """Run a recorded trial again; exit code 1 where it does not come out the same."""
    try:
        old = recorded(key, [out / "trials", REFERENCE])
        images = images_of(old.trial.dataset, request.data, request.download)
        new, is_same = run_again(old, images, request.device)
    except ValueError as error:
        return _refuse(error, USAGE)
    print(in_words(old, new, is_same=is_same))
    return 0 if is_same else FAILED


def _answer(request: Request, out: Path, *, is_listing: bool, is_dry_run: bool, as_json: bool) -> int:
    """Do what was asked; returns the exit code."""
    if is_listing:
        print_list(as_json=as_json)
        return 0
    store = Store(folder=out / "trials")
    try:
        studies = settle(request)
        if not is_dry_run:
            store.prepare()
            store.read_all()  # what the report could not read, a newer release's records, is refused now and not after training
    except ValueError as error:
        return _refuse(error, USAGE)
    if is_dry_run:
        print_plan(studies, store, as_json=as_json)
        return 0
    answers = [
        _survey(asked, out, as_json=as_json) if isinstance(asked, Sitting) else _run(asked, store, out, as_json=as_json)
        for asked in studies
    ]
    if as_json:
        print_json(answers)
    return FAILED if any(answer["not_measured"] for answer in answers) else 0


def _run(study: Study, store: Store, out: Path, *, as_json: bool) -> dict[str, Any]:
    """Carry a study out, write its report, print its verdicts; returns them as plain values."""
    console = Console(stderr=True)
    trials = study.plan.trials
    for line in store.set_aside(trials):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    write_labels(out, study.job.images)
    _train_and_probe(study, store, console)
    if study.timing is not None:
        _time(study.timing, study.job.device, study.job.checkout, out)
    # after the trials: the workers need the cores, and pandas takes a second
    from analysis.printing import print_summary
    from analysis.report import report_on
    from analysis.verdicts import verdicts_json

    summary, page = report_on(out, study.name, trials[0])
    if not as_json:
        print_summary(summary, page)
    return {
        "suite": study.name,
        "dataset": trials[0].dataset.name,
        "recipe": summary.recipe,
        "trials": len(trials),
        "not_measured": len(trials) - len(measured(trials, store)),
        "report": str(page),
        "verdicts": verdicts_json(summary.verdicts),
    }


def _train_and_probe(study: Study, store: Store, console: Console) -> None:
    """Carry out what is missing: trials first, then the probes of their networks."""
    trials = study.plan.trials
    done, probes = measured(trials, store), missing_probes(study.suite, trials, store)
    asked = {trial for trial, _ in probes}
    pending = [trial for trial in trials if trial not in done or (trial in asked and not is_done(trial, store, study.job))]
    try:
        if pending:
            with Display(study.plan, pending, console) as display:
                carry_out(pending, study.job, store, num_workers=min(study.num_workers, len(pending)), on_event=display.show)
        if probes:
            with ProbeDisplay(len(probes), console) as shown:
                carry_out_probes(probes, study.job, store, num_workers=study.num_workers, on_event=shown.show)
    except KeyboardInterrupt:
        console.print(
            f"interrupted: {len(measured(trials, store))} of {len(trials)} trials are done and kept in {store.folder}; "
            "the same command goes on from there",
            highlight=False,
            soft_wrap=True,
        )
        raise


def _survey(sitting: Sitting, out: Path, *, as_json: bool) -> dict[str, Any]:
    """Time a survey's networks, write its report, print its verdicts; returns them as plain values."""
    result = _time(sitting.timing, sitting.device, sitting.checkout, out)
    from analysis.printing import print_summary
    from analysis.report import report_on_session
    from analysis.verdicts import verdicts_json

    summary, page = report_on_session(out, sitting.name, result)
    if not as_json:
        print_summary(summary, page)
    return {
        "suite": sitting.name,
        "networks": len({one.workload.architecture for one in result.networks}),
        "not_measured": sum(bool(network.detail) for network in result.networks),
        "report": str(page),
        "verdicts": verdicts_json(summary.verdicts),
    }


def _time(plan: TimingPlan, device: str, checkout: Checkout, out: Path) -> TimingResult:
    """Time the networks, where this machine has not yet."""
    store = TimingStore(folder=out / "timings")
    found = store.find(plan, describe(device=device, num_threads=num_cores(), checkout=checkout))
    if found is not None:
        return found
    number = len({workload.architecture for workload in plan.workloads})
    words = f"timing {number} networks, {plan.num_rounds} rounds: leave the machine to it for a while"
    Console(stderr=True).print(words if plan.is_timed else f"counting {number} networks", highlight=False)
    from benchmarks.throughput import measure  # it loads torch

    result = measure(plan, device, checkout)
    store.write(result)
    return result


if __name__ == "__main__":
    typer.run(main)
