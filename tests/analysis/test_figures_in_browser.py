"""Every figure of the reference in a browser: nothing sticks out of it, on a desk or on a phone, in either scheme, and nothing is a picture."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from analysis import load
from analysis.figures import STYLESHEET

pytestmark = pytest.mark.slow
REFERENCE = Path(__file__).parents[2] / "results" / "reference"
PAPER = (
    "body{margin:0 12px;background:#fff;color:#1d2731}@media (prefers-color-scheme:dark){body{background:#1c232a;color:#e6eaee}}"
)
STICKING_OUT = """() => [...document.querySelectorAll('.panels > svg')].flatMap(svg => {
    const box = svg.getBoundingClientRect();
    const outside = inner => inner.width && (inner.left < box.left - 1 || inner.right > box.right + 1 ||
        inner.top < box.top - 1 || inner.bottom > box.bottom + 1);
    const texts = [...svg.querySelectorAll('text')].filter(text => outside(text.getBoundingClientRect()));
    const panel = box.right > innerWidth + 1 ? ['the panel'] : [];
    return [...panel, ...texts.map(text => text.textContent)].map(what => `${svg.parentElement.dataset.figure}: ${what}`);
})"""
WHITE = """() => [...document.querySelectorAll('.panels svg :is(rect, path, use)')].filter(mark => {
    const box = mark.getBoundingClientRect();
    return box.width > 40 && box.height > 40 && getComputedStyle(mark).fill === 'rgb(255, 255, 255)' && !mark.closest('defs');
}).length"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with every figure of each study, whose ids are those of its page."""
    studies = load(REFERENCE).studies
    figures = [study.figure(name).inline for study in studies for name in study.figures() if name in study._page.figures]
    assert len(figures) > 60
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><title>all</title><style>{STYLESHEET}{PAPER}</style>{''.join(figures)}")
    return path


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_nothing_sticks_out_of_a_figure_and_nothing_in_it_is_a_picture_or_a_white_sheet(
    page: Path, browser: Browser, width: int, scheme: Any
) -> None:
    tab = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    tab.goto(page.as_uri())
    assert tab.evaluate(STICKING_OUT) == []
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    assert tab.locator(".panels image").count() == 0 and tab.locator(".panels svg text").count() > 1_000
    assert scheme == "light" or tab.evaluate(WHITE) == 0
    tab.close()
