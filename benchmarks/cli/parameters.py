"""Turn the table of flags into a command's parameters, and the values of the parameters into a request."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, get_args

import typer

from benchmarks.cli.compare_flags import CompareOptions
from benchmarks.cli.execution_options import ExecutionOptions
from benchmarks.cli.flag import GivenFlag, flags_of
from benchmarks.cli.flags import LIST, TRIAL, Request
from benchmarks.cli.panels import panel_of, place_of

MODES = (TRIAL, LIST)  # --dry-run is no mode: it takes all flags of the run that it plans


def takes_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command its context and one parameter per flag; typer reads them from its signature."""
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    ordered = sorted(flags_of(Request()), key=lambda given: place_of(given.name))
    parameters = [context, *map(_parameter, ordered)]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters} | {"return": None}
    vars(command)["__signature__"] = inspect.Signature(parameters, return_annotation=None)
    return command


def request_of(context: typer.Context, values: Mapping[str, Any]) -> Request:
    """Build a request from a command's values.

    Raises:
        ValueError: a value is invalid, or a flag on the command line has no effect in its mode.
    """
    _refuse_idle_flags(context)
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if value not in (None, [])
    }
    options, compared = _take(ExecutionOptions, given), _take(CompareOptions, given)
    return Request(options=ExecutionOptions(**options), compared=CompareOptions(**compared), **given)


def _take(kind: type[ExecutionOptions] | type[CompareOptions], given: dict[str, Any]) -> dict[str, Any]:
    """Remove the values of a group of flags from the given ones, and return them."""
    return {option.name: given.pop(option.name) for option in fields(kind) if option.name in given}


def _parameter(given: GivenFlag) -> inspect.Parameter:
    is_tuple = isinstance(given.default, tuple)
    option = typer.Option(
        None if is_tuple else given.default,
        given.spelled,
        metavar="" if given.kind is bool else given.flag.metavar,  # else typer prints the type
        help=given.flag.help,
        rich_help_panel=panel_of(given.name),
    )
    kind = list[get_args(given.kind)[0]] | None if is_tuple else given.kind  # type: ignore[misc]
    return inspect.Parameter(given.name, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=kind)


def _refuse_idle_flags(context: typer.Context) -> None:
    """Raise ValueError for flags that a mode would ignore, even at their defaults: a flag means the same in every combination."""
    sources = {flag: context.get_parameter_source(flag.name) for flag in flags_of(Request())}
    given = [flag for flag, source in sources.items() if source is not None and source.name == "COMMANDLINE"]
    for mode in MODES:
        idle = [flag.spelled for flag in given if mode not in (flag.spelled, *flag.flag.modes)]
        if idle and mode in [flag.spelled for flag in given]:
            accepted = ", ".join(flag.spelled for flag in sources if mode in flag.flag.modes)
            raise ValueError(f"{', '.join(idle)} cannot be combined with {mode}, which takes only {accepted}: omit it")
