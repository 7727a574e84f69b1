"""From the table of flags to a command's parameters, and from their values to a request."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import typer

from benchmarks.cli.flags import LIST, TRIAL, ExecutionOptions, GivenFlag, Request, flags_of

MODES = (TRIAL, LIST)  # --dry-run is none: it takes the flags of the run that it plans


def takes_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command its context and one parameter per flag, which typer reads from its signature."""
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    parameters = [context, *map(_parameter, flags_of(Request()))]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters} | {"return": None}
    vars(command)["__signature__"] = inspect.Signature(parameters, return_annotation=None)
    return command


def request_of(context: typer.Context, values: Mapping[str, Any]) -> Request:
    """Fill a request from a command's values.

    Raises:
        ValueError: a value is impossible, or a flag stands on the command line that a mode there would ignore.
    """
    _refuse_idle_flags(context)
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if value not in (None, [])
    }
    options: dict[str, Any] = {option.name: given.pop(option.name) for option in fields(ExecutionOptions) if option.name in given}
    return Request(options=ExecutionOptions(**options), **given)


def _parameter(given: GivenFlag) -> inspect.Parameter:
    is_tuple = isinstance(given.default, tuple)
    option = typer.Option(None if is_tuple else given.default, given.spelled, metavar=given.flag.metavar, help=given.flag.help)
    kind = list[str] | None if is_tuple else given.kind
    return inspect.Parameter(given.name, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=kind)


def _refuse_idle_flags(context: typer.Context) -> None:
    """Refuse flags that a mode would ignore, even with their defaults, so that a flag means the same with every other one."""
    sources = {flag: context.get_parameter_source(flag.name) for flag in flags_of(Request())}
    told = [flag for flag, source in sources.items() if source is not None and source.name == "COMMANDLINE"]
    for mode in MODES:
        idle = [flag.spelled for flag in told if mode not in (flag.spelled, *flag.flag.modes)]
        if idle and mode in [flag.spelled for flag in told]:
            taken = ", ".join(flag.spelled for flag in sources if mode in flag.flag.modes)
            raise ValueError(f"{', '.join(idle)} cannot be combined with {mode}, which takes only {taken}: omit it")
