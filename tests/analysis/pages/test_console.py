"""What a run prints at its end: a line a claim with mark, verdict, effect and statement, coloured on a terminal only, and the page's address."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from analysis.inference.effect_words import effect_in_words
from analysis.inference.wording import in_words
from analysis.pages import console as module
from analysis.pages.console import print_summary
from analysis.pages.study_page import Summary
from analysis.tables.grouping import studies_of
from benchmarks.spec.suite import load_suite
from benchmarks.store.trials import TrialResult

Shown = Callable[..., str]
PAGE = Path("/out/depth/digits/index.html")
GREEN = "\x1b[32m"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """What is printed of a page, in a pipe or on a terminal of some width and encoding."""

    def show(page: Summary, *, width: int = 0, encoding: str = "utf-8", **options: bool) -> str:
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
        made = Console(file=stream, width=width or None, force_terminal=bool(width), markup=False, emoji=False, highlight=False)
        monkeypatch.setattr(module, "new_console", lambda **given: made)
        print_summary(page, PAGE, **options)
        stream.seek(0)
        return stream.read()

    return show


@pytest.fixture
def summary(results: list[TrialResult]) -> Summary:
    (study,) = studies_of("depth", load_suite("depth"), results)
    return Summary(study=study)


def lines_of(text: str, page: Summary) -> list[str]:
    return [line for line in text.splitlines() if any(line.rstrip().endswith(one.claim.statement) for one in page.verdicts)]


def test_in_a_pipe_each_claim_is_one_whole_line_without_colour(summary: Summary, shown: Shown) -> None:
    text = shown(summary)
    lines = lines_of(text, summary)
    assert len(lines) == len(summary.verdicts) and "\x1b" not in text
    for line, verdict in zip(lines, summary.verdicts, strict=True):
        assert verdict.outcome in line and effect_in_words(verdict) in line
        assert line[0] == {"supported": "\N{CHECK MARK}", "contradicted": "\N{BALLOT X}", "inconclusive": "~"}.get(
            verdict.outcome, "\N{EN DASH}"
        )
    assert text.endswith(f"\nreport: {PAGE}\n") and summary.answer in text
    assert not any(in_words(verdict) in text for verdict in summary.verdicts)


def test_a_terminal_has_colours_links_and_lines_of_its_width_and_no_color_takes_the_colours(
    summary: Summary, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    text = shown(summary, width=150)
    assert f"{GREEN}\N{CHECK MARK} supported" in text and f"{PAGE.as_uri()}" in text
    bare = re.sub(r"\x1b\[[\d;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", text)
    starts = [line for line in bare.splitlines() if line.startswith("\N{CHECK MARK} ")]
    assert len(starts) == sum(verdict.outcome == "supported" for verdict in summary.verdicts)
    assert max(map(len, starts)) <= 150
    narrow = re.sub(r"\x1b\[[\d;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", shown(summary, width=100))
    assert "".join(summary.verdicts[0].claim.statement.split())[-20:] in "".join(narrow.split())  # wrapped, not cut
    monkeypatch.setenv("NO_COLOR", "1")
    assert GREEN not in shown(summary, width=150)


def test_signs_that_an_encoding_lacks_have_others(summary: Summary, shown: Shown) -> None:
    text = shown(summary, encoding="latin-1")
    assert "+ supported" in text and "? supported" not in text


def test_verbose_has_the_verdicts_in_full(summary: Summary, shown: Shown) -> None:
    text = " ".join(shown(summary, is_verbose=True).split())
    assert all(f"{verdict.claim.statement} {in_words(verdict)}" in text for verdict in summary.verdicts)


def test_arms_that_nobody_asked_for_leave_no_untested_lines(summary: Summary, shown: Shown) -> None:
    def only(*labels: str) -> Summary:
        study = summary.study
        arms = {study.suite.arms[label] for label in labels}
        return replace(summary, study=replace(study, results=tuple(study.results_of(arms))))

    text = shown(only("plain8"))
    assert "no claim is about only these arms (plain8)" in text and "Partial" not in text and "untested" not in text
    few = only("plain8", "resnet8")
    text = shown(few)
    assert len(lines_of(text, few)) == 1 and "Partial" not in text
    assert f"{len(few.verdicts) - 1} more claims are about arms that did not run" in text
    assert "Partial: " in shown(few, is_verbose=True)


def test_an_untested_claim_says_what_it_lacks(summary: Summary, shown: Shown) -> None:
    study = summary.study
    two = replace(summary, study=replace(study, results=tuple(one for one in study.results if one.trial.seed < 2)))
    assert re.search(r"Untested: \d claims \(2 complete seeds; a verdict needs \d", shown(two))
