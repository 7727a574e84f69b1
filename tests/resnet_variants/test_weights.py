"""Weights go both ways with torchvision bit for bit, other networks' map by position, and a checkpoint is tensors or nothing."""

import pickle
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision import models

from resnet_variants import Architecture, create, parse
from resnet_variants.weights import by_position, from_torchvision, read_checkpoint, to_torchvision

NAMES = [name for name in models.list_models(module=models) if "resn" in name]


def theirs_with_statistics(name: str) -> nn.Module:
    """torchvision's network after a training step's worth of statistics, so that no norm is trivial."""
    torch.manual_seed(0)
    network = models.get_model(name)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.2, 0.6)  # small enough for the deepest one
            nn.init.normal_(module.bias)
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return network.eval()


def test_torchvisions_names_are_all_there() -> None:
    assert len(NAMES) == 10
    assert all(isinstance(parse(name), Architecture) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_state_dict_goes_both_ways_and_the_outputs_agree_to_the_last_bit(name: str) -> None:
    variant, theirs = parse(name), theirs_with_statistics(name)
    assert isinstance(variant, Architecture)
    ours = create(name).eval()
    ours.load_state_dict(from_torchvision(theirs.state_dict(), variant))
    x_NCHW = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        expected = theirs(x_NCHW)
        assert expected.isfinite().all() and expected.std() > 0
        assert torch.equal(ours(x_NCHW), expected)
    back = to_torchvision(ours.state_dict(), variant)
    assert list(back) == list(theirs.state_dict())
    assert all(torch.equal(back[key], value) for key, value in theirs.state_dict().items())


def test_other_classes_and_channels_come_along() -> None:
    variant = parse("resnet18")
    assert isinstance(variant, Architecture)
    theirs = models.resnet18(num_classes=7)
    ours = create("resnet18", num_classes=7)
    ours.load_state_dict(from_torchvision(theirs.state_dict(), variant))
    assert to_torchvision(ours.state_dict(), variant)["fc.weight"].shape == (7, 512)


@pytest.mark.parametrize(
    ("other", "answer"),
    [("resnet34", "also has layer1.2"), ("resnext50_32x4d", "also has"), ("wide_resnet50_2", "also has")],
)
def test_a_state_dict_of_another_network_is_refused(other: str, answer: str) -> None:
    variant = parse("resnet18")
    assert isinstance(variant, Architecture)
    with torch.device("meta"):
        state_dict = models.get_model(other).state_dict()
    with pytest.raises(ValueError, match=f"does not fit 'resnet18': it {answer}"):
        from_torchvision(state_dict, variant)
    with pytest.raises(ValueError, match="does not fit 'resnet18': it lacks"):
        to_torchvision(create("resnet20").state_dict(), variant)


def test_a_state_dict_with_other_shapes_is_refused() -> None:
    variant = parse("resnet50")
    assert isinstance(variant, Architecture)
    with torch.device("meta"):
        state_dict = models.wide_resnet50_2().state_dict()
    with pytest.raises(ValueError, match=r"has another shape of layer1\.0\.bn1\.bias"):
        from_torchvision(state_dict, variant)


@pytest.mark.parametrize("name", ["resnet20", "preresnet50", "resnet34:shortcut=A", "plain34"])
def test_networks_that_torchvision_has_not_are_refused(name: str) -> None:
    variant = parse(name)
    assert isinstance(variant, Architecture)
    with pytest.raises(ValueError, match="is not one of torchvision's ResNets"):
        from_torchvision({}, variant)


class OtherBlock(nn.Module):
    """A basic block with option B as another CIFAR implementation writes it."""

    def __init__(self, in_planes: int, planes: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride > 1:
            self.shortcut = nn.Sequential(nn.Conv2d(in_planes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))

    def forward(self, x_NCHW: Tensor) -> Tensor:
        out = self.bn2(self.conv2(self.bn1(self.conv1(x_NCHW)).relu()))
        return (out + self.shortcut(x_NCHW)).relu()


class OtherResNet(nn.Module):
    """ResNet-20 with other names for everything."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        widths = [(16, 16, 1)] * 3 + [(16, 32, 2)] + [(32, 32, 1)] * 2 + [(32, 64, 2)] + [(64, 64, 1)] * 2
        self.layers = nn.Sequential(*(OtherBlock(*width) for width in widths))
        self.linear = nn.Linear(64, 10)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        scores_NK: Tensor = self.linear(self.layers(self.bn1(self.conv1(x_NCHW)).relu()).mean((2, 3)))
        return scores_NK


class CentredBlock(nn.Module):
    """A basic block as the zoo of akamaster has it: where the planes double, a lambda pads a quarter of them on either side."""

    def __init__(self, in_planes: int, planes: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.stride, self.quarter = stride, planes // 4

    def forward(self, x_NCHW: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x_NCHW)))
        out = self.bn2(self.conv2(out))
        if self.stride != 1:
            x_NCHW = F.pad(x_NCHW[:, :, ::2, ::2], (0, 0, 0, 0, self.quarter, self.quarter), "constant", 0)
        return F.relu(out + x_NCHW)


class CentredResNet(nn.Module):
    """ResNet-20 of those blocks, with that zoo's names."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*(CentredBlock(16, 16, 1) for _ in range(3)))
        self.layer2 = nn.Sequential(CentredBlock(16, 32, 2), *(CentredBlock(32, 32, 1) for _ in range(2)))
        self.layer3 = nn.Sequential(CentredBlock(32, 64, 2), *(CentredBlock(64, 64, 1) for _ in range(2)))
        self.linear = nn.Linear(64, 10)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x_NCHW)))
        out = self.layer3(self.layer2(self.layer1(out)))
        out = F.avg_pool2d(out, out.size()[3])
        scores_NK: Tensor = self.linear(out.view(out.size(0), -1))
        return scores_NK


def test_a_checkpoint_padded_on_both_sides_needs_the_centred_option_a() -> None:
    torch.manual_seed(0)
    other = CentredResNet().eval()
    for module in other.modules():
        if isinstance(module, nn.BatchNorm2d):  # as if trained: no norm is trivial
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.5)
            nn.init.normal_(module.running_mean, std=0.5)
            nn.init.uniform_(module.running_var, 0.5, 2)
    x_NCHW = torch.randn(4, 3, 32, 32)
    outputs = {}
    for shortcut in ("A-centred", "A"):
        ours = create(f"resnet20:shortcut={shortcut}").eval()
        ours.load_state_dict(by_position({f"module.{name}": value for name, value in other.state_dict().items()}, ours))
        with torch.inference_mode():
            outputs[shortcut] = ours(x_NCHW)
    with torch.inference_mode():
        expected_NK = other(x_NCHW)
    torch.testing.assert_close(outputs["A-centred"], expected_NK)
    assert (outputs["A"] - expected_NK).norm() > 0.1 * expected_NK.norm()


def test_another_cifar_networks_state_dict_maps_by_position() -> None:
    other, ours = OtherResNet(), create("resnet20:shortcut=B")
    other(torch.randn(8, 3, 32, 32))  # statistics of its own
    ours.load_state_dict(by_position(other.state_dict(), ours))
    x_NCHW = torch.randn(4, 3, 32, 32)
    torch.testing.assert_close(ours.eval()(x_NCHW), other.eval()(x_NCHW))
    without = {key: value for key, value in other.state_dict().items() if not key.endswith("num_batches_tracked")}
    assert by_position(without, ours).keys() == ours.state_dict().keys()


def test_a_state_dict_in_another_order_or_of_another_depth_is_refused() -> None:
    ours = create("resnet20:shortcut=B")
    with pytest.raises(ValueError, match=r"the state dict has 137 tensors, this network 107"):
        by_position(create("resnet26:shortcut=B").state_dict(), ours)
    state_dict = create("resnet20:shortcut=B").state_dict()
    with pytest.raises(
        ValueError, match=r"'stem.1.weight' has shape \(16,\) where this network has 'stem.0.weight' of \(16, 3, 3, 3\)"
    ):
        by_position(dict(list(state_dict.items())[1:] + list(state_dict.items())[:1]), ours)


SMALL = {"stem.weight": torch.arange(6.0), "blocks.0.module.bias": torch.ones(2)}


@pytest.mark.parametrize("ending", [".pt", ".pth", ".safetensors", ".SafeTensors", ".SAFETENSORS"])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "_orig_mod.module.", "module._orig_mod.", "module.module."])
def test_what_wrappers_put_before_names_is_taken_off_whatever_the_file(tmp_path: Path, ending: str, prefix: str) -> None:
    path = tmp_path / f"net{ending}"
    content = {f"{prefix}{name}": value for name, value in SMALL.items()}
    save_file(content, path) if "safe" in ending.lower() else torch.save(content, path)
    found = read_checkpoint(path)
    assert found.keys() == SMALL.keys() and all(torch.equal(found[name], value) for name, value in SMALL.items())


def test_what_torch_itself_wraps_is_read_under_the_networks_own_names(tmp_path: Path) -> None:
    network = create("resnet8:width=2")
    own = list(network.state_dict())
    torch.save(nn.DataParallel(torch.compile(network)).state_dict(), tmp_path / "whole.pt")  # type: ignore[arg-type]
    assert list(read_checkpoint(tmp_path / "whole.pt")) == own
    network.set_submodule("blocks.1", torch.compile(network.get_submodule("blocks.1")))  # type: ignore[arg-type]
    torch.save({"net": network.state_dict()}, tmp_path / "part.pt")
    assert list(read_checkpoint(tmp_path / "part.pt")) == own


def test_a_name_that_begins_like_a_wrappers_but_stands_alone_is_left(tmp_path: Path) -> None:
    content = {"module.weight": torch.ones(2), "weight": torch.zeros(2)}
    torch.save(content, tmp_path / "net.pt")
    assert read_checkpoint(tmp_path / "net.pt").keys() == content.keys()


OPTIMIZER = {"state": {0: {"momentum_buffer": torch.zeros(6)}}, "param_groups": [{"lr": 0.1, "params": [0]}]}


@pytest.mark.parametrize("entry", ["state_dict", "model", "net", "model_state_dict", "state_dict_ema", "weights of mine"])
def test_a_state_dict_is_found_under_any_key(tmp_path: Path, entry: str) -> None:
    torch.save({"epoch": 3, "optimizer": OPTIMIZER, entry: SMALL, "best": torch.tensor(0.9)}, tmp_path / "net.pt")
    assert read_checkpoint(tmp_path / "net.pt").keys() == SMALL.keys()


@pytest.mark.parametrize(
    "content",
    [
        {"state_dict": SMALL, "state_dict_ema": {"other": torch.ones(1)}},
        {"ema": {"other": torch.ones(1)}, "model": SMALL},
        {"model": {"epoch": 3, "net": SMALL}},
        {"state_dict": {"model": SMALL}},
    ],
)
def test_the_documented_keys_come_first(tmp_path: Path, content: dict[str, object]) -> None:
    torch.save(content, tmp_path / "net.pt")
    assert read_checkpoint(tmp_path / "net.pt").keys() == SMALL.keys()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"net": SMALL, "teacher": SMALL, "epoch": 3}, "holds several state dicts: 'net', 'teacher'; save only one of them"),
        ({"epoch": 3, "optimizer": OPTIMIZER}, "holds no state dict.* its content has 'epoch', 'optimizer'"),
        ({"state_dict": {}}, "holds no state dict"),
        (torch.ones(3), "its content is of type Tensor"),
        ({f"part {number}": number for number in range(20)}, "'part 7' and 12 more"),
    ],
)
def test_a_file_without_one_state_dict_is_answered_with_what_is_there(tmp_path: Path, content: object, words: str) -> None:
    torch.save(content, tmp_path / "net.pt")
    with pytest.raises(ValueError, match=words):
        read_checkpoint(tmp_path / "net.pt")


class Malicious:
    """A pickle that would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_a_checkpoint_that_would_run_code_is_refused_and_runs_none(tmp_path: Path) -> None:
    for number, save in enumerate((torch.save, lambda content, path: path.write_bytes(pickle.dumps(content, protocol=2)))):
        path = tmp_path / f"bad{number}.pt"
        save({"state_dict": Malicious(tmp_path / "touched")}, path)
        with pytest.raises(ValueError, match="holds more than tensors and might run code"):
            read_checkpoint(path)
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    ("name", "content"), [("torn.pt", b"PK\x03\x04 half a file"), ("empty.pt", b""), ("torn.safetensors", b"{}")]
)
def test_a_damaged_checkpoint_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=name):
        read_checkpoint(tmp_path / name)


@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_a_checkpoint_with_one_wrong_byte_is_read_or_refused_in_words(place: float, byte: int) -> None:
    """Whatever torch makes of it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "net.pt"
        torch.save({"weight": torch.arange(6.0)}, path)
        content = bytearray(path.read_bytes())
        content[int(place * len(content))] = byte
        path.write_bytes(content)
        try:
            assert all(isinstance(value, torch.Tensor) for value in read_checkpoint(path).values())
        except ValueError as error:
            assert "net.pt" in str(error)


def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(ValueError, match="holds no state dict"):
        read_checkpoint(tmp_path / "list.pt")


@pytest.mark.parametrize("name", ["resnet18", "resnext50_32x4d", "googlenet", "inception_v3"])
def test_pretrained_weights_are_torchvisions(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What torchvision would download is put in its place; the network must then answer as torchvision's own does."""
    torch.manual_seed(0)
    options = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
    theirs = models.get_model(name, **options)
    x_NCHW = torch.rand(2, 3, 96, 96)
    take_statistics(theirs, x_NCHW)
    asked: list[dict[str, object]] = []

    def download(url: str, **options: object) -> dict[str, Tensor]:
        asked.append({"url": url} | options)
        return theirs.state_dict()

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", download)
    ours = create(name, pretrained=True).eval()
    assert asked[0]["weights_only"] is True and asked[0]["check_hash"] is True
    assert asked[0]["url"] == models.get_model_weights(name)["IMAGENET1K_V1"].url
    if hasattr(theirs, "transform_input"):
        theirs.transform_input = True  # as torchvision sets it with these weights
    with torch.inference_mode():
        expected_NK = theirs.eval()(x_NCHW)
        assert torch.equal(ours(x_NCHW), expected_NK)
    assert (expected_NK[0] - expected_NK[1]).norm() > 0.01 * expected_NK.norm()


def take_statistics(network: nn.Module, x_NCHW: Tensor) -> None:
    """The norms' statistics are those of the images: with fresh ones GoogLeNet's scores are its last bias alone."""
    network.eval()  # but for the norms: the auxiliary classifiers need larger images
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.train().momentum = 1.0
    with torch.no_grad():
        network(x_NCHW)


def test_without_a_network_pretrained_weights_say_what_failed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.urlopen", refuse)
    with pytest.raises(OSError, match=r"could not download https://.*resnet18.*Name or service not known.*put that file into"):
        create("resnet18", pretrained=True)


@pytest.mark.parametrize(
    ("name", "options", "answer"),
    [
        ("resnet20", {}, "torchvision has no pretrained weights for 'resnet20'; available: resnet18"),
        ("resnet18:ordering=bn-after", {}, "no pretrained weights for 'resnet18:ordering=bn-after'"),
        ("resnet18", {"num_classes": 10}, "for 3 channels and 1000 classes, not for 3 and 10"),
        ("resnet18", {"in_channels": 1}, "for 3 channels and 1000 classes, not for 1 and 1000"),
    ],
)
def test_pretrained_weights_that_there_are_none_of_are_refused(name: str, options: dict[str, int], answer: str) -> None:
    with pytest.raises(ValueError, match=answer):
        create(name, pretrained=True, in_channels=options.get("in_channels"), num_classes=options.get("num_classes"))
