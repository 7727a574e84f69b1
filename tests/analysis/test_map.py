"""python -m analysis.map OUT: the map of claims as a page, CSV and JSON, and as a data frame."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis import load
from analysis.map import read_pages
from analysis.pages.map_files import FORMATS, write_map
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.suite import load_suite
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
DEPTH = load_suite("depth")
# by data set, arm and seed: depth ruins the plain network on digits, and not on the other images
ERRORS = {
    "digits": {"plain56": [60.0, 61.0, 62.5], "plain20": [3.0, 3.2, 3.1]},
    "images": {"plain56": [3.0, 3.2, 3.1], "plain20": [6.0, 6.25, 6.15]},
}


@pytest.fixture(scope="module")
def out(make_result: Make, write: Write, tmp_path_factory: pytest.TempPathFactory) -> Path:
    facts = replace(make_result("plain8", 0).data, num_train=50_000, num_test=10_000)  # of which an error is hardly rounded
    made = []
    for place, (name, arms) in enumerate(ERRORS.items()):
        for arm, errors in arms.items():
            for seed, error in enumerate(errors):
                result = make_result(DEPTH.arms[arm], seed, recipe=RECIPES["quick"], train=error, test=error, data=facts)
                dataset = replace(result.trial.dataset, name=name, checksum=str(place) * 16)
                made.append(replace(result, trial=replace(result.trial, dataset=dataset)))
    return write(tmp_path_factory.mktemp("map"), made)


@pytest.fixture(scope="module")
def files(out: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The three files, written once."""
    folder = tmp_path_factory.mktemp("files")
    write_map(out, read_pages(out), [folder / f"map{ending}" for ending in FORMATS])
    return {ending: (folder / f"map{ending}").read_text() for ending in FORMATS}


def run(*words: object) -> tuple[int, str]:
    from typer import Typer

    from analysis.map import main

    app = Typer()
    app.command()(main)
    done = CliRunner().invoke(app, list(map(str, words)))
    return done.exit_code, done.output


def test_the_csv_has_a_row_per_claim_and_setting(files: dict[str, str]) -> None:
    frame = pd.read_csv(StringIO(files[".csv"]), dtype={"checksum": str})
    rows = frame[frame["claim"] == "plain-degrades"].set_index("dataset")
    assert rows["outcome"].to_dict() == {"digits": "supported", "images": "contradicted"}
    assert rows.loc["digits", "effect"] == pytest.approx(61.166667 - 3.1) and rows.loc["images", "n"] == 3
    assert set(rows["depends_on"]) == {"data: yes"} and set(rows["recipe"]) == {"quick"} and set(rows["learning_rate"]) == {0.1}


def test_the_json_says_the_same_as_the_csv(files: dict[str, str]) -> None:
    (row,) = [row for row in json.loads(files[".json"]) if row["claim"] == "plain-degrades"]
    assert [(one["dataset"], one["outcome"]) for one in row["cells"]] == [("digits", "supported"), ("images", "contradicted")]
    assert row["depends_on"] == [{"factors": ["data"], "answer": "yes"}]
    assert row["pooled"] is None and row["not_pooled"] == "an arm trains in one study and fails in another"


def test_the_page_shows_each_verdict_by_mark_and_word_and_says_on_what_the_answer_depends(files: dict[str, str]) -> None:
    page = files[".html"]
    row = page[page.index('id="map-depth-plain-degrades"') :].partition("</tr>")[0]
    text = " ".join(re.sub(r"<[^>]+>|&nbsp;", " ", row).split())
    assert "✓ supported" in text and "✗ does not hold here" in text
    assert "on data: supported at digits, does not hold here at images" in text
    assert "<script" not in page and not re.search(r"(src|href)=\"?https?:", page)
    assert page.count("<caption>") == page.count("<table") and "scope=" in page


def test_the_command_writes_the_same_bytes_from_the_same_records(files: dict[str, str], out: Path, tmp_path: Path) -> None:
    code, text = run(out, "-o", tmp_path / "map.csv")
    assert (code, text.split()) == (0, [str(tmp_path / "map.csv")])
    assert (tmp_path / "map.csv").read_text() == files[".csv"]


def test_a_folder_in_python_gives_the_rows_of_the_csv(files: dict[str, str], out: Path) -> None:
    frame = load(out).map()
    assert frame.to_csv(index=False, lineterminator="\n") == files[".csv"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("{out}", "-o", "map.png"), ".html"),
        (("{out}", "-o", "missing/map.csv"), "missing"),
        (("missing",), "does not exist"),
        (("{out}", "--suite", "nope"), "nope"),
    ],
)
def test_bad_input_is_named_with_exit_code_2(words: tuple[str, ...], message: str, out: Path) -> None:
    code, text = run(*(word.format(out=out) for word in words))
    assert code == 2 and message in " ".join(re.sub(r"[│╭╮╰╯─]", " ", text).split())


@pytest.mark.slow
def test_the_map_of_the_reference_compares_its_studies() -> None:
    frame = load(Path(__file__).parents[2] / "results" / "reference").map()
    tested = frame[~frame["outcome"].str.startswith("untested")]
    assert tested.groupby(["suite", "claim"])["study"].nunique().max() >= 2
    pooled = frame.dropna(subset=["pooled_effect"])
    assert len(pooled) and (pooled["pooled_low"] < pooled["pooled_effect"]).all() and (pooled["num_pooled"] >= 2).all()
