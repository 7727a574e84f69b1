"""Names that users choose are drawn so that they can be told apart, without a warning; a legend explains those that the font cannot draw."""

import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from analysis.pages.drawing import draw_all
from analysis.pages.drawn_names import names_of
from analysis.pages.study_page import Summary
from analysis.report import make_reports
from analysis.tables.grouping import studies_of
from benchmarks.spec.images import Images
from benchmarks.spec.suite import load_suite
from benchmarks.store.drawable import font_path, key_of_names, shown_names
from benchmarks.store.mistakes import sheet, sheet_names, write_sheet
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
CAT, DOG = "\N{CJK UNIFIED IDEOGRAPH-732B}", "\N{CJK UNIFIED IDEOGRAPH-72AC}"
ARABIC = "\N{ARABIC LETTER BEH}\N{ARABIC LETTER TEH}"
PARTY = "\N{PARTY POPPER}"


@pytest.mark.parametrize(
    "name",
    [
        CAT,
        PARTY,
        ARABIC,
        "a\nb",
        "a\tb",
        "x" * 200,
        "",
        " a",
        "a  b",
        "_hidden",
        "\N{DEVANAGARI LETTER KA}",
        "\udce9",
        "a\u0301\u0302",
    ],
)
def test_a_name_that_cannot_be_drawn_gets_a_number_and_a_line_in_the_legend(name: str) -> None:
    names = ("kitten", name, "\N{LATIN CAPITAL LETTER A WITH DIAERESIS}pfel")
    shown = shown_names(names, "#", lambda text: len(text) < 50)
    assert shown == ("kitten", "#2", names[2]) and key_of_names(names, shown) == (("#2", name),)


def test_names_that_look_alike_are_all_numbered() -> None:
    composed, apart = "caf\u00e9", "cafe\u0301"
    assert shown_names((composed, apart), "#", bool) == ("#1", "#2")
    assert shown_names((CAT, "#1"), "#", bool) == ("#1", "#2")
    assert shown_names((apart, "tea"), "#", bool) == (composed, "tea")  # one alone is drawn, in one form


@given(st.lists(st.text(max_size=12), max_size=6, unique=True))
def test_whatever_names_are_they_are_drawn_apart_and_without_a_warning(names: list[str]) -> None:
    found = names_of(names, "#", 10)
    assert len(set(found.shown.values())) == len(names)
    figure = Figure(figsize=(1, 1), dpi=20)
    for text in found.shown.values():
        figure.text(0, 0, text, fontfamily="DejaVu Sans")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(BytesIO(), format="png")


def test_a_dollar_sign_is_no_formula() -> None:
    figure = Figure()
    text = figure.text(0, 0, names_of(["$x^$ and $"], "#").shown["$x^$ and $"])
    assert text._preprocess_math(text.get_text()) == ("$x^$ and $", False)


@pytest.mark.slow
def test_the_confusion_of_classes_that_the_font_lacks_has_numbers_and_a_legend_beside_it(
    write: Write, make_result: Make, tiny: Images, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    classes, suite = (CAT, DOG, "$a$ | <b>"), load_suite("lectures")
    guesses = tuple((label + 1) % 3 for label in tiny.test.labels_N.tolist())
    facts = replace(tiny.facts, classes=classes)
    made = [
        make_result(arm, seed, test=50.0, predictions=guesses, data=facts) for arm in suite.arms.values() for seed in range(3)
    ]
    out = write(tmp_path, made)
    Out(out).labels.write(tiny)
    named = replace(tiny, classes=classes)
    for result in made:
        write_sheet(Out(out).sheet(result.trial), result, named)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (page,) = make_reports(out, "lectures")
    assert capsys.readouterr().err == "" and page.with_name("confusion.png").exists()
    text = page.read_text()
    figures = re.findall(r"<figure\b.*?</figure>", text, re.DOTALL)
    (confusion,) = [figure for figure in figures if 'data-figure="confusion"' in figure]
    (mistakes,) = [figure for figure in figures if "lecture_identity_1x1.</strong>" in figure]
    for part in (confusion, mistakes):
        assert f"#1: {CAT}; #2: {DOG}." in unescape(part) and "<b>" not in part
    assert f"- confusion: #1 is {CAT}; #2 is {DOG}\n" in page.with_name("summary.md").read_text()
    assert "error_by_arm: " not in page.with_name("summary.md").read_text()  # it shows no class


@pytest.mark.slow
def test_arms_and_data_sets_of_any_name_are_drawn_in_every_figure(make_result: Make, tiny: Images, tmp_path: Path) -> None:
    known = load_suite("depth")
    odd = {CAT: "plain8", DOG: "plain20", "$": "resnet8", "an arm\nof two lines": "resnet20"}
    suite = replace(
        known,
        arms={label: known.arms[name] for label, name in odd.items()},
        claims=(),
        main="",
        optional={},
        optional_claims=(),
        retired=(),
        reference=next(iter(odd)),
    )
    names = ("error_by_arm", "error_by_depth", "training_curves", "test_error_by_epoch", "error_by_step_time")
    dataset = replace(tiny.identity(), name=PARTY)
    results = [make_result(arm, seed, test=seed) for arm in suite.arms.values() for seed in range(2)]
    results = [replace(result, trial=replace(result.trial, dataset=dataset)) for result in results]
    (study,) = studies_of("depth", suite, results)
    data, key = Summary(study=study).figure_data(Out(tmp_path))
    assert key == (("data set 1", PARTY), ("arm 1", CAT), ("arm 2", DOG), ("arm 4", "an arm\nof two lines"))
    drawings = draw_all(names, data, key)
    assert drawings.left_out == () and len(drawings.figures) == 4  # nothing was timed
    assert {figure.name: figure.key for figure in drawings.figures}["error_by_arm"] == key
    assert {figure.name: figure.key for figure in drawings.figures}["error_by_depth"] == key[:1]


def test_a_sheet_has_letters_with_marks_and_numbers_for_what_its_font_lacks(tiny: Images) -> None:
    def captions(classes: tuple[str, ...]) -> bytes:
        picture = Image.open(BytesIO(sheet(replace(tiny, classes=classes), [0], [1] * 20)))
        return np.asarray(picture.convert("L"))[64:].tobytes()

    marked = ("\N{LATIN CAPITAL LETTER A WITH DIAERESIS}", "\N{LATIN CAPITAL LETTER O WITH DIAERESIS}", "b")
    assert sheet_names(marked) == marked
    assert captions(marked) != captions((marked[1], marked[0], "b"))  # no two boxes
    assert sheet_names((CAT, DOG, "b")) == ("#1", "#2", "b")
    assert captions((CAT, DOG, "b")) == captions(("#1", "#2", "b"))
    assert sheet_names(("large_dog_1", "large_dog_2", "cat")) == ("#1", "#2", "cat")  # cut off they would be one
    assert font_path().is_file()
