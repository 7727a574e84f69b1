"""Every figure of the reference in a browser: nothing sticks out of it, on a desk or on a phone, in either scheme, and nothing is a picture."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from analysis.figures import STYLESHEET

pytestmark = pytest.mark.slow
PANELS = re.compile(r'<div class="panels".*?</div>', re.DOTALL)
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
def page(all_from_reference: tuple[Path, list[Path]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with the panels of every figure of each study, with both axes of errors; their ids are those of their own pages."""
    figures = [panels for made in all_from_reference[1] for panels in PANELS.findall(made.read_text())]
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
