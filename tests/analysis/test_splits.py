"""Reports where each seed has its own test images: labels, confusion matrices and maps are those of the seed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.pages.reports import Reports
from analysis.report import make_reports
from analysis.tables.frames import confusions
from analysis.tables.grouping import studies_of
from analysis.tables.labels import by_images, labels_by_seed
from analysis.tables.probes import ProbeArrays
from analysis.tables.studies import Study
from benchmarks.cli.plan import plan
from benchmarks.spec.images import Images
from benchmarks.spec.suite import load_suite
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
SUITE = load_suite("lectures")


@pytest.fixture
def pool(tiny: Images) -> Images:
    return replace(tiny, name="tiny-splits", is_pool=True)


@pytest.fixture
def out(pool: Images, make_result: Make, tmp_path: Path) -> Out:
    """Three seeds of every arm, each right about its own test images but for the third class, which it takes for the first."""
    out = Out(tmp_path)
    out.prepare()
    out.labels.write(pool)
    for trial in plan(SUITE.arms.values(), pool, make_result("plain8", 0).trial.recipe, 3):
        right = pool.split(trial.seed).test.labels_N
        made = make_result(trial.arm, trial.seed, test=35.0, data=pool.facts, predictions=tuple((right % 2).tolist()))
        out.trials.write(replace(made, trial=trial))
    return out


def study_of(out: Out) -> Study:
    (study,) = studies_of("lectures", SUITE, out.read().results)
    return study


def test_labels_are_kept_once_and_each_seed_finds_its_own(out: Out, pool: Images) -> None:
    (path,) = out.labels.folder.iterdir()
    assert path.name == f"tiny-splits-{pool.identity().checksum}.json"
    expected = {seed: tuple(pool.split(seed).test.labels_N.tolist()) for seed in range(3)}
    assert labels_by_seed(study_of(out), out.labels) == expected
    assert len(set(expected.values())) == 3


def test_a_confusion_matrix_counts_each_seed_by_its_own_labels(out: Out, pool: Images) -> None:
    study = study_of(out)
    per_class = np.bincount(pool.split(0).test.labels_N)
    for counts in confusions(study, labels_by_seed(study, out.labels)).values():
        assert counts.tolist() == [[3 * per_class[0], 0, 0], [0, 3 * per_class[1], 0], [3 * per_class[2], 0, 0]]


@pytest.mark.slow
def test_the_page_of_a_pool_names_its_splits_and_shows_the_figure(out: Out) -> None:
    (page,) = make_reports(out.folder, "lectures")
    assert page.parent.name.startswith("tiny-splits-")
    assert "65 training and 20 test images; divided at random for each seed" in (page.parent / "summary.md").read_text()
    assert (page.parent / "confusion.png").exists()


@pytest.mark.usefixtures("no_figures")
def test_labels_that_make_another_split_are_not_used(out: Out, pool: Images) -> None:
    """Labels of another length or order, a split of another seed, held-out images: no matrix rather than a wrong one."""
    result = out.read().results[0]
    assert out.labels.of_trial(result.trial, 20) and out.labels.of_trial(result.trial, 19) is None
    assert out.labels.of_trial(result.trial, 85) is None and out.labels.of_trial(result.trial, 0) is None
    assert out.labels.of_trial(replace(result.trial, seed=result.trial.seed + 1), 20) is None
    assert out.labels.of_trial(replace(result.trial, holdout=0.5), 20) is None
    out.labels.path(pool.identity()).write_text(str(sorted(pool.pool_labels.tolist())))
    assert labels_by_seed(study_of(out), out.labels) == {}
    assert make_reports(out.folder, "lectures")


def test_a_map_compares_networks_on_the_same_images(out: Out, make_result: Make, tiny: Images) -> None:
    networks = [
        ProbeArrays(arm="a", family="plain", depth=8, seed=seed, arrays={"probabilities": np.zeros(6)}) for seed in (2, 1, 1)
    ]
    assert by_images(study_of(out), networks) == [networks[1:], networks[:1]] and by_images(study_of(out), []) == []
    fixed = [make_result(arm, seed) for arm in SUITE.arms.values() for seed in range(3)]
    (study,) = studies_of("lectures", SUITE, fixed)
    assert by_images(study, networks) == [networks]
    assert Reports(out.read()).studies("lectures")
