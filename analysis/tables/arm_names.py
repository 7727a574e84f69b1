"""Take the names of arms apart: "resnet56:norm=gn on 25% (length=x3)" is a network, its options, its share of the images and its settings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

SHARE = re.compile(r"(?P<name>.*?) on (?P<share>[\d.]+%)")
SETTINGS = re.compile(r"(?P<name>.*?) \((?P<settings>[^()]*=[^()]*)\)(?P<rest>.*)")
LAYERS = re.compile(r"(?P<base>plain|resnet|preresnet)(?P<depth>\d+)(?P<form>bn)?")
GROUPED = re.compile(r"resnext(?P<depth>\d+)_(?P<groups>\d+)x(?P<width>\d+)d")
WIDE = re.compile(r"wrn_?(?P<depth>\d+)_(?P<times>\d+)")
PERCEPTRON = re.compile(r"(?P<residual>res_?)?mlp_?(?P<depth>\d+)x(?P<width>\d+)")
PRE = {"ordering": "pre"}  # what preresnet20 stands for


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmName:
    """Name of an arm in parts: options and settings by key, and the share of the images, such as "25%", or ""."""

    network: str
    options: Mapping[str, str]
    share: str
    settings: Mapping[str, str]


def name_parts(name: str) -> ArmName:
    """Take the name of an arm apart; that of a user's network, such as my_nets:my_net@ab12cd, has no options."""
    share, settings = "", ""
    if found := SHARE.fullmatch(name):
        name, share = found["name"], found["share"]
    if found := SETTINGS.fullmatch(name):
        name, settings = found["name"] + found["rest"], found["settings"]
    network, _, spelled = name.partition(":")
    options = pairs_of(spelled, ",") if "=" in spelled else {}
    is_pre = network.startswith("preresnet") and LAYERS.fullmatch(network) is not None
    return ArmName(
        network=network if options else name,
        options=PRE | options if is_pre else options,
        share=share,
        settings=pairs_of(settings, ", "),
    )


def pairs_of(text: str, separator: str) -> dict[str, str]:
    """Return the values of "a=1,b=2" by key."""
    return dict(pair.partition("=")[::2] for pair in text.split(separator) if pair)


def plain(name: str) -> str:
    """Return a name without the signs of code: "my_nets:my_net@ab12cd" is "my net (ab12cd)"."""
    own, _, version = name.rpartition(":")[2].partition("@")
    text = own.replace("_", " ").replace("=", " ").strip() or name
    return f"{text} ({version})" if version else text
