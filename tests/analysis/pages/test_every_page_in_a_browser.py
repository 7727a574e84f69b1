"""Every page of the reference in a real browser, and its overview: the first screen, the rows of claims, contrast, weight and links."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.pages.overview import ORDER

Open = Callable[..., Any]
Made = tuple[Path, list[Path]]
pytestmark = pytest.mark.slow
CONTRAST = Path(__file__).with_name("contrast.js").read_text()
OPENED = "document.querySelectorAll('details').forEach(one => { one.open = true; })"
EDGES = """() => ['.answer', 'figure.hero'].map(name => {
    const box = document.querySelector(name).getBoundingClientRect();
    return [box.top, box.bottom];
})"""
ROWS = """found => found.map(one => {
    const box = one.getBoundingClientRect();
    return [one.parentElement.id, one.innerText.split(/\\s+/).filter(Boolean).length, box.height];
})"""
LARGEST, LARGEST_OVERVIEW = 450_000, 400_000  # bytes
SCREEN, TELEPHONE = 800, 844  # pixels of height


def _name(page: Path) -> str:
    return "/".join(page.parts[-3:-1])


def test_the_first_screen_of_every_page_has_the_answer_and_its_figure(all_from_reference: Made, opened: Open) -> None:
    late = []
    for page in all_from_reference[1]:
        with opened(page) as shown:
            (_, answer), (_, figure) = shown.evaluate(EDGES)
        with opened(page, 390, TELEPHONE) as shown:
            (_, answer_below), (figure_below, _) = shown.evaluate(EDGES)
        if not (answer < figure <= SCREEN and answer_below < figure_below < TELEPHONE):
            late.append((_name(page), answer, figure, answer_below, figure_below))
    assert late == []


def test_every_claim_of_every_page_is_a_row_of_two_lines_and_40_words(all_from_reference: Made, opened: Open) -> None:
    long = []
    for page in all_from_reference[1]:
        claims = {row["claim"] for row in json.loads(page.with_name("verdicts.json").read_text())}
        with opened(page) as shown:
            rows = shown.eval_on_selector_all("details.claim > summary", ROWS)
        assert {claim for claim, *_ in rows} == claims and len(rows) == len(claims), page
        long += [(_name(page), *row) for row in rows if row[1] > 40 or row[2] > 40]
    assert long == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_of_every_page_stands_out_from_its_ground(all_from_reference: Made, opened: Open, scheme: str) -> None:
    overview, pages = all_from_reference
    faint = {}
    for page in (overview, *pages):
        with opened(page, color_scheme=scheme) as shown:
            shown.evaluate(OPENED)
            faint[_name(page)] = shown.evaluate(CONTRAST)
    assert {name: found for name, found in faint.items() if found} == {}


def test_the_overview_is_light_and_in_order_and_its_links_lead_somewhere(all_from_reference: Made, opened: Open) -> None:
    overview, pages = all_from_reference
    assert overview.stat().st_size <= LARGEST_OVERVIEW and max(page.stat().st_size for page in pages) <= LARGEST
    with opened(overview) as shown:
        names = shown.eval_on_selector_all(".question", "found => found.map(e => e.id.replace('question-', ''))")
        assert names == sorted({page.parts[-3] for page in pages}, key=ORDER.index) and len(names) > 20
        assert shown.evaluate("document.getElementById('questions').getBoundingClientRect().bottom") <= 3 * SCREEN
        links = shown.eval_on_selector_all("a[href]", "found => found.map(e => e.getAttribute('href'))")
        squares = len(shown.query_selector_all(".square"))
    total = re.search(r": ([\d,]+) verdicts\.", overview.read_text())
    assert total and int(total[1].replace(",", "")) == squares
    for link in links:
        path, _, anchor = link.partition("#")
        target = overview.parent / path if path else overview
        assert target.is_file() and (not anchor or f'id="{anchor}"' in target.read_text()), link
