"""A page switches its axes of errors between linear up to 2% with logarithmic above, and linear throughout, in a real browser."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator

Open = Callable[..., Any]
pytestmark = pytest.mark.slow
COPY = "Object.assign(window, {copied: null}); navigator.clipboard.writeText = async text => { window.copied = text; }"
# percentages and places of the ticks of the vertical axis that is shown first
TICKS = """found => found.filter(e => /^[0-9.]+%$/.test(e.textContent)).map(e => {
    const box = e.getBoundingClientRect();
    return [parseFloat(e.textContent), box.top + box.height / 2];
})"""


def ticks_of(figure: "Locator") -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = figure.locator(".panels:visible > svg").first.locator("text").evaluate_all(TICKS)
    assert len(found) > 3
    return found


def is_even(ticks: list[tuple[float, float]]) -> bool:
    """Whether the places of ticks are proportional to their values."""
    (value, place), (last, end) = ticks[0], ticks[-1]
    return all(abs(place + (end - place) * (tick - value) / (last - value) - at) < 1 for tick, at in ticks)


def test_a_button_makes_the_axes_of_errors_linear_and_back(whole: Path, opened: Open) -> None:
    with opened(whole) as shown:
        figure = shown.locator("figure.hero")
        shown.get_by_text("How to read it").click()
        assert not is_even(ticks_of(figure)) and "logarithmic above" in figure.inner_text()
        figure.get_by_role("button", name="Linear axis").focus()
        shown.keyboard.press("Enter")
        assert is_even(ticks_of(figure)) and "logarithmic above" not in figure.inner_text()
        assert "All panels have one scale, linear." in figure.inner_text()
        figure.get_by_role("button", name="Logarithmic axis").click()
        assert not is_even(ticks_of(figure)) and figure.get_by_role("button", name="Linear axis").count() == 1


def test_only_figures_with_such_an_axis_have_the_button_and_one_form_of_each_is_shown(whole: Path, opened: Open) -> None:
    for has_script in (True, False):
        with opened(whole, java_script_enabled=has_script) as shown:
            figures = shown.locator("figure[data-name]")
            shown.emulate_media(media="print")  # in which all is open
            assert [figure.locator(".panels:visible").count() for figure in figures.all()] == [1] * figures.count()
            assert (
                "logarithmic above" in figures.first.text_content() and not shown.locator("[data-scale=linear]:visible").count()
            )
            for figure in figures.all():
                buttons = figure.locator("button").get_by_text("Linear axis", exact=True).count()
                assert buttons == (has_script and "logarithmic" in figure.text_content())


def test_what_is_copied_hidden_or_hovered_is_of_the_axis_that_is_shown(whole: Path, opened: Open) -> None:
    with opened(whole) as shown:
        shown.evaluate(COPY)
        figure = shown.locator("figure.hero")
        titles = "found => found.map(e => e.querySelector('title').textContent)"
        (before, seeds) = (figure.locator(f".panels:visible {mark}") for mark in (".seed", ".seed"))
        said, number = sorted(before.evaluate_all(titles)), seeds.count()
        figure.get_by_role("button", name="Linear axis").click()
        assert number and figure.locator(".seed:visible").count() == number
        assert sorted(figure.locator(".panels:visible .seed").evaluate_all(titles)) == said
        figure.get_by_role("button", name="Copy SVG").click()
        ids = set(re.findall(r'id="(\w+-linear|\w+)-\d', shown.evaluate("window.copied")))
        assert ids == {"error_by_depth-linear"}
        figure.locator(".seed:visible").first.hover(force=True)
        assert figure.locator(".panels:visible .faded").count()
        figure.get_by_role("button", name="Means only").click()
        assert figure.locator(".seed:visible").count() == 0 and figure.locator(".mean:visible").count()
