"""Words, orderings, shortcuts, paths and whole networks that a user adds are built, counted and refused as the project's own are."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from resnet_variants import create, name_of, parse
from resnet_variants.architecture import Task
from resnet_variants.blocks import PATHS, WORDS, ResidualBlock, Word
from resnet_variants.build import build
from resnet_variants.complexity import complexity_of, layers_of, total
from resnet_variants.network import Network
from resnet_variants.orderings import ORDERINGS, parse_ordering
from resnet_variants.shortcuts import SHORTCUTS, Shortcut
from resnet_variants.variant import FIXED, FixedFacts

TASK = Task(image_shape=(1, 8, 8), num_classes=3)
MY_NETS = """
from torch import nn

def small(task):
    channels, rows, columns = task.image_shape
    return nn.Sequential(nn.Conv2d(channels, 5, 3), nn.PReLU(5), nn.Flatten(), nn.Linear(5 * (rows - 2) * (columns - 2), task.num_classes))

class Attentive(nn.Module):
    # uses a layer twice, and another whose weights torch reads without calling it

    def __init__(self, task):
        super().__init__()
        self.conv = nn.Conv2d(task.image_shape[0], 4, 3, padding=1)
        self.again = nn.Conv2d(4, 4, 3, padding=1)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.linear = nn.Linear(4, task.num_classes)

    def forward(self, x_NCHW):
        x_NLC = self.again(self.again(self.conv(x_NCHW))).flatten(2).transpose(1, 2)
        return self.linear(self.attention(x_NLC, x_NLC, x_NLC)[0].mean(1))

def none(task):
    return None
"""


class Excite(nn.Module):
    """Scales every channel by what a linear layer makes of its mean, and a number of its own."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.ones(channels))
        self.linear = nn.Linear(channels, channels)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        scales_NC = torch.sigmoid(self.linear(x_NCHW.mean((2, 3)))) * self.factor
        return x_NCHW * scales_NC[:, :, None, None]


@pytest.fixture
def my_nets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "my_nets.py").write_text(MY_NETS)
    monkeypatch.syspath_prepend(tmp_path)
    for name, function in (
        ("my_net", "my_nets:small"),
        ("attentive", "my_nets:Attentive"),
        ("nothing", "my_nets:none"),
        ("lost", "my_nets:smal"),
        ("far", "yours:net"),
    ):
        monkeypatch.setitem(FIXED, name, FixedFacts(depth=2, is_residual=False, task=TASK, make=function))
    yield
    sys.modules.pop("my_nets", None)


@pytest.mark.parametrize("line", ["conv gn | relu", "conv prelu |", "conv excite | relu", "excite gn conv |"])
def test_parameters_of_new_words_are_counted(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WORDS, "gn", Word(make=lambda channels: nn.GroupNorm(1, channels), normalises=True))
    monkeypatch.setitem(WORDS, "prelu", Word(make=nn.PReLU))
    monkeypatch.setitem(WORDS, "excite", Word(make=Excite))
    monkeypatch.setitem(ORDERINGS, "mine", parse_ordering(line))
    mine = parse("resnet8:ordering=mine,width=4")
    assert complexity_of(mine, TASK).params == sum(weight.numel() for weight in build(mine, TASK).parameters())


def test_zero_gamma_is_refused_where_zeros_do_not_silence_a_branch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WORDS, "excite", Word(make=Excite))
    monkeypatch.setitem(ORDERINGS, "mine", parse_ordering("conv bn excite | relu"))
    with pytest.raises(ValueError, match="zero_gamma is not possible: a branch ends in Excite"):
        create("resnet8:ordering=mine,zero_gamma=true,width=4")


def test_a_new_path_reads_what_the_branch_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the built-in projection does under pre-activation: both behind the opening norm and ReLU."""
    monkeypatch.setitem(PATHS, "mine", PATHS["projection"])
    monkeypatch.setitem(SHORTCUTS, "mine", Shortcut(same_shape="identity", new_shape="mine"))
    torch.manual_seed(0)
    mine = create("preresnet14:shortcut=mine,width=4")
    theirs = create("preresnet14:shortcut=B,width=4")
    assert isinstance(mine, Network) and isinstance(theirs, Network)
    assert mine.state_dict().keys() == theirs.state_dict().keys()
    theirs.load_state_dict(mine.state_dict())
    x_NCHW = torch.randn(2, 3, 8, 8)
    assert torch.equal(mine(x_NCHW), theirs(x_NCHW))
    assert not isinstance(mine.blocks[2], ResidualBlock)  # the opening stands before the ways part


def test_a_shortcut_that_is_misspelt_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no gate 'exclusve'; did you mean exclusive"):
        Shortcut(same_shape="identity", new_shape="zero-pad", gate="exclusve")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"dropout 1\.5 is not possible"):
        Shortcut(same_shape="identity", new_shape="zero-pad", dropout=1.5)
    with pytest.raises(ValueError, match="beside every block or beside none"):
        Shortcut(same_shape=None, new_shape="zero-pad")
    monkeypatch.setitem(SHORTCUTS, "mine", Shortcut(same_shape="identity", new_shape="projektion"))
    with pytest.raises(ValueError, match="no path 'projektion'; did you mean projection"):
        create("resnet8:shortcut=mine")


@pytest.mark.parametrize("name", ORDERINGS)
def test_an_ordering_says_the_line_that_spells_it(name: str) -> None:
    assert parse_ordering(ORDERINGS[name].line) == ORDERINGS[name]


def test_a_network_of_ones_own_is_a_line(my_nets: None) -> None:
    mine = parse("my-net")
    assert name_of(mine) == "my_net" and mine.depth == 2
    network = build(mine, Task(image_shape=(3, 10, 10), num_classes=7))
    assert network(torch.randn(2, 3, 10, 10)).shape == (2, 7)
    assert complexity_of(mine).params == 5 * 9 + 5 + 5 + 5 * 36 * 3 + 3
    first, second = (build(mine, generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(first.parameters(), second.parameters(), strict=True))


def test_weights_count_once_however_often_and_in_whatever_way_they_are_used(my_nets: None) -> None:
    layers = layers_of(parse("attentive"))
    assert total(layers).params == sum(weight.numel() for weight in build(parse("attentive")).parameters())
    again = [layer.complexity for layer in layers if layer.name == "again"]
    assert [one.params for one in again] == [4 * 4 * 9 + 4, 0] and [one.macs for one in again] == [4 * 64 * 36] * 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing", "'my_nets:none' made a NoneType: it must return an nn.Module"),
        ("lost", "there is no 'my_nets:smal' to make the network: it must be 'module:function'"),
        ("far", "there is no 'yours:net' to make the network"),
    ],
)
def test_a_network_that_is_not_there_is_refused(name: str, words: str, my_nets: None) -> None:
    with pytest.raises(ValueError, match=words):
        build(parse(name))
