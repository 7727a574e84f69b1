"""Command line: `python -m resnet_variants list 'resnext*'`, `python -m resnet_variants describe resnet56 --input 3x32x32`."""

import json
import re
import sys
from contextlib import nullcontext
from dataclasses import asdict, fields
from typing import Annotated, Any

import typer

from resnet_variants.architecture import Architecture, Task
from resnet_variants.command import Command, start
from resnet_variants.places import place_of
from resnet_variants.published import published_counts
from resnet_variants.registry import name_of, names, parse
from resnet_variants.users_code import users_code
from resnet_variants.variant import Variant
from resnet_variants.whose import is_users

USAGE = 2
ALWAYS = ("template", "width", "block", "ordering", "shortcut")  # shown even where they have their defaults
DEFAULTS = {field.name: field.default for field in fields(Architecture)}
HEADER = ("layer", "kind", "output", "parameters", "MACs", "activations")
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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print a network's layers with output shapes, parameters, MACs and activations, and compare the totals with published counts."""
    try:
        variant = parse(place_of(name))
        task = _task(variant, size, classes)
        with users_code(name_of(variant)) if is_users(variant) else nullcontext():
            described = _describe(variant, task)
    except ValueError as error:
        _refuse(str(error))
    print(json.dumps(described, indent=2) if as_json else _text(described))


def _task(variant: Variant, size: str | None, classes: int | None) -> Task:
    own = variant.task
    shape = own.image_shape
    if size is not None:
        match = re.fullmatch(r"(\d+)x(\d+)x(\d+)", size.strip().lower())
        if match is None:
            raise ValueError(f"--input must be channels, rows and columns, such as 3x32x32, got {size!r}")
        shape = (int(match[1]), int(match[2]), int(match[3]))
    return Task(image_shape=shape, num_classes=own.num_classes if classes is None else classes)


def _describe(variant: Variant, task: Task) -> dict[str, Any]:
    """Return the layers, their totals and the published counts as plain values."""
    from resnet_variants.complexity import layers_of, total  # loads torch, which `list` does not need

    layers = layers_of(variant, task)
    sums = total(layers)
    published = []
    for count in published_counts(name_of(variant)) if task == variant.task else []:
        ours = asdict(sums)[count.axis]
        published.append(asdict(count) | {"shown": str(count), "ours": ours, "agrees": count.agrees_with(ours)})
    return {
        "name": name_of(variant),
        "variant": asdict(variant),
        "meaning": variant.meaning if isinstance(variant, Architecture) else "",
        "depth": variant.depth,
        "image_shape": task.image_shape,
        "num_classes": task.num_classes,
        "layers": [
            {"name": layer.name, "kind": layer.kind, "output_shape": layer.output_shape} | asdict(layer.complexity)
            for layer in layers
        ],
        "total": asdict(sums),
        "published": published,
    }


def _text(described: dict[str, Any]) -> str:
    """Return the description as text for the terminal."""
    rows = [HEADER]
    for layer in described["layers"]:
        rows.append((layer["name"], layer["kind"], _shape(layer["output_shape"]), *_numbers(layer)))
    rows.append(("total", "", "", *_numbers(described["total"])))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    shown = {key: value for key, value in described["variant"].items() if key in ALWAYS or value != DEFAULTS.get(key, "")}
    spelled = ", ".join(f"{key} {value}" for key, value in shown.items() if value is not None)
    images = f"images of {_shape(described['image_shape'])}, {described['num_classes']} classes"
    lines = [f"{described['name']}: {described['depth']} layers, {images}", f"({spelled})"]
    lines += [f"ordering and shortcut: {described['meaning']}", ""] if described["meaning"] else [""]
    for row in rows:
        left = [text.ljust(width) for text, width in zip(row[:3], widths[:3], strict=True)]
        right = [text.rjust(width) for text, width in zip(row[3:], widths[3:], strict=True)]
        lines.append("  ".join([*left, *right]).rstrip())
    lines += ["", *(_published(count) for count in described["published"])]
    return "\n".join(lines).rstrip()


def _published(count: dict[str, Any]) -> str:
    axis = {"params": "parameters", "macs": "MACs"}[count["axis"]]
    verdict = "ours is the same" if count["agrees"] else f"ours is {count['ours']:,}; the published one is {count['note']}"
    return f"published: {count['shown']} {axis} ({count['source']}): {verdict}"


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape)


def _numbers(counted: dict[str, Any]) -> tuple[str, str, str]:
    least = "at least " if counted["is_lower_bound"] else ""
    return f"{counted['params']:,}", f"{least}{counted['macs']:,}", f"{least}{counted['activations']:,}"


def _refuse(message: str) -> None:
    print(f"error: {message}", file=sys.stderr)
    raise typer.Exit(USAGE)


if __name__ == "__main__":
    start(app)
