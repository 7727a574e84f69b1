"""Whatever multiplies is counted, on every release of torch alike; what cannot be counted makes the count a lower bound that says so."""

from collections.abc import Callable, Iterable
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from benchmarks.measuring.cost import count
from benchmarks.spec.cost import Cost


class Calls(nn.Module):
    """A module that does one thing with its input and a tensor of its own."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor], *shape: int) -> None:
        super().__init__()
        self.function = function
        self.weight = nn.Parameter(torch.randn(shape))

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, self.weight)


class Attends(nn.Module):
    """Self-attention by a layer that takes query, key and value."""

    def __init__(self, attention: nn.MultiheadAttention, *, need_weights: bool) -> None:
        super().__init__()
        self.attention = attention
        self.need_weights = need_weights

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.attention(x, x, x, need_weights=self.need_weights)[0]
        return out


def macs(function: Callable[[Tensor, Tensor], Tensor], x_shape: tuple[int, ...], *weight_shape: int) -> tuple[int, int, str]:
    cost = count(Calls(function, *weight_shape), torch.randn(x_shape))
    return cost.macs, cost.activations, cost.counted_by


TOKENS, WIDTH = 580, 512
ATTENTION = 4 * TOKENS * WIDTH**2 + 2 * TOKENS**2 * WIDTH  # three projections in and one out; scores, and values by scores
BIASES = 4 * TOKENS * WIDTH  # one more term of each sum of a linear layer


@pytest.mark.parametrize("need_weights", [False, True])
def test_attention_costs_its_projections_and_both_products_of_tokens(need_weights: bool) -> None:
    assert ATTENTION == 952_647_680
    cost = count(
        Attends(nn.MultiheadAttention(WIDTH, 4, batch_first=True), need_weights=need_weights), torch.zeros(2, TOKENS, WIDTH)
    )
    assert cost.macs == ATTENTION + BIASES
    assert not cost.is_lower_bound


def test_an_encoder_layer_is_counted_whole_in_evaluation_and_the_fast_path_is_left_as_it_was() -> None:
    layer = nn.TransformerEncoderLayer(WIDTH, 4, dim_feedforward=2048, batch_first=True)
    before = torch.backends.mha.get_fastpath_enabled()
    cost = count(layer, torch.zeros(1, TOKENS, WIDTH))
    assert cost.macs == ATTENTION + BIASES + TOKENS * 2048 * (WIDTH + 1) + TOKENS * WIDTH * (2048 + 1)
    assert torch.backends.mha.get_fastpath_enabled() == before


@pytest.mark.parametrize(("name", "billions"), [("vit_b_16", 17.564), ("vit_b_32", 4.409)])
def test_vision_transformers_are_counted_as_torchvision_publishes_them(name: str, billions: float) -> None:
    from torchvision import models

    with torch.device("meta"):
        network = models.get_model(name)
    for weight in network.to_empty(device="cpu").parameters():
        nn.init.zeros_(weight)  # what memory holds may be slow to multiply
    cost = count(network, torch.zeros(1, 3, 224, 224))
    assert cost.macs / 1e9 == pytest.approx(billions, rel=0.003) and not cost.is_lower_bound


HAND: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], tuple[int, ...], tuple[int, ...], int, int]] = {
    # what is called, the shapes of the image and of the weight, multiply-adds and outputs by hand
    "mv": (lambda x, w: torch.mv(x[0], w), (1, 5, 6), (6,), 30, 5),
    "dot": (lambda x, w: torch.dot(x[0], w), (1, 6), (6,), 6, 1),
    "inner": (lambda x, w: torch.inner(x, w), (1, 5, 6), (4, 6), 120, 20),
    "outer": (lambda x, w: torch.outer(x[0], w), (1, 5), (6,), 30, 30),
    "addmv": (lambda x, w: torch.addmv(x[0, :, 0], x[0], w), (1, 5, 6), (6,), 30, 5),
    "addr": (lambda x, w: torch.addr(x[0], x[0, :, 0], w), (1, 5, 6), (6,), 30, 30),
    "addbmm": (lambda x, w: torch.addbmm(x[0, :, :2], x[0].expand(3, 5, 6), w), (1, 5, 6), (3, 6, 2), 3 * 5 * 6 * 2, 10),
    "baddbmm": (lambda x, w: torch.baddbmm(x[:, :, :2], x.expand(3, 5, 6), w), (1, 5, 6), (3, 6, 2), 3 * 5 * 6 * 2, 30),
    "tensordot": (lambda x, w: torch.tensordot(x, w, 2), (1, 5, 6), (5, 6, 2), 60, 2),
    "multi_dot": (lambda x, w: torch.linalg.multi_dot([x[0], w, w.T]), (1, 5, 6), (6, 2), 5 * 6 * 2 + 5 * 2 * 6, 40),
    "matrix_power": (lambda x, w: torch.linalg.matrix_power(x[0], 2) + w, (1, 5, 5), (5,), 125, 25),
    "vecdot": (lambda x, w: torch.linalg.vecdot(x, w), (1, 5, 6), (6,), 30, 5),
    "cdist": (lambda x, w: torch.cdist(x, w), (1, 5, 6), (7, 6), 5 * 7 * 6, 35),
    "bilinear": (lambda x, w: F.bilinear(x, x, w), (1, 5), (3, 5, 5), 75, 3),
    "bilinear with a bias": (lambda x, w: F.bilinear(x, x, w, w[:, 0, 0]), (1, 5), (3, 5, 5), 78, 3),
    "transposed": (lambda x, w: F.conv_transpose2d(x, w, stride=2), (1, 3, 5, 5), (3, 4, 2, 2), 3 * 25 * 4 * 4, 400),
    "padding by name": (lambda x, w: F.conv2d(x, w, padding="same"), (1, 3, 5, 5), (4, 3, 3, 3), 4 * 25 * 27, 100),
    "unfolded": (lambda x, w: w @ F.unfold(x, 3), (1, 3, 6, 6), (4, 27), 4 * 27 * 16, 64),
    "a bag": (
        lambda x, w: F.embedding_bag(torch.tensor([[1, 2, 4]]), w, mode="sum", per_sample_weights=x),
        (1, 3),
        (9, 4),
        12,
        4,
    ),
    "grouped queries": (
        lambda x, w: F.scaled_dot_product_attention(x, w, w, enable_gqa=True),
        (1, 8, 5, 16),
        (1, 2, 5, 16),
        2 * 8 * 25 * 16,
        640,
    ),
}


@pytest.mark.parametrize("name", HAND)
def test_an_operator_that_multiplies_costs_what_it_costs_by_hand(name: str) -> None:
    function, x_shape, weight_shape, by_hand, outputs = HAND[name]
    found, activations, counted_by = macs(function, x_shape, *weight_shape)
    assert (found, activations) == (by_hand, outputs), counted_by
    assert "at least" not in counted_by


@pytest.mark.parametrize(
    ("layer", "gates", "directions"),
    [(nn.LSTM(4, 6, batch_first=True), 4, 1), (nn.GRU(4, 6, batch_first=True, bidirectional=True), 3, 2)],
)
def test_a_recurrent_layer_costs_its_weights_and_biases_once_a_step(layer: nn.Module, gates: int, directions: int) -> None:
    cost = count(nn.Sequential(layer), torch.randn(1, 7, 4))
    assert cost.macs == 7 * directions * gates * 6 * ((4 + 1) + (6 + 1))
    assert cost.activations == 7 * directions * 6


def test_a_transposed_grouped_convolution_costs_every_input_by_its_weights() -> None:
    cost = count(nn.ConvTranspose2d(4, 6, 3, groups=2, stride=2), torch.randn(1, 4, 5, 5))
    assert cost.macs == 4 * 25 * 3 * 9 and cost.counted_by == "fvcore"


SIZES = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}


@st.composite
def equations(draw: st.DrawFn) -> str:
    """Two operands that share some of their indices, and an output with any of them; with or without axes that are broadcast."""
    left, right = (draw(st.lists(st.sampled_from("abcde"), min_size=1, max_size=4, unique=True)) for _ in range(2))
    out = draw(st.lists(st.sampled_from(sorted({*left, *right})), max_size=4, unique=True))
    dots = draw(st.sampled_from(["", "..."]))
    return f"{dots}{''.join(left)},{dots}{''.join(right)}->{dots}{''.join(out)}"


def num_steps(sizes: Iterable[int]) -> int:
    """How often the inmost line of so many nested loops is reached: slow and obvious."""
    return sum(1 for _ in product(*(range(size) for size in sizes)))


@settings(max_examples=40, deadline=None)
@given(equation=equations())
def test_an_einsum_costs_the_product_of_all_its_indices(equation: str) -> None:
    terms, _, out = equation.replace("...", "").partition("->")
    left, right = terms.split(",")
    own, theirs, broadcast = ((3, 1), (1, 2), (3, 2)) if "..." in equation else ((), (), ())
    found, activations, counted_by = macs(
        lambda x, w: torch.einsum(equation, x[0], w),
        (1, *own, *(SIZES[index] for index in left)),
        *theirs,
        *(SIZES[index] for index in right),
    )
    assert found == num_steps([*broadcast, *(SIZES[index] for index in {*left, *right})])
    assert activations == num_steps([*broadcast, *(SIZES[index] for index in out)])
    assert counted_by == "fvcore"


@settings(max_examples=40, deadline=None)
@given(
    inner=st.integers(1, 5),
    rows=st.integers(1, 4) | st.none(),
    columns=st.integers(1, 4) | st.none(),
    batch=st.lists(st.sampled_from([(1, 1), (3, 1), (1, 3), (3, 3)]), max_size=2),
)
def test_a_matrix_product_costs_every_sum_with_batches_broadcast(
    inner: int, rows: int | None, columns: int | None, batch: list[tuple[int, int]]
) -> None:
    """Without rows, or without columns, that factor is a vector and has no batch."""
    x_shape = (inner,) if rows is None else (*(left for left, _ in batch), rows, inner)
    weight_shape = (inner,) if columns is None else (*(right for _, right in batch), inner, columns)
    outputs = num_steps((torch.zeros(x_shape) @ torch.zeros(weight_shape)).shape)
    found = macs(lambda x, w: x[0] @ w, (1, *x_shape), *weight_shape)
    assert found == (outputs * num_steps([inner]), outputs, "fvcore")


def test_the_products_that_were_counted_wrong_are_right() -> None:
    assert macs(lambda x, w: x[0] @ w, (1, 20, 10), 10) == (200, 20, "fvcore")
    assert macs(lambda x, w: torch.einsum("nchw,oc->nohw", x, w), (1, 16, 8, 8), 24, 16) == (24_576, 24 * 64, "fvcore")
    assert macs(lambda x, w: torch.einsum("nchw,oc->nohw", x, w), (1, 17, 33, 35), 23, 17) == (451_605, 23 * 33 * 35, "fvcore")
    assert macs(lambda x, w: torch.einsum("nchw,c->nchw", x, w), (1, 17, 3, 5), 17) == (255, 255, "fvcore")


def test_an_einsum_of_one_operand_moves_and_one_of_three_goes_pair_by_pair() -> None:
    assert macs(lambda x, w: torch.einsum("nchw->nhwc", x) + w, (1, 3, 4, 4), 3)[:2] == (0, 0)
    chain = macs(lambda x, w: torch.einsum("nij,jk,kl->nil", x, w, w.T), (1, 5, 6), 6, 2)
    assert chain[0] == 5 * 6 * 2 + 5 * 2 * 6


class Labelled(nn.Module):
    """Its output cannot be traced."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> dict[str, object]:
        return {"scores": self.inner(x), "name": [1, "two"]}


@pytest.mark.parametrize("name", HAND)
def test_a_network_that_cannot_be_traced_costs_as_much(name: str) -> None:
    function, x_shape, weight_shape, by_hand, outputs = HAND[name]
    cost = count(Labelled(Calls(function, *weight_shape)), torch.randn(x_shape))
    assert (cost.macs, cost.activations, cost.is_lower_bound) == (by_hand, outputs, False)


class Loops(torch.nn.Module):
    """A scripted layer with a loop, which a trace shows as one closed block."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 4))

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(int(x.shape[0]) + 2):
            x = x @ self.weight
        return x


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning", "ignore:.*torch.jit.script.*")
def test_what_a_script_does_inside_of_a_loop_is_counted() -> None:
    assert count(nn.Sequential(torch.jit.script(Loops())), torch.randn(1, 4)).macs == 3 * 16


UNKNOWN: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], tuple[int, ...], tuple[int, ...], str]] = {
    "a sparse product": (lambda x, w: x @ (w * 1).to_sparse(), (1, 4), (4, 4), "aten::"),
    "a Fourier transform": (lambda x, w: torch.fft.rfft(x @ w).abs(), (1, 4), (4, 4), "aten::_fft_r2c"),
    "a matrix exponential": (lambda x, w: torch.linalg.matrix_exp(x @ w), (1, 4, 4), (4, 4), "aten::linalg_matrix_exp"),
    "an operator of others": (lambda x, w: torch.ops.counting_test.mix(x, w), (1, 4), (4, 4), "counting_test::mix"),
}
LIBRARY = torch.library.Library("counting_test", "DEF")
LIBRARY.define("mix(Tensor x, Tensor w) -> Tensor")
LIBRARY.impl("mix", lambda x, w: x.mm(w), "CPU")


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_count_with_an_unknown_operator_is_a_lower_bound_and_names_it(name: str) -> None:
    function, x_shape, weight_shape, operator = UNKNOWN[name]
    cost = count(Calls(function, *weight_shape), torch.randn(x_shape))
    assert cost.is_lower_bound
    assert cost.counted_by.startswith("torch, at least (there is no formula for ") and operator in cost.counted_by


FREE: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "elements": lambda x, w: torch.erf(x * w).clamp(0).addcmul(x, w).lerp(w, 0.5),
    "norms": lambda x, w: F.layer_norm(F.normalize(x), (4,)) + F.cosine_similarity(x, w, dim=-1)[..., None],
    "moves": lambda x, w: torch.cat([x.flip(1), x.roll(1, 1)], 1)[:, ::2].index_add(1, torch.tensor([0]), x[:, :1]),
    "scatters": lambda x, w: torch.zeros(1, 4).scatter(1, torch.tensor([[0, 1]]), x[0, :1, :2]) + w,
    "orders": lambda x, w: x.sort(-1)[0].cumsum(-1).topk(2)[0],
    "samples": lambda x, w: F.grid_sample(
        F.interpolate(x[None], scale_factor=2, mode="bicubic"), torch.zeros(1, 3, 3, 2), align_corners=False
    ),
    "looks up": lambda x, w: F.embedding(torch.tensor([[1, 2]]), w[:, None]) + F.one_hot(torch.tensor([1]), 2)[..., None],
}


@pytest.mark.parametrize("name", FREE)
def test_what_only_moves_normalises_or_works_on_elements_costs_nothing_for_certain(name: str) -> None:
    cost = count(Calls(FREE[name], 4), torch.randn(1, 4, 4))
    assert (cost.macs, cost.activations, cost.is_lower_bound) == (0, 0, False), cost.counted_by


def test_a_cost_is_a_lower_bound_by_what_its_record_says() -> None:
    counted = {"params": 1, "macs": 2, "activations": 3}
    assert Cost(**counted, counted_by="torch, at least (there is no formula for aten::x)").is_lower_bound
    assert (
        not Cost(**counted, counted_by="torch (fvcore does not know aten::x)").is_lower_bound
        and not Cost(**counted).is_lower_bound
    )
