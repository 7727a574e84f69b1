"""Networks in which several tensors pass from block to block: what they cost, what they are called, and what is refused."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.measuring.cost import count_cost
from resnet_variants import Architecture, create, name_of, parse
from resnet_variants.architecture import Task
from resnet_variants.block_kinds import BLOCKS
from resnet_variants.build import build
from resnet_variants.by_numbers import complexity_by_numbers
from resnet_variants.complexity import complexity_of
from resnet_variants.grow import insert
from resnet_variants.network import Network
from resnet_variants.orderings import ORDERINGS
from resnet_variants.residual import GAINS, JOINS, NORMS
from resnet_variants.shortcuts import SHORTCUTS
from resnet_variants.trunks import AGGREGATES, MIXINGS

TINY = Task(image_shape=(1, 6, 6), num_classes=3)


def test_streams_multiply_activations_and_hardly_parameters() -> None:
    one, four = (count_cost(parse(name), TINY) for name in ("preresnet20", "preresnet20:streams=4,mixing=hc"))
    assert four.counted_by == one.counted_by and four.activations > 4 * one.activations and four.params < 1.01 * one.params
    # a block: 2n + n^2 static weights, two scales, and n + 2 weights per channel of its input
    assert four.params - one.params == 9 * (2 * 4 + 4**2 + 2) + (4 * 16 + 3 * 32 + 2 * 64) * (4 + 2)
    mhc = complexity_by_numbers(parse("preresnet20:streams=4,mixing=mhc"), TINY)
    assert mhc is not None and mhc.params - one.params == (9 + 4 * (4 * 16 + 3 * 32 + 2 * 64)) * (2 * 4 + 4**2) + 9 * 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("plain20:streams=4", "needs shortcuts"),
        ("preresnet20:streams=4,aggregate=attention", "choose one"),
        ("preresnet20:mixing=mhc", "needs several streams, such as streams=4"),
        ("preresnet20:streams=0", "streams must be at least 1, got 0"),
        ("preresnet20:streams=65", "streams must be at most 64"),
        ("preresnet20:streams=4,mixing=best", "unknown mixing 'best'"),
        ("resnet20:shortcut=exclusive-gate,streams=4", "whose gate"),
        ("preresnet20:join=orthogonal,streams=4", "join=orthogonal"),
        ("plain20:aggregate=attention", "needs shortcuts"),
        ("resnet20:aggregate=attention", "ends in the addition, such as pre"),
        ("preresnet20:aggregate=attention,shortcut=B", "needs shortcut A or A-centred"),
        ("preresnet20:aggregate=mean,shortcut=dropout", "needs shortcut A or A-centred"),
        ("preresnet20:aggregate=attention,join=delta", "join=delta"),
        ("preresnet20:aggregate=sum", "unknown aggregate 'sum'"),
    ],
)
def test_what_has_no_meaning_is_refused_with_the_reason(name: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        parse(name)


@pytest.mark.parametrize("name", ["preresnet8:streams=2", "preresnet8:aggregate=mean"])
def test_no_block_is_inserted_where_several_tensors_pass(name: str) -> None:
    network = create(name)
    assert isinstance(network, Network)
    with pytest.raises(ValueError, match="several streams or sources"):
        insert(network, 0, "zero")


@settings(max_examples=60, deadline=None)
@given(
    options=st.fixed_dictionaries(
        {
            "block": st.sampled_from(list(BLOCKS)),
            "ordering": st.sampled_from(list(ORDERINGS)),
            "shortcut": st.sampled_from(list(SHORTCUTS)),
            "norm": st.sampled_from(list(NORMS)),
            "branch_gain": st.sampled_from(GAINS),
            "join": st.sampled_from(["add", *JOINS]),
            "streams": st.integers(1, 4),
            "mixing": st.sampled_from(list(MIXINGS)),
            "aggregate": st.sampled_from(["none", *AGGREGATES]),
            "zero_gamma": st.booleans(),
            "drop_path": st.sampled_from([0.0, 0.5]),
            "stem_width": st.sampled_from([None, 3]),
        }
    )
)
def test_any_options_make_a_network_that_is_counted_and_named_or_are_refused(options: dict[str, object]) -> None:
    try:
        architecture = Architecture(depth=3 * BLOCKS[str(options["block"])].convolutions + 2, width=4, **options)  # type: ignore[index, arg-type]
    except ValueError:
        return
    assert parse(name_of(architecture)) == architecture
    assert complexity_by_numbers(architecture, TINY) == complexity_of(architecture, TINY)
    assert build(architecture, TINY)(torch.randn(4, *TINY.image_shape)).shape == (4, 3)
    assert ("streams" in architecture.meaning) == (architecture.streams > 1)
