"""A single arm's interval takes in the sampling of the test images, and the page says what that is of its spread."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.image_sampling import two_level_mean
from analysis.pages.image_notes import bars_note, effects_note, errors_note
from analysis.pages.reports import Reports
from analysis.report import make_reports
from analysis.statistics.means import estimate
from analysis.tables.frames import estimates_by_arm
from analysis.tables.studies import Study
from benchmarks.spec.images import Images, Split
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import load_suite
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
NUM_IMAGES, NUM_SEEDS, CLASSES = 400, 5, ("a", "b", "c")
ARMS = tuple(load_suite("depth").arms)


@pytest.fixture(scope="module")
def images() -> Images:
    half = Split(images_NCHW=np.zeros((NUM_IMAGES, 1, 8, 8), np.uint8), labels_N=np.arange(NUM_IMAGES) % 3)
    return Images(name="grey", source="made for tests", train=half, test=half, classes=CLASSES)


def made_wrong(spread_of_images: float, spread_of_seeds: float) -> np.ndarray:
    """Wrong or not, by arm, seed and image: some images are hard for all arms and seeds, and some seeds are worse on all images."""
    random = np.random.default_rng(0)
    hard_I = spread_of_images * random.normal(size=NUM_IMAGES)
    poor_AS = spread_of_seeds * random.normal(size=(len(ARMS), NUM_SEEDS))
    chances_ASI = 1 / (1 + np.exp(3 - hard_I - poor_AS[..., None]))
    return random.random(chances_ASI.shape) < chances_ASI


def written(folder: Path, images: Images, make_result: Make, wrong: np.ndarray, rates: tuple[float, ...] = (0.1,)) -> Out:
    """A study of `depth` with these predictions, and with labels."""
    out = Out(folder)
    out.prepare()
    out.labels.write(images)
    labels_N = images.test.labels_N
    for arm, wrong_SI in zip(ARMS, wrong, strict=True):
        for seed, wrong_I in enumerate(wrong_SI):
            predictions = tuple(((labels_N + wrong_I) % 3).tolist())
            for rate in rates:
                recipe = Recipe(epochs=1, batch_size=64, learning_rate=rate)
                made = make_result(
                    arm, seed, test=100 * wrong_I.mean(), data=images.facts, predictions=predictions, recipe=recipe
                )
                out.trials.write(replace(made, trial=replace(made.trial, dataset=images.identity())))
    return out


def study_of(out: Out) -> Study:
    (study,) = Reports(out.read()).studies("depth")
    return study


def test_the_interval_of_a_test_error_is_that_over_seeds_and_images(images: Images, make_result: Make, tmp_path: Path) -> None:
    wrong = made_wrong(2.0, 0.1)
    study = study_of(written(tmp_path, images, make_result, wrong, (0.1, 0.05)))
    for at_rate in study.by_rate.values():
        for (arm, found), wrong_SI in zip(estimates_by_arm(at_rate).items(), wrong, strict=True):
            test, expected = found["test_error_pct"], two_level_mean(100.0 * wrong_SI).interval
            own = estimate((100 * wrong_SI.mean(axis=1)).tolist())
            assert test.low is not None and own.low is not None, arm
            assert test.value == pytest.approx(100 * wrong_SI.mean()) and test.low <= own.low
            assert test.low == pytest.approx(min(expected[0], own.low), rel=1e-6)
            training = estimate([0.0] * NUM_SEEDS, 100 / NUM_IMAGES / np.sqrt(12))
            assert found["train_error_pct"].low == pytest.approx(training.low)  # training images are no sample


@pytest.mark.slow
@pytest.mark.parametrize(("spreads", "more", "less"), [((2.0, 0.1), "images", "seeds"), ((0.0, 1.0), "seeds", "images")])
def test_the_page_says_the_share_of_the_test_set_and_what_is_cheaper(
    images: Images, make_result: Make, tmp_path: Path, spreads: tuple[float, float], more: str, less: str
) -> None:
    wrong = made_wrong(*spreads)
    out = written(tmp_path, images, make_result, wrong)
    (page,) = make_reports(tmp_path, "depth")
    text, summary = (" ".join(path.read_text().split()) for path in (page, page.with_name("summary.md")))
    shares = np.median([two_level_mean(100.0 * wrong_SI).shares for wrong_SI in wrong], axis=0)
    said = re.search(r"test images makes (\d+)% of the variance of an arm's test error and the choice of seeds (\d+)%", summary)
    assert said and [int(share) for share in said.groups()] == [round(100 * share) for share in shares]
    cheaper = f"doubling the {more} narrows its interval more than doubling the {less}, so more {more} are cheaper."
    assert cheaper in summary and cheaper in text
    assert "Intervals of effects are over seeds, on these images." in text and "over seeds, on these images." in summary
    (row,) = [arm for arm in Reports(out.read()).pages["depth"][0].arms if arm.arm == "plain56"]  # type: ignore[attr-defined]
    assert f"{row.test.value:.2f} [{max(row.test.low, 0):.2f}, {row.test.high:.2f}]" in summary
    assert "over the runs that train (over all if none does), cut at zero" in text
    assert text.count("Intervals of test errors also hold for other test images.") == 1  # below the figure


@pytest.mark.usefixtures("no_figures")
def test_without_labels_or_predictions_the_seeds_own_interval_stands_and_the_page_says_so(
    images: Images, make_result: Make, tmp_path: Path
) -> None:
    wrong = made_wrong(2.0, 0.1)
    out = written(tmp_path, images, make_result, wrong)
    bare = next(result for result in out.read().results if result.trial.name.startswith("plain20-"))
    out.trials.write(replace(bare, predictions=()))
    study = study_of(out)
    own = estimate((100 * wrong[ARMS.index("plain20")].mean(axis=1)).tolist())
    assert estimates_by_arm(study)["plain20"]["test_error_pct"].low == pytest.approx(own.low)
    missing = "Labels or predictions of the test images are missing: the intervals of test errors are over seeds only"
    assert errors_note(study).endswith(f"{missing} for plain20.") and bars_note(study)
    out.labels.path(images.identity()).unlink()
    study = study_of(out)
    assert (errors_note(study), bars_note(study)) == (f"{missing}.", "")
    assert estimates_by_arm(study)["plain8"]["test_error_pct"].low == pytest.approx(
        estimate((100 * wrong[ARMS.index("plain8")].mean(axis=1)).tolist()).low
    )
    (page,) = make_reports(tmp_path, "depth")
    assert f"{missing}." in page.read_text() and f"{missing}." in page.with_name("summary.md").read_text()


@pytest.mark.usefixtures("no_figures")
def test_where_each_seed_has_its_split_the_effect_has_the_interval_for_other_images(
    images: Images, make_result: Make, tmp_path: Path
) -> None:
    pool = replace(images, is_pool=True)
    out = Out(tmp_path)
    out.prepare()
    out.labels.write(pool)
    for arm in ARMS:
        for seed in range(NUM_SEEDS):
            made = make_result(arm, seed, test=20.0 + seed if arm == "plain56" else 1.0, data=pool.facts)
            division = pool.division(seed)
            assert division
            out.trials.write(replace(made, trial=replace(made.trial, dataset=pool.identity(), split=division.checksum)))
    (page,) = Reports(out.read()).pages["depth"]
    (verdict,) = [verdict for verdict in page.verdicts if verdict.claim.id == "residual-tests-better"]
    narrow, wide = verdict.effect, verdict.effect_on_other_images
    assert narrow and wide and narrow.low is not None and wide.low is not None
    assert wide.value - wide.low == pytest.approx(
        np.sqrt(1 + NUM_SEEDS) * (narrow.value - narrow.low)
    )  # as many images of either kind
    (made_page,) = make_reports(tmp_path, "depth")
    summary = made_page.with_name("summary.md").read_text()
    assert f"[{narrow.low:.1f} to {narrow.high:.1f}]; for other images [{wide.low:.1f} to {wide.high:.1f}]" in summary
    assert f"For other images it is {wide.low:.1f} to {wide.high:.1f}." in made_page.read_text()
    study = study_of(out)
    assert "Nadeau and Bengio 2003" in effects_note(study) and "on these images" not in summary
    assert errors_note(study) == "Each seed has its own split, which the intervals include." and bars_note(study) == ""
