"""A run's folder in Python: data frames of trials, epochs and verdicts, chosen by suite, data set and recipe; and the notebook in docs/."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis import load
from analysis.results import Results, UnknownStudyError
from benchmarks.spec.declaration import arm_hash
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.suite import load_suite
from benchmarks.spec.trial import HALF_WRONG, TWIN, control_label
from benchmarks.store.out import Out
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.strict_json import SCHEMA, NewerSchemaError
from benchmarks.store.trials import TrialResult

Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results" / "reference"
NOTEBOOK = ROOT / "docs" / "results.ipynb"
DEPTH, QUICK = load_suite("depth"), RECIPES["quick"]
PLACE = ["suite", "dataset", "recipe"]


@pytest.fixture(scope="module")
def reference() -> Results:
    return load(REFERENCE)


def run_of(make: Make, arm: str, seed: int, name: str = "digits-splits", checksum: str = "1" * 16, **changes: Any) -> TrialResult:
    """A made-up result of an arm of `depth` on a data set of this name."""
    result = make(DEPTH.arms[arm], seed, recipe=changes.pop("recipe", QUICK), **changes)
    dataset = replace(result.trial.dataset, name=name, checksum=checksum)
    return replace(result, trial=replace(result.trial, dataset=dataset))


@pytest.mark.parametrize(
    "name", ["depth", "depth/cifar10-jpeg-short-precision.bf16", "ordering/cifar10-jpeg-short-precision.bf16"]
)
def test_trials_are_the_rows_of_the_file(name: str, reference: Results) -> None:
    study = reference[name]
    frame = study.trials()
    committed = pd.read_csv(REFERENCE / study.folder / "trials.csv")
    assert list(frame.columns) == [*PLACE, *committed.columns] and len(frame) == len(committed) > 20
    assert frame["key"].tolist() == committed["key"].tolist() and frame["arm"].tolist() == committed["arm"].tolist()
    assert frame["test_error_pct"].tolist() == pytest.approx(committed["test_error_pct"].tolist())
    assert frame[PLACE].drop_duplicates().to_numpy().tolist() == [[study.suite, study.dataset, study.recipe]]
    assert frame["test_error_pct"].dtype == float and frame["seed"].dtype == int


@pytest.mark.parametrize("name", ["depth", "imagenet"])
def test_verdicts_are_those_of_the_file(name: str, reference: Results) -> None:
    study = reference[name]
    frame, rows = study.verdicts(), json.loads((REFERENCE / study.folder / "verdicts.json").read_text())
    assert len(frame) == len(rows)
    for (_, found), row in zip(frame.iterrows(), rows, strict=True):
        assert (found["claim"], found["outcome"], found["statement"]) == (row["claim"], row["outcome"], row["statement"])
        numbers = found[["effect", "low", "high", "effect_in_favour", "p_corrected"]]
        expected = [row["effect"][bound] for bound in ("value", "low", "high")]
        expected += [row["effect_in_favour"]["value"], row["p_corrected"]]
        for number, wanted in zip(numbers, expected, strict=True):
            assert pd.isna(number) if wanted is None else number == pytest.approx(wanted)
        assert found["n"] == row["effect"]["n"]
    assert all(not isinstance(value, dict | list | tuple) for value in frame.to_numpy().ravel())


def test_a_contrast_is_text(reference: Results) -> None:
    verdicts = reference["depth"].verdicts().set_index("claim")
    assert verdicts.loc["plain-degrades", "contrast"] == "plain56 - plain20"
    gap = verdicts.loc["gap-grows-with-depth", "contrast"]
    assert gap == "plain56 - resnet56 - plain20 + resnet20"


def test_a_history_has_each_recorded_epoch_once(reference: Results) -> None:
    history, trials = reference["depth"].history(), reference["depth"].trials()
    assert len(history) == trials["epochs"].sum() and not history.duplicated(["key", "epoch"]).any()
    (record,) = REFERENCE.glob(f"trials/*-{trials['key'][7]}.json")
    recorded = json.loads(record.read_text())["history"]
    own = history[history["key"] == trials["key"][7]]
    assert own[list(recorded[0])].to_dict("records") == recorded
    assert set(own["arm"]) == {trials["arm"][7]} and set(own["seed"]) == {trials["seed"][7]}


@pytest.mark.slow
def test_all_studies_together_are_the_studies_one_after_the_other(reference: Results) -> None:
    trials, verdicts = reference.trials(), reference.verdicts()
    studies = [study for study in reference.studies if study.dataset]
    assert len(trials) == sum(len(study.trials()) for study in studies)
    assert list(trials.columns[:3]) == list(verdicts.columns[:3]) == PLACE
    assert set(verdicts["suite"]) == {path.parents[1].name for path in REFERENCE.glob("*/*/verdicts.json")}
    assert len(verdicts) == sum(len(json.loads(path.read_text())) for path in REFERENCE.glob("*/*/verdicts.json"))
    assert trials["zero_block_change"].notna().any() and trials.loc[trials["suite"] == "depth", "zero_block_change"].isna().all()
    assert len(reference.history()) == trials["epochs"].sum()


def test_a_folder_lists_its_studies_and_each_name_finds_one(reference: Results) -> None:
    pages = {path.parent.relative_to(REFERENCE).as_posix() for path in REFERENCE.glob("*/*/verdicts.json")}
    assert set(reference) == pages and len(reference) == len(pages)
    assert all(reference[name].folder == name and name in repr(reference) for name in reference)
    assert "depth" in reference and "depth/digits-splits-quick" in reference and "deep" not in reference
    assert reference.get("deep") is None


def test_a_suite_s_name_is_its_study_on_the_default_data_and_recipe(reference: Results) -> None:
    assert reference["depth"].folder == reference["depth/digits-splits-quick"].folder == "depth/digits-splits-quick"
    assert reference["vgg"].folder == "vgg/digits-splits-lecture-precision.fp32"
    jpeg = "depth/cifar10-jpeg-short-precision.bf16"
    for recipe in ("short", "short:precision=bf16", None):
        assert reference.study("depth", dataset="cifar10-jpeg", recipe=recipe).folder == jpeg
    assert reference.study("depth", recipe="short").folder == jpeg
    assert reference["lectures"].dataset == load_suite("lectures").dataset


def test_a_study_that_is_not_there_is_refused_and_the_others_are_named(reference: Results) -> None:
    with pytest.raises(UnknownStudyError) as unknown:
        reference["dept"]
    assert str(unknown.value).startswith("unknown study 'dept'; did you mean depth? available: depth, ")
    with pytest.raises(
        KeyError,
        match=r"no study of depth with dataset 'mnist'.*'depth/digits-splits-quick' .dataset 'digits-splits', recipe 'quick'",
    ):
        reference.study("depth", dataset="mnist")
    with pytest.raises(KeyError, match="with dataset 'digits-splits' and recipe 'short'"):
        reference.study("depth", dataset="digits-splits", recipe="short")


def test_several_studies_without_a_default_are_refused_and_named(make_result: Make, write: Write, tmp_path: Path) -> None:
    seeds = [
        run_of(make_result, arm, 0, name, number * 16) for arm in DEPTH.arms for name, number in (("mine", "2"), ("yours", "3"))
    ]
    results = load(write(tmp_path, seeds))
    with pytest.raises(ValueError, match=r"2 studies of depth match: name one of 'depth/mine-quick' .*; 'depth/yours-quick'"):
        results["depth"]
    assert results.study("depth", dataset="yours").folder == results["depth/yours-quick"].folder
    assert "depth" in results


def test_the_only_study_needs_no_name_and_none_is_said(make_result: Make, write: Write, tmp_path: Path) -> None:
    results = load(write(tmp_path, [run_of(make_result, arm, 0, "mine") for arm in DEPTH.arms]))
    assert results["depth"].folder == "depth/mine-quick"
    with pytest.raises(KeyError, match="holds no study of suite width; it holds depth"):
        results["width"]


def test_a_study_with_a_plan_is_found_even_if_it_only_has_arms_of_other_suites(
    make_result: Make, write: Write, tmp_path: Path
) -> None:
    shared = run_of(make_result, "resnet56", 0, "mine")
    trial = shared.trial
    out = Out(write(tmp_path, [shared, *(run_of(make_result, arm, 0, "yours", "5" * 16) for arm in DEPTH.arms)]))
    assert list(load(tmp_path)) == ["depth/yours-quick"]
    arms = {"resnet56": arm_hash(DEPTH.arms["resnet56"])}
    fields: dict[str, Any] = {"rates": (0.1,), "looks": (3,), "seeds": (0, 2), "claims": {}, "family": (), "declared_at": "2026"}
    out.plans.write(DeclaredPlan(suite="depth", dataset=trial.dataset, recipe=trial.recipe, arms=arms, **fields))
    assert set(load(tmp_path)) == {"depth/mine-quick", "depth/yours-quick"}


def test_rates_controls_and_diverged_runs_are_rows(make_result: Make, write: Write, tmp_path: Path) -> None:
    low, at_rates = replace(QUICK, learning_rate=0.05), []
    for recipe in (QUICK, low):
        at_rates += [run_of(make_result, arm, seed, recipe=recipe, test=5.0) for arm in DEPTH.arms for seed in (0, 1)]
    reference = run_of(make_result, DEPTH.reference, 0, test=5.0)
    controls = [replace(reference, trial=replace(reference.trial, control=control)) for control in (TWIN, HALF_WRONG)]
    failed = run_of(make_result, "plain8", 2, status="failed", detail="x", final=None, cost=None, history=())
    study = load(str(write(tmp_path, [*at_rates, *controls, failed])))["depth"]
    trials, history = study.trials(), study.history()
    assert len(trials) == 2 * 2 * len(DEPTH.arms) + 2 + 1 and set(trials["learning_rate"]) == {0.1, 0.05}
    labels = {control_label(DEPTH.reference, control) for control in (TWIN, HALF_WRONG)}
    assert set(trials.loc[trials["control"] != "", "arm"]) == set(history.loc[history["control"] != "", "arm"]) == labels
    assert trials.set_index("key")["status"].to_dict()[failed.trial.key] == "failed"
    assert len(history) == len(trials) - 1 and failed.trial.key not in set(history["key"])


def test_a_survey_has_networks_and_a_study_has_trials(reference: Results) -> None:
    survey = reference["imagenet"]
    networks = survey.networks()
    committed = pd.read_csv(REFERENCE / survey.folder / "networks.csv")
    assert networks["model"].tolist() == committed["model"].tolist() and survey.dataset is None
    for table in (survey.trials, survey.history):
        with pytest.raises(ValueError, match=r"is a survey and has no .*: networks\(\) has its rows"):
            table()
    with pytest.raises(ValueError, match=r"depth/digits-splits-quick is a study: trials\(\) has its rows"):
        reference["depth"].networks()


def test_frames_are_copies(reference: Results) -> None:
    frame = reference["depth"].trials()
    frame["test_error_pct"] = 0.0
    assert reference["depth"].trials()["test_error_pct"].max() > 0


def test_unreadable_records_are_named_and_newer_ones_refused(make_result: Make, write: Write, tmp_path: Path) -> None:
    write(tmp_path, [run_of(make_result, "plain8", seed) for seed in (0, 1)])
    first, second = sorted((tmp_path / "trials").glob("*.json"))
    first.write_text("{")
    with pytest.warns(UserWarning, match="1 record cannot be read: .*not a record") as caught:
        results = load(tmp_path)
    assert caught[0].filename == __file__ and str(first) in results.unreadable[0] and len(results.trials()) == 1
    second.write_text(second.read_text().replace(f'"schema": {SCHEMA}', f'"schema": {SCHEMA + 1}'))
    with pytest.raises(NewerSchemaError, match="update this package"):
        load(tmp_path)


@pytest.mark.parametrize(("name", "rule"), [("nowhere", "does not exist"), ("foreign", "is not the folder of a run")])
def test_a_folder_that_no_run_wrote_is_refused(name: str, rule: str, tmp_path: Path) -> None:
    (tmp_path / "foreign" / "x").mkdir(parents=True)
    with pytest.raises(ValueError, match=rule):
        load(tmp_path / name)


def test_a_folder_without_a_record_has_no_study(tmp_path: Path) -> None:
    (tmp_path / "trials").mkdir()
    results = load(tmp_path)
    assert len(results) == 0 and results.trials().empty and results.verdicts().empty
    with pytest.raises(KeyError, match="holds no study of suite depth; it holds none"):
        results["depth"]


def cells(kind: str) -> Iterator[dict[str, Any]]:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["metadata"]["kernelspec"]["name"]) == (4, "python3")
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    return (cell for cell in notebook["cells"] if cell["cell_type"] == kind)


@pytest.mark.slow
def test_the_notebook_runs_and_is_committed_without_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    monkeypatch.chdir(NOTEBOOK.parent)
    names: dict[str, Any] = {}
    for cell in cells("code"):
        assert cell["outputs"] == [] and cell["execution_count"] is None
        exec(compile("".join(cell["source"]), f"{NOTEBOOK.name}, {cell['id']}", "exec"), names)
    lines = {line.get_label(): line.get_ydata() for line in names["axes"].get_lines()}
    plt.close(names["figure"])
    assert set(lines) == {"plain20", "plain56", "resnet20", "resnet56"}
    assert lines["plain56"][-1] > lines["resnet56"][-1]
    assert len(names["jpeg"].trials()) == 42 and len(names["everywhere"]) > 100


@pytest.mark.slow
def test_the_package_is_imported_cheaply_and_the_notebook_opens_without_torch() -> None:
    opening = "".join(next(cells("code"))["source"])
    assert len(opening.splitlines()) == 6
    program = "\n".join(
        [
            "import sys, analysis",
            "assert not {'pandas', 'numpy', 'scipy', 'matplotlib', 'pydantic', 'torch'} & set(sys.modules)",
            "assert analysis.__all__ == ['load']",
            opening,
            "assert 'torch' not in sys.modules and len(results) > 10",
        ]
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120, cwd=NOTEBOOK.parent)
