"""The budget solver finds the published pairs, is never off by more than it says, and refuses what no whole number gives."""

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_variants import Architecture, Perceptron, Variant, name_of, parse
from resnet_variants.architecture import MNIST, Task
from resnet_variants.budget import AXES, By, match
from resnet_variants.by_numbers import Complexity
from resnet_variants.complexity import complexity_of
from resnet_variants.published import Axis


# Xie et al. 2017, table 2: cardinality C, width d of a group, at the parameters of ResNet-50
@pytest.mark.parametrize(("groups", "channels"), [(1, 64), (2, 40), (4, 24), (8, 14), (32, 4)])
def test_the_pairs_of_the_resnext_paper_come_out(groups: int, channels: int) -> None:
    start = Architecture(
        template="imagenet", depth=50, width=64, block="bottleneck", shortcut="B", groups=groups, width_per_group=1
    )
    found = match(start, to=parse("resnet50"), on="params", by="width_per_group", tolerance=0.03)
    assert found.architecture == parse("resnet50" if groups == 1 else f"resnext50_{groups}x{channels}d")


def test_resnet_matches_resnext_in_macs_within_one_percent() -> None:
    found = match(parse("resnet50"), to=parse("resnext50_32x4d"), on="macs", by="width_per_group")
    assert name_of(found.architecture) == "resnet50:width_per_group=66"
    assert abs(found.differences["macs"]) < 0.01
    assert str(found) == "resnet50:width_per_group=66 (params +6.15%, macs +0.74%, activations -22.11%)"


@pytest.mark.parametrize("family", ["resnet", "plain", "preresnet"])
def test_deep_and_thin_matches_shallow_and_wide_in_parameters(family: str) -> None:
    found = match(parse(f"{family}8"), to=parse(f"{family}56"), on="params")
    assert isinstance(found.architecture, Architecture)
    assert found.architecture.depth == 8 and found.architecture.width > 50
    assert abs(found.differences["params"]) < 0.01


def test_a_perceptron_of_one_layer_matches_one_of_five() -> None:
    found = match(parse("mlp_1x16"), to=parse("mlp_5x512"), on="params")
    assert abs(found.differences["params"]) < 0.001


def test_a_depth_is_solved_in_whole_blocks() -> None:
    found = match(parse("preresnet8"), to=parse("preresnet110"), on="params", by="depth")
    assert found.architecture == parse("preresnet110")
    assert set(found.differences.values()) == {0.0}


COUNTED = "resnet_variants.budget.complexity_of"
cost_of = cache(complexity_of)  # several tests ask about the same networks


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Variant]:
    """The variants that are counted, in order."""
    found: list[Variant] = []

    def count(variant: Variant, task: Task) -> Complexity:
        found.append(variant)
        return complexity_of(variant, task)

    monkeypatch.setattr(COUNTED, count)
    return found


@pytest.mark.parametrize(
    ("start", "target", "on"),
    [
        ("resnet8:width=8", "resnet56", "params"),
        ("plain11bn:width=8", "resnet20", "macs"),
        ("resnet8", "wrn_10_3", "activations"),
        ("resmlp_3x64", "mlp_3x512", "params"),
    ],
)
def test_a_depth_takes_five_counts_and_is_the_nearest(start: str, target: str, on: Axis, counted: list[Variant]) -> None:
    found = match(parse(start), to=parse(target), on=on, by="depth", tolerance=1)
    assert len(counted) == 5 and found.architecture == counted[-1]  # the budget, three small ones, and the answer
    budget = getattr(complexity_of(parse(target)), on)
    deepest = max(counted, key=lambda variant: variant.depth)
    step = counted[2].depth - counted[1].depth
    for depth in (deepest.depth - step, deepest.depth + step):
        field = {"depth": depth} if isinstance(deepest, Architecture) else {"hidden_layers": depth - 1}
        beside = getattr(complexity_of(replace(deepest, **field), parse(target).task), on)  # type: ignore[arg-type]
        assert abs(beside / budget - 1) >= abs(found.differences[on])


def test_a_depth_beyond_the_limit_is_refused_without_building_it(counted: list[Variant]) -> None:
    words = "no depth of 'resnet8:width=1' reaches the params of 'resnet56': even resnet10238:width=1"
    with pytest.raises(ValueError, match=words):
        match(parse("resnet8:width=1"), to=parse("resnet56"), on="params", by="depth")
    assert max(variant.depth for variant in counted) == 56


@pytest.mark.parametrize("by", ["width", "width_per_group"])
def test_a_width_takes_a_handful_of_counts(by: By, counted: list[Variant]) -> None:
    """So that even ResNet-1202, two seconds a count, is solved well under a minute."""
    match(parse("preresnet29bn"), to=parse("resnext50_32x4d"), on="macs", by=by, tolerance=1)
    assert len(counted) <= 6


@pytest.mark.parametrize("target", ["resnet8:width=16,shortcut=B", "resnet8:width=17,stem_width=16,shortcut=B", "resnet20"])
def test_a_width_that_is_an_exception_is_counted_and_not_foretold(target: str) -> None:
    """At the stem's own width the first block needs no projection: there a cost is off the curve."""
    start = parse("resnet8:width=2,stem_width=16,shortcut=B")
    found = match(start, to=parse(target), on="params", tolerance=1)
    budget = cost_of(parse(target)).params
    nearest = min(range(8, 32), key=lambda width: abs(cost_of(replace(start, width=width)).params - budget))  # type: ignore[type-var]
    assert found.architecture == replace(start, width=nearest)  # type: ignore[type-var]


STARTS = [
    "plain8",
    "resnet14",
    "resnet11bn",
    "resnext11_4x2d",
    "wrn_10_2",
    "resnet11bn:width=8,groups=4",
    "preresnet8:dropout=0.5",
]


@pytest.mark.slow
@settings(max_examples=12)
@given(
    start=st.sampled_from(STARTS), target=st.sampled_from(["resnet20", "resnet8:width=40", "wrn_10_3"]), on=st.sampled_from(AXES)
)
def test_no_other_width_is_nearer(start: str, target: str, on: Axis) -> None:
    """Against the widths beside it; a cost grows with the width."""
    to = parse(target)
    budget = complexity_of(to)
    found = match(parse(start), to=to, on=on, tolerance=10)
    assert isinstance(found.architecture, Architecture)
    ours = complexity_of(found.architecture, to.task)
    assert found.differences == {axis: getattr(ours, axis) / getattr(budget, axis) - 1 for axis in AXES}
    step = found.architecture.groups if found.architecture.width_per_group is None else 1
    for width in (found.architecture.width - step, found.architecture.width + step):
        if width >= 1:
            other = complexity_of(replace(found.architecture, width=width), to.task)
            assert abs(getattr(other, on) / getattr(budget, on) - 1) >= abs(found.differences[on])


@pytest.mark.parametrize(
    ("start", "target", "options", "answer"),
    [
        ("resnext50_32x1d", "resnet50", {"by": "width_per_group"}, "within 1.00%.*the nearest is resnext50_32x4d"),
        ("resnet8", "resnet20", {"on": "flops"}, "unknown axis 'flops'; available: params, macs, activations"),
        ("resnet8", "resnet20", {"by": "height"}, "unknown number to solve 'height'"),
        ("resnet8", "resnet20", {"by": "width_per_group"}, "basic blocks"),
        ("vgg16_bn", "resnet18", {}, "as its authors wrote it"),
        ("resnet50", "resnet101", {"by": "depth"}, "cannot be solved"),
        ("mlp_2x8", "mlp_5x8", {"by": "width_per_group"}, "no groups"),
        ("resnet56", "mlp_1x1", {}, "the nearest is resnet56:width=1"),
    ],
)
def test_what_cannot_be_solved_is_refused(start: str, target: str, options: dict[str, str], answer: str) -> None:
    with pytest.raises(ValueError, match=answer):
        match(parse(start), to=parse(target), **options)  # type: ignore[arg-type]


def test_a_perceptrons_depth_is_solved() -> None:
    found = match(parse("resmlp_3x64"), to=parse("resmlp_9x64"), on="params", by="depth")
    assert found.architecture == Perceptron(hidden_layers=9, width=64, is_residual=True)
    assert found.architecture.task == MNIST
