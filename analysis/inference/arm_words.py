"""Name arms in words: "the residual network of 56 layers with batch norm after the addition" for "resnet56:ordering=bn-after"."""

import re
from collections.abc import Iterable

from analysis.tables.arm_words import COUNTED, OPTIONS

_FAMILIES = {"plain": "plain network", "resnet": "residual network", "preresnet": "pre-activation network"}
_WITHOUT = {"norm=none": "norms", "shortcut=none": "shortcuts"}
_NAMES = {
    "vgg16_bn": "VGG-16",
    "vgg16": "VGG-16 without batch norm",
    "vgg19": "VGG-19",
    "lecture_resnet34": "ResNet-34",
    "inception_v3": "Inception v3",
    "wide_resnet50_2": "Wide ResNet-50-2",
    "resnext50_32x4d": "ResNeXt-50 32x4d",
}
_OF_TORCHVISION = (18, 34, 50, 101, 152)
_OF_LAYERS = re.compile(r"(plain|resnet|preresnet)(\d+)")
_PERCEPTRON = re.compile(r"(res)?mlp_(\d+)x(\d+)")
_ENDING = re.compile(r"(?P<arm>.*?)(?P<ending>( on \d+%)?( \(.*\))?)")


def arms_in_words(labels: Iterable[str]) -> tuple[str, dict[str, str]]:
    """Return what arms have in common, as "at 56 layers", or "", and the words of each by label."""
    labels = list(labels)
    depths = {_depth(label) for label in labels}
    depth = next(iter(depths)) if len(depths) == 1 < len(labels) else ""
    words = {label: arm_in_words(label, has_depth=not depth) for label in labels}
    if len(labels) == 2:
        first, second = words.values()
        if second.startswith(f"{first} ") or first.startswith(f"{second} "):
            words[labels[len(first) > len(second)]] = "the unmodified one"
        elif first.split(" of ")[0] == second.split(" of ")[0] and " of " in second:
            words[labels[1]] = f"that of {second.split(' of ', 1)[1]}"
        elif first.endswith(" network") and second.endswith(" network"):
            words[labels[1]] = f"{second.removesuffix('network')}one"
    return f"at {depth} layers" if depth else "", words


def arm_in_words(label: str, *, has_depth: bool = True) -> str:
    """Return the words of an arm, which is named by its label if no words are known for it; without its depth unless it `has_depth`."""
    base, options, ending = _parts(label)
    base_words = _base_in_words(base, has_depth=has_depth)
    joined = "and" if " layers" in base_words else "of"
    clauses = [f"{joined} width {option.removeprefix('width=')}" for option in options if option.startswith("width=")]
    gained = [_gained(option) for option in options if not _is_apart(option)]
    lost = [_WITHOUT[option] for option in options if option in _WITHOUT]
    parts = [base_words, *clauses]
    parts += [f"with {' and '.join(gained)}"] if gained else []
    parts += [f"without {' and '.join(lost)}"] if lost else []
    settings = ending.replace("_", " ").replace("=", " ")
    return f"{' '.join(parts)}{settings}{' of the images' if '%' in ending else ''}"


def _gained(option: str) -> str:
    """Return the words of an option that follow "with"."""
    key, _, value = option.partition("=")
    return OPTIONS.get(option) or (COUNTED[key].format(value) if key in COUNTED else f"{key} {value}".replace("_", " "))


def _depth(label: str) -> str:
    """Return the number of layers in the name of an arm, or "" if the name has none or is one of torchvision's."""
    match = _OF_LAYERS.fullmatch(_parts(label)[0])
    return match[2] if match and (match[1] != "resnet" or int(match[2]) not in _OF_TORCHVISION) else ""


def _is_apart(option: str) -> bool:
    return option in _WITHOUT or option.startswith("width=")


def _parts(label: str) -> tuple[str, list[str], str]:
    """Return the network's name, its options, and what follows them."""
    match = _ENDING.fullmatch(label)
    assert match
    base, _, options = match["arm"].partition(":")
    return base, [option for option in options.split(",") if option], match["ending"]


def _base_in_words(base: str, *, has_depth: bool) -> str:
    if match := _OF_LAYERS.fullmatch(base):
        if match[1] == "resnet" and int(match[2]) in _OF_TORCHVISION:
            return f"ResNet-{match[2]}"
        return f"the {_FAMILIES[match[1]]}{f' of {match[2]} layers' if has_depth else ''}"
    if match := _PERCEPTRON.fullmatch(base):
        layers = "one hidden layer" if match[2] == "1" else f"{match[2]} hidden layers"
        return f"{layers} of {int(match[3]):,} units{' with shortcuts' if match[1] else ''}"
    return _NAMES.get(base, base)
