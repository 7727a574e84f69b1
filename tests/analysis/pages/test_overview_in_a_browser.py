"""The overview in a real browser: a row per question with its answer, sums that agree with the rows, and all it shows inside one file."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.pages.overview import ORDER
from benchmarks.spec.suite import suite_names
from benchmarks.spec.survey import survey_names

Open = Callable[..., Any]
SUITES = ("depth", "function_class", "ordering", "imagenet", "lectures", "width")


def test_every_suite_and_survey_has_its_place_in_the_order() -> None:
    assert sorted(ORDER) == sorted([*suite_names(), *survey_names()])


def test_the_overview_has_a_row_per_question_and_its_sums_agree(whole: Path, opened: Open, tmp_path: Path) -> None:
    overview = shutil.copy(whole.parents[2] / "index.html", tmp_path / "index.html")  # which needs no other file
    rows = json.loads(whole.with_name("verdicts.json").read_text())
    with opened(Path(overview)) as shown:
        (question,) = shown.query_selector_all(".question")
        assert "Yes: at 56 layers test error is 60% " in question.inner_text()
        squares = shown.eval_on_selector_all(".square", "found => found.map(e => e.getAttribute('href').split('#')[1])")
        assert squares == [row["claim"] for row in rows]
        assert f"{len(rows)} claims on 1 question, in 1 study: {len(rows)} verdicts." in shown.inner_text("header")
        assert shown.query_selector(".mini circle") is not None
        assert "1 studies" not in shown.content() and "All questions" not in shown.content()


@pytest.mark.slow
def test_the_overview_of_the_reference_is_light_and_in_order(from_reference: dict[str, Path], opened: Open) -> None:
    overview = from_reference[""]
    assert overview.stat().st_size <= 400_000
    with opened(overview) as shown:
        names = shown.eval_on_selector_all(".question", "found => found.map(e => e.id.replace('question-', ''))")
        assert names == sorted(SUITES, key=ORDER.index)
        assert shown.evaluate("document.getElementById('questions').getBoundingClientRect().bottom") <= 2400
        links = shown.eval_on_selector_all("a[href]", "found => found.map(e => e.getAttribute('href'))")
        squares = len(shown.query_selector_all(".square"))
    total = re.search(r": ([\d,]+) verdicts\.", overview.read_text())
    assert total and int(total[1]) == squares
    for link in links:
        path, _, anchor = link.partition("#")
        target = overview.parent / path if path else overview
        assert target.is_file() and (not anchor or f'id="{anchor}"' in target.read_text()), link
