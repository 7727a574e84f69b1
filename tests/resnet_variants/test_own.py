"""Words, orderings, shortcuts, paths and whole networks that a user adds are built, counted and refused as the project's own are."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from resnet_variants import create, name_of, parse
from resnet_variants.architecture import CIFAR, Task
from resnet_variants.blocks import PATHS, WORDS, ResidualBlock, Word
from resnet_variants.build import build
from resnet_variants.complexity import complexity_of, layers_of, total
from resnet_variants.network import Network
from resnet_variants.orderings import ORDERINGS, parse_ordering
from resnet_variants.shortcuts import SHORTCUTS, Shortcut
from resnet_variants.variant import Own

TASK = Task(image_shape=(1, 8, 8), num_classes=3)
MY_NETS = """
from torch import nn

def small(task):
    channels, rows, columns = task.image_shape
    return nn.Sequential(nn.Conv2d(channels, 5, 3), nn.PReLU(5), nn.Flatten(), nn.Linear(5 * (rows - 2) * (columns - 2), task.num_classes))

small.depth = 2
small.is_residual = False
small.image_shape = (1, 8, 8)
small.num_classes = 3

class Attentive(nn.Module):
    # uses a layer twice, and another whose weights torch reads without calling it
    image_shape: tuple = (1, 8, 8)
    num_classes = 3
    is_residual = True

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
def my_nets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's file, in the folder that they start in."""
    path = tmp_path / "my_nets.py"
    path.write_text(MY_NETS)
    monkeypatch.syspath_prepend(tmp_path)
    return path


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
    with pytest.raises(ValueError, match="zero_gamma needs a branch that ends in a norm or a convolution, got Excite"):
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
    with pytest.raises(ValueError, match="unknown gate 'exclusve'; did you mean exclusive"):
        Shortcut(same_shape="identity", new_shape="zero-pad", gate="exclusve")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"dropout must be from 0 to below 1, got 1\.5"):
        Shortcut(same_shape="identity", new_shape="zero-pad", dropout=1.5)
    with pytest.raises(ValueError, match="must both be paths or both be None, got None and 'zero-pad'"):
        Shortcut(same_shape=None, new_shape="zero-pad")
    monkeypatch.setitem(SHORTCUTS, "mine", Shortcut(same_shape="identity", new_shape="projektion"))
    with pytest.raises(ValueError, match="unknown path 'projektion'; did you mean projection"):
        create("resnet8:shortcut=mine")


@pytest.mark.parametrize("name", ORDERINGS)
def test_an_ordering_says_the_line_that_spells_it(name: str) -> None:
    assert parse_ordering(ORDERINGS[name].line) == ORDERINGS[name]


def test_a_network_of_ones_own_is_named_by_where_it_is(my_nets: Path) -> None:
    mine = parse("my_nets:small")
    assert isinstance(mine, Own) and name_of(mine) == "my_nets:small" and parse(name_of(mine)) == mine
    assert (mine.depth, mine.is_residual, mine.task) == (2, False, TASK)
    network = build(mine, Task(image_shape=(3, 10, 10), num_classes=7))
    assert network(torch.randn(2, 3, 10, 10)).shape == (2, 7)
    assert create("my_nets:small", in_channels=2)(torch.randn(1, 2, 8, 8)).shape == (1, 3)
    assert complexity_of(mine).params == 5 * 9 + 5 + 5 + 5 * 36 * 3 + 3
    before = torch.random.get_rng_state()
    first, second = (build(mine, generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(first.parameters(), second.parameters(), strict=True))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_what_a_module_does_not_say_of_its_network_has_a_default_or_is_given_beside_it(my_nets: Path) -> None:
    mine, given = parse("my_nets:none"), parse("my_nets:none:depth=20,is_residual=true")
    assert isinstance(mine, Own) and (mine.depth, mine.is_residual, mine.task) == (0, None, CIFAR)
    assert isinstance(given, Own) and (given.depth, given.is_residual) == (20, True) and given.digest == mine.digest
    attentive = parse("my_nets:Attentive")
    assert isinstance(attentive, Own) and (attentive.is_residual, attentive.task) == (True, TASK)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("small.depth = 0", "line 10: depth must be a whole number of at least 1, got 0"),
        ("small.depth = True", "depth must be a whole number of at least 1, got True"),
        ("small.depth = 2 * n", "depth must be a whole number of at least 1, got 2 \\* n"),
        ("small.depth = 2; small.is_residual = 'yes'", "is_residual must be True or False, got 'yes'"),
        (
            "small.depth = 2; small.image_shape = (8, 8)",
            r"image_shape must be channels, rows and columns, as in \(3, 32, 32\), got \(8, 8\)",
        ),
    ],
)
def test_what_a_module_says_of_its_network_is_checked(said: str, words: str, my_nets: Path) -> None:
    my_nets.write_text("\n\n" + MY_NETS.replace("small.depth = 2", said))
    with pytest.raises(ValueError, match=words) as told:
        parse("my_nets:small")
    assert str(my_nets) in str(told.value)


def test_weights_count_once_however_often_and_in_whatever_way_they_are_used(my_nets: Path) -> None:
    layers = layers_of(parse("my_nets:Attentive"))
    assert total(layers).params == sum(weight.numel() for weight in build(parse("my_nets:Attentive")).parameters())
    again = [layer.complexity for layer in layers if layer.name == "again"]
    assert [one.params for one in again] == [4 * 4 * 9 + 4, 0] and [one.macs for one in again] == [4 * 64 * 36] * 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("my_nets:none", "'my_nets:none' returned a NoneType: it must return an nn.Module"),
        ("my_nets:smal", "my_nets.py: unknown function or class 'smal'; did you mean small?"),
        ("yours:net", "network 'yours:net' is not known here: no module 'yours'"),
        ("my_nets.inner:net", r"network 'my_nets\.inner:net' is not known here"),
        ("my_nets:small:width=3", "unknown option 'width'; available: depth, is_residual|unknown option 'width'; did you mean"),
        ("resnet20:small", "unknown option 'small'"),
        ("my-nets:small", "unknown network 'my-nets'"),
        ("my_nets:", "unknown network 'my_nets'"),
    ],
)
def test_a_network_that_is_not_there_is_refused(name: str, words: str, my_nets: Path) -> None:
    with pytest.raises(ValueError, match=words):
        build(parse(name))
