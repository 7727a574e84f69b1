"""Probes measure what they say, leave the network as it was, and are kept, resumed and told like trials."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from analysis.tables.readings import ROW_READINGS
from benchmarks.cli.plan import plan
from benchmarks.cli.workers import executor_of
from benchmarks.executors.carry_out import carry_out, carry_out_probes, missing_probes
from benchmarks.executors.events import Event, Finished, Job, Probed
from benchmarks.probes.loss_surface import HIGHEST, nonconvex_share
from benchmarks.prune import prune
from benchmarks.spec.images import Images
from benchmarks.spec.metrics import METRICS
from benchmarks.spec.probe import Findings, ProbeTask, ProbeUse, probe_names
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.suite import Suite, arms, load_suite
from benchmarks.spec.trial import Trial
from benchmarks.store.environment import Checkout, Environment
from benchmarks.store.out import Out
from benchmarks.store.probes import ProbeResult, ProbeStore
from benchmarks.store.strict_json import NewerSchemaError
from benchmarks.training.batches import DeviceImages
from benchmarks.training.loop import Training, evaluate, fresh_network
from benchmarks.training.probe_runner import Subject, run_probe
from benchmarks.training.resume import weights_of
from resnet_variants import parse

RECIPE = Recipe(epochs=6, batch_size=16, schedule="one-cycle", warmup_fraction=0.2)
NAMES = ("plain14:width=4", "resnet14:width=4")
Ask = Callable[..., Findings]


@pytest.fixture(scope="module")
def trained(tiny: Images) -> dict[str, Subject]:
    """A plain and a residual network, trained for a moment."""
    images = DeviceImages(tiny, torch.device("cpu"))
    subjects = {}
    for name in NAMES:
        trial = Trial(architecture=parse(name), dataset=tiny.identity(), recipe=RECIPE, seed=0)
        training = Training(trial, fresh_network(trial, images), images)
        while not training.is_finished:
            training.run_epoch()
        subjects[name] = Subject(network=training.network.eval(), trial=trial, images=images)
    return subjects


@pytest.fixture(scope="module")
def ask(trained: dict[str, Subject], tiny: Images, environment: Environment) -> Ask:
    """What a probe finds, by way of a task and its result; asked once."""
    known: dict[tuple[str, str], Findings] = {}

    def ask(probe: str, name: str) -> Findings:
        if (probe, name) not in known:
            subject = trained[name]
            task = ProbeTask(trial=subject.trial, probe=probe, weights=weights_of(subject.network))
            result = run_probe(task, subject.images, environment)
            assert (result.status, result.detail) == ("ok", "")
            known[probe, name] = result.findings
        return known[probe, name]

    return ask


PLAIN, RESIDUAL = NAMES
OF_OTHER_NETWORKS = ("in_place", "shapes", "layer_separation", "mixing")  # of courses, perceptrons, streams: tested with theirs


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("probe", [probe for probe in probe_names() if probe not in OF_OTHER_NETWORKS])
def test_a_probe_leaves_the_network_as_it_was_and_finds_the_same_again(
    probe: str, name: str, trained: dict[str, Subject], ask: Ask
) -> None:
    subject = trained[name]
    before = {key: value.clone() for key, value in subject.network.state_dict().items()}
    measure = import_module(f"benchmarks.probes.{probe}").measure
    first = measure(subject)
    after = subject.network.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[key], after[key]) for key in before)
    assert not any(module.training for module in subject.network.modules())
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in subject.network.modules())
    found, again = (numbers(findings.values) for findings in (first, ask(probe, name)))
    assert first.values.keys() and found == pytest.approx(again, rel=1e-4, abs=1e-6)


def numbers(values: Mapping[str, float | None]) -> dict[str, float]:
    """The values that a network has."""
    return {name: value for name, value in values.items() if value is not None}


@pytest.mark.parametrize("name", NAMES)
def test_every_probe_finds_every_metric_that_claims_may_speak_of(name: str, ask: Ask) -> None:
    for metric, measure in METRICS.items():
        if measure.probe not in (None, *OF_OTHER_NETWORKS) and metric not in ROW_READINGS.get(str(measure.probe), {}):
            assert metric in ask(measure.probe, name).values


def test_zero_blocks_are_nothing_to_a_residual_network_and_make_a_plain_one_guess(ask: Ask) -> None:
    assert ask("zero_block", RESIDUAL).values["zero_block_change"] == 0
    error = ask("zero_block", PLAIN).values["zero_block_error_pct"]
    assert error is not None and 60 <= error <= 70  # three classes of seven, seven and six images: one guess for all


def test_a_residual_network_moves_in_proportion_to_gamma_and_a_plain_one_does_not_come_back(ask: Ask) -> None:
    found = ask("perturbation", RESIDUAL)
    assert found.values["change_slope"] == pytest.approx(1, abs=0.05)
    assert [row["change"] for row in found.rows if row["gamma"] == 0] == [0]
    small = ask("perturbation", PLAIN).values["small_gamma_change"]
    assert small is not None and small > 0.1


def test_the_identity_by_construction_is_near_nested_in_evaluation_and_less_in_training(ask: Ask) -> None:
    found = ask("nesting", PLAIN).values
    assert found["nesting_change_evaluation"] == pytest.approx(0, abs=1e-4)
    assert found["nesting_change_training"] > found["nesting_change_evaluation"]  # type: ignore[operator]
    assert set(ask("nesting", RESIDUAL).values.values()) == {0.0}


def test_growing_on_starts_from_the_trained_networks_loss(ask: Ask, trained: dict[str, Subject]) -> None:
    subject = trained[RESIDUAL]
    loss = evaluate(subject.network, subject.images, subject.images.train, RECIPE).loss
    rows = ask("growing", RESIDUAL).rows
    starts = {(row["blocks"], row["gamma"]): row["train_loss"] for row in rows if row["epoch"] == 0}
    assert starts[0, None] == starts[1, 0.0] == starts[3, 0.0] == pytest.approx(loss)
    assert starts[3, 1.0] != pytest.approx(loss)
    assert {row["epoch"] for row in rows} == set(range(6))


def test_probabilities_are_those_of_the_network_and_their_distance_that_of_the_obvious_sum(
    ask: Ask, trained: dict[str, Subject]
) -> None:
    subject, found = trained[RESIDUAL], ask("probabilities", RESIDUAL)
    x_NCHW, labels_N = subject.inputs(subject.images.test)
    with torch.no_grad():
        expected = subject.network(x_NCHW).softmax(1).numpy()
    kept = np.array(found.arrays["probabilities"]).reshape(expected.shape)
    assert np.abs(kept - expected).max() <= 0.5001e-4
    total = sum(
        sum((p - (k == label)) ** 2 for k, p in enumerate(row)) for row, label in zip(expected, labels_N.tolist(), strict=True)
    )
    assert found.values["distance_to_truth"] == pytest.approx((total / len(labels_N)) ** 0.5, rel=1e-5)


def test_gradients_are_alike_at_near_images_and_less_at_far_ones(ask: Ask, trained: dict[str, Subject]) -> None:
    for name in NAMES:
        rows = ask("gradients", name).rows
        likeness = {row["distance"]: row["value"] for row in rows if row["kind"] == "correlation"}
        assert likeness[0.01] > likeness[1.0]  # type: ignore[operator]
        norms = [row for row in rows if row["kind"] == "norm"]
        assert len(norms) == sum(isinstance(module, nn.Conv2d) for module in trained[name].network.modules())


def test_responses_are_the_deviations_behind_the_norms(ask: Ask, trained: dict[str, Subject]) -> None:
    subject = trained[RESIDUAL]
    x_NCHW, _ = subject.inputs(subject.images.test)
    with torch.no_grad():
        first = subject.staged.stem[:2](x_NCHW).std()
    rows = ask("responses", RESIDUAL).rows
    assert rows[0]["deviation"] == pytest.approx(float(first), rel=1e-5)
    assert len(rows) == sum(isinstance(module, nn.BatchNorm2d) for module in subject.network.modules())


def test_a_lesion_takes_one_block_out_or_swaps_two_of_a_stage(ask: Ask, trained: dict[str, Subject]) -> None:
    rows = ask("lesions", RESIDUAL).rows
    assert [row["block"] for row in rows if row["kind"] == "removed"] == [
        1,
        2,
        4,
        6,
    ]  # of 2 blocks a stage those that keep the shape
    assert [row["block"] for row in rows if row["kind"] == "swapped"] == [1]
    subject = trained[RESIDUAL]
    hurt = subject.copy()
    hurt.blocks[3] = nn.Identity()
    x_NCHW, labels_N = subject.inputs(subject.images.test)
    with torch.no_grad():
        error = 100 * (hurt(x_NCHW).argmax(1) != labels_N).float().mean().item()
    assert [row["test_error_pct"] for row in rows if (row["kind"], row["block"]) == ("removed", 4)] == [pytest.approx(error)]


def test_the_surface_has_the_trained_network_in_its_middle(ask: Ask, trained: dict[str, Subject]) -> None:
    subject, losses = trained[RESIDUAL], ask("loss_surface", RESIDUAL).arrays["losses"]
    expected = evaluate(subject.network, subject.images, subject.images.train, RECIPE).loss
    assert losses[len(losses) // 2] == pytest.approx(expected, rel=1e-4)
    assert len(losses) == 13 * 13 and min(losses) > 0


def test_a_bowl_curves_nowhere_downwards_and_a_hill_everywhere() -> None:
    places = torch.linspace(-1, 1, 13, dtype=torch.float64)
    bowl = 0.01 + places[:, None] ** 2 + places**2
    saddle = 2 + places[:, None] ** 2 - places**2
    assert [nonconvex_share(losses) for losses in (bowl, saddle, 3 - bowl)] == [0.0, 100.0, 100.0]
    assert nonconvex_share(torch.full((13, 13), 2.3, dtype=torch.float64) + 1e-9 * torch.rand(13, 13)) == 0.0  # rounding
    half = bowl.clone()
    half[:, 6:] = HIGHEST  # no numbers: nothing is said there
    assert nonconvex_share(half) == 0.0 == nonconvex_share(torch.full((13, 13), HIGHEST))


def test_a_linear_reader_tells_what_can_be_told_behind_every_block(ask: Ask) -> None:
    rows = ask("separation", RESIDUAL).rows
    assert len(rows) == 1 + 6
    assert rows[0]["test_error_pct"] <= 10  # the classes are brightnesses
    assert len(ask("separation", RESIDUAL).arrays["layer 0"]) == 2 * 20


def test_a_residual_perceptron_comes_near_the_curve(ask: Ask) -> None:
    found = ask("regression", RESIDUAL)
    assert found.values["regression_distance"] < 0.2  # type: ignore[operator]
    assert len(found.arrays["x"]) == len(found.arrays["learned"]) == len(found.arrays["true"]) == 101


@pytest.fixture
def suite() -> Suite:
    """The probes `zero_block` and `probabilities` of two small networks."""
    known = load_suite("function_class")
    probes = (ProbeUse(probe="zero_block"), ProbeUse(probe="probabilities", arms=(RESIDUAL,)))
    return replace(known, main="", arms=arms(*NAMES), claims=(), retired=(), probes=probes, reference="")


def run(suite: Suite, tiny: Images, folder: Path) -> list[Event]:
    """What a run does: the trials that are missing, then the probes that are."""
    trials = plan(suite.arms.values(), tiny, replace(RECIPE, epochs=1), 2)
    kept = frozenset(trial.key for trial in trials)
    job = Job(images=tiny, device="cpu", checkout=Checkout(commit=None, is_dirty=None), weights_of=kept)
    out, events = Out(folder), []
    out.prepare()
    asked = missing_probes(suite, trials, out)
    carry_out({trial: None for trial, _ in asked}, job, out, executor_of(2, 9), events.append)
    carry_out_probes(asked, job, out, executor_of(2, 9), events.append)
    return events


def count(events: Iterable[Event]) -> tuple[int, int]:
    events = list(events)
    return sum(isinstance(event, Finished) for event in events), sum(isinstance(event, Probed) for event in events)


@pytest.mark.slow
def test_probes_are_asked_once_and_weights_are_made_again_where_they_are_gone(suite: Suite, tiny: Images, tmp_path: Path) -> None:
    assert count(run(suite, tiny, tmp_path)) == (4, 6)
    records = {path.name: path.read_bytes() for path in (tmp_path / "trials").glob("*.json")}
    weights = {path.name: path.read_bytes() for path in (tmp_path / "trials").glob("*.safetensors")}
    assert len(records) == len(weights) == 4 and len(list((tmp_path / "probes").iterdir())) == 6
    assert count(run(suite, tiny, tmp_path)) == (0, 0)
    assert prune(tmp_path) == (4, sum(map(len, weights.values())))
    assert count(run(suite, tiny, tmp_path)) == (0, 0)  # nothing is asked, so nothing is trained
    gone, _ = (tmp_path / "probes").glob("*-probabilities.json")
    gone.unlink()
    assert count(run(suite, tiny, tmp_path)) == (1, 1)  # one network again, for its weights
    (again,) = (tmp_path / "trials").glob("*.safetensors")
    assert again.read_bytes() == weights[again.name]  # bit for bit
    assert {path.name: path.read_bytes() for path in (tmp_path / "trials").glob("*.json")} == records  # not touched


@pytest.mark.slow
def test_a_probe_that_fails_says_why_and_is_asked_again(suite: Suite, tiny: Images, tmp_path: Path) -> None:
    suite = replace(suite, arms=arms("mlp_1x8"), probes=(ProbeUse(probe="zero_block"),))
    events = run(suite, tiny, tmp_path)
    (first, *_) = [event.result for event in events if isinstance(event, Probed)]
    assert (first.status, first.detail) == (
        "failed",
        "ValueError: this probe needs a network of stages, such as resnet20 or plain56",
    )
    assert count(run(suite, tiny, tmp_path)) == (0, 2)


@pytest.mark.slow
def test_weights_on_the_way_to_a_probe_are_those_beside_the_record(suite: Suite, tiny: Images, tmp_path: Path) -> None:
    run(suite, tiny, tmp_path)
    out = Out(tmp_path)
    (result, *_) = out.trials.read_all()[0]
    network = fresh_network(result.trial, DeviceImages(tiny, torch.device("cpu")))
    network.load_state_dict(load_file(out.weights(result.trial)))
    scores = evaluate(
        network, DeviceImages(tiny, torch.device("cpu")), DeviceImages(tiny, torch.device("cpu")).test, result.trial.recipe
    )
    assert scores.predictions == result.predictions


def test_a_record_is_read_again_as_it_was(
    trained: dict[str, Subject], ask: Ask, environment: Environment, tmp_path: Path
) -> None:
    store = ProbeStore(folder=tmp_path)
    trial = trained[PLAIN].trial
    result = ProbeResult(
        trial=trial, probe="lesions", status="ok", findings=ask("lesions", PLAIN), seconds=1.0, environment=environment
    )
    store.write(result)
    assert store.find(trial, "lesions") == result and store.read_all() == ([result], [])
    path = store.path(trial, "lesions")
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"schema": 99}))
    with pytest.raises(NewerSchemaError, match="schema is 99"):
        store.read_all()
    path.write_text("{")
    assert store.find(trial, "lesions") is None and path.name in store.read_all()[1][0]


def test_a_suite_refuses_probes_that_are_not_there_and_claims_about_what_is_not_asked() -> None:
    suite = load_suite("function_class")
    with pytest.raises(ValueError, match="unknown probe 'lesion'; did you mean lesions"):
        replace(suite, probes=(ProbeUse(probe="lesion"),))
    with pytest.raises(ValueError, match="unknown probe of this suite 'zero_block'"):
        replace(suite, probes=(ProbeUse(probe="lesions"),))
    with pytest.raises(ValueError, match="unknown arm 'plain57'"):
        replace(suite, probes=(*suite.probes, ProbeUse(probe="lesions", arms=("plain57",))))


def test_function_class_has_the_arms_of_depth_so_that_they_share_trials() -> None:
    depth, known = load_suite("depth"), load_suite("function_class")
    ordering = {arm for arm in load_suite("ordering").arms.values() if arm.architecture.depth == 20}
    assert set(known.arms.values()) == set(depth.arms.values()) | ordering
    assert (known.dataset, known.recipe) == (depth.dataset, depth.recipe)


def test_pruning_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a folder: name the folder of a run"):
        prune(tmp_path / "nothing")
