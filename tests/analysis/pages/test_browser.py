"""A real browser shows a report."""

import shutil
from pathlib import Path

import pytest

from benchmarks.spec.suite import load_suite

DEPTH = load_suite("depth")


BROWSER = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here; .ci/run installs one")
@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_shows_every_figure_without_a_word_in_its_console(whole: Path, width: int) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 900})
        said: list[str] = []
        requested: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: requested.append(request.url))
        page.goto(whole.as_uri())
        sizes = page.eval_on_selector_all(
            "figure img", "images => images.map(i => [i.complete, i.naturalWidth, i.naturalHeight])"
        )
        page_width = page.evaluate("document.documentElement.scrollWidth")
        outcome_words = page.eval_on_selector_all(".outcome", "found => found.map(e => e.textContent.trim())")
        browser.close()
    assert said == []
    assert {url for url in requested if not url.startswith("data:")} == {whole.as_uri()}
    assert len(sizes) == len(load_suite("depth").figures)
    assert all(complete and columns > 100 and rows > 100 for complete, columns, rows in sizes)
    assert page_width <= width  # nothing sticks out of a telephone's screen
    found = [words.partition(":")[0] for words in outcome_words]
    assert found == ["supported"] * len(DEPTH.claims)
