"""Networks compared on the command line: a suite by value, declared before its first trial and reported from its folder alone."""

import json
import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from analysis import load
from analysis.pages.inventory import inventory
from analysis.pages.objections import objections
from analysis.pages.reports import Reports
from analysis.pages.verdict_rows import verdict_rows
from analysis.report import make_reports
from analysis.show import text_of
from benchmarks import probes, run
from benchmarks.cli.compare import OF_ANY_NETWORK, describe
from benchmarks.cli.compare_flags import CompareOptions
from benchmarks.cli.flags import Request
from benchmarks.cli.plan import StudyPlan
from benchmarks.cli.request import resolve
from benchmarks.cli.required import code_of
from benchmarks.merge import merge
from benchmarks.spec.compared import matched_in_words, suite_of
from benchmarks.spec.comparison import MATCH_TOLERANCE, Comparison
from benchmarks.spec.contrasts import Compare, Less
from benchmarks.spec.declaration import claim_hash
from benchmarks.spec.metrics import COMPARABLE, METRICS
from benchmarks.spec.suite import Suite, suite_names
from benchmarks.spec.trial import Arm
from benchmarks.store.out import Out
from benchmarks.store.plans import ADAPTER
from benchmarks.store.strict_json import read_strictly, record_text
from benchmarks.store.trials import TrialResult
from resnet_variants import parse
from resnet_variants.command import app_of, repeat_options
from resnet_variants.complexity import complexity_of

APP = app_of(run.main)
MINE = "my_nets:my_net"
MY_NETS = """
from torch import nn

def my_net(task):
    channels, rows, columns = task.image_shape
    return nn.Sequential(nn.Conv2d(channels, 12, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(12 * rows * columns, task.num_classes))
"""
DEEPER = MY_NETS.replace("nn.ReLU()", "*(nn.Conv2d(12, 12, 3, padding=1) for _ in range(20))")
Make = Callable[..., TrialResult]


@pytest.fixture
def my_nets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's file in the working directory, which is on the path, as `python -m` puts it there."""
    path = tmp_path / "my_nets.py"
    path.write_text(MY_NETS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "my_nets", raising=False)
    return path


def answer(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(APP, [str(word) for word in words], env={"COLUMNS": "200", "TERM": "dumb"})
    return done.exit_code, done.stdout, done.stderr


def request(out: Path, *networks: str, seeds: str = "3", **changes: Any) -> Request:
    kinds = {name: changes.pop(name) for name in ("margin", "on", "matched", "name") if name in changes}
    compared = CompareOptions(compare=networks, **kinds)
    return replace(Request(compared=compared, device="cpu", out=out, seeds=seeds, rates="recipe"), **changes)


def planned(out: Path, *networks: str, **changes: Any) -> StudyPlan:
    _, (study,) = resolve(request(out, *networks, **changes))
    assert isinstance(study, StudyPlan)
    return study


def trained(out: Path, study: StudyPlan, make: Make, error: Callable[[str], float]) -> None:
    """Write a study's plan, and made-up records of its trials: each network has its error, and half-wrong labels teach nothing."""
    Out(out).prepare()
    Out(out).plans.write(study.declared)
    for trial in study.trials:
        wrong = 80.0 if trial.control == "half-wrong" else error(trial.arm.label) + 0.1 * (trial.seed % 3)
        Out(out).trials.write(replace(make("plain8", 0, test=wrong, train=0.1), trial=trial, data=study.images.facts))


def page_of(out: Path, name: str) -> Path:
    (page,) = make_reports(out, name)
    return page


def rows_of(out: Path, name: str) -> list[dict[str, Any]]:
    """Verdicts of a comparison, from the records of a folder."""
    reports = Reports(Out(out).read())
    return verdict_rows(reports.page(*reports.studies(name)))


NAMES = st.sampled_from(["resnet20", "plain20", MINE, "resnet110:shortcut=C,ordering=bn-after", "resnet20:width=8"])


@given(st.lists(NAMES, min_size=2, max_size=5), st.booleans())
def test_networks_are_words_up_to_the_next_option_or_have_commas_between_them(names: list[str], has_commas: bool) -> None:
    words = [",".join(names)] if has_commas else names
    given = repeat_options(["--seeds", "3", "--compare", *words, "--name", "mine"], ["--compare"])
    assert given[:2] == ["--seeds", "3"] and given[-2:] == ["--name", "mine"]
    assert given[2:-2:2] == ["--compare"] * len(words)
    assert CompareOptions(compare=tuple(given[3:-2:2])).networks == tuple(names)


def test_a_value_may_follow_an_equals_sign_and_other_arguments_stay_where_they_are() -> None:
    assert repeat_options(["a", "--compare=x", "y", "--json", "--compare", "--", "z"], ["--compare"]) == [
        *("a", "--compare=x", "--compare", "y", "--json", "--compare", "--", "z")
    ]
    assert repeat_options(["--name", "x", "y"], ["--compare"]) == ["--name", "x", "y"]


LABELS = ("resnet20", "plain20", "resnet8", "resnet20:width=8")


@given(
    st.lists(st.sampled_from(LABELS), min_size=2, max_size=4, unique=True),
    st.sampled_from(sorted(COMPARABLE)),
    st.floats(1e-6, 100, allow_nan=False),
    st.sampled_from(["params", "macs", "activations", None]),
)
def test_a_plan_gives_the_same_suite_again(names: list[str], metric: str, margin: float, matched: Any) -> None:
    arms = {name: Arm(architecture=parse(name)) for name in names}
    pairs = tuple((names[0], other) for other in names[1:])
    comparison = Comparison(asked=tuple(names), arms=arms, pairs=pairs, metric=metric, margin=margin, matched=matched)
    suite = suite_of(comparison)
    plan = replace(_plan(suite), comparison=comparison, claims={claim.id: claim_hash(claim) for claim in suite.claims})
    again = read_strictly(record_text(ADAPTER.dump_python(plan, mode="json", warnings="error")), ADAPTER)
    assert again == plan and again.comparison is not None
    assert suite_of(again.comparison) == suite
    kind = Less if METRICS[metric].over == "counts" else Compare
    assert [type(claim.test) for claim in suite.claims] == [kind] * len(pairs)
    assert suite.reference == names[0]


def _plan(suite: Suite) -> Any:
    from benchmarks.cli.declare import _new_plan
    from benchmarks.spec.images import Images, Split
    from benchmarks.spec.recipe import RECIPES

    split = Split(images_NCHW=np.zeros((2, 1, 8, 8), np.uint8), labels_N=np.arange(2))
    images = Images(name="x", source="made up", train=split, test=split, classes=("a", "b"))
    return _new_plan("mine", suite, images, [RECIPES["quick"]], None)


def test_a_comparison_is_a_suite_of_its_arms_declared_before_the_first_trial(
    my_nets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []

    def train(study: StudyPlan, *rest: object) -> None:
        seen.extend(Path("out").glob("*/*/plan.json"))
        assert [claim.test for claim in study.suite.claims] == [Compare(reference="resnet20", other=MINE, says="better")]
        assert [claim.margin for claim in study.suite.claims] == [0.7]
        assert {trial.control for trial in study.trials} == {"", "twin", "half-wrong"}
        assert len({trial.recipe.learning_rate for trial in study.trials}) == 3
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmarks.cli.execute.train_and_probe", train)
    flags = ("--seeds", 5, "--compare", "resnet20", MINE, "--margin", 0.7, "--name", "mine", "--out", "out", "--device", "cpu")
    code, _, stderr = answer(*flags)
    assert code == 130
    (path,) = seen
    assert path == Path("out/mine/digits-splits-quick/plan.json")
    assert f"mine: plan {sha256(path.read_bytes()).hexdigest()[:12]}, declared 20" in stderr
    plan = json.loads(path.read_text())
    assert (plan["looks"], plan["comparison"]["margin"], list(plan["arms"])) == ([5], 0.7, ["resnet20", MINE])


@pytest.mark.parametrize(
    ("error", "outcome", "found", "code"),
    [
        (1.0, "supported", "better", 0),
        (9.0, "contradicted", "worse", 3),
        (5.0, "contradicted", "equivalent", 3),
        (4.5, "inconclusive", None, 4),
    ],
)
def test_a_verdict_says_better_worse_or_equivalent_by_the_margin(
    out: Out, make_result: Make, error: float, outcome: str, found: str | None, code: int
) -> None:
    study = planned(out.folder, "resnet20", "plain20", name="mine", seeds="5")
    trained(out.folder, study, make_result, lambda label: 5.0 if label == "resnet20" else error)
    rows = rows_of(out.folder, "mine")
    assert [(row["outcome"], row["finding"]) for row in rows] == [(outcome, found)]
    assert code_of([{"verdicts": rows}]) == code


@pytest.mark.slow
def test_a_run_gives_its_exit_code_and_a_page_that_needs_no_source(my_nets: Path, make_result: Make) -> None:
    out = Path("out")
    trained(out, planned(out, "resnet20", MINE, name="mine"), make_result, lambda label: 5.0 if label == "resnet20" else 9.0)
    flags = (
        "--compare",
        "resnet20",
        MINE,
        "--name",
        "mine",
        "--seeds",
        3,
        "--rates",
        "recipe",
        "--out",
        "out",
        "--device",
        "cpu",
    )
    exit_code, stdout, stderr = answer(*flags, "--require", "supported", "--json")
    assert exit_code == 3, stderr
    (row,) = json.loads(stdout)
    assert row["plan"]["hash"] == sha256(Path(row["plan"]["path"]).read_bytes()).hexdigest()[:12]
    before = Path(row["report"]).read_text()
    assert row["plan"]["hash"] in before and row["plan"]["declared_at"] in before
    assert "<h1>Does my_nets:my_net have a lower test error than resnet20?</h1>" in before
    assert before.index('class="claim ') < before.index("Declared before the first trial")
    my_nets.write_text("raise SystemExit('a report must not run this')")
    assert page_of(out, "all").read_text() == before
    my_nets.unlink()
    assert page_of(out, "mine").read_text() == before
    assert not any("not run" in line or "missing" in line for line in objections(out))


def test_edited_code_is_another_comparison_and_leaves_the_old_page_as_it_was(my_nets: Path, make_result: Make) -> None:
    out = Path("out")
    first = planned(out, "resnet20", MINE, name="mine")
    trained(out, first, make_result, lambda label: 5.0)
    before = rows_of(out, "mine")
    my_nets.write_text(MY_NETS.replace("12", "16"))
    study = planned(out, "resnet20", MINE, name="mine")
    digest = study.suite.arms[MINE].architecture.digest[:6]  # type: ignore[union-attr]
    assert study.name == f"mine-{digest}"
    assert [trial.arm.label for trial in study.trials if trial not in Out(out).with_result(study.trials)] == [MINE] * 3
    trained(out, study, make_result, lambda label: 1.0 if label == MINE else 5.0)
    assert planned(out, "resnet20", MINE, name="mine").declared == study.declared
    assert rows_of(out, "mine") == before and before[0]["finding"] == "equivalent"
    assert [row["finding"] for row in rows_of(out, study.name)] == ["better"]
    asked = request(out, "resnet20", MINE, name="mine")
    (line,) = describe(study.declared, asked, study.images.facts.task(study.trials[0].recipe))
    assert line.endswith(f"my_nets:my_net@{digest} is another comparison, called mine-{digest}")
    my_nets.write_text(MY_NETS)
    assert planned(out, "resnet20", MINE, name="mine").name == "mine"


def test_the_default_name_has_the_digest_so_that_edited_code_gets_another(my_nets: Path) -> None:
    first = planned(Path("out"), "resnet20", MINE)
    my_nets.write_text(MY_NETS.replace("12", "16"))
    second = planned(Path("out"), "resnet20", MINE)
    assert first.name != second.name
    assert all(study.name.startswith("resnet20-vs-my_nets-my_net-") for study in (first, second))
    assert planned(Path("out"), "resnet20", "plain20", "resnet8").name == "resnet20-vs-plain20-vs-resnet8"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"margin": 2.0}, "--margin: 1, now 2"),
        ({"on": "train_error_pct"}, "--on: test_error_pct, now train_error_pct"),
        ({"matched": "macs"}, "--matched: nothing, now macs"),
        ({"networks": ("resnet8", "plain8")}, "networks: resnet8, plain20, now resnet8, plain8"),
        ({"rates": "0.1,0.01"}, "learning rates: 0.1, now 0.1, 0.01"),
        ({"seeds": "4"}, "declares seeds 0 to 2 of mine"),
        ({"dataset": "digits28", "margin": 2.0}, "--margin: 1, now 2"),
    ],
)
def test_another_comparison_of_a_name_is_refused_with_the_remedy(out: Out, changes: dict[str, Any], words: str) -> None:
    Out(out.folder).plans.write(planned(out.folder, "resnet8", "plain20", name="mine", margin=1.0).declared)
    asked = {"margin": 1.0, "name": "mine"} | changes
    networks = asked.pop("networks", ("resnet8", "plain20"))
    with pytest.raises(ValueError, match="another --name") as error:
        planned(out.folder, *networks, **asked)
    assert words in str(error.value)


def test_a_comparison_has_only_the_trials_that_its_plan_declares(out: Out, make_result: Make) -> None:
    study = planned(out.folder, "resnet20", "plain20", name="mine")
    trained(out.folder, study, make_result, lambda label: 5.0)
    for seeds, rates in (("7", "recipe"), ("3", "0.1,0.01")):  # of other comparisons
        other = planned(out.folder, "resnet20", "plain20", seeds=seeds, rates=rates, name=f"other-{seeds}")
        trained(out.folder, other, make_result, lambda label: 50.0 if label == "plain20" else 5.0)
    for result in out.read().results:
        if result.trial in study.trials:
            out.trials.write(replace(result, final=replace(result.final, test_error_pct=5.0)))  # type: ignore[type-var]
    reports = Reports(out.read())
    page = reports.page(*reports.studies("mine"))
    assert set(page.frame["key"]) == {trial.key for trial in study.trials}
    assert not any("Exploratory" in line for line in page.warnings)
    assert not any(verdict.is_exploratory for verdict in page.verdicts)


def test_a_comparison_that_is_declared_after_a_run_of_its_reference_is_exploratory(out: Out, make_result: Make) -> None:
    study = planned(out.folder, "resnet20", "plain20", name="mine")
    trained(out.folder, study, make_result, lambda label: 5.0)
    earlier = next(
        result for result in out.read().results if result.trial.name.startswith("resnet20-") and not result.trial.control
    )
    out.trials.write(replace(earlier, finished_at="2020-01-01T00:00:00Z"))
    reports = Reports(out.read())
    (verdict,) = reports.page(*reports.studies("mine")).verdicts
    assert verdict.is_exploratory


def test_the_reference_is_matched_to_each_other_network_on_these_images(my_nets: Path) -> None:
    my_nets.write_text(DEEPER)
    study = planned(Path("out"), "resnet20", MINE, "resnet8", matched="macs", name="mine")
    task = study.images.facts.task(study.trials[0].recipe)
    comparison = study.suite.comparison
    assert comparison is not None and comparison.others == (MINE, "resnet8")
    for reference, other in comparison.pairs:
        ours, theirs = (complexity_of(study.suite.arms[label].architecture, task).macs for label in (reference, other))
        assert abs(ours / theirs - 1) <= MATCH_TOLERANCE
        assert reference.startswith("resnet20:width=")
    flags = ("--compare", "resnet20", MINE, "--matched", "macs", "--seeds", 3, "--dry-run", "--device", "cpu")
    code, stdout, stderr = answer(*flags)
    assert code == 0
    assert "matched by multiply-adds: resnet20:width=" in stderr and "for the reference)" in stderr
    assert MINE in stdout


@pytest.mark.slow
def test_counts_are_compared_exactly_and_without_training(my_nets: Path) -> None:
    flags = ("--compare", "resnet20", MINE, "--device", "cpu", "--out", "out", "--require", "supported", "--json")
    code, stdout, _ = answer(*flags, "--on", "params", "--margin", 0.5)
    (row,) = json.loads(stdout)
    assert (code, [verdict["outcome"] for verdict in row["verdicts"]]) == (0, ["supported"])
    assert not list(Path("out/trials").glob("*.json"))
    page = Path(row["report"])
    before = page.read_text()
    assert "Declared before the first trial" in before
    (shown,) = inventory(Path("out")).surveys
    assert not inventory(Path("out")).studies and not shown.is_timed and len(shown.plans) == 1
    assert "1 timing session" not in text_of(inventory(Path("out"))) and "2 networks counted" in text_of(inventory(Path("out")))
    (command,) = set(re.findall(r"python -m benchmarks.run (--compare .*) --out DIR", before))
    code, again, _ = answer(*shlex.split(command), "--device", "cpu", "--out", "out", "--json")
    assert code == 0 and json.loads(again)[0]["verdicts"] == row["verdicts"]
    my_nets.unlink()
    assert page_of(Path("out"), "all") == page and page.read_text() == before
    assert answer(*flags, "--on", "params", "--seeds", 3)[0] == 2


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ((1000, 1000), "resnet20:ordering=bn-after 1,000, a-b 1,000 (exactly equal)"),
        ((1998, 2000), "1,998, a-b 2,000 (\N{MINUS SIGN}0.1% for the reference)"),
        ((9999, 10_000), "9,999, a-b 10,000 (less than 0.1% apart)"),
        ((110, 100), "110, a-b 100 (+10.0% for the reference)"),
    ],
)
def test_the_costs_of_matched_networks_are_said_without_a_signed_zero(costs: tuple[int, int], words: str) -> None:
    names = ("resnet20:ordering=bn-after", "a-b")
    arms = {name: Arm(architecture=parse(network)) for name, network in zip(names, ("resnet20", "plain20"), strict=True)}
    comparison = Comparison(asked=names, arms=arms, pairs=(names,), metric="test_error_pct", margin=1.0, matched="macs")
    said = matched_in_words(comparison, names, dict(zip(names, costs, strict=True)))
    assert said.startswith("matched by multiply-adds: ") and said.endswith(words)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--compare", "resnet20"], "at least two networks"),
        (["--compare", "resnet20,resnet20"], "resnet20 is named twice"),
        (["--compare", "resnet20", "nope"], "unknown network 'nope'"),
        (["--compare", "resnet20", "gone:my_net"], "no module 'gone'"),
        (["--compare", "resnet20", "my_nets:gone"], "unknown function or class 'gone'"),
        (["--compare", "resnet20", "plain20", "--name", "depth"], "--name depth is taken"),
        (["--compare", "resnet20", "plain20", "--name", "Trials"], "--name Trials is taken"),
        (["--compare", "resnet20", "plain20", "--name", "../x"], "--name must be letters"),
        (["--compare", "resnet20", "plain20", "--suite", "depth"], "cannot be combined with --compare"),
        (["--compare", "resnet20", "plain20", "--margin", "-1"], "--margin must be above 0"),
        (["--compare", "resnet20", "plain20", "--margin", "nan"], "--margin must be above 0"),
        (["--compare", "resnet20", "plain20", "--on", "speed"], "unknown metric 'speed'"),
        (["--compare", "resnet20", "plain20", "--on", "speed"], "--list describes them all"),
        (["--compare", "resnet20", "plain20", "--on", "macs,params"], "--on takes one metric, got macs,params"),
        (["--compare", "--margin", "1"], "--compare needs a value, and is followed by --margin"),
        (["--compare", "resnet20", "plain20", "--on", "train_loss"], "needs --margin X, in nats"),
        (["--compare", "resnet20", MINE, "--on", "removed_rise"], "needs networks of stages"),
        (["--compare", "resnet20", "plain20", "--matched", "time"], "unknown axis 'time'"),
        (["--compare", "resnet20", "plain20", "--matched", "macs", "--on", "macs"], "which makes it equal"),
        (["--compare", "vgg16_bn", "plain20", "--matched", "macs"], "name another reference, or omit --matched"),
        (["--compare", "resnet20", "plain20", "--require", "better"], "--require must be 'supported'"),
        (["--compare", "resnet20", "plain20", "--require", "supported", "--shard", "1/2"], "cannot be combined with --shard"),
        (["--margin", "0.5", "--suite", "depth"], "--margin needs --compare"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(my_nets: Path, flags: list[str], words: str) -> None:
    code, _, stderr = answer(*flags, "--out", "out", "--device", "cpu")
    assert code == 2
    assert words in stderr
    assert not Path("out").exists()


def test_the_probes_of_any_network_are_those_that_look_into_no_block() -> None:
    folder = Path(probes.__file__).parent
    texts = {path.stem: path.read_text() for path in folder.glob("*.py") if path.stem != "__init__"}
    of_some = (".staged", ".copy()", "network.blocks", "ResidualBlock", "name_of(variant)")  # the last: of networks by name
    assert {name for name, text in texts.items() if not any(word in text for word in of_some)} == OF_ANY_NETWORK


OUTCOMES = st.sampled_from(
    ["supported", "contradicted", "depends on the rate", "inconclusive", "untested", "not tested: control failed"]
)


@given(st.lists(st.lists(OUTCOMES, max_size=3), max_size=3))
def test_the_exit_code_is_that_of_the_worst_verdict(outcomes: list[list[str]]) -> None:
    code = code_of([{"verdicts": [{"outcome": outcome} for outcome in of_study]} for of_study in outcomes])
    found = {outcome for of_study in outcomes for outcome in of_study}
    if found & {"contradicted", "depends on the rate"}:
        assert code == 3
    else:
        assert code == (0 if found == {"supported"} else 4)


@pytest.mark.parametrize("name", ["depth", "elsewhere"])
def test_a_plan_that_names_a_suite_or_another_folder_is_no_comparison(out: Out, make_result: Make, name: str) -> None:
    study = planned(out.folder, "resnet20", "plain20", name="mine")
    trained(out.folder, study, make_result, lambda label: 5.0)
    (path,) = out.folder.glob("mine/*/plan.json")
    path.write_text(path.read_text().replace('"suite": "mine"', f'"suite": "{name}"'))
    records = out.read()
    assert records.comparisons == {} and any(str(path) in line for line in records.unreadable)
    (path.parent.parent).rename(out.folder / name)
    assert list(out.read().comparisons) == ([] if name in suite_names() else [name])


def test_copies_and_merged_folders_report_the_comparison(out: Out, make_result: Make, tmp_path: Path) -> None:
    for number in (1, 2):
        study = planned(out.folder, "resnet20", "plain20", name="mine", shard=f"{number}/2")
        trained(tmp_path / f"part{number}", study, make_result, lambda label: 5.0 if label == "resnet20" else 2.0)
    merge([tmp_path / "part1", tmp_path / "part2"], tmp_path / "all")
    assert [row["finding"] for row in rows_of(tmp_path / "all", "mine")] == ["better"]
    assert list(load(tmp_path / "all")) == ["mine/digits-splits-quick"]
    (held,) = inventory(tmp_path / "all").studies
    assert (held.suite, held.missing) == ("mine", ())
