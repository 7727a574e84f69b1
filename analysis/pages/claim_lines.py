"""Print the verdicts of a page as one line a claim: mark, outcome, effect with its interval, and statement.

Colour repeats what mark and word say, and is left out where the output is no terminal or NO_COLOR is set.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.inference.effect_words import effect_with_interval
from analysis.inference.predictions import Scored
from analysis.inference.predictions import in_words as predictions_in_words
from analysis.inference.totals import outcome_with_finding, outcome_words
from analysis.inference.verdicts import Outcome, Verdict
from analysis.inference.wording import describe_gap
from analysis.pages.page import Page
from analysis.pages.study_page import Summary
from benchmarks.spec.words import counted, sentence
from resnet_variants.names import some_of

FEWEST_LETTERS = 50  # of a statement: a terminal with less room wraps it instead of cutting it
SHOWN = 4  # names of arms
MARKS: dict[Outcome, tuple[str, str, str]] = {  # the mark, one of ASCII, and the colour
    "supported": ("\N{CHECK MARK}", "+", "green"),
    "contradicted": ("\N{BALLOT X}", "x", "red"),
    "depends on the rate": ("\N{NOT EQUAL TO}", "%", "yellow"),
    "inconclusive": ("~", "~", "yellow"),
}
UNMARKED = ("\N{EN DASH}", "-", "dim")


def print_claims(page: Page, console: Console) -> None:
    """Print a line a claim that the arms of a page can decide, what the untested ones lack, and how many claims are about other arms."""
    own = [verdict for verdict in page.verdicts if not isinstance(page, Summary) or _is_about(page, verdict)]
    if not page.verdicts:
        return
    if not own:
        names = some_of([row[0] for row in page.table[1]], SHOWN)
        console.print(f"\nno claim is about only these arms ({names})", soft_wrap=True)
        return
    console.print()
    if any(verdict.claim.id == page.main_claim for verdict in own):
        console.print(Text(page.answer, style="bold"), soft_wrap=not console.is_terminal)
    _print_lines(own, console, page.predictions)
    for line in _notes(page, own):
        console.print(line, soft_wrap=True)


def print_tuned(page: Page, title: str, console: Console) -> None:
    """Print a line a claim with each arm at its own best learning rate."""
    if page.tuned is None:
        return
    rates = ", ".join(f"{arm} {rate:g}" for arm, rate in page.tuned.chosen.items())
    console.print(f"\n{title}, in none of the totals above: {rates}", soft_wrap=True)
    for line in page.tuned.warnings:
        console.print(line, soft_wrap=True)
    _print_lines(page.tuned.verdicts, console)


def is_partial_by_choice(page: Page) -> bool:
    """Return whether a study lacks whole arms and nothing else: those that a run was not asked for."""
    if not isinstance(page, Summary):
        return False
    study = page.study
    present = {study.suite.labels[arm] for arm in study.present}
    seeds = Counter(label for label in study.trials["arm"])
    return len(present) < len(study.suite.arms) and len(set(seeds.values())) == 1


def _is_about(page: Summary, verdict: Verdict) -> bool:
    """Return whether all arms of a claim have results."""
    arms = page.study.suite.arms
    return all(arms[label] in page.study.present for label in verdict.claim.test.contrast)


def _print_lines(verdicts: Iterable[Verdict], console: Console, predictions: Scored | None = None) -> None:
    """Print the lines in columns: whole where the output is no terminal, else cut, or wrapped if little of a statement fits."""
    is_ascii = not _can_print(console, "".join(mark for mark, _, _ in (*MARKS.values(), UNMARKED)))
    given = {row.claim: row.given for row in predictions.rows} if predictions else {}
    rows = [(_cells(verdict, given.get(verdict.claim.id), is_ascii=is_ascii), verdict) for verdict in verdicts]
    widths = [max((len(cells[column]) for cells, _ in rows), default=0) for column in range(3)]
    room = console.width - sum(width + 2 for width in widths if width)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for column in range(4 if widths[2] else 3):
        is_cut = column < (3 if widths[2] else 2) or room >= FEWEST_LETTERS
        table.add_column(
            no_wrap=is_cut, overflow="ellipsis" if is_cut else "fold", min_width=widths[column] if column < 3 else None
        )
    for (outcome, effect, prediction), verdict in rows:
        cells = [outcome, effect, *([prediction] if widths[2] else [])]
        statement = verdict.claim.statement
        table.add_row(Text(outcome, style=MARKS.get(verdict.outcome, UNMARKED)[2]), *cells[1:], statement)
        if not console.is_terminal:
            padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
            console.print("  ".join([*padded, statement]), soft_wrap=True)
    if console.is_terminal:
        console.print(table)


def _cells(verdict: Verdict, given: float | None, *, is_ascii: bool) -> tuple[str, str, str]:
    """Return a verdict's outcome with its mark, its effect, and the probability that was predicted for what happened ("" if nobody predicted)."""
    mark, plain, _ = MARKS.get(verdict.outcome, UNMARKED)
    prediction = "" if given is None else f"predicted {given:.0%}"
    star = "*" if verdict.is_exploratory else ""
    return f"{plain if is_ascii else mark} {outcome_with_finding(verdict)}{star}", effect_with_interval(verdict), prediction


def _can_print(console: Console, signs: str) -> bool:
    try:
        signs.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _notes(page: Page, own: Sequence[Verdict]) -> Iterator[str]:
    """Yield the totals, what untested claims lack, and the number of claims about other arms."""
    totals = Counter(map(outcome_words, own))
    yield sentence(f"{counted(len(own), 'claim')}: {', '.join(f'{number} {outcome}' for outcome, number in totals.items())}")
    if any(verdict.is_exploratory for verdict in own):
        yield "* exploratory: declared after the first run."
    lacking = Counter(_gap(verdict) for verdict in own if verdict.outcome == "untested")
    yield from (f"Untested: {counted(number, 'claim')} ({gap})." for gap, number in lacking.items())
    if page.predictions:
        yield predictions_in_words(page.predictions)
    others = len(page.verdicts) - len(own)
    if others:
        yield f"{counted(others, 'more claim')} {'is' if others == 1 else 'are'} about arms that did not run; --verbose prints all."


def _gap(verdict: Verdict) -> str:
    """Describe what an untested claim lacks, by one example."""
    failed = list(verdict.evidence.failed)
    return f"not measured: {some_of(failed, 1)}" if failed else describe_gap(verdict)
