"""Command line: `python -m resnet_variants list 'resnext*'`, `python -m resnet_variants describe resnet56 --input 3x32x32`."""

import json
import re
import sys
from contextlib import nullcontext
from typing import Annotated

import typer

from resnet_variants.architecture import Task
from resnet_variants.command import Command, start
from resnet_variants.description import FORMATS, description
from resnet_variants.lookup import choose
from resnet_variants.places import place_of
from resnet_variants.registry import name_of, names, parse
from resnet_variants.users_code import users_code
from resnet_variants.variant import Variant
from resnet_variants.whose import is_users

USAGE = 2
TEXT = "text"
app = typer.Typer(help="Networks of the residual literature, by name.", no_args_is_help=True, add_completion=False)


@app.command("list", cls=Command)
def list_names(
    pattern: Annotated[str, typer.Argument(help="A wildcard, such as 'resnext*'.")] = "*",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the customary names that match a wildcard; other depths, widths and options are valid names too."""
    matches = names(pattern)
    if not matches:
        _refuse(f"no listed name matches {pattern!r}: `python -m resnet_variants list` shows all {len(names())}")
    print(json.dumps(matches, indent=2) if as_json else "\n".join(matches))


@app.command(cls=Command)
def describe(
    name: Annotated[
        str,
        typer.Argument(help="A network, such as resnet56, resnet110:shortcut=C or your own as my_nets:my_net or FILE.py:my_net."),
    ],
    size: Annotated[
        str | None, typer.Option("--input", metavar="CxHxW", help="Shape of the images (default: as published).")
    ] = None,
    classes: Annotated[int | None, typer.Option(metavar="K", help="Number of classes (default: as published).")] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help=f"How the layers are printed: {', '.join(FORMATS)}.")
    ] = TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print a network layer by layer: kernels, strides, shapes and costs, where it normalises, activates and adds, and published counts."""
    try:
        write = choose("format", form, FORMATS)
        if as_json and form != TEXT:
            raise ValueError(f"--json cannot be combined with --format {form}: omit one of them")
        variant = parse(place_of(name))
        task = _task(variant, size, classes)
        with users_code(name_of(variant)) if is_users(variant) else nullcontext():
            described = description(variant, task)
    except ValueError as error:
        _refuse(str(error))
    print(json.dumps(described, indent=2) if as_json else write(described))


def _task(variant: Variant, size: str | None, classes: int | None) -> Task:
    own = variant.task
    shape = own.image_shape
    if size is not None:
        match = re.fullmatch(r"(\d+)x(\d+)x(\d+)", size.strip().lower())
        if match is None:
            raise ValueError(f"--input must be channels, rows and columns, such as 3x32x32, got {size!r}")
        shape = (int(match[1]), int(match[2]), int(match[3]))
    return Task(image_shape=shape, num_classes=own.num_classes if classes is None else classes)


def _refuse(message: str) -> None:
    print(f"error: {message}", file=sys.stderr)
    raise typer.Exit(USAGE)


if __name__ == "__main__":
    start(app)
