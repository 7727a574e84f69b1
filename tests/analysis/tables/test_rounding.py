"""Every interval that a report prints or draws knows that errors count whole images: equal seeds are no certainty."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from scipy import stats

from analysis.inference.effects import evidence_of
from analysis.pages import console
from analysis.pages.arm_rows import arms_frame
from analysis.pages.study_page import Summary
from analysis.report import make_reports
from analysis.statistics.means import Estimate
from analysis.tables.grouping import studies_of
from benchmarks.spec.images import Images
from benchmarks.spec.metrics import METRICS
from benchmarks.spec.probe import Findings
from benchmarks.spec.suite import load_suite, probes_of
from benchmarks.store.probes import ProbeResult
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]


@pytest.fixture
def equal_seeds(make_result: Make, tiny: Images) -> list[TrialResult]:
    """Three seeds an arm with 30 of 40 test images and 25 of 50 training images wrong, as runs that diverge have them."""
    facts = replace(tiny.facts, num_train=50, num_test=40)
    arms = load_suite("depth").arms
    return [make_result(arm, seed, 50.0, 75.0, status="diverged", data=facts) for arm in arms for seed in range(3)]


def half(num_images: int, num_errors: int = 1, num_seeds: int = 3) -> float:
    """Half of the interval of equal errors, by hand: t times the deviation of a step of one image."""
    return float(stats.t.ppf(0.975, num_seeds - 1)) * 100 / num_images * (num_errors / 12) ** 0.5 / num_seeds**0.5


@pytest.mark.usefixtures("no_figures")
def test_equal_errors_have_the_interval_of_their_rounding_on_pages_in_figures_and_on_the_terminal(
    write: Write, equal_seeds: list[TrialResult], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (page,) = make_reports(write(tmp_path, equal_seeds), "depth")
    (study,) = studies_of("depth", load_suite("depth"), equal_seeds)
    summary = Summary(study=study)
    console.print_summary(summary, page)
    shown = "75.00 [73.21, 76.79]"
    for text in (page.read_text(), page.with_name("summary.md").read_text(), capsys.readouterr().out):
        assert text.count(shown) >= len(study.suite.arms)
        assert not re.search(r"(\d+\.\d\d) \[\1, \1\]", text)
    drawn = arms_frame(study, summary.arms).set_index(["arm", "metric"])
    for metric, value, num_images in (("test_error_pct", 75.0, 40), ("train_error_pct", 50.0, 50)):
        row = drawn.loc[("plain8", metric)]
        assert (row["low"], row["high"]) == pytest.approx((value - half(num_images), value + half(num_images)))


def test_an_arm_that_sees_a_part_of_the_training_images_is_rounded_by_that_part(make_result: Make, tiny: Images) -> None:
    suite = load_suite("perceptron")
    facts = replace(tiny.facts, num_train=1000, num_test=100)
    made = [make_result(arm, seed, 3.0, 5.0, data=facts) for arm in suite.arms.values() for seed in range(3)]
    (study,) = studies_of("perceptron", suite, made)
    for row in Summary(study=study).arms:
        num_images = round(1000 * suite.arms[row.arm].train_fraction)
        assert row.train is not None and row.train.high == pytest.approx(3.0 + half(num_images))
        assert row.test is not None and row.test.high == pytest.approx(5.0 + half(100))
    assert {arm.train_fraction for arm in suite.arms.values()} > {1.0}


def probed(make_result: Make, tiny: Images, name: str) -> Summary:
    """A study whose probes found the same of every seed."""
    suite = load_suite(name)
    facts = replace(tiny.facts, num_test=40)
    made = [make_result(arm, seed, 5.0, 5.0, data=facts) for arm in suite.arms.values() for seed in range(3)]
    found = [
        ProbeResult(
            trial=trial,
            probe=probe,
            status="ok",
            findings=Findings(values={metric: 90.0 for metric, measure in METRICS.items() if measure.probe == probe}),
            seconds=1.0,
            environment=made[0].environment,
        )
        for trial, probe in probes_of(suite, [result.trial for result in made])
    ]
    (study,) = studies_of(name, suite, made, probes=found)
    return Summary(study=study)


def test_probes_that_count_test_images_are_rounded_as_the_errors_are(make_result: Make, tiny: Images) -> None:
    summaries = [probed(make_result, tiny, name) for name in ("function_class", "function_map", "separation")]
    by_words = {row.words: next(iter(row.by_arm.values())) for summary in summaries for row in summary.probes}

    def width(metric: str) -> float:
        found: Estimate = by_words[METRICS[metric].words]
        assert found.low is not None and found.high is not None
        return found.high - found.low

    assert width("zero_block_error_pct") == pytest.approx(2 * half(40))
    assert width("separation_gain") == width("stage_1_gain") == pytest.approx(2 * half(40, num_errors=2))
    assert width("zero_block_change") == width("distance_to_truth") == 0.0  # these count nothing


def test_claims_about_such_probes_follow_the_same_rule(make_result: Make, tiny: Images) -> None:
    summary = probed(make_result, tiny, "function_class")
    claims = {claim.metric: claim for claim in summary.study.suite.claims}
    assert evidence_of(claims["zero_block_change"], summary.study).least_deviation == 0
    claim = claims["zero_block_error_pct"]
    expected = 100 / 40 * (sum(weight**2 for weight in claim.test.contrast.values()) / 12) ** 0.5
    assert evidence_of(claim, summary.study).least_deviation == pytest.approx(expected)
