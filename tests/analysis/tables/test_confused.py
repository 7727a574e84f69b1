"""Claims about two classes that a network confuses: the share of its test errors, and images that do not have these classes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.inference.study_verdicts import verdicts_of
from analysis.inference.wording import in_words
from analysis.pages.study_page import Summary
from analysis.tables.confused import confused_share
from analysis.tables.grouping import studies_of
from analysis.tables.labels import with_labels
from analysis.tables.studies import Study
from benchmarks import Above, Claim, Less, Suite, arms
from benchmarks.cli.advice import advice
from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.request import resolve
from benchmarks.spec.class_pairs import numbers_of
from benchmarks.spec.images import Images
from benchmarks.spec.metrics import metric_of
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

REFERENCE = Path(__file__).parents[3] / "results" / "reference"
Make = Callable[..., TrialResult]
CLASSES = ("cat", "T-shirt/top", "dog")
CLAIM = Claim("It confuses a and b.", Above("plain8", target=1 / 3), margin=1 / 10, metric="confused:a/b")
SUITE = Suite(
    question="What is confused?",
    arms=arms("plain8", "resnet8"),
    claims=(CLAIM, Claim("Fewer.", Less("resnet8", "plain8"), margin=1.0)),
)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30), st.sampled_from([(0, 1), (1, 0), (0, 2)])
)
def test_a_share_is_that_of_the_errors_which_take_one_class_for_the_other(
    make_result: Make, images: list[tuple[int, int]], pair: tuple[int, int]
) -> None:
    labels, predictions = zip(*images, strict=True)
    made = make_result("plain8", 0)
    result = replace(made, predictions=predictions, data=replace(made.data, classes=CLASSES))
    num_wrong = num_pair = 0
    for true, predicted in images:
        num_wrong += true != predicted
        num_pair += (true, predicted) in (pair, pair[::-1])
    expected = num_pair / num_wrong if num_wrong else None
    assert confused_share(result, labels, f"{CLASSES[pair[0]]}/{CLASSES[pair[1]]}") == (
        pytest.approx(expected) if num_wrong else None
    )
    assert confused_share(result, (), "cat/dog") is None and confused_share(result, labels, "cat/bird") is None


def test_cats_and_dogs_are_found_in_the_records_of_the_repository() -> None:
    """On CIFAR-10's images as JPEG files a residual network takes one for the other in one error of eight, as the record's own matrix says."""
    out = Out(REFERENCE)
    result = out.trials.read(sorted(out.trials.folder.glob("resnet20-cifar10-jpeg-s0-*.json"))[0])
    labels = out.labels.of_trial(result.trial, result.data.num_test)
    assert labels is not None and numbers_of("cat/dog", result.data.classes) == (3, 5)
    matrix = np.zeros((10, 10), int)
    np.add.at(matrix, (labels, result.predictions), 1)
    wrong = matrix.sum() - np.trace(matrix)
    assert result.final is not None and 100 * wrong / len(labels) == pytest.approx(result.final.test_error_pct)
    share = confused_share(result, labels, "dog/cat")
    assert share == pytest.approx((matrix[3, 5] + matrix[5, 3]) / wrong) and 0.1 < (share or 0) < 0.2


def study_of(make_result: Make, tiny: Images, out: Out | None, suite: Suite = SUITE) -> Study:
    """Six seeds, each wrong about four of twenty images: three times a for b or b for a, and once c for a."""
    labels = tiny.test.labels_N
    predicted = labels.copy()
    predicted[[*np.flatnonzero(labels == 0)[:1], *np.flatnonzero(labels == 1)[:2]]] ^= 1
    predicted[np.flatnonzero(labels == 2)[:1]] = 0
    made = [
        make_result(arm, seed, test=20.0, predictions=tuple(predicted.tolist()))
        for arm in SUITE.arms.values()
        for seed in range(6)
    ]
    (study,) = studies_of("mine", suite, made)
    return with_labels(study, out.labels) if out else study


def test_a_claim_about_two_classes_is_judged_by_the_predictions_and_the_labels(make_result: Make, tiny: Images, out: Out) -> None:
    study = study_of(make_result, tiny, out)
    assert in_words(verdicts_of(study, ())[0]).startswith("Untested") and "labels of the test images not kept" in in_words(
        verdicts_of(study, ())[0]
    )
    out.labels.write(tiny)
    study = study_of(make_result, tiny, out)
    assert study.trials["confused:a/b"].tolist() == [3 / 4] * 12
    verdict = verdicts_of(study, ())[0]
    assert verdict.outcome == "supported" and verdict.p is not None and verdict.p > 0  # equal shares of a few errors prove no 0
    assert "share of the test errors that confuse a and b of plain8 \N{MINUS SIGN} 0.3333 is +0.417" in in_words(verdict)


def test_a_claim_about_classes_that_the_images_lack_is_untested_in_no_family_and_without_remarks(
    make_result: Make, tiny: Images, out: Out
) -> None:
    out.labels.write(tiny)
    other = replace(CLAIM, id="cats", metric="confused:cat/dog")
    study = study_of(make_result, tiny, out, replace(SUITE, claims=(*SUITE.claims, other)))
    *judged, cats = verdicts_of(study, ())
    assert {verdict.family_size for verdict in judged} == {2} and cats.outcome == "untested"
    words = "Untested: not measured: share of the test errors that confuse cat and dog (no such classes among a, b, c)."
    assert in_words(cats) == words
    assert Summary(study=study).concerns["cats"] == ()


def test_the_plan_of_a_run_and_its_warnings_know_which_classes_there_are(out: Out) -> None:
    words = "vgg: cats-and-dogs stays untested: these images do not have the classes of confused:cat/dog"
    for dataset, is_told in (("digits-splits", False), ("digits", True)):  # the suite's own images, and others
        request = Request(suite="vgg", dataset=dataset, device="cpu", out=out.folder)
        context, (study,) = resolve(request)
        assert isinstance(study, StudyPlan) and study.declared.family == ("resnet34-trains-faster-by",)
        assert (words in advice([study], context, request, [])) == is_told


@pytest.mark.parametrize("name", ["confused:", "confused:cat", "confused:cat/", "confused:/dog", "confused:cat/cat"])
def test_a_metric_that_does_not_name_two_classes_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must name two classes with / between them, as in confused:cat/dog"):
        metric_of(name)
    assert metric_of("confused:T-shirt/top/Shirt").words == "share of the test errors that confuse T-shirt/top/Shirt"
    assert numbers_of("T-shirt/top/dog", CLASSES) == (1, 2) and numbers_of("cat/T-shirt/top", CLASSES) == (0, 1)
