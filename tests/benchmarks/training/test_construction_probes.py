"""What holds by construction is measured: it holds to the precision of fp64 where it must, and not where it need not."""

from collections.abc import Callable
from importlib import import_module

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.probes import block_forms
from benchmarks.probes.block_forms import CutBranch, cost_ratios
from benchmarks.probes.regression import NUM_DRAWN, NUM_POINTS, _best_distance, true_curve
from benchmarks.spec.images import Images
from benchmarks.spec.probe import Findings
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.trial import Trial
from benchmarks.training.batches import DeviceImages
from benchmarks.training.loop import Training, fresh_network
from benchmarks.training.probe_runner import Subject
from resnet_variants import parse
from resnet_variants.network import Network

RECIPE = Recipe(epochs=2, batch_size=16)
Measure = Callable[[str, str], Findings]


@pytest.fixture(scope="module")
def measure(tiny: Images) -> Measure:
    """What a probe finds in a network that was trained for a moment."""

    def measure(probe: str, name: str) -> Findings:
        images = DeviceImages(tiny, torch.device("cpu"))
        trial = Trial(architecture=parse(name), dataset=tiny.identity(), recipe=RECIPE, seed=0)
        network = fresh_network(trial, images)
        if "mlp" not in name:
            training = Training(trial, network, images)
            while not training.is_finished:
                training.run_epoch()
        subject = Subject(network=network.eval(), trial=trial, images=images)
        found: Findings = import_module(f"benchmarks.probes.{probe}").measure(subject)
        return found

    return measure


def value(findings: Findings, name: str) -> float:
    found = findings.values[name]
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["preresnet14:width=4", "preresnet20bn:width=4"])
def test_with_pre_activation_the_gradient_has_an_additive_term(measure: Measure, name: str) -> None:
    found = measure("additive_gradient", name)
    assert value(found, "additive_gradient_error") < 1e-12
    assert all(float(row["branches"] or 0) > 0 for row in found.rows)  # the branches do take part


@pytest.mark.parametrize("name", ["resnet14:width=4", "resnet14:width=4,ordering=bn-after"])
def test_with_a_word_after_the_addition_it_has_none(measure: Measure, name: str) -> None:
    assert value(measure("additive_gradient", name), "additive_gradient_error") > 1e-3


def test_what_a_network_lacks_is_not_measured(measure: Measure) -> None:
    assert measure("additive_gradient", "plain14:width=4").values == {"additive_gradient_error": None}
    assert measure("block_forms", "resnet11bn:width=4").values == {"forms_change": None, "group_cost": None}


@pytest.mark.parametrize(
    "name", ["resnext11_4x3d:width=8", "resnext11_2x5d:width=8,ordering=pre", "resnext11_3x2d:width=8,shortcut=C"]
)
def test_the_three_forms_of_a_block_are_one_network(measure: Measure, name: str) -> None:
    found = measure("block_forms", name)
    assert value(found, "forms_change") < 1e-12
    assert value(found, "group_cost") == 1


def test_paths_that_are_cut_wrongly_are_seen(measure: Measure, monkeypatch: pytest.MonkeyPatch) -> None:
    part = block_forms._part
    monkeypatch.setattr(block_forms, "_part", lambda module, path, num_paths: part(module, (path + 1) % num_paths, num_paths))
    assert value(measure("block_forms", "resnext11_4x3d:width=8"), "forms_change") > 1e-3


def batch_norm(x_NCHW: Tensor, norm: nn.Module) -> Tensor:
    mean, deviation = norm.running_mean[:, None, None], (norm.running_var[:, None, None] + norm.eps).sqrt()  # type: ignore[operator,union-attr,index]
    return (x_NCHW - mean) / deviation * norm.weight[:, None, None] + norm.bias[:, None, None]  # type: ignore[index]


def test_a_path_is_three_convolutions_of_its_own_channels(tiny: Images) -> None:
    """By hand: the channels of each path are picked out one by one, and its last convolution reads them alone."""
    network = fresh_network(
        Trial(architecture=parse("resnext11_3x2d:width=8"), dataset=tiny.identity(), recipe=RECIPE, seed=1),
        DeviceImages(tiny, torch.device("cpu")),
    )
    assert isinstance(network, Network)
    branch = network.double().eval().blocks[0].branch
    assert isinstance(branch, nn.Sequential)
    first, norm, _, middle, second_norm, _, last, closing = branch
    for layer in (norm, second_norm, closing):
        layer.running_mean.uniform_(-1, 1)  # type: ignore[operator,union-attr]
        layer.running_var.uniform_(0.5, 2)  # type: ignore[operator,union-attr]
    x_NCHW = torch.randn(2, 8, 5, 5, dtype=torch.float64)
    added_NCHW = torch.zeros(2, 32, 5, 5, dtype=torch.float64)
    for path in range(3):
        channels = [2 * path, 2 * path + 1]
        hidden_NCHW = batch_norm(F.conv2d(x_NCHW, first.weight), norm)[:, channels].relu()  # type: ignore[arg-type]
        grown_NCHW = F.conv2d(hidden_NCHW, middle.weight[channels], padding=1)  # type: ignore[index]
        everywhere_NCHW = torch.zeros(2, 6, 5, 5, dtype=torch.float64)
        everywhere_NCHW[:, channels] = grown_NCHW
        mine_NCHW = batch_norm(everywhere_NCHW, second_norm).relu()[:, channels]
        added_NCHW += F.conv2d(mine_NCHW, last.weight[:, channels])  # type: ignore[index]
    expected_NCHW = batch_norm(added_NCHW, closing)
    for is_added in (True, False):
        torch.testing.assert_close(CutBranch(branch, is_added=is_added)(x_NCHW), expected_NCHW)
    torch.testing.assert_close(branch(x_NCHW), expected_NCHW)


@pytest.mark.parametrize("groups", [2, 3, 6])
def test_groups_cost_one_in_b(groups: int) -> None:
    assert cost_ratios(nn.Conv2d(12, 12, 3, padding=1, groups=groups, bias=False).double()) == pytest.approx(
        (1 / groups, 1 / groups)
    )


def test_a_wide_layer_can_represent_the_curve_and_a_narrow_one_cannot(measure: Measure) -> None:
    wide, narrow = measure("regression", "mlp_1x512"), measure("regression", "mlp_1x4")
    assert value(wide, "representation_distance") < 0.05 < 0.3 < value(narrow, "representation_distance")
    assert value(wide, "representation_distance") < value(wide, "regression_distance") < 1  # 400 steps of SGD find less


def test_the_best_curve_is_that_of_the_normal_equations() -> None:
    """Few units, so that the features are independent: no other last layer is nearer to the points."""
    x_N1 = torch.linspace(-1, 1, NUM_POINTS, dtype=torch.float64)[:, None]
    bends = torch.tensor([-0.7, -0.2, 0.4], dtype=torch.float64)
    features_NC = torch.cat([(x_N1 - bends).relu(), torch.ones_like(x_N1)], dim=1)
    by_hand = torch.linalg.solve(features_NC.T @ features_NC, features_NC.T @ true_curve(x_N1))

    network = nn.Sequential(nn.Linear(1, 3), nn.ReLU(), nn.Linear(3, 1)).double()
    with torch.no_grad():
        network[0].weight.fill_(1)  # type: ignore[operator,union-attr]
        network[0].bias.copy_(-bends)  # type: ignore[operator,union-attr]
    drawn_N1 = torch.linspace(-1, 1, NUM_DRAWN, dtype=torch.float64)[:, None]
    drawn_NC = torch.cat([(drawn_N1 - bends).relu(), torch.ones_like(drawn_N1)], dim=1)
    expected = (drawn_NC @ by_hand - true_curve(drawn_N1)).square().mean().sqrt()
    assert _best_distance(network, x_N1) == pytest.approx(float(expected))
