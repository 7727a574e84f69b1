"""What a run prints of its results: the arms or networks, the verdicts in words, and where the page is."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pandas import notna
from rich.console import Console
from rich.table import Table

from analysis.inference.wording import in_words
from analysis.pages.formats import count, interval, three_digits, two_digits
from analysis.pages.study_page import Summary
from analysis.pages.survey_page import SurveySummary

DASH = "\N{EN DASH}"
WIDE = 160  # columns, where the output is no terminal


def print_summary(summary: Summary | SurveySummary, page: Path, left_out: Sequence[str] = ()) -> None:
    """The arms, the verdicts in words, the figures that are left out, and where the page is."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    columns, rows = _networks_table(summary) if isinstance(summary, SurveySummary) else _arms_table(summary)
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(columns[0], overflow="fold")
    for column in columns[1:]:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    answers = (f"{verdict.claim.statement} {in_words(verdict)}" for verdict in summary.verdicts)
    for line in [*summary.warnings, *left_out, *answers]:
        console.print(f"\n{line}", markup=False, soft_wrap=not console.is_terminal)
    console.print(f"\nreport: {page}", markup=False, soft_wrap=True)


def _arms_table(summary: Summary) -> tuple[Sequence[str], list[Sequence[str]]]:
    columns = ("arm", "parameters", "MACs", "training error, %", "test error, %", "ok")
    return columns, [
        (
            arm.arm,
            count(arm.params),
            count(arm.macs, arm.is_lower_bound),
            interval(arm.train),
            interval(arm.test),
            f"{arm.num_ok}/{arm.num_trials}",
        )
        for arm in summary.arms
    ]


def _networks_table(summary: SurveySummary) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The networks; their images a second where they were timed, their published accuracy where there is any."""
    networks = summary.networks
    shown: dict[str, tuple[str, Callable[[Any], str]]] = {
        "parameters": ("param_count", count),
        "MACs": ("gmacs", lambda gmacs: count(round(1e9 * gmacs))),
        "at once": ("batch_size", str),
        "mode": ("mode", str),
        "training images/s": ("train_samples_per_sec", three_digits),
        "inference images/s": ("infer_samples_per_sec", three_digits),
        "top-1, % (published)": ("top1", two_digits),
    }
    columns = {name: pair for name, pair in shown.items() if pair[0] in networks and networks[pair[0]].notna().any()}
    rows: list[Sequence[str]] = [
        (row["model"], *(spell(row[column]) if notna(row[column]) else DASH for column, spell in columns.values()))
        for row in networks.to_dict("records")
    ]
    return ("network", *columns), rows
