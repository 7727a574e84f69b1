"""Every option of a block with every other: built, named, counted and trained, or refused with the reason."""

from dataclasses import fields

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.measuring.cost import count_cost
from resnet_variants import Architecture, name_of, parse
from resnet_variants.architecture import Task
from resnet_variants.build import build
from resnet_variants.by_numbers import complexity_by_numbers
from resnet_variants.complexity import complexity_of
from resnet_variants.orderings import ORDERINGS
from resnet_variants.residual import JOINS, NORMS
from resnet_variants.shortcuts import SHORTCUTS
from resnet_variants.spelling import OPTIONS

SMALL = Task(image_shape=(3, 8, 8), num_classes=5)
VALUES: dict[str, st.SearchStrategy[object]] = {
    "block": st.sampled_from(["basic", "bottleneck", "single", "triple"]),
    "ordering": st.sampled_from([*ORDERINGS, "conv relu |", "conv gn | relu"]),
    "shortcut": st.sampled_from(list(SHORTCUTS)),
    "norm": st.sampled_from(list(NORMS)),
    "branch_gain": st.sampled_from(["none", "skipinit", "rezero", "skipinit-sqrt", "layerscale", "layerscale-1e-6", "fixup"]),
    "branch_scale": st.sampled_from(["1", "1/sqrtL", "1/L", "0.5"]),
    "drop_path": st.sampled_from([0.0, 0.5]),
    "drop_path_rule": st.sampled_from(["linear", "constant"]),
    "join": st.sampled_from(list(JOINS)),
    "zero_gamma": st.booleans(),
    "dropout": st.sampled_from([0.0, 0.2]),
    "stem_width": st.sampled_from([None, 3]),
}
options = st.fixed_dictionaries({}, optional=VALUES)
DEPTHS = {"basic": 8, "single": 11, "triple": 11, "bottleneck": 11}


def built_from(values: dict[str, object]) -> Architecture | None:
    """The network of these options, or None if they are refused with a reason of two words at least."""
    try:
        return Architecture(depth=DEPTHS[str(values.get("block", "basic"))], width=4, **values)  # type: ignore[arg-type]
    except ValueError as error:
        assert len(str(error).split()) > 5, error
        return None


@given(values=options)
def test_options_that_go_together_have_one_name_and_one_cost(values: dict[str, object]) -> None:
    architecture = built_from(values)
    if architecture is None:
        return
    assert parse(name_of(architecture)) == architecture
    assert complexity_by_numbers(architecture, SMALL) == complexity_of(architecture, SMALL)


@settings(max_examples=60)
@given(values=options)
def test_options_that_go_together_train(values: dict[str, object]) -> None:
    architecture = built_from(values)
    if architecture is None:
        return
    torch.manual_seed(0)
    network = build(architecture, SMALL)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    for _ in range(2):
        optimizer.zero_grad()
        scores_NK = network(torch.randn(4, 3, 8, 8))
        F.cross_entropy(scores_NK, torch.arange(4)).backward()
        optimizer.step()
    assert all(weight.grad is not None and weight.isfinite().all() for weight in network.parameters())


@pytest.mark.parametrize(
    "option",
    [
        "norm=gn",
        "norm=dyt",
        "norm=none",
        "branch_gain=layerscale",
        "branch_gain=fixup,norm=none",
        "drop_path=0.5",
        "join=orthogonal",
        "join=delta",
        "block=single",
        "block=triple",
    ],
)
def test_the_recorded_count_is_that_of_the_formulas(option: str) -> None:
    base = "resnet20" if "block" in option else "resnet8"
    variant = parse(f"{base}:width=4,{option}")
    recorded, expected = count_cost(variant, SMALL), complexity_of(variant, SMALL)
    assert (recorded.params, recorded.macs, recorded.activations) == (expected.params, expected.macs, expected.activations)
    assert not recorded.is_lower_bound


@pytest.mark.parametrize(
    ("name", "usual"),
    [
        ("resnet20:norm=bn,branch_gain=none,branch_scale=1.0,drop_path=0,join=add,block=basic,drop_path_rule=linear", "resnet20"),
        ("resnet20:branch_gain=REZERO", "resnet20:branch_gain=skipinit"),
        ("resnet20:branch_gain=layerscale-0.10", "resnet20:branch_gain=layerscale"),
        ("resnet20:branch_scale=1/SQRTL", "resnet20:branch_scale=1/sqrtL"),
    ],
)
def test_neutral_values_and_other_spellings_are_the_same_network(name: str, usual: str) -> None:
    assert parse(name) == parse(usual)
    assert name_of(parse(name)) == usual


def test_every_new_option_is_a_field_that_can_be_spelled_and_has_a_neutral_default() -> None:
    new = ("norm", "branch_gain", "branch_scale", "drop_path", "drop_path_rule", "join")
    defaults = {field.name: field.default for field in fields(Architecture)}
    assert [defaults[name] for name in new] == ["bn", "none", "1", 0.0, "linear", "add"]
    assert set(new) <= set(OPTIONS[Architecture])


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("plain56:block=single", "needs shortcuts"),
        ("plain20:branch_gain=skipinit", "branch_gain=skipinit needs shortcuts"),
        ("plain20:drop_path=0.5", "drop_path=0.5 needs shortcuts"),
        ("plain20:branch_scale=1/L", "branch_scale=1/L needs shortcuts"),
        ("plain20:join=orthogonal", "join=orthogonal needs shortcuts"),
        ("resnet20:branch_gain=layer", "did you mean layerscale"),
        ("resnet20:branch_gain=layerscale-0", "a number above 0"),
        ("resnet20:branch_gain=layerscale-x", "a number above 0"),
        ("resnet20:branch_scale=-1", "a number above 0"),
        ("resnet20:branch_scale=1/sqrt", "1/sqrtL, 1/L or a number"),
        ("resnet20:drop_path=1", "from 0 to below 1"),
        ("resnet20:drop_path_rule=constant", "needs a drop_path above 0"),
        ("resnet20:norm=none,zero_gamma=true", "zero_gamma needs a gamma"),
        ("resnet20:branch_gain=skipinit,zero_gamma=true", "neither has a gradient"),
        ("resnet20:branch_gain=fixup", "norm=none and ordering post"),
        ("preresnet20:branch_gain=fixup,norm=none", "norm=none and ordering post"),
        ("resnet20:join=delta,drop_path=0.5", "only the direction"),
        ("resnet20:join=orthogonal,shortcut=exclusive-gate", "joins by its gate"),
        ("resnet20:branch_scale=1/L,shortcut=scaled-both", "scales the branch, too"),
        ("resnet20:ordering=relu conv |,norm=gn", "would change nothing"),
        ("resnet18:block=single", "contradicts the name"),
        ("resnet20:norm=batch", "unknown norm 'batch'"),
        ("resnet20:join=sum", "unknown join 'sum'"),
    ],
)
def test_what_has_no_meaning_is_refused_with_the_reason(name: str, answer: str) -> None:
    with pytest.raises(ValueError, match=answer):
        parse(name)


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("conv bn gain | relu", "branch_gain=skipinit"),
        ("conv bn gain | relu,branch_gain=rezero", "branch_gain=skipinit"),
        ("conv bn gains drop | relu", "branch_gain=layerscale,drop_path=0.5"),
        ("conv bn drop gains | relu", "branch_gain=layerscale,drop_path=0.5"),  # a product, in either order
        ("conv gn gain | relu", "norm=gn,branch_gain=skipinit"),
        ("conv gain | bn relu", "ordering=bn-after,branch_gain=skipinit"),
        ("conv relu bn drop | relu", "ordering=conv relu bn | relu,drop_path=0.5"),
    ],
)
def test_words_of_the_branchs_end_are_the_fields(line: str, options: str) -> None:
    network = parse(f"resnet20:ordering={line}")
    assert network == parse(f"resnet20:{options}") == parse(name_of(network))


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("conv gain bn | relu", "must have 'gain' at the branch's end"),
        ("conv bn | gain relu", "must have 'gain' at the branch's end"),
        ("conv bn gain gains | relu", "at most one word for branch_gain"),
        ("conv bn drop | relu,drop_path=0.3", "stands for drop_path=0.5, but drop_path=0.3 is given"),
        ("conv bn gian | relu", "unknown word 'gian'; did you mean gain"),
    ],
)
def test_a_word_of_the_branchs_end_elsewhere_is_refused(line: str, answer: str) -> None:
    with pytest.raises(ValueError, match=answer):
        parse(f"resnet20:ordering={line}")
