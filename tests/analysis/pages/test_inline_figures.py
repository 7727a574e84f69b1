"""Figures in a page: real text in the page's own colours, a description with numbers, ids of their own, and a mark per seed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
import pytest

from analysis import load
from analysis.figures import STYLESHEET
from analysis.figures._palette import GREYS, HUES, variables
from analysis.figures._sketch import NESTED, Class
from analysis.results import StudyResults
from analysis.tables.arm_words import in_words, told_apart, words_of
from benchmarks.spec.suite import load_suite, suite_names
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
PAPERS = {"light": ("#ffffff", "#f5f7f9"), "dark": ("#1c232a", "#13181d")}  # of figures and of pages
SEEDS, LOST = range(8), (5, 6, 7)
DEEP = "resnet110:ordering=bn-after"
ARMS = {label: arm for label, arm in load_suite("ordering").arms.items() if "relu" not in label and label[0] != "p"}
FIGURES = ("error_by_arm", "test_error_by_epoch")


def two_groups(make_result: Make) -> Iterator[TrialResult]:
    """Every network of these arms has the same errors with each seed; of the deepest with batch norm after the addition, three diverge."""
    for label, arm in ARMS.items():
        for seed in SEEDS:
            is_lost = label == DEEP and seed in LOST
            result = make_result(arm, seed, train=88.0 if is_lost else 1.0, test=90.0 if is_lost else 4.0)
            yield replace(result, status="diverged", detail="no number") if is_lost else result


@pytest.fixture(scope="module")
def ordering(write: Write, make_result: Make, tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    return load(write(tmp_path_factory.mktemp("ordering"), list(two_groups(make_result))))["ordering"]


@pytest.fixture(scope="module")
def pages(ordering: StudyResults) -> dict[str, str]:
    return {name: ordering.figure(name).inline for name in FIGURES}


def panels(inline: str) -> list[Element]:
    return list(ElementTree.fromstring(inline).iter("svg"))


def marks(svg: Element, arm: str, *roles: str) -> list[Element]:
    return [found for found in svg.iter() if found.get("class") in roles and found.get("data-arm") == arm]


def place_of(mark: Element) -> tuple[str, str]:
    use = next(mark.iter("use"))
    return use.attrib["x"], use.attrib["y"]


def styles(mark: Element) -> str:
    return " ".join(element.get("style", "") for element in mark.iter())


def texts(svg: Element) -> list[str]:
    return [" ".join("".join(found.itertext()).split()) for found in svg.iter("text")]


def test_a_panel_is_an_image_with_a_name_and_numbers_in_words(pages: dict[str, str]) -> None:
    found = [svg for inline in pages.values() for svg in panels(inline)]
    assert len(found) == 2 + 3
    for svg in found:
        title, description = svg.find("title"), svg.find("desc")
        assert title is not None and description is not None and svg.get("role") == "img" and svg.get("viewBox")
        assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        assert re.search(r"\d", description.text or "") and description.text != title.text
        assert (
            len(texts(svg)) > 5 and not list(svg.iter("image")) and not list(svg.iter("rect"))[len(list(svg.iter("clipPath"))) :]
        )
    described = [svg.findtext("desc") or "" for svg in panels(pages["error_by_arm"])]
    assert len(set(described)) == 2 and "batch norm after the addition 4.0%" in described[0]
    assert all("48 runs, of which 3 did not train." in text for text in described)


def test_ids_are_the_figures_own_and_each_reference_is_to_one(pages: dict[str, str]) -> None:
    ids = re.findall(r'\bid="([^"]+)"', "".join(pages.values()))
    assert len(ids) == len(set(ids)) > 20
    for name, inline in pages.items():
        assert all(found.startswith(f"{name}-") for found in re.findall(r'\bid="([^"]+)"', inline))
        assert {*re.findall(r'href="#([^"]+)"', inline), *re.findall(r"url\(#([^)]+)\)", inline)} <= set(ids)


def test_ink_is_the_pages_and_every_other_colour_is_a_variable_that_its_style_sheet_has(pages: dict[str, str]) -> None:
    for inline in pages.values():
        assert "stroke:currentColor" in inline and "DejaVu Sans'\"" not in inline
        colours = set(re.findall(r"(?:fill|stroke):\s*([^;\"]+)", inline))
        assert colours <= {"none", "currentColor", *(f"var(--c-{name},{light})" for name, (light, _) in variables().items())}
    assert all(STYLESHEET.count(f"--c-{name}:") == 2 for name in variables())


def test_seeds_of_one_value_do_not_hide_each_other_and_lost_ones_are_hollow_and_counted(pages: dict[str, str]) -> None:
    for svg in panels(pages["error_by_arm"]):
        for arm in ARMS:
            seeds = marks(svg, arm, "seed")
            assert len({place_of(seed) for seed in seeds}) == len(seeds) == len(SEEDS), arm
            lost = {int(seed.attrib["data-seed"]) for seed in seeds if seed.get("data-failed") == "true"}
            assert lost == (set(LOST) if arm == DEEP else set())
            assert lost == {int(seed.attrib["data-seed"]) for seed in seeds if "fill:none" in styles(seed)}
            assert len(marks(svg, arm, "median")) == (arm == DEEP)
        assert "(3 of 8 did not train)" in " ".join(texts(svg))


def test_many_arms_stand_in_panels_side_by_side_each_arm_once_a_metric(make_result: Make, write: Write, tmp_path: Path) -> None:
    suite = load_suite("ordering")
    made = [make_result(arm, seed, test=seed) for arm in suite.arms.values() for seed in range(2)]
    inline = load(write(tmp_path, made))["ordering"].figure("error_by_arm").inline
    drawn = [{arm for arm in suite.arms if marks(svg, arm, "mean")} for svg in panels(inline)]
    assert len(suite.arms) == 15 and [len(arms) for arms in drawn] == [8, 8, 7, 7]
    assert drawn[0] == drawn[1] and drawn[2] == drawn[3] and drawn[0] | drawn[2] == set(suite.arms)


def test_a_seed_says_its_key_and_its_errors_without_a_script(pages: dict[str, str], ordering: StudyResults) -> None:
    rows = ordering.trials().set_index("key")
    for svg in panels(pages["error_by_arm"]):
        for seed in marks(svg, DEEP, "seed"):
            title, row = seed.findtext("title") or "", rows.loc[seed.attrib["data-key"]]
            assert title.startswith(f"residual, 110 layers, batch norm after the addition, seed {row['seed']}: ")
            assert f"training error {row['train_error_pct']:.2f}%, test error {row['test_error_pct']:.2f}%" in title
            assert title.endswith(f"trial {seed.attrib['data-key']}") and ("did not train" in title) == (
                row["status"] == "diverged"
            )


def test_an_arm_has_one_colour_in_all_figures_and_depths_of_one_kind_are_shades_of_one_hue(pages: dict[str, str]) -> None:
    shades: dict[str, set[str]] = {}
    for arm in ARMS:
        drawn = " ".join(
            styles(mark)
            for inline in pages.values()
            for svg in panels(inline)
            for mark in marks(svg, arm, "seed", "mean", "line")
        )
        shades[arm] = {name for name in re.findall(r"var\(--c-([a-z0-9-]+)", drawn) if name != "ground"}
    assert all(len(found) == 1 for found in shades.values()), shades
    colours = {arm: next(iter(found)) for arm, found in shades.items()}
    assert len(set(colours.values())) == len(colours)
    assert len({colour.partition("-")[0] for colour in colours.values()}) == 2
    assert {colours[f"resnet{depth}"] for depth in (20, 56, 110)} == {"teal-0", "teal", "teal-4"}


def test_no_label_is_a_raw_name(pages: dict[str, str]) -> None:
    drawn = {text for inline in pages.values() for svg in panels(inline) for text in texts(svg)}
    assert "original order" in drawn and not [text for text in drawn if {":", "=", "_"} & set(text)]


@pytest.mark.parametrize("name", suite_names())
def test_every_arm_has_words_of_its_own(name: str) -> None:
    suite = load_suite(name)
    words = words_of([*suite.arms, *suite.optional, "my_nets:my_net@ab12cd", "resnet20:ordering=bn conv |"])
    shown = [*map(in_words, words.values()), *told_apart(words).values()]
    assert not [text for text in shown if {":", "=", "_"} & set(text)]
    assert len(set(map(in_words, words.values()))) == len(set(told_apart(words).values())) == len(words)


@pytest.mark.parametrize("scheme", PAPERS)
def test_hues_are_readable_on_every_paper_and_shades_can_be_seen(scheme: str) -> None:
    number = list(PAPERS).index(scheme)
    for name, values in variables().items():
        if name not in (*GREYS, "ground"):
            least = 4.5 if name in HUES else 3.0
            assert min(contrast(values[number], paper) for paper in PAPERS[scheme]) >= least, name


def contrast(colour: str, ground: str) -> float:
    darker, lighter = sorted((luminance(colour), luminance(ground)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_sketch_of_nested_classes_is_one() -> None:
    for inner, outer in pairwise(NESTED):
        assert size_in(outer, edge_of(inner)).max() <= 1 + 1e-9


def edge_of(shown: Class) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    turns, angle = np.linspace(0, 2 * np.pi, 360), np.radians(shown.angle)
    along, across = shown.width / 2 * np.cos(turns), shown.height / 2 * np.sin(turns)
    x, y = along * np.cos(angle) - across * np.sin(angle), along * np.sin(angle) + across * np.cos(angle)
    return np.column_stack([x + shown.centre[0], y + shown.centre[1]])


def size_in(
    shown: Class, points: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Distances of points from an ellipse's centre, as shares of its radius in their direction."""
    (x, y), angle = (points - shown.centre).T, np.radians(shown.angle)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return np.hypot(along / (shown.width / 2), across / (shown.height / 2))
