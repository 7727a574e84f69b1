"""Import and export weights: torchvision's names, other CIFAR networks by position, checkpoints, pretrained weights.

A checkpoint is read as tensors only (`weights_only`, or safetensors): a pickle that would run code is rejected.
"""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from resnet_variants import registry
from resnet_variants.architecture import IMAGENET, Architecture, Task
from resnet_variants.build import build
from resnet_variants.lookup import check_type
from resnet_variants.names import some_of
from resnet_variants.variant import Variant, check_variant

StateDict = dict[str, Tensor]
COUNTER = "num_batches_tracked"  # of a batch norm; older checkpoints lack it
DOCUMENTED = ("state_dict", "model")  # entries of a checkpoint that are preferred
THEIR_FIELDS = {"template": "imagenet", "shortcut": "B"}  # of torchvision's networks; all others have their defaults, but for
MAY_DIFFER = frozenset({"depth", "block", "width", "groups", "width_per_group", "dropout", "zero_gamma"})
WRAPPERS = ("module.", "_orig_mod.")  # prefixes of all names, by DataParallel and torch.compile


def from_torchvision(state_dict: Mapping[str, Tensor], architecture: Architecture) -> StateDict:
    """Return the state dict of a torchvision ResNet, ResNeXt or wide ResNet under this project's names.

    Raises:
        ValueError: torchvision does not have the architecture, or the state dict belongs to another network.
    """
    _check_tensors(state_dict)
    names, shapes = _torchvision_names(architecture, state_dict.get("fc.weight"), state_dict.get("conv1.weight"))
    _check(state_dict, {theirs: shapes[ours] for ours, theirs in names.items()}, registry.name_of(architecture))
    return {ours: state_dict[theirs] for ours, theirs in names.items()}


def to_torchvision(state_dict: Mapping[str, Tensor], architecture: Architecture) -> StateDict:
    """Return the state dict of this project's network under torchvision's names.

    Raises:
        ValueError: torchvision does not have the architecture, or the state dict belongs to another network.
    """
    _check_tensors(state_dict)
    linear = next((value for name, value in state_dict.items() if name.startswith("head.") and value.dim() == 2), None)
    names, shapes = _torchvision_names(architecture, linear, state_dict.get("stem.0.weight"))
    _check(state_dict, shapes, registry.name_of(architecture))
    return {theirs: state_dict[ours] for ours, theirs in names.items()}


def by_position(state_dict: Mapping[str, Tensor], network: nn.Module) -> StateDict:
    """Return another implementation's state dict under this network's names, tensor by tensor in forward order.

    The other network must also register its modules in forward order (a block's branch before its shortcut). No tensor
    distinguishes the two forms of option A: a network that pads zero channels after the others, as He et al. do, needs
    `shortcut=A`; one that pads on both sides, as akamaster/pytorch_resnet_cifar10 does, needs `shortcut=A-centred`.
    Counters of batch norms may be missing; they then keep this network's values.

    Raises:
        ValueError: the number of tensors or a shape differs; the message names the first difference.
    """
    _check_tensors(state_dict)
    check_type("network", network, nn.Module, "an nn.Module, such as create('resnet20')")
    own = network.state_dict()
    names = [name for name in own if not name.endswith(COUNTER)]
    theirs = [(name, value) for name, value in state_dict.items() if not name.endswith(COUNTER)]
    if len(names) != len(theirs):
        raise ValueError(f"the state dict has {len(theirs)} tensors, this network {len(names)}: it belongs to another network")
    for name, (their_name, value) in zip(names, theirs, strict=True):
        if own[name].shape != value.shape:
            raise ValueError(
                f"{their_name!r} has shape {tuple(value.shape)} where this network has {name!r} of {tuple(own[name].shape)}: "
                "the state dict belongs to another network, or has another order"
            )
    return own | {name: value for name, (_, value) in zip(names, theirs, strict=True)}


def read_checkpoint(path: str | Path) -> StateDict:
    """Return the state dict in a file: safetensors if its name ends so, else torch's format, read as tensors only.

    The state dict is the file's whole content or one of its entries: `state_dict` or `model` if the file has one, else
    the only entry that maps names to tensors. The prefixes of DataParallel (`module.`) and torch.compile (`_orig_mod.`)
    are removed, in any order.

    Raises:
        ValueError: the file is damaged or holds more than tensors, or no state dict, or several; the message names its
            entries.
        OSError: the file does not exist or cannot be opened.
    """
    path = Path(path)
    content = _read_safetensors(path) if path.suffix.lower() == ".safetensors" else _read_pickle(path)
    return _without_wrappers(_state_dict_in(content, path))


def _read_safetensors(path: Path) -> Any:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path} is not a safetensors file: {error}") from error


def _read_pickle(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except Exception as error:  # damaged files raise errors of any kind
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ValueError(
            f"{path} cannot be read: it is damaged, or holds more than tensors and might run code ({first_line}); "
            "save only the network's state_dict(), or use safetensors"
        ) from error


def _state_dict_in(content: Any, path: Path) -> StateDict:
    """Return the content itself, or its one entry that maps names to tensors."""
    if _is_state_dict(content):
        state_dict: StateDict = dict(content)
        return state_dict
    entries = content if isinstance(content, dict) else {}
    candidates = {key: value for key, value in entries.items() if _is_state_dict(value)}
    documented = [key for key in DOCUMENTED if key in candidates]
    if documented or len(candidates) == 1:
        return dict(candidates[documented[0]] if documented else next(iter(candidates.values())))
    if candidates:
        raise ValueError(f"{path} holds several state dicts: {_listed(candidates)}; save only one of them")
    for key in DOCUMENTED:
        if isinstance(entries.get(key), dict):
            return _state_dict_in(entries[key], path)
    content_words = f"has {_listed(entries)}" if entries else f"is of type {type(content).__name__}"
    raise ValueError(
        f"{path} holds no state dict: it must map names to tensors, or have one entry that does; its content {content_words}"
    )


def _check_tensors(state_dict: Mapping[str, Tensor]) -> None:
    """Raise a TypeError unless the state dict maps names to tensors."""
    check_type("state_dict", state_dict, Mapping, "a mapping of names to tensors, such as network.state_dict()")
    for name, value in state_dict.items():
        check_type("a state_dict's name", name, str, "text")
        check_type(name, value, Tensor, "a tensor")


def _is_state_dict(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(k, str) and isinstance(v, Tensor) for k, v in value.items())


def _listed(entries: Mapping[Any, Any]) -> str:
    return some_of([repr(key) for key in entries], 8)


def _without_wrappers(state_dict: StateDict) -> StateDict:
    """Return the state dict without wrappers' prefixes, which precede all names, or are inside those of a compiled part."""
    bare = {name.replace("._orig_mod.", "."): value for name, value in state_dict.items()}
    while wrapper := next((prefix for prefix in WRAPPERS if all(name.startswith(prefix) for name in bare)), None):
        bare = {name.removeprefix(wrapper): value for name, value in bare.items()}
    return bare


def build_pretrained(variant: Variant, task: Task) -> nn.Module:
    """Return the network with torchvision's first weights of its name (IMAGENET1K_V1, trained with the papers' recipe).

    Raises:
        ValueError: torchvision has no weights of that name, or they are for other channels or classes.
        OSError: the weights could not be downloaded; the message names the URL and the reason.
    """
    from torchvision import models

    name = registry.name_of(variant)
    pretrainable = [listed for listed in registry.names() if listed in models.list_models(module=models)]
    if name not in pretrainable:
        raise ValueError(f"torchvision has no pretrained weights for {name!r}; available: {', '.join(pretrainable)}")
    wanted = Task(image_shape=(3, *task.image_shape[1:]), num_classes=IMAGENET.num_classes)
    if task != wanted:
        raise ValueError(
            f"the pretrained weights of {name!r} are for 3 channels and 1000 classes, "
            f"not for {task.image_shape[0]} and {task.num_classes}: omit both"
        )
    network = build(variant, task)
    state_dict = _download(models.get_model_weights(name)["IMAGENET1K_V1"])
    if isinstance(variant, Architecture):
        network.load_state_dict(from_torchvision(state_dict, variant))
        return network
    network.load_state_dict({key: value for key, value in state_dict.items() if not key.startswith(("aux", "AuxLogits"))})
    if hasattr(network, "transform_input"):
        setattr(network, "transform_input", True)  # noqa: B010 - these weights were trained on differently normalised images
    return network


def _download(weights: Any) -> StateDict:
    try:
        state_dict: StateDict = weights.get_state_dict(progress=False, check_hash=True, weights_only=True, map_location="cpu")
    except (OSError, RuntimeError) as error:  # torch raises RuntimeError if the file's hash is wrong
        folder = Path(torch.hub.get_dir()) / "checkpoints"
        raise OSError(f"could not download {weights.url}: {error}; without a network, put that file into {folder}") from error
    return state_dict


def _torchvision_names(
    architecture: Architecture, linear: Tensor | None, convolution: Tensor | None
) -> tuple[dict[str, str], dict[str, torch.Size]]:
    """Return torchvision's names and the shapes by our names, in forward order, for the classes and channels of two weights."""
    check_variant(architecture)
    fixed = [field for field in fields(Architecture) if field.name not in MAY_DIFFER]
    if not isinstance(architecture, Architecture) or any(
        getattr(architecture, field.name) != THEIR_FIELDS.get(field.name, field.default) for field in fixed
    ):
        raise ValueError(
            f"{registry.name_of(architecture)!r} is not one of torchvision's ResNets, ResNeXts or wide ResNets, such as resnet50"
        )
    num_classes = IMAGENET.num_classes if linear is None else linear.shape[0]
    in_channels = 3 if convolution is None else convolution.shape[1]
    with torch.device("meta"):
        network = build(architecture, IMAGENET.changed(num_classes=num_classes, in_channels=in_channels, input_size=None))
    stages = [(stage, place) for stage, num_blocks in enumerate(architecture.blocks_per_stage, 1) for place in range(num_blocks)]
    prefixes = _pair("stem", network.get_submodule("stem"), ["conv1", "bn1"])
    for index, (stage, place) in enumerate(stages):
        theirs, ours = f"layer{stage}.{place}", f"blocks.{index}"
        branch = [f"{theirs}.{kind}{layer}" for layer in (1, 2, 3) for kind in ("conv", "bn")]
        prefixes |= _pair(f"{ours}.branch", network.get_submodule(f"{ours}.branch"), branch)
        prefixes |= _pair(
            f"{ours}.shortcut", network.get_submodule(f"{ours}.shortcut"), [f"{theirs}.downsample.0", f"{theirs}.downsample.1"]
        )
    prefixes |= _pair("head", network.get_submodule("head"), ["fc"])
    shapes = {name: value.shape for name, value in network.state_dict().items()}
    names = {name: f"{prefixes[name.rpartition('.')[0]]}.{name.rpartition('.')[2]}" for name in shapes}
    return names, shapes


def _pair(prefix: str, module: nn.Module, theirs: list[str]) -> dict[str, str]:
    """Return the names of a module's layers with weights, in order, each with torchvision's name."""
    layers = [f"{prefix}.{name}" for name, child in module.named_children() if next(child.parameters(), None) is not None]
    return dict(zip(layers, theirs, strict=False))  # a basic block has no third layer, an identity no layer


def _check(state_dict: Mapping[str, Tensor], shapes: Mapping[str, torch.Size], name: str) -> None:
    """Raise a ValueError if a state dict belongs to another network."""
    missing, unexpected = shapes.keys() - state_dict.keys(), state_dict.keys() - shapes.keys()
    differing = [key for key in shapes.keys() & state_dict.keys() if state_dict[key].shape != shapes[key]]
    for what, keys in (("lacks", missing), ("also has", unexpected), ("has another shape of", differing)):
        if keys:
            raise ValueError(f"the state dict does not fit {name!r}: it {what} {some_of(sorted(keys), 3)}")
