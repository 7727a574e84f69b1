"""What is said of images before they are trained on, and of a recipe on them: at the start, in a plan, on the page, and as an objection."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from analysis.pages.objections import objections
from analysis.report import make_reports, report_on, report_on_session
from benchmarks import run
from benchmarks.spec.doubts import doubts, with_notes
from benchmarks.spec.images import Images, Split, load_dataset
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.suite import load_suite
from benchmarks.spec.timing import TimingPlan, Workload
from benchmarks.spec.trial import Arm
from benchmarks.store.environment import Environment
from benchmarks.store.out import Out
from benchmarks.store.strict_json import MissingRecordError
from benchmarks.store.timings import TimingResult
from benchmarks.store.trials import TrialResult, TrialStore, from_json, to_json
from resnet_variants import parse

MakeResult = Callable[..., TrialResult]
app = typer.Typer(add_completion=False)
app.command()(run.main)


def made(train: list[int], test: list[int], *, side: int = 4) -> Images:
    """Images of noise, so many of each class in either split."""
    random = np.random.default_rng(0)
    splits = [
        Split(
            images_NCHW=random.integers(0, 256, (sum(counts), 1, side, side), np.uint8),
            labels_N=np.repeat(np.arange(len(counts)), counts),
        )
        for counts in (train, test)
    ]
    return Images(name="made", source="", train=splits[0], test=splits[1], classes=tuple("abcdef"[: len(train)]))


def noise(root: Path) -> Path:
    """A folder of two classes, five images of noise of each in either split."""
    random = np.random.default_rng(0)
    for split in ("train", "test"):
        for label in "ab":
            (root / split / label).mkdir(parents=True)
            for number in range(5):
                Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8)).save(root / split / label / f"{number}.png")
    return root


@pytest.mark.parametrize(
    ("side", "has_a_left_and_right", "recipe", "number"),
    [
        (8, True, "he2015", 2),
        (8, True, "quick", 0),
        (8, True, "lecture", 0),  # which enlarges them first, and mirrors nothing
        (15, False, "wrn", 1),
        (16, False, "wrn", 0),
        (28, True, "short", 1),
        (32, True, "resnext", 1),
        (32, False, "he2016", 0),
    ],
)
def test_a_recipe_is_doubted_that_does_not_suit_the_images(
    side: int, has_a_left_and_right: bool, recipe: str, number: int
) -> None:
    facts = replace(made([5, 5], [5, 5], side=side).facts, has_a_left_and_right=has_a_left_and_right)
    said = doubts(facts, RECIPES[recipe])
    assert len(said) == number
    assert all(f"Recipe {recipe} " in words and "--set augment=none" in words for words in said)
    assert any(f"up to 4 of their {side} pixels" in words for words in said) == (side < 16 and number > 0)
    assert any("mirrors half of the images" in words for words in said) == (
        has_a_left_and_right and recipe not in ("quick", "lecture")
    )


def test_the_digits_have_a_left_and_a_right(digits: Images) -> None:
    assert digits.facts.has_a_left_and_right and load_dataset("digits28").load(None, False).facts.has_a_left_and_right
    assert with_notes(digits).notes == ()


COUNTS = st.lists(st.integers(0, 120), min_size=2, max_size=6)


@given(train=COUNTS.filter(lambda counts: sum(counts) > 1), test=st.integers(1, 60))
def test_classes_are_doubted_where_they_are_tiny_or_very_uneven(train: list[int], test: int) -> None:
    said = with_notes(made(train, [test] * len(train))).notes
    said = tuple(words for words in said if words.startswith("The classes are"))
    is_uneven = max(train) > 10 * min(train)
    assert len(said) == (is_uneven or min(train) < 5 or test < 5)
    for words in said:
        assert f"training images from {min(train)} (" in words and f"to {max(train)} (" in words
        assert ("very uneven" in words) == is_uneven


def test_what_the_largest_class_alone_would_give_is_said() -> None:
    (words,) = with_notes(made([1, 40], [1, 39])).notes
    assert words == (
        "The classes are very uneven: training images from 1 (a) to 40 (b); test images from 1 (a) to 39 (b). "
        "A network that always answers b has a test error of 2.5%."
    )


@given(shared=st.lists(st.tuples(st.integers(0, 29), st.integers(0, 19)), unique_by=lambda pair: pair[1], max_size=8))
def test_test_images_that_are_training_images_are_counted(shared: list[tuple[int, int]]) -> None:
    images = made([15, 15], [10, 10])
    pixels_NCHW = images.test.images_NCHW.copy()
    for train, test in shared:
        pixels_NCHW[test] = images.train.images_NCHW[train]
    notes = with_notes(replace(images, test=replace(images.test, images_NCHW=pixels_NCHW))).notes
    assert len(notes) == bool(shared)
    if shared:
        train, test = min(shared, key=lambda pair: pair[1])
        classes = ["ab"[images.train.labels_N[train]], "ab"[images.test.labels_N[test]]]
        assert notes[0].startswith(
            f"Among the training images, too: {len(shared)} of 20 test images, the first of them test image {test} (class {classes[1]}), "
            f"which is training image {train} (class {classes[0]})."
        )


def test_equal_pixels_in_another_file_are_found(tmp_path: Path) -> None:
    noise(tmp_path)
    with Image.open(tmp_path / "train" / "b" / "3.png") as picture:
        picture.save(tmp_path / "test" / "a" / "2.bmp")
        picture.save(tmp_path / "test" / "b" / "x.webp", lossless=True)
    (words,) = with_notes(load_dataset("imagefolder").load(tmp_path, False)).notes
    assert "2 of 12 test images, the first of them test/a/2.bmp, which is train/b/3.png." in words


def test_sixty_thousand_images_are_compared_in_seconds() -> None:
    images = made([25_000, 25_000], [5_000, 5_000], side=32)
    started = perf_counter()
    assert with_notes(images).notes == ()
    assert perf_counter() - started < 5  # 0.2 s on a core of its own


@pytest.mark.parametrize("dataset", ["digits", "imagefolder"])
def test_the_images_and_what_is_doubtful_are_said_once_before_a_plan(
    dataset: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("benchmarks.cli.dry_run.seconds_by_arm", lambda trials, *_: {trial.arm: 1.0 for trial in trials})
    (noise(tmp_path / "pets") / "train" / "a" / "x.heic").touch()
    data = ["--data", str(tmp_path / "pets")] if dataset == "imagefolder" else []
    asked = [
        "--suite",
        "depth",
        "--dataset",
        dataset,
        *data,
        "--set",
        "augment=crop-flip",
        "--set",
        "batch_size=2",
        "--jobs",
        "1",
    ]
    result = CliRunner().invoke(app, [*asked, "--dry-run", "--json"], env={"COLUMNS": "80", "TERM": "dumb"})
    assert result.exit_code == 0, result.stderr
    lines = result.stderr.splitlines()
    found = ["pets: 10 training and 10 test images, 2 classes, 8x8; left out: 1 .heic"] if data else []
    assert lines[: len(found)] == found
    warnings = lines[len(found) :]
    assert len(warnings) == (1 if data else 2)  # the folder does not say whether its images have a left and a right
    (plan,) = json.loads(result.stdout)
    assert [f"warning: {words}" for words in plan["warnings"]] == warnings
    assert plan["images"] == (found[0].removeprefix("pets: ") if data else "1,297 training and 500 test images, 10 classes, 8x8")


def test_of_shipped_images_that_suit_the_recipe_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.cli.dry_run.seconds_by_arm", lambda trials, *_: {trial.arm: 1.0 for trial in trials})
    result = CliRunner().invoke(app, ["--suite", "depth", "--jobs", "1", "--dry-run"])
    assert (result.exit_code, result.stderr) == (0, "")


def test_the_page_and_a_referee_say_it_too(
    make_result: MakeResult, write: Callable[..., Path], tmp_path: Path, tiny: Images
) -> None:
    recipe = Recipe(epochs=1, batch_size=64, augment="crop-flip")
    facts = replace(
        tiny.facts,
        has_a_left_and_right=True,
        preparation=("left out: 1 <b>.heic",),
        notes=("Among the training images, too: 1.",),
    )
    results = [
        make_result(arm, seed, train=10.0, test=20.0 + seed, recipe=recipe, data=facts)
        for arm in ("plain8", "resnet8")
        for seed in range(3)
    ]
    (page,) = make_reports(write(tmp_path, results), "depth")
    text, summary = (page.with_name(name).read_text() for name in ("index.html", "summary.md"))
    expected = doubts(facts, recipe)
    assert len(expected) == 3
    said = objections(tmp_path)
    for words in expected:
        assert f"<li>{words}</li>" in text and f"> **{words}**" in summary
        assert any(line.endswith(words.rstrip(".")) for line in said)
    assert "; left out: 1 &lt;b&gt;.heic.</p>" in text and "; left out: 1 \\<b\\>.heic" in summary


def test_a_record_that_says_less_of_its_images_is_read(make_result: MakeResult) -> None:
    fields = json.loads(to_json(make_result("resnet8", 0)))
    for name in ("notes", "preparation", "has_a_left_and_right"):
        del fields["data"][name]
    assert from_json(json.dumps(fields)).data == make_result("resnet8", 0).data


def test_what_is_no_text_is_recorded_so_that_it_can_be_read(make_result: MakeResult, store: TrialStore) -> None:
    detail = "FileNotFoundError: 'caf\udce9.png' \N{GRINNING FACE} \\udce9"
    result = make_result("resnet8", 0, status="failed", final=None, history=(), detail=detail)
    store.write(result)
    (found,), unreadable = store.read_all()
    assert unreadable == [] and found == replace(result, detail=detail.replace("\udce9", "?"))


@pytest.mark.parametrize("damage", ["", "{"])
def test_a_report_without_its_records_says_which_are_missing(
    make_result: MakeResult, store: TrialStore, tmp_path: Path, damage: str, environment: Environment, tiny: Images
) -> None:
    result = make_result("resnet8", 0)
    if damage:
        store.path(result.trial).write_text(damage)
    words = rf"{tmp_path}/trials holds no readable record of the trial of suite depth on tiny.*: no report was written"
    with pytest.raises(MissingRecordError, match=words) as missing:
        report_on(Out(tmp_path), "depth", result.trial)
    assert (store.path(result.trial).name in str(missing.value)) == bool(damage)
    workload = Workload(architecture=result.trial.architecture, task=tiny.facts.task(result.trial.recipe), batch_size=2, steps=())
    timing = TimingPlan(workloads=(workload,), precision="fp32", num_rounds=1, survey="throughput")
    session = TimingResult(plan=timing, networks=(), others_share=None, environment=environment)
    with pytest.raises(MissingRecordError, match=rf"{tmp_path}/timings holds no readable record of the session of throughput"):
        report_on_session(Out(tmp_path), "throughput", session)


def test_a_run_whose_records_are_missing_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def lose(*_: object, **__: object) -> None:
        raise MissingRecordError("no report was written")

    monkeypatch.setattr("benchmarks.cli.execute.run_study", lose)
    result = CliRunner().invoke(app, ["--suite", "depth", "--arms", "*8", "--seeds", "1", "--out", str(tmp_path / "out")])
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, "error: no report was written")


def test_labels_that_look_alike_are_shown_with_escapes() -> None:
    suite, labels = load_suite("depth"), ("caf\N{LATIN SMALL LETTER E WITH ACUTE}", "cafe\N{COMBINING ACUTE ACCENT}")
    arm = Arm(architecture=parse("plain14:width=3"))
    with pytest.raises(ValueError, match=r"\('caf\\xe9'\) and .* \('cafe\\u0301'\) are the same network"):
        replace(suite, arms={**suite.arms, **dict.fromkeys(labels, arm)})
    with pytest.raises(ValueError, match=r"unknown arm .* \('cafe\\u0301'\); did you mean .* \('caf\\xe9'\)\?"):
        replace(suite, arms={**suite.arms, labels[0]: arm}).asked(labels[1])


def test_labels_of_arms_are_text() -> None:
    suite = load_suite("depth")
    with pytest.raises(ValueError, match=r"arm 'plain\\udce9' is not UTF-8"):
        replace(suite, arms={**suite.arms, "plain\udce9": Arm(architecture=parse("plain14"))})
