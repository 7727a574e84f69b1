"""A real browser shows a page: the answer and the figure first, every claim in the forest plot, nothing cut, nothing lost without the script."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.pages.forest_plot import panels_of

Open = Callable[..., Any]
SUITES = ("depth", "function_class", "ordering", "imagenet", "on_paper", "lectures", "width")
BOXES = "found => found.map(e => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"
SIGNED = re.compile(r"(?<![\w.])[+\N{MINUS SIGN}-]\d")
CONTRAST = Path(__file__).with_name("contrast.js").read_text()
FORBIDDEN = re.compile(r"\+0 \[\+0, \+0\]|\N{MINUS SIGN}0\.00(?!\d)|= under|\b1 studies")
MADE = ["made", *(pytest.param(suite, marks=pytest.mark.slow) for suite in SUITES)]


@pytest.fixture(params=MADE)
def page(request: pytest.FixtureRequest) -> Path:
    """A page of made-up numbers; among the slow tests also those of some suites from the reference's records."""
    if request.param == "made":
        return Path(request.getfixturevalue("whole"))
    return Path(request.getfixturevalue("from_reference")[request.param])


def rows_of(page: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(page.with_name("verdicts.json").read_text())
    return rows


def test_the_first_screen_has_the_answer_and_the_whole_figure(page: Path, opened: Open) -> None:
    with opened(page) as shown:
        ((*_, answer),) = shown.eval_on_selector_all(".answer", BOXES)
        ((*_, figure),) = shown.eval_on_selector_all("figure.hero", BOXES)
        assert answer < figure <= 800
    with opened(page, 390, 844) as shown:
        ((*_, answer),) = shown.eval_on_selector_all(".answer", BOXES)
        ((_, top, *_),) = shown.eval_on_selector_all("figure.hero", BOXES)
        assert answer < 844 and top < 844


@pytest.mark.slow
def test_the_forest_plot_has_a_row_per_claim_at_the_places_that_the_file_gives(page: Path, opened: Open) -> None:
    rows = rows_of(page)
    lines = {line.row["claim"]: line for panel in panels_of(rows) for line in panel.lines}
    with opened(page) as shown:
        boxes = shown.eval_on_selector_all("details.claim > summary", BOXES)
        assert len(boxes) == len(rows) and max(bottom - top for _, top, _, bottom in boxes) <= 40.5
        assert {one.get_attribute("id") for one in shown.query_selector_all("details.claim")} == {row["claim"] for row in rows}
        for found in shown.query_selector_all("svg.plot[data-claim]"):
            line = lines[str(found.get_attribute("data-claim"))]
            dot, zone = found.query_selector(".dot"), found.query_selector(".zone")
            assert (dot is None) == (line.dot is None) and zone is not None
            assert zone.bounding_box()["width"] >= 3  # type: ignore[index]
            assert dot is None or dot.get_attribute("cx") == f"{line.dot:.2f}%"
        texts = shown.eval_on_selector_all("details.claim > summary", "found => found.map(e => e.innerText)")
        assert max(len(text.split()) for text in texts) <= 40
        assert not [text for text in texts if SIGNED.search(text)]


@pytest.mark.slow
def test_dots_lie_in_the_zone_of_a_supported_claim_and_outside_that_of_a_contradicted_one(page: Path) -> None:
    for line in (line for panel in panels_of(rows_of(page)) for line in panel.lines):
        if line.row["outcome"] in ("supported", "contradicted") and line.dot is not None and not _is_mixed(line.row):
            assert (line.zone[0] <= line.dot <= line.zone[1]) == (line.row["outcome"] == "supported"), line


def _is_mixed(row: dict[str, Any]) -> bool:
    return any(0 < trained < number for trained, number in row["runs_that_train"].values())


@pytest.mark.slow
def test_a_telephone_shows_everything_without_scrolling_sideways(page: Path, opened: Open) -> None:
    with opened(page, 390, 844) as shown:
        shown.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert shown.evaluate("document.documentElement.scrollWidth") <= 390
        outside = shown.evaluate(
            """() => [...document.querySelectorAll("figure")].flatMap(figure => {
                const box = figure.getBoundingClientRect();
                return [...figure.querySelectorAll(":not([hidden]) > .panels :is(svg, text)")].filter(one => {
                    const b = one.getBoundingClientRect();
                    return b.left < box.left - 1 || b.right > box.right + 1 || b.bottom > box.bottom + 1;
                }).map(one => one.textContent.slice(0, 60));
            })"""
        )
        assert outside == []
        hidden = shown.evaluate(
            """() => [...document.querySelectorAll("table")].filter(table => {
                const head = [...table.querySelectorAll("thead th")].find(one => /error|value|published, %/.test(one.textContent));
                return head && head.cellIndex > 0 && head.getBoundingClientRect().left > 380;
            }).map(table => table.id)"""
        )
        assert hidden == []


@pytest.mark.slow
def test_no_table_is_wider_than_its_column_and_print_shows_all(page: Path, opened: Open) -> None:
    with opened(page) as shown:
        shown.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        wide = "found => found.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.slice(0, 40))"
        assert shown.eval_on_selector_all(".scroll", wide) == []
    with opened(page, 752, 1000) as shown:
        shown.emulate_media(media="print")
        assert shown.evaluate("document.documentElement.scrollWidth") <= 752
        hidden = "found => found.filter(e => !e.checkVisibility({contentVisibilityAuto: true})).length"
        assert shown.eval_on_selector_all("details > :not(summary, [data-scale=linear])", hidden) == 0


def test_without_its_script_a_page_has_all_but_the_controls(page: Path, opened: Open) -> None:
    script = re.findall(r"<script>(.*?)</script>", page.read_text(), re.DOTALL)
    assert len(script) == 1 and len(script[0].encode()) <= 15_000
    texts = []
    for has_script in (True, False):
        with opened(page, java_script_enabled=has_script) as shown:
            texts.append([shown.locator("main").text_content()])
    with_script, without = (re.sub(r"Means only|Linear axis|Copy SVG|Copy PNG|\s+", "", text[0] or "") for text in texts)
    assert with_script == without


@pytest.mark.slow
def test_figures_are_inline_with_text_and_dark_pages_have_no_white_ground(page: Path, opened: Open) -> None:
    with opened(page, color_scheme="dark") as shown:
        shown.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        figures = shown.query_selector_all("figure[data-name]")
        assert figures and all(figure.query_selector(".panels svg text") for figure in figures)
        white = shown.evaluate(
            """() => [...document.querySelectorAll("body *")].filter(one => {
                const style = getComputedStyle(one), box = one.getBoundingClientRect();
                const ground = one instanceof SVGElement && one.tagName === "rect" ? style.fill : style.backgroundColor;
                return box.width > 40 && box.height > 40 && ground === "rgb(255, 255, 255)";
            }).length"""
        )
        assert white == 0


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(page: Path, opened: Open, scheme: str) -> None:
    with opened(page, color_scheme=scheme) as shown:
        shown.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert shown.evaluate(CONTRAST) == []


@pytest.mark.slow
def test_what_is_drawn_and_tabled_has_names_and_every_link_leads_somewhere(page: Path, opened: Open) -> None:
    with opened(page) as shown:
        missing = (
            "found => found.filter(e => !e.querySelector(':scope > title, :scope > desc') || !e.getAttribute('role')).length"
        )
        assert shown.eval_on_selector_all("main svg[role], .panels > svg", missing) == 0
        assert (
            shown.eval_on_selector_all("table", "found => found.filter(e => !e.caption || !e.querySelector('[scope]')).length")
            == 0
        )
        ids = shown.eval_on_selector_all("[id]", "found => found.map(e => e.id)")
        assert len(set(ids)) == len(ids)
        links = shown.eval_on_selector_all("a[href]", "found => found.map(e => e.getAttribute('href'))")
    for link in links:
        if link.startswith("#"):
            assert link[1:] in ids, link
        elif not link.startswith("https://arxiv.org/abs/"):
            assert (page.parent / link.partition("#")[0]).is_file(), link
    assert "../../index.html" in links and "verdicts.json" in links
    assert ("(1512.03385)" in page.read_text()) <= any("arxiv.org/abs/1512.03385" in link for link in links)
    text = page.read_text()
    assert not FORBIDDEN.search(text) and 'property="og:description"' in text


@pytest.mark.slow
def test_a_table_is_sorted_by_keyboard_and_keeps_its_rows_whole(whole: Path, opened: Open) -> None:
    with opened(whole) as shown:
        shown.evaluate("document.getElementById('section-trials').open = true")
        read = "found => found.map(row => row.innerText)"
        before = shown.eval_on_selector_all("#table-trials tbody tr", read)
        head = shown.locator("#table-trials thead th").nth(1)
        for way in ("ascending", "descending"):
            head.locator("button").focus()
            shown.keyboard.press("Enter")
            assert head.get_attribute("aria-sort") == way
            after = shown.eval_on_selector_all("#table-trials tbody tr", read)
            errors = [float(row.split("\t")[1]) for row in after]
            assert sorted(after) == sorted(before) and errors == sorted(errors, reverse=way == "descending")


@pytest.mark.slow
def test_a_figure_is_copied_with_its_colours_and_its_seeds_have_titles(whole: Path, opened: Open) -> None:
    with opened(whole) as shown:
        shown.evaluate(
            "Object.assign(window, {copied: null}); navigator.clipboard.writeText = async text => { window.copied = text; }"
        )
        shown.locator("figure.hero").get_by_role("button", name="Copy SVG").click()
        copied = shown.evaluate("window.copied")
        titles = shown.eval_on_selector_all("figure.hero .seed title", "found => found.map(e => e.textContent)")
    assert copied.startswith("<svg xmlns=") and "var(--" not in copied and "<text" in copied
    assert titles and all("seed" in title for title in titles)


@pytest.mark.slow
def test_a_figure_shows_seeds_or_means_or_both(whole: Path, opened: Open) -> None:
    with opened(whole) as shown:
        figure = shown.locator("figure.hero")
        seen = "found => found.filter(e => getComputedStyle(e).display !== 'none').length"
        counts = []
        for words in ("Means only", "Seeds only", "Seeds and means", "Means only"):
            button = figure.get_by_role("button", name=words)
            counts.append([figure.locator(marks).evaluate_all(seen) for marks in (".seed", ".mean, .line")])
            button.click()
    (seeds, means), only_means, only_seeds, both = counts
    assert seeds and means and only_means == [0, means] and only_seeds == [seeds, 0] and both == [seeds, means]
