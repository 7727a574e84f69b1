"""What a run prints of its results: the arms or networks, the verdicts in words, and where the page is."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from analysis.cells import count, interval, two_digits
from analysis.summary import Summary
from analysis.surveys import SurveySummary

WIDE = 160  # columns, where the output is no terminal


def print_summary(summary: Summary | SurveySummary, page: Path) -> None:
    """The arms, the verdicts in words, and where the page is."""
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
    for line in [*summary.warnings, *(f"{verdict.claim.statement} {verdict.words}" for verdict in summary.verdicts)]:
        console.print(f"\n{line}", markup=False, soft_wrap=not console.is_terminal)
    console.print(f"\nreport: {page}", markup=False, soft_wrap=True)


def _arms_table(summary: Summary) -> tuple[Sequence[str], list[Sequence[str]]]:
    columns = ("arm", "parameters", "MACs", "training error, %", "test error, %", "ok")
    return columns, [
        (arm.arm, count(arm.params), count(arm.macs), interval(arm.train), interval(arm.test), f"{arm.num_ok}/{arm.num_trials}")
        for arm in summary.arms
    ]


def _networks_table(summary: SurveySummary) -> tuple[Sequence[str], list[Sequence[str]]]:
    columns = ("network", "parameters", "MACs", "images/s", "top-1, % (published)")
    return columns, [
        (
            row.model,
            count(row.param_count),
            count(round(1e9 * row.gmacs)),
            f"{row.infer_samples_per_sec:.3g}",
            two_digits(row.top1),
        )
        for row in summary.networks.itertuples()
    ]
