"""Words for networks without their options: a label for figures and tables, and a noun for sentences with what follows it."""

import re
from typing import Final

from analysis.tables.arm_names import GROUPED, LAYERS, PERCEPTRON, WIDE, plain

LABEL: Final = 0  # places in the tables below
NOUN: Final = 1
BASES = {
    "plain": ("plain", "plain network"),
    "resnet": ("residual", "residual network"),
    "preresnet": ("residual", "pre-activation network"),
}
NETWORKS: dict[str, tuple[str, tuple[str, ...]]] = {  # label, and noun with what follows it
    "lecture_identity": ("equal shapes, 3x3", ("the course's network", "of 3x3 convolutions", "whose blocks keep the shape")),
    "lecture_identity_1x1": ("equal shapes, 1x1", ("the course's network", "whose blocks keep the shape")),
    "lecture_identity_1x1_plain": (
        "equal shapes, 1x1, no shortcuts",
        ("the course's network", "without shortcuts", "whose blocks keep the shape"),
    ),
    "lecture_resizing": ("halving shapes", ("the course's network", "whose blocks halve the image")),
    "lecture_resizing_plain": (
        "halving shapes, no shortcuts",
        ("the course's network", "without shortcuts", "whose blocks halve the image"),
    ),
    "lecture_two_stage": ("two stages", ("the course's network", "of two stages")),
    "lecture_resnet34": ("ResNet-34", ("ResNet-34",)),
    "vgg16_bn": ("VGG-16 with batch norm", ("VGG-16",)),
    "vgg16": ("vgg16", ("VGG-16", "without batch norm")),
    "vgg19": ("vgg19", ("VGG-19",)),
    "googlenet": ("googlenet", ("GoogLeNet",)),
    "inception_v3": ("inception v3", ("Inception v3",)),
}
IMAGENET = (  # torchvision's names, in noun phrases
    (re.compile(r"resnet(18|34|50|101|152)"), r"ResNet-\1"),
    (re.compile(r"resnext(50|101)_(\d+x\d+d)"), r"ResNeXt-\1 \2"),
    (re.compile(r"wide_resnet(50|101)_2"), r"Wide ResNet-\1-2"),
)


def network_label(name: str) -> tuple[str, str, str]:
    """Return the label of a network without depth, the words for its depth, and its width if the depth's words have it."""
    if found := LAYERS.fullmatch(name):
        return BASES[found["base"]][LABEL] + (", bottleneck" if found["form"] else ""), f"{found['depth']} layers", ""
    if found := GROUPED.fullmatch(name):
        return f"{found['groups']} groups of width {found['width']}", f"{found['depth']} layers", ""
    if found := WIDE.fullmatch(name):
        return f"wide residual, {found['times']} times", f"{found['depth']} layers", ""
    if found := PERCEPTRON.fullmatch(name):
        return "residual perceptron" if found["residual"] else "perceptron", _layers(found), f" of {found['width']}"
    return NETWORKS[name][LABEL] if name in NETWORKS else plain(name), "", ""


def network_noun(name: str) -> tuple[str, ...]:
    """Return a network as a noun and what follows it, such as "the perceptron" and "with 3 hidden layers of 512 units"."""
    if name in NETWORKS:
        return NETWORKS[name][NOUN]
    for pattern, words in IMAGENET:
        if found := pattern.fullmatch(name):
            return (found.expand(words),)
    if found := LAYERS.fullmatch(name):
        noun = BASES[found["base"]][NOUN]
        return f"the {noun.replace('residual', 'bottleneck') if found['form'] else noun}", f"of {found['depth']} layers"
    if found := GROUPED.fullmatch(name):
        return "the bottleneck network", f"of {found['depth']} layers", f"with {found['groups']} groups of width {found['width']}"
    if found := WIDE.fullmatch(name):
        return "the wide residual network", f"of {found['depth']} layers", f"with {found['times']} times the width"
    if found := PERCEPTRON.fullmatch(name):
        return f"the {'residual ' * bool(found['residual'])}perceptron", f"with {_layers(found)} units"
    return (plain(name),)


def _layers(found: re.Match[str]) -> str:
    return f"{found['depth']} hidden layer{'' if found['depth'] == '1' else 's'} of {int(found['width']):,}"
