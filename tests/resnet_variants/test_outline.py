"""Networks that the code of others builds are built as they build themselves: counted, described, trained and timed."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from benchmarks.cli.dry_run import print_plan
from benchmarks.cli.plan import TimingRun
from benchmarks.cli.workers import Context
from benchmarks.measuring.cost import cost_of, count_cost
from benchmarks.measuring.runnable import Runnable
from benchmarks.spec.survey import load_survey
from benchmarks.spec.timing import TimingPlan, Workload
from benchmarks.store.environment import Checkout
from benchmarks.store.out import Out
from resnet_variants import parse
from resnet_variants.__main__ import app
from resnet_variants.architecture import CIFAR, Task
from resnet_variants.blocks import WORDS, Word
from resnet_variants.budget import match
from resnet_variants.complexity import complexity_of, layers_of
from resnet_variants.orderings import ORDERINGS, parse_ordering
from resnet_variants.outline import is_outline, outline
from resnet_variants.variant import FIXED, FixedFacts

THEIRS = """
import torch
from torch import nn

def stochastic(task):
    rates = [r.item() for r in torch.linspace(0, 0.1, 3)]
    return nn.Sequential(nn.Conv2d(task.image_shape[0], 8, 3, padding=1), *[nn.Dropout(p) for p in rates],
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, task.num_classes))

class Scaled(nn.Module):
    # keeps a tensor that is neither a weight nor a buffer

    def __init__(self, task):
        super().__init__()
        self.scale = torch.tensor(0.5)
        self.conv = nn.Conv2d(task.image_shape[0], 8, 3)
        self.linear = nn.Linear(8, task.num_classes)

    def forward(self, x_NCHW):
        return self.linear((self.conv(x_NCHW) * self.scale).mean((2, 3)))

def regnet(task):
    from torchvision.models import regnet_y_400mf
    return regnet_y_400mf(num_classes=task.num_classes)

class Attentive(nn.Module):
    def __init__(self, task):
        super().__init__()
        self.conv = nn.Conv2d(task.image_shape[0], 4, 3, padding=1, bias=False)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.linear = nn.Linear(4, task.num_classes)

    def forward(self, x_NCHW):
        x_NLC = self.conv(x_NCHW).flatten(2).transpose(1, 2)
        return self.linear(self.attention(x_NLC, x_NLC, x_NLC, need_weights=False)[0].mean(1))

class Windows(nn.Module):
    # puts parts of an image beside each other, as if they were many images

    def __init__(self, task):
        super().__init__()
        self.linear = nn.Linear(task.image_shape[0] * 16, task.num_classes)

    def forward(self, x_NCHW):
        parts = x_NCHW.unfold(2, 4, 4).unfold(3, 4, 4).permute(0, 2, 3, 1, 4, 5)
        return self.linear(parts.flatten(0, 2).flatten(1)).unflatten(0, (len(x_NCHW), -1)).mean(1)

class Transformed(nn.Module):
    def __init__(self, task):
        super().__init__()
        self.linear = nn.Linear(task.image_shape[0], task.num_classes)

    def forward(self, x_NCHW):
        return self.linear(torch.fft.fft2(x_NCHW).real.mean((2, 3)))
"""
NETWORKS = ("stochastic", "Scaled", "regnet", "Attentive", "Windows", "Transformed")


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "their_nets.py").write_text(THEIRS)
    monkeypatch.syspath_prepend(tmp_path)
    for name in NETWORKS:
        facts = FixedFacts(depth=2, is_residual=False, task=CIFAR, make=f"their_nets:{name}")
        monkeypatch.setitem(FIXED, name.lower(), facts)
    yield
    sys.modules.pop("their_nets", None)


def described(name: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    with pytest.raises(SystemExit) as ended:
        app(["describe", name])
    assert not ended.value.code
    return capsys.readouterr().out.splitlines()


REGNET = 4_344_144 - 441 * 990  # torchvision's parameters for 1000 classes, less the weights and biases of 990


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        ("stochastic", 314, 221_274),
        ("scaled", 314, 30 * 30 * 8 * 27 + 90),
        ("windows", 490, 64 * 10 * 49),
        ("regnet", REGNET, None),
    ],
)
def test_a_constructor_may_read_numbers_and_keep_tensors(name: str, params: int, macs: int | None, theirs: None) -> None:
    variant, state = parse(name), torch.get_rng_state()
    cost, closed = count_cost(variant, CIFAR), complexity_of(variant)
    assert (cost.params, cost.macs, cost.activations) == (closed.params, closed.macs, closed.activations)
    assert (cost.params, cost.macs) == (params, macs or cost.macs) and not closed.is_lower_bound
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", ["stochastic", "scaled"])
def test_such_a_network_is_timed_with_the_weights_that_it_drew(name: str, theirs: None) -> None:
    state = torch.get_rng_state()
    run = Runnable(Workload(architecture=parse(name), task=CIFAR, batch_size=2, steps=("train", "infer")), "fp32", "cpu")
    assert torch.equal(torch.get_rng_state(), state)
    before = [weight.clone() for weight in run.network.parameters()]
    for step in ("train", "infer"):
        run.steps[step]()
    assert not any(torch.equal(old, new) for old, new in zip(before, run.network.parameters(), strict=True))
    assert all(weight.isfinite().all() for weight in run.network.parameters())


class Measured(nn.Module):
    """A word that reads a number while it is made, and keeps a tensor."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.share = torch.linspace(0, 1, channels)[1].item()
        self.scales_C = torch.full((channels, 1, 1), self.share)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        return x_NCHW * self.scales_C


class Kept(nn.Module):
    """A word that only keeps a tensor."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scales_C = torch.ones(channels, 1, 1)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        return x_NCHW * self.scales_C


@pytest.mark.parametrize("word", [Measured, Kept])
def test_a_users_word_may_do_so_in_a_network_of_ours(word: type[nn.Module], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WORDS, "mine", Word(make=word))
    monkeypatch.setitem(ORDERINGS, "mine", parse_ordering("conv bn mine | relu"))
    cost, plain = count_cost(parse("resnet8:ordering=mine"), CIFAR), cost_of(parse("resnet8"), CIFAR)
    assert (cost.params, cost.macs, cost.counted_by) == (plain.params, plain.macs, "fvcore")
    assert complexity_of(parse("resnet8:ordering=mine")).macs == plain.macs


@pytest.mark.parametrize("name", ["resnet20", "mlp_2x16", "inception_v3"])
def test_the_projects_own_networks_need_no_storage(name: str) -> None:
    variant = parse(name)
    assert is_outline(outline(variant, variant.task))


def test_a_description_has_a_line_for_what_no_layer_accounts_for(theirs: None, capsys: pytest.CaptureFixture[str]) -> None:
    lines = described("attentive", capsys)
    (line,) = (line.split() for line in lines if line.startswith("elsewhere"))
    tokens, width = 1024, 4
    attention = tokens * 4 * width * (width + 1) + 2 * tokens**2 * width  # four projections with their biases, two products
    assert line == ["elsewhere", "other", "operators", "0", f"{attention:,}", f"{tokens * 5 * width:,}"]
    (total,) = (line.split() for line in lines if line.startswith("total"))
    cost = cost_of(parse("attentive"), CIFAR)
    assert total == ["total", f"{cost.params:,}", f"{cost.macs:,}", f"{cost.activations:,}"]


def test_a_description_says_at_least_where_an_operator_is_unknown(theirs: None, capsys: pytest.CaptureFixture[str]) -> None:
    lines = described("transformed", capsys)
    assert next(line for line in lines if line.startswith("elsewhere")).split("  ")[1].strip() == "no formula: aten::_fft_c2c"
    assert next(line for line in lines if line.startswith("total")).split()[1:] == [
        "40",
        "at",
        "least",
        "40",
        "at",
        "least",
        "10",
    ]
    assert cost_of(parse("transformed"), CIFAR).is_lower_bound


def test_a_lower_bound_is_no_budget(theirs: None) -> None:
    with pytest.raises(ValueError, match="the macs of 'transformed' are known only as a lower bound: match on params"):
        match(parse("resnet8"), to=parse("transformed"), on="macs")
    found = match(parse("mlp_1x64"), to=parse("transformed"), on="params", tolerance=1e9)
    assert found.differences.keys() == {"params"}


def test_images_that_a_network_refuses_in_its_own_words_are_refused(theirs: None) -> None:
    with pytest.raises(ValueError, match="this network cannot process images of 3x2x2: "):
        layers_of(parse("scaled"), Task(image_shape=(3, 2, 2), num_classes=10))


def test_a_plan_says_at_least_to_people_and_to_programs(theirs: None, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    workload = Workload(architecture=parse("transformed"), task=CIFAR, batch_size=2, steps=("infer",))
    plan = TimingPlan(workloads=(workload,), precision="fp32")
    run = TimingRun(name="throughput", survey=load_survey("throughput"), plan=plan)
    context = Context(device="cpu", checkout=Checkout(commit=None, is_dirty=None), workers=1)
    for as_json, words in ((False, "at least 40"), (True, '"is_lower_bound": true')):
        print_plan([run], context, Out(tmp_path), as_json=as_json)
        assert words in capsys.readouterr().out
