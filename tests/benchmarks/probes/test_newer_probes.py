"""Probes of many lesions, zero branches, one wide layer, layers, the additive gradient and curvature, each against an obvious version."""

import math
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from benchmarks.probes import curvature
from benchmarks.probes.curvature import LEVEL, extreme_eigenvalues, extremes, hessian_ratio
from benchmarks.probes.many_lesions import largest_step
from benchmarks.spec.images import Images
from benchmarks.spec.probe import Cell, Findings
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.trial import Trial
from benchmarks.training.batches import DeviceImages
from benchmarks.training.loop import Training, fresh_network
from benchmarks.training.probe_runner import Subject, error_pct
from resnet_variants import parse

RECIPE = Recipe(epochs=3, batch_size=16, schedule="one-cycle", warmup_fraction=0.2)
PLAIN, RESIDUAL, PRE, BN_AFTER = (
    "plain14:width=4",
    "resnet14:width=4",
    "preresnet14:width=4",
    "resnet14:width=4,ordering=bn-after",
)
Train = Callable[[str], Subject]


@pytest.fixture(scope="module")
def train(tiny: Images) -> Train:
    """A network, trained for a moment, once."""
    images = DeviceImages(tiny, torch.device("cpu"))
    known: dict[str, Subject] = {}

    def train(name: str) -> Subject:
        if name not in known:
            trial = Trial(architecture=parse(name), dataset=tiny.identity(), recipe=RECIPE, seed=0)
            training = Training(trial, fresh_network(trial, images), images)
            while not training.is_finished:
                training.run_epoch()
            known[name] = Subject(network=training.network.eval(), trial=trial, images=images)
        return known[name]

    return train


def measure(probe: str, subject: Subject) -> Findings:
    found = import_module(f"benchmarks.probes.{probe}").measure(subject)
    assert isinstance(found, Findings)
    return found


def test_the_first_of_many_removed_blocks_is_a_lesion_and_none_is_the_whole_network(train: Train) -> None:
    subject = train(RESIDUAL)
    rows = measure("many_lesions", subject).rows
    single = {row["test_error_pct"] for row in measure("lesions", subject).rows if row["kind"] == "removed"}
    whole = error_pct(*(subject.scores(subject.network, subject.inputs(subject.images.test)[0]), subject.images.test.labels_N))
    assert {row["test_error_pct"] for row in rows if row["number"] == 0} == {whole}
    assert {row["test_error_pct"] for row in rows if (row["kind"], row["number"]) == ("removed", 1)} <= single
    numbers = {kind: {row["number"] for row in rows if row["kind"] == kind} for kind in ("removed", "swapped")}
    assert numbers == {"removed": set(range(5)), "swapped": set(range(11))}  # 4 blocks of 6 keep the shape; pairs may come again


def test_with_all_removable_blocks_gone_the_rest_is_what_one_builds_by_hand(train: Train) -> None:
    subject = train(RESIDUAL)
    hurt = subject.copy()
    hurt.blocks = nn.Sequential(hurt.blocks[2], hurt.blocks[4])  # the two that change the shape
    expected = error_pct(subject.scores(hurt, subject.inputs(subject.images.test)[0]), subject.images.test.labels_N)
    rows = measure("many_lesions", subject).rows
    assert [row["test_error_pct"] for row in rows if (row["kind"], row["number"]) == ("removed", 4)] == [expected] * 5


@given(st.lists(st.lists(st.floats(0, 100), min_size=4, max_size=4), min_size=1, max_size=3))
def test_the_largest_step_is_that_of_the_means(draws: list[list[float]]) -> None:
    rows: list[dict[str, Cell]] = [
        {"kind": "removed", "number": number, "test_error_pct": error} for errors in draws for number, error in enumerate(errors)
    ]
    means = [sum(errors) / len(draws) for errors in zip(*draws, strict=True)]
    assert largest_step(rows, "removed") == pytest.approx(max(after - before for before, after in pairwise(means)))
    assert largest_step(rows, "swapped") is None


@pytest.mark.parametrize("name", [RESIDUAL, PRE, BN_AFTER])
def test_a_zero_branch_changes_no_bit_in_any_ordering(name: str, train: Train) -> None:
    found = measure("zero_branch", train(name))
    assert found.values == {"zero_branch_change": 0.0}
    (row,) = found.rows
    x_NCHW, labels_N = train(name).inputs(train(name).images.test)
    assert row["test_error_pct"] == error_pct(train(name).scores(train(name).network, x_NCHW), labels_N)


def test_a_zero_block_does_change_a_network_with_its_norm_after_the_addition_and_a_plain_one_has_no_branch(train: Train) -> None:
    change = measure("zero_block", train(BN_AFTER)).values["zero_block_change"]
    assert change is not None and change > 0.1
    assert measure("zero_branch", train(PLAIN)).values == {"zero_branch_change": None}


def test_the_probe_after_the_last_layer_of_a_perceptron_is_a_ridge_regression_by_gradient_descent(train: Train) -> None:
    subject = train("mlp_3x8")
    found = measure("layer_separation", subject)
    assert [row["layer"] for row in found.rows] == [1, 2, 3]
    errors = [row["test_error_pct"] for row in found.rows]
    assert found.values["layers_gain"] == errors[0] - errors[-1]  # type: ignore[operator]
    seen, new = (_hidden(subject, subject.inputs(split)[0]) for split in (subject.images.train, subject.images.test))
    seen, new = ((features - seen.mean(0)) / seen.std(0).clamp(min=1e-8) for features in (seen, new))
    seen, new = (F.pad(features, (0, 1), value=1.0) for features in (seen, new))
    targets_NK, weights = F.one_hot(subject.images.train.labels_N).double(), torch.zeros(9, 3, dtype=torch.float64)
    for _ in range(20_000):
        weights -= 0.02 * (seen.T @ (seen @ weights - targets_NK) / len(seen) + 1e-3 * weights)
    assert errors[-1] == pytest.approx(
        error_pct(new @ weights, subject.images.test.labels_N), abs=5.1
    )  # one image of twenty at most


@torch.no_grad()
def _hidden(subject: Subject, x_NCHW: Tensor) -> Tensor:
    """What the last linear layer gets."""
    layers = [*subject.network.children()]
    for layer in layers[:-1]:
        x_NCHW = layer(x_NCHW)
    return x_NCHW.double()


def test_a_network_of_no_layers_in_a_row_has_no_layers_to_be_probed(train: Train) -> None:
    subject = train(PLAIN)
    other = Subject(network=nn.Flatten(), trial=subject.trial, images=subject.images)
    with pytest.raises(ValueError, match="needs a network of layers one after the other, such as mlp_5x512"):
        measure("layer_separation", other)


def test_extreme_eigenvalues_are_those_of_the_whole_hessian(train: Train) -> None:
    """Against the Hessian of every pair of weights, which is possible for a tiny network."""
    generator = torch.Generator().manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    x, labels = torch.randn(9, 3, generator=generator).double(), torch.arange(9) % 3
    names, weights = zip(*network.named_parameters(), strict=True)

    def loss(*parts: Tensor) -> Tensor:
        return F.cross_entropy(torch.func.functional_call(network, dict(zip(names, parts, strict=True)), (x,)), labels)

    blocks = torch.autograd.functional.hessian(loss, tuple(weight.detach() for weight in weights))
    whole = torch.cat(
        [torch.cat([blocks[i][j].reshape(a.numel(), b.numel()) for j, b in enumerate(weights)], 1) for i, a in enumerate(weights)]
    )
    values = torch.linalg.eigvalsh(whole)
    product: Callable[[Tensor], Tensor] = lambda vector: whole @ vector  # noqa: E731
    start = torch.randn(len(whole), generator=generator).double()
    assert extreme_eigenvalues(product, start, len(whole)) == pytest.approx((float(values[0]), float(values[-1])), abs=1e-9)
    found, lowest, highest = extremes(network, x, labels, generator)
    assert found == pytest.approx(float(loss(*weights).detach()))
    assert highest == pytest.approx(float(values[-1]), rel=0.02) and lowest == pytest.approx(float(values[0]), rel=0.2)


@given(lowest=st.floats(-10, 10).filter(lambda value: not 0 < abs(value) < 1e-9), spread=st.floats(0, 10))
def test_the_ratio_is_zero_for_a_bowl_one_for_a_hill_and_never_more(lowest: float, spread: float) -> None:
    ratio = hessian_ratio(lowest, lowest + spread)
    assert 0 <= ratio <= 1
    assert ratio == (0 if lowest >= 0 else pytest.approx(1 if -lowest > lowest + spread else -lowest / (lowest + spread)))


@pytest.mark.parametrize("name", [PLAIN, RESIDUAL])
def test_curvature_is_taken_where_the_loss_first_is_at_the_level(name: str, train: Train) -> None:
    found = measure("curvature", train(name))
    assert [(row["plane"], row["corner"]) for row in found.rows] == [(0, 0), (1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]
    assert 0 < found.rows[0]["loss"] <= LEVEL * math.log(3)  # type: ignore[operator]
    ratios = [row["ratio"] for row in found.rows]
    assert found.values["hessian_ratio"] == pytest.approx(sum(ratios) / 7)  # type: ignore[arg-type]


def test_a_network_that_never_reaches_the_level_has_no_curvature(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curvature, "LEVEL", 1e-6)
    assert measure("curvature", train(PLAIN)) == Findings(values={"hessian_ratio": None})
