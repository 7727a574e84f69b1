"""Describe a network layer by layer as plain values, and print them as text, Markdown or CSV."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, fields
from typing import Any

from resnet_variants.architecture import Architecture, Task
from resnet_variants.published import published_counts
from resnet_variants.registry import name_of
from resnet_variants.variant import Variant

ALWAYS = ("template", "width", "block", "ordering", "shortcut")  # shown even where they have their defaults
DEFAULTS = {field.name: field.default for field in fields(Architecture)}
HEADER = ("layer", "kind", "kernel", "stride", "output", "parameters", "MACs", "activations")
NUM_TEXTS = 5  # columns of text; those of numbers follow
CSV_HEADER = ("layer", "kind", "kernel", "stride", "output", "params", "macs", "activations", "is_lower_bound")


def description(variant: Variant, task: Task) -> dict[str, Any]:
    """Return the layers, their totals and the published counts as plain values.

    Raises:
        ValueError: the network cannot process the images.
    """
    from resnet_variants.complexity import layers_of, total  # loads torch, which a list of names does not need

    layers = layers_of(variant, task, with_operations=True)
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
            {
                "name": layer.name,
                "kind": layer.kind,
                "kernel": layer.kernel,
                "stride": layer.stride,
                "output_shape": layer.output_shape,
            }
            | asdict(layer.complexity)
            for layer in layers
        ],
        "total": asdict(sums),
        "published": published,
    }


def as_text(described: dict[str, Any]) -> str:
    """Return the description in columns for the terminal."""
    rows = [HEADER, *map(_row, described["layers"]), _total_row(described)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = [*_title(described), ""]
    for row in rows:
        left = [text.ljust(width) for text, width in zip(row[:NUM_TEXTS], widths[:NUM_TEXTS], strict=True)]
        right = [text.rjust(width) for text, width in zip(row[NUM_TEXTS:], widths[NUM_TEXTS:], strict=True)]
        lines.append("  ".join([*left, *right]).rstrip())
    return "\n".join([*lines, "", *map(_published, described["published"])]).rstrip()


def as_markdown(described: dict[str, Any]) -> str:
    """Return the description as a Markdown table with a heading."""
    first, *others = _title(described)
    rules = ["---"] * NUM_TEXTS + ["---:"] * (len(HEADER) - NUM_TEXTS)
    rows = [HEADER, rules, *map(_row, described["layers"]), [f"**{text}**" if text else "" for text in _total_row(described)]]
    table = [f"| {' | '.join(_cell(text) for text in row)} |" for row in rows]
    notes = [f"- {_published(count)}" for count in described["published"]]
    return "\n".join([f"## {first}", "", "\n\n".join(others), "", *table, "", *notes]).rstrip()


def as_csv(described: dict[str, Any]) -> str:
    """Return a line per layer with bare numbers, so that columns can be summed; the total is left out."""
    stream = io.StringIO()
    lines = csv.writer(stream, lineterminator="\n")
    lines.writerow(CSV_HEADER)
    for layer in described["layers"]:
        texts = [layer["name"], layer["kind"], *(_by(layer[name]) for name in ("kernel", "stride", "output_shape"))]
        lines.writerow([*texts, layer["params"], layer["macs"], layer["activations"], layer["is_lower_bound"]])
    return stream.getvalue().rstrip("\n")


FORMATS: dict[str, Callable[[dict[str, Any]], str]] = {"text": as_text, "markdown": as_markdown, "csv": as_csv}


def _title(described: dict[str, Any]) -> Iterator[str]:
    shown = {key: value for key, value in described["variant"].items() if key in ALWAYS or value != DEFAULTS.get(key, "")}
    spelled = ", ".join(f"{key} {value}" for key, value in shown.items() if value is not None)
    images = f"images of {_by(described['image_shape'])}, {described['num_classes']} classes"
    yield f"{described['name']}: {described['depth']} layers, {images}"
    yield f"({spelled})"
    if described["meaning"]:
        yield f"ordering and shortcut: {described['meaning']}"


def _row(layer: dict[str, Any]) -> tuple[str, ...]:
    kernel, stride = (_by(layer[name]) for name in ("kernel", "stride"))
    return layer["name"], layer["kind"], kernel, stride, _by(layer["output_shape"]), *_numbers(layer)


def _total_row(described: dict[str, Any]) -> tuple[str, ...]:
    return "total", *[""] * (NUM_TEXTS - 1), *_numbers(described["total"])


def _published(count: dict[str, Any]) -> str:
    axis = {"params": "parameters", "macs": "MACs"}[count["axis"]]
    verdict = "ours is the same" if count["agrees"] else f"ours is {count['ours']:,}; the published one is {count['note']}"
    return f"published: {count['shown']} {axis} ({count['source']}): {verdict}"


def _by(sizes: Sequence[int]) -> str:
    return "x".join(str(size) for size in sizes)


def _numbers(counted: dict[str, Any]) -> tuple[str, str, str]:
    least = "at least " if counted["is_lower_bound"] else ""
    return f"{counted['params']:,}", f"{least}{counted['macs']:,}", f"{least}{counted['activations']:,}"


def _cell(text: str) -> str:
    """Escape a text for a Markdown table."""
    return text.replace("|", r"\|")
