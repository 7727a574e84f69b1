"""Where a signal dies or explodes: the rule at its limits, in exact cases, and the sentences that say so."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.figures import load_figure, render
from analysis.inference.signal import FACTOR, RULE, Finding, in_words, judge
from analysis.pages.signal import NONE, as_values, table_of
from benchmarks.spec.signal import BlockSignal, NetworkSignal, Signal, SignalCheck


def signal(
    variances: Sequence[float], gradients: Sequence[float | None] | None = None, scores: float | None = 0.1, images: float = 1.0
) -> Signal:
    """A signal with these variances and gradients, by block, and a variance of the scores."""
    blocks = [
        BlockSignal(name=f"b{place}", mean=0.0, variance=variance, gradient=gradient, weight_gradient=1.0)
        for place, (variance, gradient) in enumerate(zip(variances, gradients or [1.0] * len(variances), strict=True))
    ]
    if scores is not None:
        blocks.append(BlockSignal(name="head", mean=0.0, variance=scores, gradient=0.1, weight_gradient=1.0))
    return Signal(images_mean=0.0, images_variance=images, blocks=tuple(blocks), ends_in_scores=scores is not None)


def places(found: Signal) -> list[tuple[str, str, str]]:
    return [(finding.quantity, finding.kind, finding.block) for finding in judge(found)]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (signal([1, 1, 1]), []),
        (signal([1, 999, 1]), []),
        (signal([1, 1001, 1]), [("signal", "explodes", "b1")]),
        (signal([1, 0.00101, 1]), []),
        (signal([1, 0.00099, 1]), [("signal", "dies", "b1")]),
        (signal([1, 0.00099, 1], images=0.5), []),
        (signal([0.1**place for place in range(6)]), [("signal", "dies", "b4")]),
        (signal([1, 0, 0]), [("signal", "dies", "b1")]),
        (signal([1, math.nan, math.nan]), [("signal", "is not finite", "b1")]),
        (signal([1, math.inf]), [("signal", "is not finite", "b1")]),
        (signal([1, 1], scores=1e-30), []),  # a head may shrink
        (signal([1, 1], scores=0), [("signal", "dies", "head")]),
        (signal([1, 1], scores=math.nan), [("signal", "is not finite", "head")]),
        (signal([1, 1, 1], [1001, 900, 1]), [("gradient", "explodes", "b0")]),
        (signal([1, 1, 1], [1e-4, 1e-2, 1]), [("gradient", "dies", "b0")]),
        (signal([1, 1, 1], [1, 0, 1]), [("gradient", "dies", "b1")]),
        (signal([1, 1, 1], [1, None, 1]), [("gradient", "dies", "b1")]),
        (signal([1, 1, 1], [0, 0, 0]), [("gradient", "dies", "b2")]),
        (signal([1, 1, 1], [math.nan, 1, 1]), [("gradient", "is not finite", "b0")]),
        (signal([1, 1, 1], [math.nan, math.nan, math.nan]), [("gradient", "is not finite", "b2")]),
        (signal([1, 2000], [2000, 1]), [("signal", "explodes", "b1"), ("gradient", "explodes", "b0")]),
        (signal([]), []),
        (signal([1, 1e-9], scores=None), [("signal", "dies", "b1")]),
    ],
)
def test_a_signal_dies_or_explodes_at_the_first_block_out_of_range(found: Signal, expected: list[tuple[str, str, str]]) -> None:
    assert places(found) == expected


@given(factor=st.floats(1e-3, 1e3).filter(lambda factor: not 0.99 < factor < 1.01), num_blocks=st.integers(1, 60))
def test_a_constant_factor_per_block_is_found_at_the_block_where_its_power_leaves_the_range(
    factor: float, num_blocks: int
) -> None:
    powers = [factor ** (place + 1) for place in range(num_blocks)]
    first = next((place for place, power in enumerate(powers) if power > FACTOR or power < 1 / FACTOR), None)
    found = [finding.block for finding in judge(signal(powers)) if finding.quantity == "signal"]
    assert found == ([] if first is None else [f"b{first}"])


def test_linear_growth_passes_for_a_thousand_blocks() -> None:
    assert judge(signal([1.0 + place for place in range(1000)])) == ()
    assert judge(signal([1.0 + place for place in range(1001)])) != ()


def test_the_rule_states_its_factor() -> None:
    assert f"{FACTOR:,.0f}" in RULE


def words(*signals: Signal) -> list[str]:
    return in_words(NetworkSignal(name="net", signals=signals), range(len(signals)))


def test_sentences_say_where_by_how_much_and_with_how_many_seeds() -> None:
    dying = signal([1, 1e-2, 1e-4, 1e-6])
    assert words(dying) == [
        "net: the signal dies at b2, where it is 0.0001 times the images' variance; at b3 it is 1e-06 times (1 of 1 seed)."
    ]
    assert words(signal([1, 1]), dying) == [
        "net: the signal dies at b2, where it is 0.0001 times the images' variance; at b3 it is 1e-06 times (1 of 2 seeds; values of seed 1)."
    ]
    assert words(signal([1, 1], [5000, 1])) == [
        "net: the gradient explodes at b0, where it is 5,000 times the last block's norm (1 of 1 seed)."
    ]
    assert words(signal([1, 0, 0])) == ["net: the signal dies at b1, where it is zero (1 of 1 seed)."]
    assert words(signal([1, math.nan])) == ["net: the signal is not finite at b1 (1 of 1 seed)."]
    assert words(signal([0.5, 2], [3, 1]), signal([1, 4], [2, 1])) == [
        "net: the signal passes: its variance is 0.5 to 4 times the images', and the gradient's norm 1 to 3 times the last block's."
    ]
    assert words(signal([])) == ["net: the scores are finite and differ between images; it has no blocks before them."]


def test_weights_without_a_gradient_are_named() -> None:
    stuck = BlockSignal(name="stuck", mean=0.0, variance=1.0, gradient=1.0, weight_gradient=0.0)
    frozen = BlockSignal(name="frozen", mean=0.0, variance=1.0, gradient=1.0, weight_gradient=None)
    found = Signal(images_mean=0, images_variance=1, blocks=(stuck, frozen), ends_in_scores=False)
    assert words(found)[1:] == ["net: the gradient is exactly zero at all weights of stuck: the first step does not train them."]


def check_of(**signals: Sequence[Signal]) -> SignalCheck:
    networks = tuple(NetworkSignal(name=name, signals=tuple(of_seeds)) for name, of_seeds in signals.items())
    seeds = tuple(range(len(networks[0].signals)))
    return SignalCheck(dataset="digits", image_shape=(1, 8, 8), batch_size=64, seeds=seeds, networks=networks)


BAD = signal([1, 1e4, math.nan], [math.nan, 0.0, None])
CHECKS = [
    check_of(good=[signal([1, 1, 2]), signal([1, 2, 2])], bad=[BAD, signal([1, 1, 1])]),
    check_of(empty=[signal([])], one=[signal([0.0])]),
    check_of(huge=[signal([1e-76, 1e76])]),
    check_of(**{f"net{place}": [signal([1.0])] for place in range(12)}),
]


@pytest.mark.parametrize("check", CHECKS)
def test_any_check_can_be_drawn(check: SignalCheck) -> None:
    kind = load_figure("signal")
    assert kind.is_possible(check)
    drawn = render(kind, check, "signal")
    assert drawn.files["png"][:4] == b"\x89PNG" and b"<svg" in drawn.files["svg"]
    assert {network.name for network in check.networks} <= drawn.texts


def test_a_suite_cannot_draw_the_figure_of_a_check() -> None:
    assert not load_figure("signal").is_possible("a suite's data")


def test_a_table_gives_the_mean_and_the_deviation_over_seeds() -> None:
    seeds = [signal([1.0], [2.0]), signal([3.0], [2.0])]
    table = table_of(NetworkSignal(name="net", signals=tuple(seeds)))
    cells = {column.header: list(column.cells) for column in table.columns}
    assert cells["block"] == ["images", "b0", "head"]
    assert cells["variance"] == ["1 ±0", "2 ±1", "0.1 ±0"]
    assert cells["gradient"] == [NONE, "2 ±0", "0.1 ±0"]
    assert cells["largest gain"] == [NONE] * 3
    (bad,) = check_of(bad=[BAD]).networks
    assert [list(column.cells) for column in table_of(bad).columns][2] == ["1", "1", "10,000", "not finite", "0.1"]


def test_json_has_every_number_and_none_for_those_that_are_not_finite() -> None:
    found = as_values(check_of(bad=[BAD]))
    (network,) = found["networks"]
    (of_seed,) = network["seeds"]
    assert [block["variance"] for block in of_seed["blocks"]] == [1, 1e4, None, 0.1]
    assert of_seed["findings"][0] == {
        "quantity": "signal",
        "kind": "explodes",
        "block": "b1",
        "factor": 1e4,
        "end": "b2",
        "end_factor": None,
    }
    assert network["verdict"] == in_words(NetworkSignal(name="bad", signals=(BAD,)), [0])
    assert judge(BAD)[0] == Finding(quantity="signal", kind="explodes", block="b1", factor=1e4, end="b2", end_factor=None)
