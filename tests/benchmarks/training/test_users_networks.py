"""A user's own network is trained again when its code changes; what other code gave stays, is read anywhere, and is reported as what it is."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from analysis.inference.controls import controls_of
from analysis.pages.objections import objections
from analysis.pages.study_page import Summary
from analysis.report import make_reports
from analysis.tables.grouping import studies_of
from benchmarks.merge import merge
from benchmarks.run import main
from benchmarks.spec.images import Images
from benchmarks.spec.suite import load_suite
from benchmarks.spec.trial import Arm
from benchmarks.store.out import Out
from benchmarks.store.trials import TrialResult, TrialStore, from_json, to_json
from resnet_variants import parse
from resnet_variants.orderings import ORDERINGS, parse_ordering
from resnet_variants.variant import Own, Unknown

Add = Callable[[str, str, str], None]
Make = Callable[..., TrialResult]
Write = Callable[[Path, list[TrialResult]], Path]
APP = typer.Typer()
APP.command()(main)
MY_NETS = """
from torch import nn
import my_blocks

def my_net(task):
    channels, rows, columns = task.image_shape
    return nn.Sequential(nn.Flatten(), my_blocks.Block(channels * rows * columns), nn.Linear(channels * rows * columns, task.num_classes))

my_net.depth = 2

def pair(task):
    network = my_net(task)
    network.register_forward_hook(lambda module, inputs, out: (out, 1))
    return network

def seven(task):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 7))

def images(task):
    return nn.Conv2d(task.image_shape[0], 10, 3)

def whole(task):
    network = my_net(task)
    network.register_forward_hook(lambda module, inputs, out: out.argmax(1))
    return network

def infinite(task):
    network = my_net(task)
    network.register_forward_hook(lambda module, inputs, out: out / 0)
    return network

def fails(task):
    return nn.Sequential(nn.Flatten(), nn.Linear(7, 10))

def raises(task):
    raise KeyError("no such thing")

def frozen(task):
    return nn.Flatten()

def late(task):
    network = my_net(task)

    def fail(module, inputs, out):
        if len(out) > 2:
            raise RuntimeError("too many images")

    network.register_forward_hook(fail)
    return network
"""
MY_BLOCKS = """
from torch import nn

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, x):
        return x + 1.0 * self.linear(x).relu()
"""
SUITE = """
from benchmarks import Claim, Less, Suite, arms

SUITE = Suite(
    question="Does mine do?",
    arms=arms("mlp_1x16", "my_nets:my_net"),
    claims=(
        Claim(
            id="mine-is-better",
            statement="Mine is better.",
            source="mine",
            metric="test_error_pct",
            test=Less(smaller="my_nets:my_net", larger="mlp_1x16"),
            margin=1.0,
        ),
    ),
    dataset="digits",
    recipe="quick",
    num_seeds=3,
    figures=("error_by_arm",),
)
"""
ASKED = [
    "--suite",
    "mine",
    "--seeds",
    "1",
    "--rates",
    "recipe",
    "--set",
    "epochs=1",
    "--set",
    "batch_size=256",
    "--jobs",
    "1",
    "--device",
    "cpu",
]


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, add: Add) -> Path:
    """The folder that a user starts in, with a network, a module that it imports, and a suite that names it."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "my_nets.py").write_text(MY_NETS)
    (folder / "my_blocks.py").write_text(MY_BLOCKS)
    monkeypatch.syspath_prepend(folder)
    add("benchmarks.suites", "mine", SUITE)
    return folder


def forget_suite() -> None:
    """As a new process, which reads the suite's file again."""
    sys.modules.pop("benchmarks.suites.mine", None)


@pytest.mark.slow
@pytest.mark.usefixtures("no_figures")
def test_an_edited_network_is_trained_again_and_both_are_reported(mine: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert CliRunner().invoke(APP, [*ASKED, "--out", str(out)]).exit_code == 0
    before = {path: path.read_bytes() for path in (out / "trials").glob("*.json")}
    assert CliRunner().invoke(APP, [*ASKED, "--out", str(out)]).exit_code == 0
    assert {path: path.read_bytes() for path in (out / "trials").glob("*.json")} == before
    first = parse("my_nets:my_net")
    (mine / "my_blocks.py").write_text(MY_BLOCKS.replace("1.0 *", "0.0 *"))  # a module that the network's own imports
    forget_suite()
    done = CliRunner().invoke(APP, [*ASKED, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "exploratory, for its plan declares other source of my_nets:my_net" in done.output
    assert len(list((out / "trials").glob("*.json"))) == 3 and all(path.read_bytes() == old for path, old in before.items())
    assert isinstance(first, Own)
    (study,) = studies_of("mine", load_suite("mine"), Out(out).trials.read_all()[0])
    assert list(study.suite.arms) == ["mlp_1x16", "my_nets:my_net", f"my_nets:my_net@{first.digest[:6]}"]
    (page,) = out.glob("mine/*/index.html")
    assert f"my_nets:my_net@{first.digest[:6]}" in page.read_text()


def test_each_version_of_a_network_is_judged(mine: Path, make_result: Make, write: Write, tmp_path: Path) -> None:
    results = [make_result("mlp_1x16", seed, test=20.0 + seed / 10) for seed in range(5)]
    results += [make_result("my_nets:my_net", seed, test=10.0 + seed / 10) for seed in range(5)]
    first = results[-1].trial.architecture
    assert isinstance(first, Own)
    (mine / "my_blocks.py").write_text(MY_BLOCKS + "# a comment\n")
    forget_suite()
    results += [make_result("my_nets:my_net", seed, test=30.0 + seed / 10) for seed in range(3)]
    (study,) = studies_of("mine", load_suite("mine"), results)
    old = f"mine-is-better@{first.digest[:6]}"
    summary = Summary(study=study)
    assert {verdict.claim.id: verdict.outcome for verdict in summary.verdicts} == {
        "mine-is-better": "contradicted",
        old: "supported",
    }
    missing = [line for line in summary.warnings if "missing" in line]
    assert missing == ["Partial: 13 of 15 trials; missing: my_nets:my_net with seed 3, my_nets:my_net with seed 4."]


def test_controls_of_a_version_stay_its_controls_where_its_source_is_not_here(mine: Path, make_result: Make) -> None:
    results = [make_result(arm, seed, test=10.0) for arm in ("mlp_1x16", "my_nets:my_net") for seed in range(4)]
    wrong = [make_result("my_nets:my_net", seed, test=30.0) for seed in range(4)]
    results += [replace(result, trial=replace(result.trial, control="half-wrong")) for result in wrong]
    own = wrong[0].trial.architecture
    assert isinstance(own, Own)
    for path in mine.iterdir():
        path.unlink()
    forget_suite()
    (study,) = studies_of("mine", replace(load_suite("mine"), reference="my_nets:my_net"), results)
    assert study.suite.reference == f"my_nets:my_net@{own.digest[:6]}" and len(study.controls) == 4
    assert [control.outcome for control in controls_of(study)] == ["not run", "passed"]


@pytest.mark.usefixtures("no_figures")
def test_records_of_a_network_that_is_not_here_are_read_reported_and_merged(
    mine: Path, make_result: Make, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = [make_result("mlp_1x16", seed, test=20.0 + seed / 10) for seed in range(3)]
    results += [make_result("my_nets:my_net", seed, test=10.0 + seed / 10) for seed in range(3)]
    write(tmp_path / "theirs", results)
    for path in mine.iterdir():
        path.unlink()
    forget_suite()
    assert merge([tmp_path / "theirs"], tmp_path / "here")["trials"] == 6
    (page,) = make_reports(tmp_path / "here", "mine")
    own = results[-1].trial.architecture
    assert isinstance(own, Own) and own.version in page.read_text()
    (verdict,) = json.loads(page.with_name("verdicts.json").read_text())
    assert (verdict["claim"], verdict["outcome"]) == (f"mine-is-better@{own.digest[:6]}", "supported")
    assert not any("unreadable" in line or ": missing" in line for line in objections(tmp_path / "here"))
    done = CliRunner().invoke(APP, [*ASKED, "--out", str(tmp_path / "here")])
    assert done.exit_code == 2 and "network 'my_nets:my_net' is not known here" in done.stderr
    others = CliRunner().invoke(APP, [*ASKED, "--arms", "mlp*", "--dry-run", "--out", str(tmp_path / "here")])
    assert others.exit_code == 0, others.output


@pytest.mark.parametrize(
    "network",
    [
        {"network": "my_net", "dropout": None},
        {"template": "cifar", "depth": 8, "ordering": "their-own", "shortcut": "B"},
        {"template": "cifar", "depth": 8, "shortcut": "theirs", "gate_bias": -1.5},
    ],
)
def test_a_record_of_names_that_stand_in_no_table_here_is_read_and_keeps_its_key(
    network: dict[str, object], make_result: Make, store: TrialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = json.loads(to_json(make_result("resnet8", 0)))
    written["trial"]["architecture"] = network
    found = from_json(json.dumps(written))
    unknown = found.trial.architecture
    assert isinstance(unknown, Unknown)
    assert from_json(to_json(found)) == found
    path = store.write(found)
    assert store.read_all() == ([found], []) and store.path(found.trial) == path
    assert studies_of("depth", load_suite("depth"), [found, make_result("resnet8", 0)])
    if "ordering" in network:  # where the table has the name, the trial is the same one
        monkeypatch.setitem(ORDERINGS, "their-own", parse_ordering("conv | bn relu"))
        known = from_json(json.dumps(written))
        assert known.trial.architecture == parse("resnet8:ordering=their-own,shortcut=B") and known.trial.key == found.trial.key


@pytest.mark.parametrize(
    ("network", "words"),
    [
        ({"network": "my_net", "dropout": "x"}, "trial.architecture.dropout: "),
        ({"network": 3}, "trial.architecture.network: Input should be a valid string"),
        (
            {"template": "cifar", "depth": "8", "ordering": "their-own"},
            "trial.architecture.depth: Input should be a valid integer",
        ),
        ({"template": "cifar", "depth": 9}, "trial.architecture: Value error, depth must be 6n+2"),
        (
            {"template": "cifar", "depth": 9, "ordering": "their-own"},
            "trial.architecture: Value error, unknown ordering 'their-own'",
        ),
        (
            {"hidden_layers": 2, "width": 8, "is_residual": True},
            "trial.architecture: Value error, hidden_layers must be 2n+1 with",
        ),
        ({"place": "a:b"}, "trial.architecture.digest: Field required"),
        ({"place": "a:b", "digest": "0" * 12, "depth": -1}, "trial.architecture: Value error, depth must be at least 0, got -1"),
    ],
)
def test_what_is_wrong_with_a_record_s_network_is_said_of_its_own_kind(
    network: dict[str, object], words: str, make_result: Make
) -> None:
    written = json.loads(to_json(make_result("resnet8", 0)))
    written["trial"]["architecture"] = network
    with pytest.raises(ValueError) as told:
        from_json(json.dumps(written))
    assert f"not a record: {words}" in str(told.value)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        ("pair", "my_nets:pair returned a tuple for 2 images of 1x8x8 in training mode: it must return scores_NK"),
        ("seven", "my_nets:seven returned 7 scores for 10 classes"),
        ("images", "my_nets:images returned a tensor of shape (2, 10, 6, 6)"),
        ("whole", "my_nets:whole returned a tensor of shape (2,)"),
        ("infinite", "my_nets:infinite returned scores that are not finite"),
        ("fails", "my_nets:fails fails on images of 1x8x8"),
        ("raises", "my_nets.py, line 36): KeyError: 'no such thing'"),
        ("frozen", "my_nets:frozen returned 64 scores for 10 classes"),
    ],
)
def test_what_a_network_returns_is_looked_at_before_anything_is_trained(
    network: str, words: str, mine: Path, tmp_path: Path, add: Add
) -> None:
    add("benchmarks.suites", "mine", SUITE.replace('my_net"', f'{network}"'))
    asked = [ASKED, [*ASKED, "--dry-run"], ["--suite", "mine", "--measure", "throughput"]]
    for words_given in asked if network == "seven" else asked[:1]:
        done = CliRunner().invoke(APP, [*words_given, "--out", str(tmp_path / "out")])
        assert done.exit_code == 2 and words in done.stderr, done.output
        assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("no_figures")
def test_a_trial_that_fails_later_keeps_its_traceback_and_is_run_again_once_its_code_differs(
    mine: Path, tmp_path: Path, add: Add
) -> None:
    add("benchmarks.suites", "mine", SUITE.replace('my_net"', 'late"'))
    out = tmp_path / "out"
    assert CliRunner().invoke(APP, [*ASKED, "--out", str(out)]).exit_code == 1
    (record,) = (out / "trials").glob("*late*.json")
    result = TrialStore(folder=record.parent).read(record)
    assert (result.status, result.detail) == ("failed", "RuntimeError: too many images")
    assert 'raise RuntimeError("too many images")' in result.traceback and "my_nets.py" in result.traceback
    assert result.finished_at is not None and result.finished_at.endswith("Z")
    (mine / "my_nets.py").write_text(MY_NETS.replace("len(out) > 2", "len(out) > 2000"))
    forget_suite()
    assert CliRunner().invoke(APP, [*ASKED, "--out", str(out)]).exit_code == 0


def test_nothing_is_run_because_a_record_names_it(
    mine: Path, make_result: Make, write: Write, tmp_path: Path, digits: Images
) -> None:
    sys.modules.pop("my_nets", None)
    trials = [replace(make_result(arm, 0).trial, dataset=digits.identity()) for arm in ("my_nets:my_net", "mlp_1x16")]
    write(tmp_path, [replace(make_result("mlp_1x16", 0), trial=trial) for trial in trials])
    own, ours = trials
    done = CliRunner().invoke(APP, ["--trial", own.key, "--out", str(tmp_path)])
    assert done.exit_code == 2 and "whose code runs only if you name it: add --arms my_nets:my_net" in done.stderr
    done = CliRunner().invoke(APP, ["--trial", ours.key, "--arms", "my_nets:my_net", "--out", str(tmp_path)])
    assert (
        done.exit_code == 2
        and f"--arms my_nets:my_net cannot be combined with --trial {ours.key}, which ran mlp_1x16" in done.stderr
    )
    assert "my_nets" not in sys.modules


def test_a_network_is_the_same_value_on_any_share_of_the_images(mine: Path) -> None:
    assert Arm(architecture=parse("my_nets:my_net"), train_fraction=0.5).label == "my_nets:my_net on 50%"
    assert replace(Arm(architecture=parse("my_nets:my_net"))) == Arm(architecture=parse("my_nets:my_net"))
