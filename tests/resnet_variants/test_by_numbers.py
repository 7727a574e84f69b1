"""What is counted from a network's numbers is what is counted on its layers."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_variants import Architecture, parse
from resnet_variants.architecture import CIFAR, Task
from resnet_variants.block_kinds import IMAGENET_PLANS, STRIDES_IN
from resnet_variants.blocks import PATHS, WORDS, Word, projection
from resnet_variants.by_numbers import complexity_by_numbers
from resnet_variants.complexity import complexity_of
from resnet_variants.orderings import ORDERINGS, parse_ordering
from resnet_variants.shortcuts import SHORTCUTS, Shortcut
from resnet_variants.variant import Fixed, Perceptron

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "complexity.json").read_text())  # held against the layers elsewhere
TASKS = st.builds(
    Task, image_shape=st.tuples(st.integers(1, 4), st.integers(1, 40), st.integers(1, 40)), num_classes=st.integers(1, 12)
)


def test_every_golden_name_of_ours_has_its_golden_counts() -> None:
    for name, expected in GOLDEN.items():
        variant = parse(name)
        found = complexity_by_numbers(variant, variant.task)
        assert (found is None) == isinstance(variant, Fixed)
        if found is not None:
            assert [found.params, found.macs, found.activations] == expected, name


@settings(max_examples=25)
@given(
    network=st.fixed_dictionaries(
        {
            "block": st.sampled_from(["basic", "bottleneck"]),
            "width": st.integers(1, 9),
            "stem_width": st.sampled_from([None, 3, 8]),
            "ordering": st.sampled_from(list(ORDERINGS)),
            "shortcut": st.sampled_from(list(SHORTCUTS)),
            "dropout": st.sampled_from([0.0, 0.5]),
        }
    ),
    blocks=st.integers(1, 2),
    groups=st.integers(1, 3),
    stride_in=st.sampled_from(STRIDES_IN),
    task=TASKS,
)
def test_any_network_of_stages_counts_as_its_layers_do(
    network: dict[str, object], blocks: int, groups: int, stride_in: str, task: Task
) -> None:
    is_basic = network["block"] == "basic"
    grouped = {} if is_basic else {"groups": groups, "width_per_group": 2, "stride_in": stride_in}
    small = Architecture(depth=(6 if is_basic else 9) * blocks + 2, **grouped, **network)  # type: ignore[arg-type]
    assert complexity_by_numbers(small, task) == complexity_of(small, task)


@settings(max_examples=8)
@given(kind=st.sampled_from([("basic", 18), ("bottleneck", 50)]), shortcut=st.sampled_from(list(SHORTCUTS)), task=TASKS)
def test_any_network_of_four_stages_counts_as_its_layers_do(kind: tuple[str, int], shortcut: str, task: Task) -> None:
    block, depth = kind
    assert depth in IMAGENET_PLANS[block]  # type: ignore[index]
    network = Architecture(template="imagenet", block=block, depth=depth, width=2, shortcut=shortcut)  # type: ignore[arg-type]
    assert complexity_by_numbers(network, task) == complexity_of(network, task)


@settings(max_examples=15)
@given(half=st.integers(1, 3), width=st.integers(1, 20), is_residual=st.booleans(), has_norm=st.booleans(), task=TASKS)
def test_any_perceptron_counts_as_its_layers_do(half: int, width: int, is_residual: bool, has_norm: bool, task: Task) -> None:
    network = Perceptron(hidden_layers=2 * half + 1, width=width, is_residual=is_residual, has_norm=has_norm)
    assert complexity_by_numbers(network, task) == complexity_of(network, task)


def test_users_words_and_paths_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WORDS, "mine", Word(make=WORDS["relu"].make))
    monkeypatch.setitem(ORDERINGS, "mine", parse_ordering("conv bn mine | relu"))
    monkeypatch.setitem(PATHS, "mine", projection)
    monkeypatch.setitem(SHORTCUTS, "mine", Shortcut(same_shape="identity", new_shape="mine"))
    for option in ("ordering", "shortcut"):
        assert complexity_by_numbers(parse(f"resnet8:{option}=mine"), CIFAR) is None
