"""Every public function answers a value of a wrong type or range with the value, the rule and what is possible, never from deep inside."""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from resnet_variants import Architecture, Fixed, Perceptron, create, name_of, names, parse
from resnet_variants.architecture import CIFAR, Task
from resnet_variants.budget import match
from resnet_variants.build import build
from resnet_variants.complexity import complexity_of, layers_of
from resnet_variants.grow import can_be_identity, insert, insert_everywhere
from resnet_variants.lookup import LARGEST_DEPTH
from resnet_variants.orderings import parse_ordering
from resnet_variants.published import published_counts
from resnet_variants.shortcuts import Shortcut
from resnet_variants.weights import by_position, from_torchvision, to_torchvision

RESNET, MLP, NETWORK = parse("resnet8:width=2"), Perceptron(hidden_layers=3, width=4, is_residual=True), create("resnet8:width=2")
BOTTLENECK = Architecture(depth=11, block="bottleneck", groups=2)
STATE = NETWORK.state_dict()

NO_TEXT = (3, None, True, ["post"], b"post")
NO_WHOLE_NUMBER = (True, 16.0, "16", None, math.nan, [16], np.int64(16))
NO_COUNT = (*NO_WHOLE_NUMBER, 0, -1, 2**30)
NO_SHARE = (math.nan, math.inf, -0.1, 1, 1.0, "0.1", True, None, 0.1j)
NO_NUMBER = (math.nan, math.inf, -math.inf, "1", True, [1.0])
NO_TRUTH = (1, 0, "true", None)
NO_VARIANT = ("resnet20", None, 3, {"depth": 20})

DOORS: dict[str, tuple[Callable[[Any], object], tuple[object, ...]]] = {
    "parse: name": (parse, NO_TEXT),
    "names: pattern": (names, NO_TEXT),
    "create: name": (create, NO_TEXT),
    "create: num_classes": (lambda bad: create("resnet8", num_classes=bad), tuple(v for v in NO_COUNT if v is not None)),
    "create: in_channels": (lambda bad: create("resnet8", in_channels=bad), tuple(v for v in NO_COUNT if v is not None)),
    "create: input_size": (lambda bad: create("mlp_1x4", input_size=bad), tuple(v for v in NO_COUNT if v is not None)),
    "create: pretrained": (lambda bad: create("resnet8", pretrained=bad), NO_TRUTH),
    "name_of: variant": (name_of, NO_VARIANT),
    "build: variant": (build, NO_VARIANT),
    "build: task": (lambda bad: build(RESNET, bad), ((3, 32, 32), "cifar", 10)),
    "build: generator": (lambda bad: build(RESNET, generator=bad), (3, "seed")),
    "layers_of: variant": (layers_of, NO_VARIANT),
    "layers_of: task": (lambda bad: layers_of(RESNET, bad), ((3, 32, 32), 10)),
    "complexity_of: variant": (complexity_of, NO_VARIANT),
    "match: architecture": (lambda bad: match(bad, to=RESNET), NO_VARIANT),
    "match: to": (lambda bad: match(RESNET, to=bad), NO_VARIANT),
    "match: on": (lambda bad: match(RESNET, to=RESNET, on=bad), (*NO_TEXT, "flops")),
    "match: by": (lambda bad: match(RESNET, to=RESNET, by=bad), (*NO_TEXT, "height")),
    "match: tolerance": (lambda bad: match(RESNET, to=RESNET, tolerance=bad), (*NO_NUMBER, -1, -1e-9, None)),
    "Task: num_classes": (lambda bad: replace(CIFAR, num_classes=bad), NO_COUNT),
    "Task: rows": (lambda bad: replace(CIFAR, image_shape=(3, bad, 32)), NO_COUNT),
    "Task: image_shape": (lambda bad: replace(CIFAR, image_shape=bad), ([3, 32, 32], "3x32x32", 32, (3, 32), (3, 32, 32, 1))),
    "Architecture: template": (lambda bad: replace(RESNET, template=bad), (*NO_TEXT, "mnist")),
    "Architecture: depth": (lambda bad: replace(RESNET, depth=bad), (*NO_COUNT, 21, LARGEST_DEPTH + 100)),
    "Architecture: width": (lambda bad: replace(RESNET, width=bad), NO_COUNT),
    "Architecture: block": (lambda bad: replace(RESNET, block=bad), (*NO_TEXT, "triple")),
    "Architecture: ordering": (lambda bad: replace(RESNET, ordering=bad), (*NO_TEXT, "past")),
    "Architecture: shortcut": (lambda bad: replace(RESNET, shortcut=bad), (*NO_TEXT, "Q")),
    "Architecture: stem_width": (lambda bad: replace(RESNET, stem_width=bad), tuple(v for v in NO_COUNT if v is not None)),
    "Architecture: groups": (lambda bad: replace(BOTTLENECK, groups=bad), NO_COUNT),
    "Architecture: width_per_group": (
        lambda bad: replace(BOTTLENECK, width_per_group=bad),
        tuple(v for v in NO_COUNT if v is not None),
    ),
    "Architecture: gate_bias": (lambda bad: replace(RESNET, shortcut="shortcut-gate", gate_bias=bad), (*NO_NUMBER, None)),
    "Architecture: dropout": (lambda bad: replace(RESNET, dropout=bad), NO_SHARE),
    "Architecture: zero_gamma": (lambda bad: replace(RESNET, zero_gamma=bad), NO_TRUTH),
    "Perceptron: hidden_layers": (lambda bad: replace(MLP, hidden_layers=bad), (*NO_COUNT, 4, LARGEST_DEPTH + 1)),
    "Perceptron: width": (lambda bad: replace(MLP, width=bad), NO_COUNT),
    "Perceptron: is_residual": (lambda bad: replace(MLP, is_residual=bad), NO_TRUTH),
    "Perceptron: has_norm": (lambda bad: replace(MLP, has_norm=bad), NO_TRUTH),
    "Perceptron: dropout": (lambda bad: replace(MLP, dropout=bad), NO_SHARE),
    "Perceptron: zero_gamma": (lambda bad: replace(MLP, zero_gamma=bad), NO_TRUTH),
    "Fixed: network": (lambda bad: Fixed(network=bad), (*NO_TEXT, "vgg99")),
    "Fixed: dropout": (lambda bad: Fixed(network="vgg16_bn", dropout=bad), tuple(v for v in NO_SHARE if v is not None)),
    "Shortcut: same_shape": (lambda bad: Shortcut(same_shape=bad, new_shape="zero-pad"), (3, True, ["identity"])),
    "Shortcut: scale": (lambda bad: Shortcut(same_shape="identity", new_shape="zero-pad", scale=bad), (*NO_NUMBER, None)),
    "Shortcut: branch_scale": (
        lambda bad: Shortcut(same_shape="identity", new_shape="zero-pad", branch_scale=bad),
        (*NO_NUMBER, None),
    ),
    "Shortcut: dropout": (lambda bad: Shortcut(same_shape="identity", new_shape="zero-pad", dropout=bad), NO_SHARE),
    "Shortcut: gate": (lambda bad: Shortcut(same_shape="identity", new_shape="zero-pad", gate=bad), (3, True, "half")),
    "parse_ordering: line": (parse_ordering, (*NO_TEXT, "conv bn")),
    "published_counts: name": (published_counts, (3, ["resnet20"])),
    "insert: network": (lambda bad: insert(bad, 0, "zero"), ("resnet8", None, RESNET)),
    "insert: stage": (lambda bad: insert(NETWORK, bad, "zero"), (*NO_WHOLE_NUMBER, -1, 3)),  # type: ignore[arg-type]
    "insert: init": (lambda bad: insert(NETWORK, 0, bad), (True, None, "one", math.nan, math.inf, [0.0])),  # type: ignore[arg-type]
    "insert: x_NCHW": (lambda bad: insert(NETWORK, 0, 1.0, x_NCHW=bad), ("images", [[1.0]])),  # type: ignore[arg-type]
    "insert_everywhere: network": (lambda bad: insert_everywhere(bad, "zero"), ("resnet8", None)),
    "can_be_identity: architecture": (can_be_identity, NO_VARIANT),
    "by_position: state_dict": (lambda bad: by_position(bad, NETWORK), (None, [1, 2], {"weight": 3.0}, {3: torch.ones(1)})),
    "by_position: network": (lambda bad: by_position(STATE, bad), ("resnet8", None, RESNET)),
    "from_torchvision: state_dict": (lambda bad: from_torchvision(bad, parse("resnet18")), (None, "w.pt")),  # type: ignore[arg-type]
    "from_torchvision: architecture": (lambda bad: from_torchvision(STATE, bad), ("resnet18", None)),
    "to_torchvision: architecture": (lambda bad: to_torchvision(STATE, bad), ("resnet18", None)),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_wrong_value_is_answered_at_the_door(door: str) -> None:
    """The answer shows the value, and is a sentence of this project's: it says what must be, or what there is."""
    call, values = DOORS[door]
    for bad in values:
        with pytest.raises((ValueError, TypeError)) as answer:
            call(bad)
        words = str(answer.value)
        shown = next(iter(bad.values())) if door.startswith("by_position: state") and isinstance(bad, dict) else bad
        seen = (repr(shown), str(shown), type(bad).__name__)
        assert any(text in words for text in seen), (bad, words)
        assert any(rule in words for rule in ("must", "available: ", "is one", "give ", "can be put", "no stage")), (bad, words)


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 5, 8, 8), (2, 3)])
def test_images_that_do_not_pass_a_network_are_refused_when_a_block_is_put_into_it(shape: tuple[int, ...]) -> None:
    x_NCHW = torch.zeros(shape)
    with pytest.raises(
        ValueError, match=f"this network cannot process x_NCHW of shape {'x'.join(map(str, shape))} and type torch.float32"
    ):
        insert(create("resnet8:width=2"), 0, 1.0, x_NCHW=x_NCHW)  # type: ignore[arg-type]


@given(bias=st.integers(-10, 10))
def test_a_whole_number_for_a_share_or_bias_is_the_same_value_to_the_letter(bias: int) -> None:
    """Keys of trials are made of the letters, so 6 and 6.0 must not differ; nor a number of numpy's."""
    gated = Architecture(depth=8, shortcut="exclusive-gate", gate_bias=bias, dropout=0)
    expected = json.dumps(asdict(Architecture(depth=8, shortcut="exclusive-gate", gate_bias=float(bias))))
    assert json.dumps(asdict(gated)) == expected
    assert json.dumps(asdict(replace(gated, gate_bias=np.float64(bias)))) == expected
    assert parse(name_of(replace(gated, dropout=np.float64(0.25)))).dropout == 0.25  # type: ignore[union-attr]
    assert json.dumps(asdict(Fixed(network="vgg16_bn", dropout=0))) == json.dumps(asdict(Fixed(network="vgg16_bn", dropout=0.0)))


@pytest.mark.parametrize(
    "name", ["resnet6000000000000002", "plain10244", "wrn_60004_1", "preresnet99998bn", "mlp_10241x1", "resnext90002_2x4d"]
)
def test_a_depth_that_nobody_trained_is_refused_at_once(name: str) -> None:
    with pytest.raises(ValueError, match=r"(depth|hidden_layers) must be at most 10,240, got \d+"):
        parse(name)


def test_the_deepest_networks_that_were_trained_have_names() -> None:
    assert parse("plain10004").depth == 10_004  # Xiao et al. 2018: 10,000 layers
    assert parse("resnet1202").depth == 1202
    with pytest.raises(
        ValueError, match=r"6n\+2 with basic blocks, such as 10238, got 10239$"
    ):  # the next one would be beyond the limit
        parse("resnet10239")


def test_a_task_is_a_task() -> None:
    assert Task(image_shape=(1, 2, 3), num_classes=4).changed(num_classes=None, in_channels=2, input_size=None).image_shape == (
        2,
        2,
        3,
    )
