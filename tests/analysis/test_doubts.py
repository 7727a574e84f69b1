"""A referee's doubts about arms, margins, looks and images are named by `analysis.check`, and next to the claims that they concern."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from analysis.inference.study_verdicts import verdicts_of
from analysis.pages.concerns import SHOWN, concerns_of, referee_objections
from analysis.pages.objections import objections
from analysis.pages.reports import Reports
from analysis.report import make_reports
from analysis.tables.doubtful_arms import reference_arm
from benchmarks.spec.contrasts import GapGrows
from benchmarks.spec.images import Images
from benchmarks.spec.suite import Suite, load_suite, suite_names
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult
from resnet_variants.names import some_of

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
ERROR = 10.0  # test error of every arm of the clean study


def with_errors(results: list[TrialResult], arm: str, errors: dict[float, list[tuple[float, float]]]) -> list[TrialResult]:
    """The results with other training and test errors of an arm, by learning rate and seed; further seeds have the last ones."""
    made = []
    for result in results:
        rate, seed = result.trial.recipe.learning_rate, result.trial.seed
        if result.trial.name.startswith(f"{arm}-") and not result.trial.control and rate in errors and result.final:
            train, test = errors[rate][min(seed, len(errors[rate]) - 1)]
            result = replace(result, final=replace(result.final, train_error_pct=train, test_error_pct=test))
        made.append(result)
    return made


def noted(folder: Path) -> dict[str, str]:
    """The rows of the page of `depth`, by the claim's statement."""
    (page,) = make_reports(folder, "depth")
    cards = re.findall(r'<details class="claim .*?#[\w-]+</a></p>', page.read_text(), re.DOTALL)
    summary = page.with_name("summary.md").read_text()
    notes = [line for card in cards for line in re.findall(r'<p class="concern">(.*?)</p>', card)]
    assert all(note in summary for note in notes)
    return {re.findall(r'<span class="say">(.*?)</span>', card)[0]: card for card in cards}


STATEMENTS = {claim.id: claim.statement for claim in load_suite("depth").claims}
OLDER, YOUNGER, WORSE = (
    STATEMENTS[number] for number in ("plain-degrades", "residual-trains-no-worse-at-56", "residual-tests-better")
)


@pytest.mark.slow
@pytest.mark.usefixtures("no_figures")
def test_a_reference_that_is_under_trained_is_objected_to_and_named_next_to_its_claims(
    clean: list[TrialResult], tmp_path: Path, stored: Write
) -> None:
    low = with_errors(clean, "resnet20", {0.1: [(0.4, ERROR), (0.6, ERROR), (0.5, ERROR)]})
    assert objections(stored(tmp_path / "low", low)) == []
    high = with_errors(clean, "resnet20", {0.1: [(0.4, ERROR), (0.6, ERROR), (0.8, ERROR), (0.6, ERROR)]})
    (objection,) = objections(stored(tmp_path / "high", high))
    assert objection.endswith(": reference under-trained (training error above 0.5%): resnet20 (0.6% at 0.1)")
    cards = noted(tmp_path / "high")
    words = "The reference, the residual network of 20 layers, is under-trained: training error 0.6% at 0.1."
    assert words in cards[YOUNGER] and words not in cards[OLDER] and words not in cards[WORSE]


def test_the_reference_is_the_one_that_a_suite_names_or_the_first_arm_of_its_first_claim() -> None:
    suite = load_suite("depth")
    assert reference_arm(suite) == suite.reference == "resnet20"
    assert reference_arm(replace(suite, reference="")) == "plain20"
    pairs = [claim for claim in suite.claims if isinstance(claim.test, GapGrows)]
    assert pairs and reference_arm(cast(Suite, SimpleNamespace(reference="", claims=pairs))) == "resnet20"  # of pairs, the first
    assert reference_arm(replace(suite, reference="", claims=(), main="", retired=())) is None
    assert {name: reference_arm(load_suite(name)) in load_suite(name).arms for name in suite_names()} == dict.fromkeys(
        suite_names(), True
    )


@pytest.mark.slow
@pytest.mark.usefixtures("no_figures")
def test_an_arm_at_chance_level_is_objected_to_and_named_next_to_its_claims(
    clean: list[TrialResult], tmp_path: Path, stored: Write
) -> None:
    """Of three classes random predictions have an error of 66.7%, and of 500 images 62.5% is the lower end."""
    good = with_errors(clean, "resnet8", {0.1: [(0.0, 62.0), (0.0, 61.0), (0.0, 70.0), (0.0, 61.0)]})
    assert not any("chance" in line for line in objections(stored(tmp_path / "good", good)))
    poor = with_errors(clean, "resnet56", {0.05: [(60.0, 66.0), (60.0, 63.0), (0.0, 20.0), (60.0, 63.0)]})
    found = objections(stored(tmp_path / "poor", poor))
    assert any(line.endswith(": at chance level: resnet56 (63% at 0.05)") for line in found), found
    cards = noted(tmp_path / "poor")
    words = "The residual network of 56 layers is at chance level: test error 63% at 0.05."
    assert words in cards[YOUNGER] and words in cards[WORSE] and words not in cards[OLDER]


@pytest.mark.slow
def test_an_arm_that_fails_in_part_is_objected_to(clean: list[TrialResult], tmp_path: Path, stored: Write) -> None:
    """Above 33.3%, half of the error of random predictions, a run fails."""
    some = with_errors(clean, "resnet8", {0.1: [(0.0, 34.0), (0.0, 33.0), (0.0, 1.0)]})
    (objection,) = objections(stored(tmp_path / "some", some))
    assert objection.endswith(": failing in part: resnet8 (4 of 5 train at 0.1)")
    every = with_errors(clean, "resnet8", {0.1: [(0.0, 34.0)] * 3})
    assert objections(stored(tmp_path / "all", every)) == []


@pytest.mark.parametrize(
    ("errors", "end"),
    [
        ((3.0, 2.0, 1.0), "0.025"),
        ((1.0, 2.0, 3.0), "0.1"),
        ((2.0, 1.0, 3.0), None),
        ((1.0, 1.0, 3.0), None),  # the rate inside is as good
        ((1.0, 2.0, 1.0), "0.025"),  # of equals the smaller rate
        ((1.0, 2.0, 40.0), "0.1"),
        ((40.0, 2.0, 40.0), None),  # a rate at which runs fail is not the best
    ],
)
def test_a_best_rate_at_the_end_of_the_grid_is_objected_to_and_named_next_to_its_claims(
    clean: list[TrialResult], tmp_path: Path, errors: tuple[float, ...], end: str | None, stored: Write
) -> None:
    made = with_errors(
        clean, "plain56", {rate: [(0.0, error)] * 3 for rate, error in zip((0.1, 0.05, 0.025), errors, strict=True)}
    )
    found = [line.partition(": ")[2] for line in objections(stored(tmp_path, made))]
    assert found == ([] if end is None else [f"best at an end of the learning rates: plain56 ({end})"])
    (study,) = Reports(Out(tmp_path).read()).studies("depth")
    concerns = {number: lines for number, lines in concerns_of(study).items() if lines}
    line = f"The plain network of 56 layers is best at an end of the learning rates: {end}."
    of_plain56 = [claim.id for claim in study.suite.claims if "plain56" in claim.test.contrast]
    assert 0 < len(of_plain56) < len(study.suite.claims)
    assert concerns == ({} if end is None else dict.fromkeys(of_plain56, (line,)))


def test_a_margin_worth_less_than_one_image_is_objected_to(clean: list[TrialResult], tmp_path: Path, stored: Write) -> None:
    few = replace(clean[0].data, num_test=99)
    made = [replace(result, data=few) for result in clean]
    found = [line.partition(": ")[2] for line in objections(stored(tmp_path, made))]
    of_test_error = [claim.id for claim in load_suite("depth").claims if claim.metric == "test_error_pct"]
    assert found[0] == f"margin worth less than one image: {some_of(of_test_error, SHOWN)}"
    (study,) = Reports(Out(tmp_path).read()).studies("depth")
    easy = [replace(claim, too_easy_on=("digits",)) for claim in study.suite.claims if claim.metric == "test_error_pct"]
    on_digits = replace(
        study, dataset=replace(study.dataset, name="digits"), suite=replace(study.suite, claims=tuple(easy), main="", retired=())
    )
    said = [*referee_objections(on_digits, verdicts_of(on_digits, ()))]
    assert not any("worth less" in line for line in said)  # no claim is judged there


@pytest.mark.usefixtures("no_figures")
def test_a_claim_that_is_not_judged_on_these_images_has_no_remark(
    clean: list[TrialResult], tmp_path: Path, stored: Write
) -> None:
    made = with_errors(clean, "resnet20", {0.1: [(0.8, ERROR)]})  # under-trained
    (study,) = Reports(Out(stored(tmp_path, made)).read()).studies("depth")
    judged = {number for number, lines in concerns_of(study).items() if lines}
    on_digits = replace(study, dataset=replace(study.dataset, name="digits"))
    easy = {claim.id for claim in study.suite.claims if "digits" in claim.too_easy_on}
    assert easy & judged and judged - easy
    assert {number for number, lines in concerns_of(on_digits).items() if lines} == judged - easy


def test_a_number_of_seeds_that_is_no_look_is_objected_to(clean: list[TrialResult], tmp_path: Path, stored: Write) -> None:
    out = Out(stored(tmp_path, clean))
    (study,) = Reports(out.read()).studies("depth")
    said = {
        looks: [*referee_objections(replace(study, suite=replace(study.suite, looks=looks)), ())]
        for looks in ((), (5, 10), (4, 8))
    }
    assert said == {(): [], (5, 10): [], (4, 8): ["5 seeds, not a declared look: 4, 8"]}


@pytest.mark.slow
def test_one_split_and_missing_labels_are_objected_to(
    clean: list[TrialResult], tiny: Images, tmp_path: Path, stored: Write
) -> None:
    fixed = [replace(result, trial=replace(result.trial, dataset=tiny.identity(), split=None)) for result in clean]
    out = Out(stored(tmp_path, fixed))
    one = "one split of the images: its claims may hold on these images only"
    lost = "labels of the test images missing: intervals of errors leave out the sampling of images"
    assert [line.partition(": ")[2] for line in objections(tmp_path)] == [one, lost]
    out.labels.write(tiny)
    assert [line.partition(": ")[2] for line in objections(tmp_path)] == [one]
    out.labels.path(clean[0].trial.dataset).unlink()
    assert [line.partition(": ")[2] for line in objections(stored(tmp_path / "pool", clean))] == []
    Out(tmp_path / "pool").labels.path(clean[0].trial.dataset).unlink()
    assert [line.partition(": ")[2] for line in objections(tmp_path / "pool")] == [lost]
