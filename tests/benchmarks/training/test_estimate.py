"""A plan costs next to nothing: kinds of networks are timed once, kept for this machine, and counted from their shapes."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from benchmarks import run
from benchmarks.cli.plan import plan
from benchmarks.measuring.cost import cost_of, count_cost
from benchmarks.spec.images import Images
from benchmarks.spec.recipe import RECIPES, Recipe
from benchmarks.spec.suite import arms, load_suite, suite_names
from benchmarks.spec.survey import load_survey
from benchmarks.spec.trial import Trial
from benchmarks.store.trials import TrialResult, TrialStore
from benchmarks.training import estimate
from benchmarks.training.counts import Counts
from benchmarks.training.estimate import FEW_IMAGES, StepTimes, seconds_by_arm
from benchmarks.training.kept import KEPT_SECONDS, Kept
from benchmarks.training.step_timer import StepTimer
from resnet_variants.architecture import CIFAR, MNIST, Architecture, Task
from resnet_variants.by_numbers import Complexity
from resnet_variants.variant import Fixed, Variant

NAMES = ["plain8", "plain20", "plain56", "plain1202", "preresnet110", "mlp_3x512", "lecture_identity"]
app = typer.Typer(add_completion=False)
app.command()(run.main)


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """The networks that were timed; a step takes 3 ms and 2 ms more for each layer."""
    found: list[str] = []

    def step_seconds(timer: StepTimer, trial: Trial, images: Images, num_images: int) -> float:
        found.append(trial.arm.label)
        return 0.003 + 0.002 * trial.architecture.depth

    monkeypatch.setattr(StepTimer, "seconds", step_seconds)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield found


def test_deep_networks_are_estimated_from_two_shallow_ones_and_each_kind_is_timed_once(tiny: Images, timed: list[str]) -> None:
    trials = plan(arms(*NAMES).values(), tiny, Recipe(epochs=1, batch_size=16), 2)
    with StepTimes("cpu") as steps:
        seconds = seconds_by_arm(trials, (), tiny, steps)
        assert seconds == seconds_by_arm(trials, (), tiny, steps)
    assert sorted(timed) == sorted(["plain8", "plain20", "preresnet8", "preresnet20", "mlp_3x512", "lecture_identity"])
    num_steps = 4 + (20 + 65) / 16 / 3  # the last image of 65 is left out; both splits are evaluated
    for arm, found in seconds.items():
        assert found == pytest.approx(num_steps * (0.003 + 0.002 * arm.architecture.depth))


def test_networks_that_differ_in_how_they_start_share_a_timing(tiny: Images, timed: list[str]) -> None:
    names = [
        "resnet8:shortcut=exclusive-gate",
        "resnet8:shortcut=exclusive-gate,gate_bias=-6",
        "resnet8",
        "resnet8:zero_gamma=true",
    ]
    with StepTimes("cpu") as steps:
        seconds_by_arm(plan(arms(*names).values(), tiny, Recipe(epochs=1, batch_size=16), 1), (), tiny, steps)
    assert timed == [names[0], "resnet8"]


def test_timings_are_kept_for_the_machine_its_torch_the_source_and_a_day(
    tiny: Images, timed: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "source").mkdir()
    monkeypatch.setattr("benchmarks.training.kept.SOURCES", (tmp_path / "source",))
    trials = plan(arms("plain8").values(), tiny, Recipe(epochs=1, batch_size=16), 1)

    def ask() -> int:
        timed.clear()
        with StepTimes("cpu") as steps:
            seconds_by_arm(trials, (), tiny, steps)
        return len(timed)

    assert [ask(), ask()] == [1, 0]
    trials = tuple(replace(trial, recipe=replace(trial.recipe, epochs=9), seed=1) for trial in trials)
    assert ask() == 0  # a step does not depend on them
    trials = tuple(replace(trial, recipe=replace(trial.recipe, batch_size=32)) for trial in trials)
    assert [ask(), ask()] == [1, 0]
    for text in ("a = 1", "a = 2"):
        (tmp_path / "source" / "network.py").write_text(text)
        assert [ask(), ask()] == [1, 0]
    describe = estimate.describe
    for change in ({"processor": "another"}, {"versions": {"torch": "9.9"}}):
        monkeypatch.setattr(estimate, "describe", lambda change=change, **given: replace(describe(**given), **change))
        assert [ask(), ask()] == [1, 0]
    later = time.time() + KEPT_SECONDS + 60
    monkeypatch.setattr(time, "time", lambda: later)
    assert ask() == 1


@settings(max_examples=20)
@given(text=st.one_of(st.text(), st.sampled_from(["[]", "{}", "null", '{"conditions": {}, "since": "x", "values": {}}'])))
def test_a_cache_that_cannot_be_read_or_written_is_an_empty_one(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        kept = Kept("table", {})
        kept.path.parent.mkdir()
        kept.path.write_text(text)
        with Kept("table", {}) as kept:
            assert kept.values == {}
            kept.add("key", 1.5)
        assert Kept("table", {}).values == {"key": 1.5} and Kept("table", {"torch": "other"}).values == {}
        patch.setenv("XDG_CACHE_HOME", str(kept.path))
        with Kept("table", {}) as kept:
            kept.add("key", 1.5)


ASKED = ["--suite", "all", "--seeds", "1", "--jobs", "1", "--dry-run", "--json"]


@pytest.mark.slow
def test_a_second_plan_of_every_suite_times_and_counts_nothing_and_loads_no_torch(
    timed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    looked_at: list[Variant] = []

    def complexity(network: Variant, task: Task) -> Complexity:
        looked_at.append(network)
        return Complexity(params=1, macs=1, activations=1)

    monkeypatch.setattr("resnet_variants.complexity.complexity_of", complexity)
    asked = [*ASKED, "--out", str(tmp_path / "out")]
    first = CliRunner().invoke(app, asked)
    assert first.exit_code == 0 and timed and looked_at and all(isinstance(network, Fixed) for network in looked_at)
    done = command("benchmarks.run", *asked, PYTHONPROFILEIMPORTTIME="1", XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert json.loads(done.stdout) == json.loads(first.stdout)
    assert "benchmarks.training.estimate" in done.stderr and not re.search(r"\| +torch\n", done.stderr)


def by_cost(timer: StepTimer, trial: Trial, images: Images, num_images: int) -> float:
    """A step that takes time for every parameter, and for every multiply-add of every image."""
    cost = Counts().of(trial.architecture, images.facts.task(trial.recipe))
    return 7e-9 * cost.params + 3e-11 * cost.macs * num_images


def test_a_network_of_very_many_parameters_is_reckoned_from_a_lighter_one(
    tiny: Images, timed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []

    def seconds(timer: StepTimer, trial: Trial, images: Images, num_images: int) -> float:
        asked.append((trial.arm.label, num_images))
        return by_cost(timer, trial, images, num_images)

    monkeypatch.setattr(StepTimer, "seconds", seconds)
    recipe = replace(RECIPES["lecture"], precision="fp32")
    for device in ("cpu", "cuda"):
        (trial,) = plan(arms("vgg16_bn").values(), tiny, recipe, 1)
        steps = StepTimes("cpu")
        steps.device = device
        assert steps.seconds(trial, tiny) == pytest.approx(by_cost(StepTimer("cpu"), trial, tiny, recipe.batch_size))
    assert asked == [("lecture_resnet34", recipe.batch_size), ("lecture_resnet34", FEW_IMAGES), ("vgg16_bn", recipe.batch_size)]


def test_one_that_cannot_pass_these_images_is_tried_and_says_so_itself(tiny: Images, timed: list[str]) -> None:
    (trial,) = plan(arms("vgg16_bn").values(), tiny, Recipe(epochs=1, batch_size=16), 1)
    StepTimes("cpu").seconds(trial, tiny)  # of 8x8 pixels
    assert timed == ["vgg16_bn"]


def test_records_go_before_estimates(tiny: Images, timed: list[str], make_result: Callable[..., TrialResult]) -> None:
    result = make_result("plain8", 0)
    with StepTimes("cpu") as steps:
        assert seconds_by_arm([result.trial], [result], tiny, steps) == {result.trial.arm: pytest.approx(1.1)}
    assert timed == []


def test_the_total_counts_trials_that_suites_share_once_and_says_what_it_leaves_out(
    timed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("depth", "function_class", "perceptron")
    monkeypatch.setattr("benchmarks.cli.request.suite_names", lambda: list(names))
    monkeypatch.setattr("benchmarks.cli.request.survey_names", lambda: [])
    asked = ["--suite", "all", "--seeds", "1", "--rates", "recipe", "--jobs", "1", "--dry-run", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*asked, "--json"], env={"COLUMNS": "200"})
    *plans, total = json.loads(done.stdout)
    assert [one["suite"] for one in (*plans, total)] == [*names, "all"]
    networks = {arm for name in names for arm in load_suite(name).arms.values()}
    num_trials = len(networks) + 2 * 2  # two suites share a reference arm and its controls
    assert total["trials"] == num_trials < sum(one["trials"] for one in plans)
    assert total["shared_trials"] == sum(one["trials"] for one in plans) - num_trials
    seconds = {row["arm"]: row["seconds"] for one in plans for row in one["arms"]}
    assert total["seconds_left"] == pytest.approx(sum(seconds.values()))
    assert total["not_estimated"] == ["probes", "timing"] and plans[0]["not_estimated"] == []
    last = CliRunner().invoke(app, asked, env={"COLUMNS": "200"}).stdout.splitlines()[-1]
    assert last.startswith(f"all 3 together: {num_trials} trials, 0 of them done; the rest takes about ")
    assert "without probes and the timing of networks" in last
    assert not (tmp_path / "out").exists()


def counted(network: Variant, task: Task) -> dict[str, int]:
    """What a plan shows of a network."""
    found = Counts().of(network, task)
    return {"params": found.params, "macs": found.macs}


SAMPLE = ("resnet8:shortcut=C", "resnext29_8x7d:width=32", "mlp_3x512", "lecture_resizing", "resnet18", "vgg16_bn")


@pytest.mark.parametrize("name", SAMPLE)
def test_a_plan_counts_what_records_count(name: str) -> None:
    (arm,) = arms(name).values()
    task = Task(image_shape=(3, 64, 64), num_classes=10) if name in ("resnet18", "vgg16_bn") else MNIST
    cost = cost_of(arm.architecture, task)
    assert counted(arm.architecture, task) == {"params": cost.params, "macs": cost.macs}


@pytest.mark.slow
def test_a_plan_counts_what_records_count_for_every_network_of_suites_and_surveys() -> None:
    for name in suite_names():
        suite = load_suite(name)
        task = Task(image_shape=RECIPES[suite.recipe].input_shape(CIFAR.image_shape), num_classes=10)
        for arm in suite.asked("all").values():
            cost = cost_of(arm.architecture, task)
            assert counted(arm.architecture, task) == {"params": cost.params, "macs": cost.macs}, arm.label
    for label, network in load_survey("imagenet").networks.items():
        cost = cost_of(network, network.task)
        assert counted(network, network.task) == {"params": cost.params, "macs": cost.macs}, label


@settings(max_examples=10)
@given(
    blocks=st.integers(1, 2),
    width=st.integers(1, 24),
    shortcut=st.sampled_from(["none", "A", "B", "C"]),
    ordering=st.sampled_from(["post", "pre"]),
)
def test_a_plan_counts_what_records_count_for_any_network(blocks: int, width: int, shortcut: str, ordering: str) -> None:
    try:
        network = Architecture(depth=6 * blocks + 2, width=width, shortcut=shortcut, ordering=ordering)
    except ValueError:
        return
    task = Task(image_shape=(1, 8, 8), num_classes=3)
    cost = count_cost(network, task)
    assert counted(network, task) == {"params": cost.params, "macs": cost.macs}


def test_a_step_is_really_timed(tiny: Images, store: TrialStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    trials = plan(arms("plain8:width=4").values(), tiny, Recipe(epochs=1, batch_size=16), 1)
    with StepTimes("cpu") as steps:
        (seconds,) = seconds_by_arm(trials, (), tiny, steps).values()
    assert (
        0 < seconds < 60
        and len(json.loads((tmp_path / "cache/residual-benchmarks/step-seconds.json").read_text())["values"]) == 1
    )
