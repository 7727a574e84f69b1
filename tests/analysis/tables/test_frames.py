"""Rows for figures and files: each network in its family, each seed to the last epoch, and what is missing as missing."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.report import make_reports
from analysis.tables.frames import history_frame
from analysis.tables.grouping import studies_of
from analysis.tables.probes import probe_arrays, probe_frame
from benchmarks.spec.probe import Findings, ProbeUse
from benchmarks.spec.suite import arms, load_suite, probes_of
from benchmarks.store.probes import ProbeResult
from benchmarks.store.trials import TrialResult
from resnet_variants import parse

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]


@pytest.mark.usefixtures("no_figures")
def test_a_network_without_shortcuts_that_has_no_residual_twin_is_of_neither_family(
    write: Write, make_result: Make, tmp_path: Path
) -> None:
    suite = load_suite("vgg")
    made = [make_result(arm, seed, test=10.0 + seed) for arm in suite.arms.values() for seed in range(3)]
    (page,) = make_reports(write(tmp_path, made), "vgg")
    rows = csv.DictReader(page.with_name("trials.csv").read_text().splitlines())
    assert {row["arm"]: row["family"] for row in rows} == {"lecture_resnet34": "residual", "vgg16_bn": "other"}
    (study,) = studies_of("vgg", suite, made)
    assert set(history_frame(study)["family"]) == {"residual", "other"}
    assert [parse(name).family for name in ("googlenet", "mlp_2x8", "resmlp_3x8", "plain8")] == [
        "other",
        "plain",
        "residual",
        "plain",
    ]


def test_what_probes_found_is_of_the_family_of_its_network(make_result: Make) -> None:
    """Figures of probes part networks by it: none of another kind stands beside a residual network as its plain twin."""
    families = {"vgg16_bn": "other", "googlenet": "other", "mlp_2x8": "plain", "plain8": "plain", "resnet8": "residual"}
    asked = (ProbeUse(probe="probabilities"),)
    suite = replace(
        load_suite("lectures"), arms=arms(*families), optional={}, claims=(), main="", retired=(), probes=asked, reference=""
    )
    made = [make_result(arm, 0, test=5.0) for arm in suite.arms.values()]
    findings = Findings(rows=({"layer": 1},), arrays={"probabilities": (0.25, 0.75)})
    found = [
        ProbeResult(trial=trial, probe=probe, status="ok", findings=findings, seconds=1.0, environment=made[0].environment)
        for trial, probe in probes_of(suite, [result.trial for result in made])
    ]
    (study,) = studies_of("lectures", suite, made, probes=found)
    rows = probe_frame(study, "probabilities")
    assert dict(zip(rows["arm"], rows["family"], strict=True)) == families
    assert {one.arm: one.family for one in probe_arrays(study, "probabilities")} == families


@pytest.mark.parametrize("found", [(None, None), (None, 0.5), (1, None)])
def test_what_a_probe_left_out_is_a_missing_number_to_figures(
    found: tuple[float | None, float | None], make_result: Make
) -> None:
    asked = (ProbeUse(probe="responses"),)
    suite = replace(
        load_suite("lectures"), arms=arms("plain8"), optional={}, claims=(), main="", retired=(), probes=asked, reference=""
    )
    made = make_result("plain8", 0, test=5.0)
    rows = tuple({"kind": "norm", "deviation": deviation} for deviation in found)
    answer = ProbeResult(
        trial=made.trial, probe="responses", status="ok", findings=Findings(rows=rows), seconds=1.0, environment=made.environment
    )
    (study,) = studies_of("lectures", suite, [made], probes=[answer])
    frame = probe_frame(study, "responses")
    assert frame["deviation"].dtype == np.float64 and frame["kind"].tolist() == ["norm", "norm"]
    assert frame["deviation"].isna().tolist() == [deviation is None for deviation in found]


def test_a_mean_over_epochs_is_over_all_seeds_to_the_end(make_result: Make) -> None:
    """A run that diverged keeps its last errors, and does not fall out of the mean."""
    whole, lost = make_result("plain20", 0, test=50.0), make_result("plain20", 1, test=90.0)
    (first,), (last,) = whole.history, lost.history
    long = replace(whole, history=tuple(replace(first, epoch=number) for number in (1, 2, 3)))
    for status, expected in (("diverged", [70.0, 70.0, 70.0]), ("ok", [70.0, 50.0, 50.0])):
        (study,) = studies_of("depth", load_suite("depth"), [long, replace(lost, status=status, history=(last,))])
        assert history_frame(study).groupby("epoch")["test_error_pct"].mean().tolist() == expected
