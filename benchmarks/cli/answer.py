"""Answer a request with an exit code: list, plan, re-run a recorded trial, or run studies; report an error as one line."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext, redirect_stdout

import typer

from benchmarks.cli.advice import advice
from benchmarks.cli.compare import describe
from benchmarks.cli.comparison import EXIT_CODES, as_values, in_words
from benchmarks.cli.dry_run import print_images, print_plan
from benchmarks.cli.execute import load_figures, load_probes, run_all
from benchmarks.cli.flags import Request
from benchmarks.cli.kept_weights import kept_weights
from benchmarks.cli.listing import print_json, print_list
from benchmarks.cli.plan import StudyPlan, TimingRun, refuse_other_meanings
from benchmarks.cli.predict import FormWrittenError, fix, predictions_of
from benchmarks.cli.reproduce import reproduce
from benchmarks.cli.request import resolve
from benchmarks.cli.required import code_of
from benchmarks.cli.shadows import prefer_own_packages
from benchmarks.cli.tuning import possible_trials
from benchmarks.cli.users_files import with_names
from benchmarks.cli.workers import Context
from benchmarks.executors.events import WorkerStartError
from benchmarks.store.files import allow_open_files
from benchmarks.store.out import Out
from benchmarks.store.strict_json import MissingRecordError, NewerSchemaError
from benchmarks.store.trials import TrialResult
from resnet_variants.command import USAGE
from resnet_variants.source import ChangedSourceError, UnusableSourceError

FAILED = 1


def answer(request: Request) -> int:
    """Carry out a request; return the exit code."""
    allow_open_files()
    try:
        if request.trial:
            return _compare(request)
        return _run(request)
    except ChangedSourceError as error:
        return _refuse(f"{error}: finished trials are kept; run the same command again to train what it is now", USAGE)
    except UnusableSourceError as error:
        return _refuse(f"{error}\nfinished trials are kept; mend this code and run the same command again", USAGE)
    except (NewerSchemaError, MissingRecordError, WorkerStartError) as error:
        return _refuse(error, USAGE if isinstance(error, NewerSchemaError) else FAILED)
    except BrokenPipeError:
        raise
    except OSError as error:  # such as a full disk; errors of trials do not arrive here
        place = error.filename or request.out
        return _refuse(f"{place}: {error.strerror}; finished trials are kept; run the same command to continue", FAILED)


def _refuse(words: object, code: int) -> int:
    typer.echo(f"error: {words}", err=True)
    return code


def _compare(request: Request) -> int:
    """Re-run a recorded trial and print the comparison; return the exit code of its outcome."""
    try:
        comparison = reproduce(with_names(request))
    except (ValueError, OSError) as error:  # nothing is written here: an OSError comes from reading
        return _refuse(error, USAGE)
    if request.as_json:
        print_json(as_values(comparison))
    else:
        print(in_words(comparison))
    return EXIT_CODES[comparison.outcome]


def _run(request: Request) -> int:
    out = Out(request.out)
    try:
        prefer_own_packages()
        if request.is_list:
            print_list(as_json=request.as_json, with_arms=request.is_verbose)
            return 0
        request = with_names(request)
        context, asked = _prepare(request)
        if request.is_dry_run:
            print_plan(asked, context, out, as_json=request.as_json)
            return 0
        predictions = predictions_of(request, asked, out)
        load_figures(asked)
        load_probes(asked)
        out.prepare()
        if predictions:
            typer.echo(fix(predictions, asked[0], out), err=True)
    except FormWrittenError as error:
        typer.echo(str(error), err=True)
        return USAGE
    except ValueError as error:
        return _refuse(error, USAGE)
    with redirect_stdout(sys.stderr) if request.as_json else nullcontext():  # users' code may print
        answers = run_all(asked, context, out, shown=request.shown, hours=request.hours)
    if request.as_json:
        print_json(answers)
    if words := kept_weights(asked, out):
        typer.echo(words, err=True)
    lacking = ("not_measured", "not_probed", "not_drawn")
    if any(answered.get(key) for answered in answers for key in lacking):
        return FAILED
    return code_of(answers) if request.require else 0


def _prepare(request: Request) -> tuple[Context, list[StudyPlan | TimingRun]]:
    """Resolve a request; print notes on the images and the warnings.

    Raises:
        ValueError: the request cannot be carried out.
    """
    context, asked = resolve(request)
    # refuse now, not after training: records of a newer release, and results whose names have been redefined
    results = _read_results(Out(request.out))
    refuse_other_meanings((trial for plan in asked if isinstance(plan, StudyPlan) for trial in possible_trials(plan)), results)
    if not asked:
        typer.echo("this part has no trials: nothing to do", err=True)
    print_images(asked)
    for plan in asked:
        for line in _describe_comparison(plan, request):
            typer.echo(f"{plan.name}: {line}", err=True)
    for line in advice(asked, context, request, results):
        typer.echo(f"warning: {line}", err=True)
    return context, asked


def _describe_comparison(plan: StudyPlan | TimingRun, request: Request) -> Iterator[str]:
    """Yield what to read of a comparison before its first trial."""
    if plan.declared is not None:
        task = plan.plan.workloads[0].task if isinstance(plan, TimingRun) else plan.images.facts.task(plan.recipe)
        yield from describe(plan.declared, request, task)


def _read_results(out: Out) -> list[TrialResult]:
    """Return the results that OUT holds.

    Raises:
        NewerSchemaError: a record has a later schema than this release reads.
        ValueError: the folder cannot be read.
    """
    try:
        return out.read().results
    except OSError as error:
        raise ValueError(f"{out.folder} cannot be read ({error.strerror}): name another folder with --out") from error
