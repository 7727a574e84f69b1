"""Plans: what a study declares before its first trial, with which later runs on its folder must agree."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from analysis.pages.objections import objections
from analysis.pages.reports import Reports
from benchmarks import run
from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.request import resolve
from benchmarks.cli.seeds import read_seeds
from benchmarks.merge import merge
from benchmarks.spec.declaration import arm_hash, claim_hash
from benchmarks.spec.suite import Suite, load_suite
from benchmarks.store.out import Out
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.strict_json import NewerSchemaError
from benchmarks.store.trials import TrialResult

APP = typer.Typer(add_completion=False)
APP.command()(run.main)
ARMS = ("plain20", "resnet20")
LOOKS = (5, 10, 20)


@pytest.fixture(autouse=True)
def looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite `depth` with these looks, whatever it declares."""

    def load(name: str) -> Suite:
        return replace(load_suite(name), looks=LOOKS)

    for module in ("benchmarks.cli.request", "analysis.pages.reports"):
        monkeypatch.setattr(f"{module}.load_suite", load)


def planned(out: Path, seeds: str | None = None, **changes: str | tuple[str, ...]) -> StudyPlan:
    asked = replace(Request(suite="depth", arms=ARMS, device="cpu", out=out), seeds=seeds, **changes)
    _, (study,) = resolve(asked)
    assert isinstance(study, StudyPlan)
    return study


def declared(out: Path, seeds: str | None = None, **changes: str | tuple[str, ...]) -> DeclaredPlan:
    """Plan of a run, which writes it and trains nothing."""
    plan = planned(out, seeds, **changes).declared
    Out(out).plans.write(plan)
    return plan


def trained(study: StudyPlan, make_result: Callable[..., TrialResult], out: Out) -> None:
    """Records of a run's trials, made up: plain20 has 60% errors, resnet20 2%."""
    for trial in study.trials:
        error = (60.0 if trial.architecture.family == "plain" else 2.0) + trial.seed % 3
        out.trials.write(replace(make_result("plain8", 0, test=error, train=error), trial=trial, data=study.images.facts))


def test_a_plan_holds_what_is_declared_and_is_read_back_as_it_was(out: Out) -> None:
    plan, suite = declared(out.folder), load_suite("depth")
    (path,) = out.folder.glob("*/*/plan.json")
    assert path.relative_to(out.folder).parts == ("depth", "digits-splits-quick", "plan.json")
    assert out.read().plans == {path: plan}
    assert (plan.suite, plan.dataset.name, plan.rates, plan.looks, plan.seeds) == (
        "depth",
        "digits-splits",
        (0.1, 0.05, 0.025),
        LOOKS,
        (0, 19),
    )
    assert plan.arms == {label: arm_hash(arm) for label, arm in {**suite.arms, **suite.optional}.items()}
    assert plan.claims == {claim.id: claim_hash(claim) for claim in (*suite.claims, *suite.optional_claims)}
    judged = [claim.id for claim in suite.claims if "digits" not in claim.too_easy_on]  # all of them are evidence
    assert plan.family == tuple(judged) and 0 < len(judged) < len(suite.claims)
    assert json.loads(path.read_text())["declared_at"].endswith("+00:00")


def test_no_run_changes_a_plan_that_is_there(out: Out) -> None:
    plan = declared(out.folder)
    for seeds in (None, "7", "10", "25"):
        assert declared(out.folder, seeds) == plan
    assert len(out.read().plans) == 1


def test_without_seeds_a_run_trains_to_the_first_look_and_a_number_of_seeds_declares_one_look(tmp_path: Path) -> None:
    study = planned(tmp_path)
    assert (study.seeds, study.declared.looks) == (range(5), LOOKS)
    assert {trial.seed for trial in study.trials} == set(range(5))
    assert (planned(tmp_path, "7").declared.looks, planned(tmp_path, "7").seeds) == ((7,), range(7))
    assert planned(tmp_path, "2").declared.looks == LOOKS  # two seeds give no verdict, so they are no look
    assert list(tmp_path.iterdir()) == []


def test_with_a_plan_a_number_of_seeds_declares_nothing(out: Out) -> None:
    declared(out.folder, "7")
    study = planned(out.folder)
    assert (study.declared.looks, study.seeds) == ((7,), range(7))
    assert planned(out.folder, "9").declared.looks == (7,)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rates": "recipe"}, "learning rates: 0.1, 0.05, 0.025, now 0.1"),
        ({"rates": "0.1,0.02"}, "learning rates: 0.1, 0.05, 0.025, now 0.1, 0.02"),
    ],
)
def test_a_run_that_differs_from_the_plan_is_told_what_differs(out: Out, changes: dict[str, str], words: str) -> None:
    declared(out.folder)
    with pytest.raises(ValueError, match=r"plan\.json declares another study of depth \(") as error:
        planned(out.folder, **changes)
    assert words in str(error.value) and "--out" in str(error.value)


def test_a_claim_that_changed_since_the_plan_is_named(out: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(out.folder)
    suite = load_suite("depth")
    first, *others = suite.claims
    changed = replace(
        suite, main="", looks=LOOKS, claims=(replace(first, margin=2.0), *others[:-1], replace(others[-1], id="another"))
    )
    monkeypatch.setattr("benchmarks.cli.request.load_suite", lambda name: changed)
    words = f"claims new: another; claims gone: {others[-1].id}; claims changed: {first.id}"
    with pytest.raises(ValueError, match=words):
        planned(out.folder)


def test_another_recipe_or_other_images_are_another_study(out: Out) -> None:
    declared(out.folder)
    declared(out.folder, settings=("epochs=2",))
    declared(out.folder, "3", dataset="digits28")
    names = {path.parent.name: plan.looks for path, plan in out.read().plans.items()}
    assert names == {"digits-splits-quick": LOOKS, "digits-splits-quick-epochs.2": LOOKS, "digits28-quick": (3,)}


def test_seeds_of_its_own_make_a_study_of_its_own(out: Out, make_result: Callable[..., TrialResult]) -> None:
    trained(planned(out.folder, "5"), make_result, out)
    declared(out.folder)
    again = declared(out.folder, "5-9")
    trained(planned(out.folder, "5-9"), make_result, out)
    assert (again.looks, again.seeds, again.has_own_seeds) == ((5,), (5, 9), True)
    first, second = Reports(out.read()).studies("depth")
    assert (first.label, second.label) == ("digits-splits-quick", "digits-splits-quick-seeds.5-9")
    assert {result.trial.seed for result in second.results} == set(range(5, 10))
    assert len(list(out.folder.glob("*/*/plan.json"))) == 2


def test_a_replication_takes_no_part_in_a_study_without_a_plan(out: Out, make_result: Callable[..., TrialResult]) -> None:
    trained(planned(out.folder, "5"), make_result, out)  # from before plans existed
    declared(out.folder, "5-9")
    trained(planned(out.folder, "5-9"), make_result, out)
    seeds = {study.label: {result.trial.seed for result in study.results} for study in Reports(out.read()).studies("depth")}
    assert seeds == {"digits-splits-quick": set(range(5)), "digits-splits-quick-seeds.5-9": set(range(5, 10))}


ALL = ("plain8", "plain20", "plain56", "resnet20", "resnet56")  # the first is no arm of a suite about some networks of depth
JUDGED = [
    claim.id
    for claim in load_suite("depth").claims
    if claim.test.contrast.keys() <= set(ALL) and "digits" not in claim.too_easy_on
]


@pytest.mark.parametrize(("seeds", "look"), [(5, 1), (7, 1), (10, 2), (25, 3)])
def test_seeds_are_judged_as_the_last_look_not_above_them(
    out: Out, make_result: Callable[..., TrialResult], seeds: int, look: int
) -> None:
    declared(out.folder, arms=ALL)
    trained(planned(out.folder, str(seeds), arms=ALL), make_result, out)
    page = Reports(out.read()).page(*Reports(out.read()).studies("depth"))
    at = {verdict.claim.id: len(verdict.by_rate[0.1].looks) for verdict in page.verdicts if verdict.claim.id in JUDGED}
    assert at == dict.fromkeys(JUDGED, look)
    assert any(line.startswith("Exploratory: the plan declares 20 seeds, and 5 more seeds ran") for line in page.warnings) == (
        seeds > 20
    )
    found = [line for line in objections(out.folder) if "not a declared look" in line or "Exploratory" in line]
    assert len(found) == (seeds not in LOOKS), found


def test_records_from_before_plans_have_one_look_at_all_seeds(out: Out, make_result: Callable[..., TrialResult]) -> None:
    trained(planned(out.folder, "7", arms=ALL), make_result, out)
    (study,) = Reports(out.read()).studies("depth")
    assert study.looks == ()
    verdicts = [verdict for verdict in Reports(out.read()).page(study).verdicts if verdict.claim.id in JUDGED]
    assert len(verdicts) == len(JUDGED) > 1
    for verdict in verdicts:
        assert verdict.look is not None and (verdict.look.of, verdict.look.share, verdict.look.evidence.num_repeats) == (
            1,
            1.0,
            7,
        )


def test_parts_declare_the_same_plan_and_merging_keeps_the_earliest(out: Out, tmp_path: Path) -> None:
    parts = [tmp_path / "a", tmp_path / "b"]
    for part, number in zip(parts, ("1/2", "2/2"), strict=True):
        Out(part).prepare()
        declared(part, shard=number)
    (path,) = parts[0].glob("*/*/plan.json")
    name = path.relative_to(parts[0])
    text = (parts[1] / name).read_text()
    later = json.loads(text)["declared_at"]
    path.write_text(text.replace(later, "2020-01-01T00:00:00+00:00"))
    assert merge(parts, tmp_path / "all")["plans"] == 1
    assert (tmp_path / "all" / name).read_bytes() == path.read_bytes()
    (parts[1] / name).write_text(text.replace('"looks": [5, 10, 20]', '"looks": [5, 20]'))
    with pytest.raises(ValueError, match=r"contradict each other.*\n.*plan\.json: other looks, seeds or controls"):
        merge(parts, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_merging_keeps_plans_of_different_images_under_one_name(out: Out, tmp_path: Path) -> None:
    plan = planned(tmp_path).declared
    parts = [tmp_path / "a", tmp_path / "b"]
    for part, checksum in zip(parts, ("0" * 16, "1" * 16), strict=True):
        Out(part).prepare()
        Out(part).plans.write(replace(plan, dataset=replace(plan.dataset, checksum=checksum)))
    assert merge(parts, out.folder)["plans"] == 2
    assert {path.parent.name for path in out.read().plans} == {"digits-splits-quick", "digits-splits-111111-quick"}


def test_a_report_says_which_claims_changed_since_the_plan(out: Out, make_result: Callable[..., TrialResult]) -> None:
    study = planned(out.folder)
    first, *_ = study.declared.claims
    Out(out.folder).plans.write(replace(study.declared, claims={**study.declared.claims, first: "0" * 12}))
    trained(study, make_result, out)
    page = Reports(out.read()).page(*Reports(out.read()).studies("depth"))
    assert f"Exploratory: claims have changed since the plan was declared: {first}." in page.warnings


def test_a_plan_that_cannot_be_read_or_is_of_a_later_release_stops_a_run(out: Out) -> None:
    declared(out.folder)
    (path,) = out.folder.glob("*/*/plan.json")
    whole = path.read_text()
    path.write_text(whole.replace('"schema": ', '"schema": 9'))
    with pytest.raises(NewerSchemaError):
        planned(out.folder)
    path.write_text(whole[:100])
    with pytest.raises(ValueError, match="restore the plan, or name another folder with --out"):
        planned(out.folder)
    assert any("plan.json" in line for line in out.read().unreadable)


def test_the_plan_is_written_before_the_first_trial_and_a_dry_run_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = ["--suite", "depth", "--arms", "plain20", "--seeds", "3", "--device", "cpu", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(APP, [*flags, "--dry-run", "--json"])
    assert done.exit_code == 0 and not (tmp_path / "out").exists()
    seen: list[bool] = []

    def train(study: StudyPlan, *rest: object) -> None:
        seen.append((tmp_path / "out" / "depth" / "digits-splits-quick" / "plan.json").exists())
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmarks.cli.execute.train_and_probe", train)
    assert CliRunner().invoke(APP, flags).exit_code == 130
    assert seen == [True]


@pytest.mark.parametrize("text", ["0", "-1", "a", "5-3", "1-2-3", "3.5", "1e3", "", "9" * 12])
def test_seeds_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="--seeds must be"):
        Request(seeds=text) if text else read_seeds(text)


def test_seeds_are_a_number_or_a_range() -> None:
    assert [read_seeds(text) for text in ("5", " 5-9", "7 - 7")] == [(range(5), False), (range(5, 10), True), (range(7, 8), True)]
