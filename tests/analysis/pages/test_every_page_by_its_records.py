"""Every page of the reference in a real browser: each dot is a run of its records, each table is sorted whole, no ticks of claims collide."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import dist
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., Any]
Made = tuple[Path, list[Path]]
pytestmark = pytest.mark.slow
# the panels with trials as they are shown: figure, number, texts and dots
DOTS = """() => [...document.querySelectorAll("figure[data-name] svg")].filter(svg => !svg.closest("[hidden]")).map((svg, number) => {
    const dots = [...svg.querySelectorAll(".seed[data-key]")].map(seed => {
        const shape = seed.querySelector("use, path"), box = shape.getBBox();
        return {...seed.dataset, title: seed.querySelector("title")?.textContent, is_hollow: getComputedStyle(shape).fill === "none",
            place: [box.x + box.width / 2, box.y + box.height / 2]};
    });
    return {name: svg.closest("figure").dataset.name, dots, texts: [...svg.querySelectorAll("text")].map(e => e.textContent).join(" ")};
}).filter(panel => panel.dots.length)"""
SWITCH = """() => [...document.querySelectorAll(".tools button")].filter(e => e.textContent === "Linear axis").forEach(e => e.click())"""
OPENED = "document.querySelectorAll('details').forEach(one => { one.open = !!one.querySelector('table.sortable'); })"
COLUMNS = "[...document.querySelectorAll('table.sortable')].map(table => table.tHead.rows[0].cells.length)"
FOCUSED = """([table, column]) => {
    document.querySelectorAll("table.sortable")[table].tHead.rows[0].cells[column].querySelector("button").focus();
}"""
# the rows of a table as texts, the keys of a column and the state of each head
SORTED = """([table, column]) => {
    const found = document.querySelectorAll("table.sortable")[table], rows = [...found.tBodies[0].rows];
    return [rows.map(row => row.outerHTML), rows.map(row => row.cells[column].dataset.key ?? row.cells[column].textContent),
        [...found.tHead.rows[0].cells].map(head => head.getAttribute("aria-sort"))];
}"""
# pairs of words of an axis of claims that touch
COLLIDING = """() => [...document.querySelectorAll(".axis")].filter(axis => axis.checkVisibility()).flatMap(axis => {
    const boxes = [...axis.querySelectorAll("text, span")].flatMap(one => {
        const words = document.createRange();
        words.selectNodeContents(one);
        return [...(one.tagName === "text" ? one : words).getClientRects()].map(box => [one.textContent, box]);
    });
    return boxes.flatMap(([a, one], number) => boxes.slice(number + 1).filter(([b, other]) => a !== b &&
        one.left < other.right + 3 && other.left < one.right + 3 && one.top < other.bottom && other.top < one.bottom).map(([b]) => `${a} ${b}`));
})"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What a browser shows of a page: panels on both axes of errors, columns that are not sorted whole, and words of claims that touch."""

    panels: list[dict[str, Any]]
    num_columns: int
    unsorted: list[tuple[int, int, str]]
    colliding: list[tuple[int, str]]


@pytest.fixture(scope="module")
def seen(all_from_reference: Made, opened: Open) -> dict[Path, Seen]:
    """What a browser shows of every page, each opened once."""
    found = {}
    for path in all_from_reference[1]:
        with opened(path) as shown:
            colliding = []
            for width in (1280, 700, 390):
                shown.set_viewport_size({"width": width, "height": 800})
                colliding += [(width, words) for words in shown.evaluate(COLLIDING)]
            panels = shown.evaluate(DOTS)
            shown.evaluate(SWITCH)
            panels += shown.evaluate(DOTS)
            places = [(table, column) for table, number in enumerate(shown.evaluate(COLUMNS)) for column in range(number)]
            unsorted = unsorted_columns(shown, places)
        found[path] = Seen(panels=panels, num_columns=len(places), unsorted=unsorted, colliding=colliding)
    return found


def unsorted_columns(shown: "Page", places: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """Sort every column both ways by keyboard, and return those after which rows are lost, in the wrong order, or not announced."""
    shown.evaluate(OPENED)
    wrong = []
    for place in places:
        rows, *_ = shown.evaluate(SORTED, place)
        for key, way in (("Enter", "ascending"), ("Space", "descending")):
            shown.evaluate(FOCUSED, place)
            shown.keyboard.press(key)
            after, values, states = shown.evaluate(SORTED, place)
            expected = [way if column == place[1] else "none" for column in range(len(states))]
            if sorted(after) != sorted(rows) or not is_in_order(values, way) or states != expected:
                wrong.append((*place, way))
    return wrong


def is_in_order(values: list[str], way: str) -> bool:
    """Return whether numbers ascend or descend; texts are ordered as the browser's language does, and empty cells come last."""
    shown = [value for value in values if value]
    numbers = pd.to_numeric(pd.Series(shown, dtype=object), errors="coerce")
    ends = numbers.is_monotonic_increasing if way == "ascending" else numbers.is_monotonic_decreasing
    return values == [*shown, *[""] * (len(values) - len(shown))] and (bool(ends) or bool(numbers.isna().any()))


def runs_of(page: Path) -> pd.DataFrame:
    """The runs that a page draws: with a test error, no controls, and at the first rate of their arm."""
    rows = pd.read_csv(page.with_name("trials.csv"), dtype={"key": str})
    rows = rows[rows["control"].isna() & rows["test_error_pct"].notna()]
    return rows[rows["learning_rate"] == rows.groupby("arm")["learning_rate"].transform("first")].set_index("key", drop=False)


def drawn_in(found: Seen, runs: pd.DataFrame) -> list[tuple[dict[str, Any], pd.DataFrame, list[dict[str, Any]]]]:
    """Each panel with the runs of each of its arms by the records, and the dots of that arm."""
    parts = []
    for panel in found.panels:
        for _, mine in runs.groupby(["arm", "train_fraction"]):
            dots = [dot for dot in panel["dots"] if dot["key"] in mine.index]
            if dots:
                assert len({dot["arm"] for dot in dots}) == 1, (panel["name"], dots)
                parts.append((panel, mine, dots))
        assert sum(len(dots) for other, _, dots in parts if other is panel) == len(panel["dots"]), panel["name"]
    return parts


def test_every_run_of_the_records_is_one_dot_of_its_own(seen: dict[Path, Seen]) -> None:
    number = 0
    for page, found in seen.items():
        runs = runs_of(page) if found.panels else pd.DataFrame()
        shown = set()
        for panel, mine, dots in drawn_in(found, runs):
            assert sorted(dot["key"] for dot in dots) == sorted(mine["key"]), (page, panel["name"])
            assert all(dist(a["place"], b["place"]) > 3 for a, b in combinations(dots, 2)), (page, panel["name"])
            shown |= set(mine["key"])
            number += len(dots)
        assert shown == set(runs.index), page
    assert number > 2_000


def test_every_dot_says_its_seed_its_errors_and_its_key(seen: dict[Path, Seen]) -> None:
    for page, found in seen.items():
        runs = runs_of(page) if found.panels else pd.DataFrame()
        for panel in found.panels:
            for dot in panel["dots"]:
                run = runs.loc[dot["key"]]
                errors = f"training error {run['train_error_pct']:.2f}%, test error {run['test_error_pct']:.2f}%"
                ending = "" if run["trains"] else "; did not train"
                assert dot["title"].endswith(f", seed {run['seed']}: {errors}{ending}; trial {run['key']}"), (page, dot)


def test_the_runs_that_did_not_train_are_hollow_and_counted_in_words(seen: dict[Path, Seen]) -> None:
    failures = 0
    for page, found in seen.items():
        for panel, mine, dots in drawn_in(found, runs_of(page) if found.panels else pd.DataFrame()):
            trained = mine["trains"]
            assert all(dot["is_hollow"] == ("failed" in dot) == (not trained[dot["key"]]) for dot in dots), (page, panel["name"])
            failed = int((~trained).sum())
            assert not failed or f"{failed} of {len(mine)} did not train" in panel["texts"], (page, panel["name"])
            failures += failed
    assert failures > 50


def test_every_table_is_sorted_by_every_column_by_keyboard_with_its_rows_whole(seen: dict[Path, Seen]) -> None:
    assert {page: found.unsorted for page, found in seen.items() if found.unsorted} == {}
    assert all(found.num_columns for found in seen.values())


def test_no_words_of_an_axis_of_claims_touch(seen: dict[Path, Seen]) -> None:
    assert {page: found.colliding for page, found in seen.items() if found.colliding} == {}
