"""The command line: python -m benchmarks.run --suite depth

Settles and checks everything that was asked before it writes anything, carries the studies out, and ends with their reports.
"""

import signal
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.advice import advice
from benchmarks.cli.comparison import EXIT_CODES, Comparison, as_values, in_words
from benchmarks.cli.dry_run import print_images, print_plan
from benchmarks.cli.execute import kept_weights, load_figures, run_sitting, run_study
from benchmarks.cli.listing import print_json, print_list
from benchmarks.cli.modes import flags_given, refuse_idle_flags
from benchmarks.cli.plan import refuse_other_meanings
from benchmarks.cli.reproduce import REFERENCE, images_of, recorded, refuse_unnamed, run_again
from benchmarks.cli.request import Request, Sitting, Study, settle
from benchmarks.cli.shadows import prefer_own_packages
from benchmarks.cli.workers import Running
from benchmarks.executors.events import NUM_RETRIES, WorkerStartError
from benchmarks.store.files import allow_open_files
from benchmarks.store.probes import ProbeStore
from benchmarks.store.strict_json import MissingRecordError, NewerSchemaError
from benchmarks.store.timings import TimingStore
from benchmarks.store.trials import Store, TrialResult
from resnet_variants.command import start

FAILED, USAGE, INTERRUPTED = 1, 2, 130


def main(
    context: typer.Context,
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
    arms: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Only the arms that match, such as 'plain*'; 'all' adds the optional ones."),
    ] = None,
    jobs: Annotated[str, typer.Option(metavar="N|auto", help="Trials at once; auto: one a core, or one on a GPU.")] = "auto",
    executor: Annotated[str, typer.Option(help="Where trials run: local, or ray.")] = "local",
    ray_address: Annotated[
        str | None, typer.Option(metavar="ADDR", help="A Ray cluster that is there; without it one of this machine is started.")
    ] = None,
    cpus_per_trial: Annotated[float, typer.Option(metavar="N", help="What a trial takes of a Ray node.")] = 1.0,
    gpus_per_trial: Annotated[
        float | None, typer.Option(metavar="X", help="The same; a part lets trials share a GPU. With --device cuda 1, else 0.")
    ] = None,
    trial_timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="End a trial that takes longer; its record says so.")
    ] = None,
    retries: Annotated[
        int, typer.Option(metavar="N", help="How often a trial is tried again whose worker was lost.")
    ] = NUM_RETRIES,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Run those again that failed, ran out of memory or of time before.")
    ] = False,
    checkpoint_every: Annotated[
        int | None,
        typer.Option(
            metavar="EPOCHS", help="How often a trial's state is kept, 0 for never; a tenth of a long recipe by default."
        ),
    ] = None,
    compiled: Annotated[
        bool, typer.Option("--compile", help="Train networks as torch.compile makes them, or fail; their records say so.")
    ] = False,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Only the I-th of N parts of the trials, for array jobs.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    measure: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT,...",
            help="Of cost, accuracy, throughput; without accuracy nothing is trained. The suite's own by default.",
        ),
    ] = None,
    trial: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="Run one recorded trial again and compare; nothing is written. Exit code 0: the same; 1: it differs on the same machine "
            "and versions; 3: it differs on others.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where trials and reports are kept.")] = Path("results"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and what it costs; train nothing.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List suites, arms, data sets and recipes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Re-test what papers claim about architectures, and answer with a verdict, its interval and its pictures."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the workers, as Ctrl-C does
    allow_open_files()
    _check_flags(context)
    request = Request(
        suite=suite,
        dataset=dataset,
        data=data,
        download=download,
        recipe=recipe,
        settings=tuple(settings or ()),
        num_seeds=seeds,
        arms=tuple(arms or ("*",)),
        device=device,
        measure=",".join(measure) if measure else None,
        shard=shard,
        retry_failed=retry_failed,
        running=Running(
            executor=executor,
            jobs=jobs,
            ray_address=ray_address,
            cpus_per_trial=cpus_per_trial,
            gpus_per_trial=gpus_per_trial,
            trial_timeout=trial_timeout,
            retries=retries,
            checkpoint_every=checkpoint_every,
            is_compiled=compiled,
        ),
    )
    try:
        code = (
            _reproduce(trial, request, out, as_json=as_json)
            if trial
            else _answer(request, out, is_listing=listing, is_dry_run=dry_run, as_json=as_json)
        )
    except KeyboardInterrupt:
        code = INTERRUPTED
    except (NewerSchemaError, MissingRecordError, WorkerStartError) as error:
        code = _refuse(error, USAGE if isinstance(error, NewerSchemaError) else FAILED)
    except OSError as error:  # a full disk, say; no trial's own error comes here
        if isinstance(error, BrokenPipeError):
            raise
        words = f"{error.filename or out}: {error.strerror}; what is done is kept, and the same command goes on from there"
        code = _refuse(OSError(words), FAILED)
    raise typer.Exit(code)


def _check_flags(context: typer.Context) -> None:
    try:
        refuse_idle_flags(flags_given(context))
    except ValueError as error:
        raise typer.Exit(_refuse(error, USAGE)) from error


def _refuse(error: Exception, code: int) -> int:
    typer.echo(f"error: {error}", err=True)
    return code


def _reproduce(key: str, request: Request, out: Path, *, as_json: bool) -> int:
    """Run a recorded trial again and print the comparison; the exit code says whether the results are the same."""
    try:
        old = recorded(key, [out / "trials", REFERENCE])
        refuse_unnamed(old, request.arms)
        images = images_of(old.trial.dataset, request.data, request.download)
        comparison = Comparison(recorded=old, again=run_again(old, images, request.device))
    except (ValueError, OSError) as error:  # nothing is written here
        return _refuse(error, USAGE)
    if as_json:
        print_json(as_values(comparison))
    else:
        print(in_words(comparison))
    return EXIT_CODES[comparison.outcome]


def _readable(out: Path) -> list[TrialResult]:
    """The results that OUT holds.

    Raises:
        NewerSchemaError: a record there is of a later schema.
        ValueError: the folder cannot be read.
    """
    try:
        results, _ = Store(folder=out / "trials").read_all()
        for kept in (TimingStore(folder=out / "timings"), ProbeStore(folder=out / "probes")):
            kept.read_all()
    except OSError as error:
        raise ValueError(f"{out} cannot be read ({error.strerror}): name another folder with --out") from error
    return results


def _answer(request: Request, out: Path, *, is_listing: bool, is_dry_run: bool, as_json: bool) -> int:
    """Do what was asked; returns the exit code."""
    try:
        prefer_own_packages()
    except ValueError as error:
        return _refuse(error, USAGE)
    if is_listing:
        try:
            print_list(as_json=as_json)
        except ValueError as error:
            return _refuse(error, USAGE)
        return 0
    store = Store(folder=out / "trials")
    try:
        studies = settle(request)
        # what the report could not read, a newer release's records, or would mistake, is refused now and not after training
        results = _readable(out)
        refuse_other_meanings((trial for study in studies if isinstance(study, Study) for trial in study.plan.trials), results)
        if not studies:
            typer.echo("this part of the plan holds no trial: there is nothing to do", err=True)
        print_images(studies)
        for line in advice(studies, request, results):
            typer.echo(f"warning: {line}", err=True)
        if is_dry_run:
            print_plan(studies, store, as_json=as_json)
            return 0
        load_figures(studies)
        store.prepare()
    except ValueError as error:
        return _refuse(error, USAGE)
    answers = [
        run_sitting(asked, out, as_json=as_json) if isinstance(asked, Sitting) else run_study(asked, store, out, as_json=as_json)
        for asked in studies
    ]
    if as_json:
        print_json(answers)
    if any(isinstance(asked, Study) and asked.job.keeps_weights for asked in studies) and (words := kept_weights(out)):
        typer.echo(words, err=True)
    lacking = ("not_measured", "not_probed", "not_drawn")
    return FAILED if any(answer.get(what) for answer in answers for what in lacking) else 0


if __name__ == "__main__":
    start(main)
