"""Start every command of the project alike: the same treatment of paths, repeated options and mistakes.

This module is in the lowest package because the commands of all three packages start here.
"""

import errno
import io
import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from itertools import pairwise
from pathlib import Path
from typing import Any, cast, get_args

import typer
from typer.core import TyperCommand
from typer.models import ParameterInfo

from resnet_variants.lookup import no_such

USAGE = 2
EXAMPLES = "examples"  # attribute of a command's function
SEVERAL = " ..."  # ends the metavar of an option that takes all words up to the next option
# click's class of argument errors; newer releases of typer contain their own copy of click
UsageError: type[Exception] = typer.BadParameter.__mro__[1]


def start(command: Callable[..., None] | typer.Typer, name: str | None = None) -> None:
    """Run a command, given as its function or as an app, on this process's arguments; --help shows `name` or how it was started."""
    replace_missing_signs()
    (command if isinstance(command, typer.Typer) else app_of(command))(prog_name=name)


def app_of(main: Callable[..., None]) -> typer.Typer:
    """Return the app of a command that is one function."""
    app = typer.Typer(add_completion=False)
    examples = vars(main).get(EXAMPLES)
    app.command(cls=Command, epilog="\n\n".join(["Examples:", *examples]) if examples else None)(at_home(main))
    return app


def with_examples(*lines: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Show these lines at the end of a command's --help; a decorator."""

    def give(main: Callable[..., None]) -> Callable[..., None]:
        vars(main)[EXAMPLES] = lines
        return main

    return give


def replace_missing_signs() -> None:
    """Make stdout and stderr print a question mark for each character that their encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def at_home(main: Callable[..., None]) -> Callable[..., None]:
    """Return the command with `~` expanded in all paths; a shell expands it only at the start of a word, not in --out=~/x."""

    @wraps(main)
    def with_paths(**values: Any) -> None:
        try:
            expanded = {name: _expand(value) for name, value in values.items()}
        except RuntimeError as error:  # raised by pathlib for an unknown user
            raise typer.BadParameter(str(error)) from error
        main(**expanded)

    return with_paths


def _expand(value: Any) -> Any:
    if isinstance(value, Path):
        try:
            return value.expanduser()
        except RuntimeError as error:
            raise RuntimeError(f"{value}: {value.parts[0]} has no home folder on this machine") from error
    return [_expand(item) for item in value] if isinstance(value, list) else value


class Command(TyperCommand):
    """Command that rejects a repeated option, unless it collects its values, and rewords argument errors as the project does."""

    def get_params(self, ctx: Any) -> list[Any]:
        params = super().get_params(ctx)
        panels = [panel for param in params if (panel := getattr(param, "rich_help_panel", None))]
        if panels and getattr(params[-1], "rich_help_panel", None) is None:
            cast("Any", params[-1]).rich_help_panel = panels[-1]  # --help itself, which else gets a group of its own
        for param in params:
            if getattr(param, "is_flag", False) and param.metavar is None:
                param.metavar = ""  # else "<bool>" stands next to it
        return params

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        values: dict[str, Any] = {}
        args = repeat_options(args, {name for param in self.params if _takes_several(param) for name in param.opts})
        with self._reword_errors(values):
            self._refuse_missing_values(args)
            values, _, order = self.make_parser(ctx).parse_args(args=list(args))
            self._refuse_repeated(order)
        with self._reword_errors(values):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        with self._reword_errors({}):
            return super().invoke(ctx)

    def _refuse_missing_values(self, args: Sequence[str]) -> None:
        """Raise an error if another option stands in the place of an option's value; the parser would take its name for the value."""
        options = {name: param for param in self.params if _is_option(param) for name in param.opts}
        before_end = args[: list(args).index("--")] if "--" in args else args
        for name, following in pairwise(before_end):
            if name in options and not getattr(options[name], "is_flag", False) and following in options:
                raise typer.BadParameter(f"{name} needs a value, and is followed by {following}")

    def _refuse_repeated(self, order: list[Any]) -> None:
        """Raise an error if an option with one value is repeated; the parser would silently take the last one."""
        counts = Counter(param.name for param in order)
        for param in order:
            is_switch = getattr(param, "is_flag", False) and not param.secondary_opts  # repeating it changes nothing
            if _is_option(param) and counts[param.name] > 1 and not (param.multiple or is_switch):
                raise typer.BadParameter(f"{_spelled(param)} is given twice: give it once")

    @contextmanager
    def _reword_errors(self, values: dict[str, Any]) -> Iterator[None]:
        """Print one line and exit with code 2 if the arguments are wrong."""
        try:
            try:
                yield
            except OSError as error:
                if error.errno != errno.ENAMETOOLONG:
                    raise
                raise typer.BadParameter(f"{error.filename} is too long a name") from error
        except UsageError as error:
            typer.echo(f"error: {self._reword(error, values)}", err=True)
            raise typer.Exit(USAGE) from None

    def _reword(self, error: Any, values: dict[str, Any]) -> str:
        param, option, kind = getattr(error, "param", None), getattr(error, "option_name", ""), type(error).__name__
        if kind == "NoSuchOption":
            return no_such("option", option, [name for param in self.params if _is_option(param) for name in param.opts])
        if kind == "BadOptionUsage":
            return f"{option} takes no value" if "does not take" in error.message else f"{option} needs a value"
        if kind == "MissingParameter" and param is not None:
            hint = f": {param.help.rstrip('.')}" if getattr(param, "help", None) else ""
            return f"{_spelled(param)} is missing{hint}"
        if param is not None:
            value = values.get(param.name)
            return f"{_spelled(param)} must be {self._expected_value(param.name, error.message)}, got {value!r}"
        extra = re.search(r"unexpected extra argument\S* \((.*)\)", error.message)
        return f"unexpected argument {extra[1]!r}: see --help" if extra else str(error.message)

    def _expected_value(self, name: str, message: str) -> str:
        """Return what a parameter must be, from its annotation."""
        declared = signature(cast("Callable[..., None]", self.callback), eval_str=True).parameters[name].annotation
        kinds = {kind for part in (declared, *get_args(declared)) for kind in (part, *get_args(part))}
        info = next((kind for kind in kinds if isinstance(kind, ParameterInfo)), None)
        least = "" if info is None or info.min is None else f" of at least {info.min:g}"
        words = {int: "a whole number", float: "a number"}
        return next((f"{words[kind]}{least}" for kind in words if kind in kinds), message)


def repeat_options(args: Sequence[str], several: Collection[str]) -> list[str]:
    """Return the arguments with each of these options before every one of its words: `--compare A B` as `--compare A --compare B`."""
    found: list[str] = []
    option, has_value = "", False
    for place, word in enumerate(args):
        if word == "--":
            return [*found, *args[place:]]
        if word.startswith("-"):
            name, equals, _ = word.partition("=")
            option, has_value = (name, bool(equals)) if name in several else ("", False)
            found.append(word)
        else:
            found += [option, word] if option and has_value else [word]
            has_value = bool(option)
    return found


def _takes_several(param: Any) -> bool:
    return _is_option(param) and str(param.metavar or "").endswith(SEVERAL)


def _spelled(param: Any) -> str:
    """Return a parameter as a user writes it: the longest form of an option, or the name of an argument."""
    return max(param.opts, key=len) if _is_option(param) else str(param.metavar or param.name.upper())


def _is_option(param: Any) -> bool:
    return bool(param.param_type_name == "option")
