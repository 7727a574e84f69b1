"""What a folder holds: studies with their trials, plans and gaps, sizes on the disk, leftovers, and folders that no run wrote."""

import errno
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from analysis.pages.inventory import inventory
from analysis.pages.study_inventory import Run, missing_runs
from analysis.show import main
from analysis.tables.grouping import studies_of
from benchmarks.spec.declaration import arm_hash
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import RECIPES
from benchmarks.spec.suite import load_suite
from benchmarks.spec.trial import TWIN
from benchmarks.store.out import Out
from benchmarks.store.plans import DeclaredPlan
from benchmarks.store.strict_json import SCHEMA
from benchmarks.store.trials import TrialResult
from resnet_variants.command import app_of

Make = Callable[..., TrialResult]
Tune = Callable[..., list[TrialResult]]
ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results" / "reference"
DEPTH, QUICK = load_suite("depth"), RECIPES["quick"]


def shown(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app_of(main), [str(word) for word in words])
    return done.exit_code, done.stdout, done.stderr


def as_json(folder: Path) -> dict[str, Any]:
    code, printed, errors = shown(folder, "--json")
    assert (code, errors) == (0, "")
    found = json.loads(printed)
    assert isinstance(found, dict)
    return found


def declared(tiny: Images, **changes: Any) -> DeclaredPlan:
    fields: dict[str, Any] = {
        "suite": "depth",
        "dataset": tiny.identity(),
        "recipe": QUICK,
        "rates": (0.1, 0.05),
        "looks": (3, 5),
        "seeds": (0, 4),
        "arms": {label: arm_hash(arm) for label, arm in DEPTH.arms.items()},
        "claims": {},
        "family": (),
        "declared_at": "2026-01-02T03:04:05Z",
        "reference": DEPTH.reference,
    }
    return DeclaredPlan(**(fields | changes))


def runs(make: Make, arms: list[str], seeds: list[int], rate: float = 0.1, **changes: object) -> list[TrialResult]:
    recipe = replace(QUICK, learning_rate=rate)
    return [make(DEPTH.arms[arm], seed, recipe=recipe, **changes) for arm in arms for seed in seeds]


def test_the_reference_is_shown_as_it_lies_on_the_disk() -> None:
    found = as_json(REFERENCE)
    pages = {path.parent.relative_to(REFERENCE).as_posix() for path in REFERENCE.glob("*/*/trials.csv")}
    assert {study["folder"] for study in found["studies"]} == pages
    assert {survey["suite"] for survey in found["surveys"]} == {
        path.parents[1].name for path in REFERENCE.glob("*/*/networks.csv")
    }
    files = [path for path in REFERENCE.rglob("*") if path.is_file()]
    assert found["bytes"] == sum(path.stat().st_size for path in files)
    assert sum(kind["files"] for kind in found["disk"].values()) == len(files)
    overview = {REFERENCE / name for name in ("index.html", "claims_map.csv", "claims_map.json")}
    for kind, pattern in (("trial records", "trials/*.json"), ("probe records", "probes/*"), ("reports", "*/*/*.*")):
        matching = set(REFERENCE.glob(pattern)) | (overview if kind == "reports" else set())
        assert found["disk"][kind]["files"] == len(matching)
    assert (
        found["trials"] == len(list(REFERENCE.glob("trials/*.json"))) and found["unclaimed"] == {} and found["unreadable"] == []
    )
    depth = next(study for study in found["studies"] if study["folder"] == "depth/digits-splits-quick")
    assert depth["arms"] == list(DEPTH.arms) and depth["seeds"] == [0, 1, 2, 3, 4]
    assert depth["trials"] == {"ok": 100} and depth["missing"] == []  # at three rates, two arms of 8 layers at one
    assert {name: control["trials"] for name, control in depth["controls"].items()} == {"twin": 5, "half-wrong": 5}
    assert depth["plan"]["looks"] == [5, 10, 20] and depth["page"] == "depth/digits-splits-quick/index.html"
    photos = next(study for study in found["studies"] if study["folder"] == "depth/cifar10-jpeg-short-precision.bf16")
    assert photos["plan"] is None and {one["rate"] for one in photos["missing"]} >= {0.05, 0.025}


def test_a_study_under_way_says_what_ran_and_what_is_missing(
    tiny: Images, make_result: Make, write: Callable[..., Path], tmp_path: Path
) -> None:
    results = runs(make_result, list(DEPTH.arms), [0, 1]) + runs(make_result, list(DEPTH.arms), [0], 0.05)
    results += runs(make_result, ["plain8"], [2], status="diverged") + runs(
        make_result, ["plain20"], [2], status="failed", detail="x"
    )
    twin = runs(make_result, ["resnet20"], [0])[0]
    results.append(replace(twin, trial=replace(twin.trial, control=TWIN), finished_at="2026-02-03T04:05:06Z"))
    Out(write(tmp_path, results)).plans.write(declared(tiny))
    (study,) = as_json(tmp_path)["studies"]
    assert (study["suite"], study["dataset"], study["recipe"], study["rates"]) == ("depth", "tiny", "quick", [0.1, 0.05])
    assert study["trials"] == {"ok": 24, "diverged": 1, "failed": 1} and study["seeds"] == [0, 1, 2]
    assert study["controls"] == {TWIN: {"reference": "resnet20", "outcome": "too few seeds", "trials": 1}}
    assert study["last_run"] == "2026-02-03T04:05:06Z"
    assert study["plan"]["looks"] == [3, 5] and study["plan"]["path"] == "depth/tiny-quick/plan.json"
    missing = {(run["arm"], run["rate"], run["seed"]) for run in study["missing"]}
    others = [arm for arm in DEPTH.arms if arm not in ("plain8", "plain20")]
    assert {run for run in missing if run[1] == 0.1} == {(arm, 0.1, 2) for arm in others}
    assert {seed for _, rate, seed in missing if rate == 0.05} == {1, 2}
    code, printed, _ = shown(tmp_path)
    assert code == 0
    for line in (
        "depth/tiny-quick: depth on tiny, recipe quick",
        "trials     24 ok, 1 diverged, 1 failed; 8 arms, seeds 0-2, learning rates 0.1, 0.05",
        "control    twin of resnet20: 1 trial, too few seeds",
        "plan       depth/tiny-quick/plan.json, declared 2026-01-02 03:04 UTC: decided at 3 or 5 seeds, from seed 0 on",
        "page       none: residual-benchmarks report writes it",
        "last run   2026-02-03 04:05 UTC",
        "incomplete 6 trials missing at learning rate 0.1: resnet8 (1), resnet20 (1), plain32 (1), resnet32 (1) and 2 more",
        "incomplete 1 trial without a result: 1 failed; --retry-failed runs failed ones again",
    ):
        assert line in printed
    assert "incomplete control twin missing for 1 seed\n" in printed
    assert "control half-wrong" not in printed  # it was never run, and the plan names no control


def test_tuning_runs_are_counted_apart(tiny: Images, make_result: Make, make_tuning: Tune, write: Any, tmp_path: Path) -> None:
    tuning = make_tuning(DEPTH.arms["plain20"], QUICK, 0.05) + make_tuning(DEPTH.arms["plain56"], QUICK, 0.05)[:4]
    write(tmp_path, runs(make_result, list(DEPTH.arms), [0, 1, 2]) + tuning)
    (study,) = as_json(tmp_path)["studies"]
    assert study["trials"] == {"ok": 24} and study["tuning"] == {"trials": {"ok": 19}, "chosen_rates": {"plain20": 0.05}}
    assert any(line.startswith("tuning incomplete: ") and "plain56 (4 of 15)" in line for line in study["incomplete"])
    assert "tuning     19 ok; chosen rates: plain20 0.05" in shown(tmp_path)[1]


@settings(max_examples=60)
@given(recorded=st.sets(st.tuples(st.sampled_from(["plain8", "resnet8", "plain20"]), st.integers(0, 4)), min_size=1))
def test_trials_are_missing_up_to_the_look_that_has_begun(
    recorded: set[tuple[str, int]], tiny: Images, make_result: Make
) -> None:
    results = [make_result(DEPTH.arms[arm], seed, recipe=QUICK) for arm, seed in sorted(recorded)]
    plan = declared(tiny, rates=(0.1,))
    (study,) = studies_of("depth", DEPTH, results, plans={"tiny-quick": plan})
    missing = missing_runs(study)
    look = 3 if max(seed for _, seed in recorded) < 3 else 5
    for arm in DEPTH.arms:
        own = {seed for label, seed in recorded if label == arm}
        wanted = own if own in (set(range(3)), set(range(5))) else set(range(look))
        assert {run.seed for run in missing if run.arm == arm} == wanted - own
    assert len(set(missing)) == len(missing) and {run.rate for run in missing} == {0.1}
    assert not missing or isinstance(missing[0], Run)


def test_a_plan_without_trials_and_one_of_an_unknown_suite_are_shown(
    tiny: Images, make_result: Make, write: Any, tmp_path: Path
) -> None:
    mine = runs(make_result, ["plain8"], [0, 1]) + runs(make_result, ["resnet8"], [0]) + runs(make_result, ["plain56"], [9])
    out = Out(write(tmp_path, mine))
    arms = {label: arm_hash(DEPTH.arms[label]) for label in ("plain8", "resnet8")}
    out.plans.write(declared(tiny, suite="mine", arms=arms, recipe=QUICK))
    out.plans.write(declared(tiny, suite="perceptron", arms={"mlp_1x512": arm_hash(load_suite("perceptron").arms["mlp_1x512"])}))
    found = {study["folder"]: study for study in as_json(tmp_path)["studies"]}
    assert found["mine/tiny-quick"]["trials"] == {"ok": 3} and found["mine/tiny-quick"]["arms"] == ["plain8", "resnet8"]
    assert found["mine/tiny-quick"]["incomplete"] == [
        "no suite named 'mine' is installed here, so that missing trials and verdicts are unknown; name its file with --suite FILE.py"
    ]
    assert found["perceptron/tiny-quick"]["trials"] == {}
    assert found["perceptron/tiny-quick"]["incomplete"] == ["no trial is recorded"]
    assert "trials     none; 0 arms, no seeds" in shown(tmp_path)[1]


def test_leftovers_and_what_cannot_be_read_are_shown_and_nothing_is_changed(
    make_result: Make, write: Any, tmp_path: Path
) -> None:
    write(tmp_path, runs(make_result, ["plain8", "resnet8"], [0]))
    records = sorted((tmp_path / "trials").glob("*.json"))
    records[1].write_text("{")
    (tmp_path / "trials" / "x.unreadable-1").write_text("{")
    (tmp_path / "trials" / ".lease-0123456789ab").touch()
    (tmp_path / "checkpoints").mkdir()
    for name in ("a.b-s0-0123456789ab.12.safetensors", "a.b-s0-0123456789ab.34.safetensors", "c-s0-0123456789ac.56.safetensors"):
        (tmp_path / "checkpoints" / name).write_bytes(b"12")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    found, (code, printed, _) = as_json(tmp_path), shown(tmp_path)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert found["leftovers"] == {"checkpoints": 2, "leases": 1, "set_aside": 1} and found["disk"]["checkpoints"]["size"] == 6
    assert len(found["unreadable"]) == 1 and str(records[1]) in found["unreadable"][0]
    assert code == 0
    for line in (
        "unfinished: 2 trials with a checkpoint; the same command resumes",
        "in progress, or left by a killed run: 1 trial",
        "set aside as unreadable: 1 record (trials/*.unreadable-N)",
        f"cannot be read: 1 record\n  {records[1]}: not a record",
    ):
        assert line in printed


def test_trials_of_no_suite_are_named(make_result: Make, write: Any, tmp_path: Path) -> None:
    write(tmp_path, [make_result("resnet14", 0), make_result("resnet14", 1)])
    found = as_json(tmp_path)
    assert found["studies"] == [] and found["unclaimed"] == {"resnet14 on tiny": 2}
    assert "in no study of a suite that is installed here: 2 trials: resnet14 on tiny (2)" in shown(tmp_path)[1]


def test_a_name_that_a_terminal_cannot_show_is_escaped(make_result: Make, write: Any, tmp_path: Path) -> None:
    result = make_result("resnet14", 0)
    hostile = replace(result.trial, dataset=replace(result.trial.dataset, name="a\x1b[31m\nb"))
    write(tmp_path, [replace(result, trial=hostile)])
    assert "\x1b" not in shown(tmp_path)[1] and r"a\x1b[31m\nb" in shown(tmp_path)[1]


def test_a_linked_folder_of_records_is_counted(make_result: Make, write: Any, tmp_path: Path) -> None:
    write(tmp_path / "far", runs(make_result, ["plain8"], [0]))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "trials").symlink_to(tmp_path / "far" / "trials")
    (record,) = (tmp_path / "far" / "trials").glob("*.json")
    assert inventory(tmp_path / "out").disk["trial records"].size == record.stat().st_size


def test_a_newer_record_is_refused(make_result: Make, write: Any, tmp_path: Path) -> None:
    write(tmp_path, runs(make_result, ["plain8"], [0]))
    (record,) = (tmp_path / "trials").glob("*.json")
    record.write_text(record.read_text().replace(f'"schema": {SCHEMA}', f'"schema": {SCHEMA + 1}'))
    code, printed, errors = shown(tmp_path)
    assert (code, printed) == (2, "") and errors.startswith(f"error: {record}: its schema is {SCHEMA + 1}")


@pytest.mark.parametrize("kind", ["missing", "file", "empty", "foreign", "inside", "closed"])
def test_a_folder_that_no_run_wrote_is_refused(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "here"
    messages = {
        "missing": "does not exist: name the folder that a run wrote (--out)",
        "file": "is a file: name the folder that a run wrote (--out)",
        "empty": f"is empty: run a suite with --out {folder} first",
        "foreign": "is not the folder of a run: it has no trials/, only a, b, c, d and 1 more",
        "inside": f"is not the folder of a run: it has no trials/, only digits-splits-quick; did you mean {tmp_path}?",
        "closed": "cannot be read (Permission denied): name another folder",
    }
    if kind == "file":
        folder.touch()
    elif kind != "missing":
        folder.mkdir()
    for name in "abcde" if kind == "foreign" else ["digits-splits-quick"] if kind == "inside" else []:
        (folder / name).mkdir()
    if kind == "inside":
        (tmp_path / "trials").mkdir()
    if kind == "closed":

        def refuse(path: Path) -> list[Path]:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

        monkeypatch.setattr(Path, "iterdir", refuse)
    assert shown(folder) == (2, "", f"error: {folder} {messages[kind]}\n")
