"""Table of a survey's page: each network once per batch size and mode, with its published error, its times and its counts."""

from collections.abc import Callable, Sequence
from typing import Any

from analysis.pages.formats import count, megabytes, percent, seconds, three_digits, two_digits
from analysis.pages.page_tables import Column, PageTable, numbers, spelled, table, texts
from analysis.pages.survey_page import COMPARABLE, SurveySummary
from benchmarks.spec.words import counted

STEPS = {"infer": "inference", "train": "training step"}


def survey_tables(page: SurveySummary) -> dict[str, PageTable]:
    """Return the table of a survey's page by name; none if no network was counted."""
    rows = page.networks.to_dict("records")
    return {"networks": _networks(page, rows)} if rows else {}


def _networks(page: SurveySummary, rows: Sequence[dict[str, Any]]) -> PageTable:
    def column(name: str, key: str, spell: Callable[[Any], str]) -> Column:
        return numbers(name, [_number(row.get(key)) for row in rows], spell)

    costs = [page.costs.get(row["model"]) for row in rows]
    errors = [_number(row.get("top1_err")) for row in rows]
    newer = [bool(row.get("top1_recipe")) and row["top1_recipe"] != COMPARABLE for row in rows]
    words = [f"{two_digits(error)}{', newer recipe' if is_newer else ''}" for error, is_newer in zip(errors, newer, strict=True)]
    return table(
        "networks",
        f"{counted(len({row['model'] for row in rows}), 'network')} on this machine; times are medians and quartiles per batch",
        [
            texts("network", [row["model"] for row in rows]),
            spelled("top-1 error, % (published)", errors, words, has_bars=True, is_error=True),
            *(made for step, name in STEPS.items() if step in page.survey.steps for made in _steps(step, name, rows)),
            numbers("parameters", [_number(row["param_count"]) for row in rows], count),
            spelled(
                "MACs",
                [None if cost is None else float(cost.macs) for cost in costs],
                ["" if cost is None else count(cost.macs, cost.is_lower_bound) for cost in costs],
            ),
            spelled(
                "activations",
                [None if cost is None else float(cost.activations) for cost in costs],
                ["" if cost is None else count(cost.activations, cost.is_lower_bound) for cost in costs],
            ),
            column("image", "img_size", str),
            column("batch size", "batch_size", str),
            texts("mode", [row["mode"] for row in rows]),
            column("compiling, s", "compile_seconds", seconds),
        ],
        [row["model"] for row in rows],
    )


def _steps(step: str, name: str, rows: Sequence[dict[str, Any]]) -> list[Column]:
    """Return the columns of a timed step: time, images per second, share of the peak rate, memory, launches."""
    times = [_number(row.get(f"{step}_step_time")) for row in rows]
    return [
        spelled(f"{name}, ms", times, [_time(row, step) for row in rows], has_bars=True),
        numbers(f"{name}, images/s", [_number(row.get(f"{step}_samples_per_sec")) for row in rows], three_digits),
        numbers(f"{name}, share of a convolution's rate", [_number(row.get(f"{step}_share_of_peak")) for row in rows], percent),
        numbers(f"{name}, memory, MB", [_number(row.get(f"{step}_memory_bytes")) for row in rows], megabytes),
        numbers(f"{name}, launches", [_number(row.get(f"{step}_launch_share")) for row in rows], percent),
    ]


def _time(row: dict[str, Any], step: str) -> str:
    median, low, high = (_number(row.get(f"{step}_step_time{ending}")) for ending in ("", "_low", "_high"))
    if median is None or low is None or high is None:
        return "\N{EN DASH}"
    return f"{three_digits(median)} [{three_digits(low)}, {three_digits(high)}]{' noisy' if row.get(f'{step}_is_noisy') else ''}"


def _number(value: Any) -> float | None:
    return None if value is None or value != value else value
