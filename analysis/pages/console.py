"""Print the results of a run: its arms or networks, the verdicts in words, and the path of the page."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.table import Table

from analysis.inference.cells import group_title, outcomes_in_words
from analysis.inference.tuned import TITLE
from analysis.inference.wording import in_words
from analysis.pages.page import Page
from benchmarks.spec.words import sentence
from resnet_variants.console import new_console

WIDE = 160  # columns, if the output is not a terminal


def print_summary(page: Page, path: Path, left_out: Sequence[str] = ()) -> None:
    """Print the arms or networks, the warnings, the figures that were left out, the verdicts, and the path of the page."""
    console = new_console(highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    table = Table(box=None, header_style="bold", pad_edge=False)
    columns, rows = page.table
    table.add_column(columns[0], overflow="fold")
    for column in columns[1:]:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    for line in [*page.warnings, *left_out, *_answers(page)]:
        console.print(f"\n{line}", soft_wrap=not console.is_terminal)
    console.print(f"\nreport: {path}", soft_wrap=True)


def _answers(page: Page) -> Iterator[str]:
    """Yield the title of each kind of claim, and its verdicts in words."""
    for group in page.groups:
        yield sentence(f"{group_title(group)}. {outcomes_in_words(group)}")
        for verdict in group.verdicts:
            yield f"{verdict.claim.statement} {in_words(verdict)}"
    if page.tuned is not None:
        rates = ", ".join(f"{arm} {rate:g}" for arm, rate in page.tuned.chosen.items())
        yield f"{TITLE}, in none of the totals above: {rates}."
        yield from page.tuned.warnings
        yield from (f"{verdict.claim.statement} {page.tuned.in_words(verdict)}" for verdict in page.tuned.verdicts)
