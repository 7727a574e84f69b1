"""The overview in a real browser: a row per question with its answer, sums that agree with the rows, and all it shows inside one file."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.pages.overview import ORDER
from benchmarks.spec.suite import suite_names
from benchmarks.spec.survey import survey_names

Open = Callable[..., Any]


@pytest.mark.slow
def test_every_suite_and_survey_has_its_place_in_the_order() -> None:
    assert sorted(ORDER) == sorted([*suite_names(), *survey_names()])


@pytest.mark.slow
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
