"""Print the results of a run: its arms or networks, a line a claim, and the path of the page; all details on request."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from analysis.inference.cells import group_title, outcomes_in_words
from analysis.inference.tuned import TITLE
from analysis.inference.wording import in_words
from analysis.pages.claim_lines import is_partial_by_choice, print_claims, print_tuned
from analysis.pages.page import Page
from benchmarks.spec.words import counted, sentence
from resnet_variants.console import new_console

WIDE = 160  # columns, if the output is not a terminal
MOST_WARNINGS = 6


def print_summary(page: Page, path: Path, left_out: Sequence[str] = (), *, is_verbose: bool = False) -> None:
    """Print the arms or networks, the warnings, the figures that were left out, a line a claim, and the path of the page.

    If it `is_verbose`, print every warning, and the verdicts in sentences with margin, power, p and learning rates.
    """
    console = new_console(highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    console.print(_table(page))
    for line in [*_warnings(page, is_verbose=is_verbose), *left_out]:
        console.print(f"\n{line}", soft_wrap=not console.is_terminal)
    if is_verbose:
        for line in _answers(page):
            console.print(f"\n{line}", soft_wrap=not console.is_terminal)
    else:
        print_claims(page, console)
        print_tuned(page, TITLE, console)
    _print_path(path, console)


def _table(page: Page) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    columns, rows = page.table
    table.add_column(columns[0], overflow="fold")
    for column in columns[1:]:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*row)
    return table


def _warnings(page: Page, *, is_verbose: bool) -> Iterator[str]:
    """Yield the warnings; in short the first ones, without arms that are missing because nobody asked for them."""
    is_chosen = not is_verbose and is_partial_by_choice(page)
    found = [line for line in page.warnings if not (is_chosen and line.startswith("Partial: "))]
    shown = found if is_verbose else found[:MOST_WARNINGS]
    yield from shown
    if len(found) > len(shown):
        yield f"{counted(len(found) - len(shown), 'more warning')}: --verbose prints them, and the page has them."


def _print_path(path: Path, console: Console) -> None:
    """Print where the page is; a terminal that shows links opens it by a click."""
    link = Style(link=path.resolve().as_uri())
    console.print(Text.assemble("\nreport: ", (str(path), link)), soft_wrap=True)


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
