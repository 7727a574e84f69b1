"""Words for the names of arms, for figures and pages: "residual, 56 layers, batch norm after the addition".

A name is a network's, its options, its share of the images and its settings. Names that are no name of this project are written without
signs: my_nets:my_net@ab12cd is "my net (ab12cd)".
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

SHARE = re.compile(r"(?P<name>.*?) on (?P<share>[\d.]+%)")
SETTINGS = re.compile(r"(?P<name>.*?) \((?P<settings>[^()]*=[^()]*)\)(?P<rest>.*)")
LAYERS = re.compile(r"(?P<base>plain|resnet|preresnet)(?P<depth>\d+)(?P<form>bn)?")
GROUPED = re.compile(r"resnext(?P<depth>\d+)_(?P<groups>\d+)x(?P<width>\d+)d")
WIDE = re.compile(r"wrn(?P<depth>\d+)_(?P<times>\d+)")
PERCEPTRON = re.compile(r"(?P<residual>res_?)?mlp_?(?P<depth>\d+)x(?P<width>\d+)")
BASES = {"plain": "plain", "resnet": "residual", "preresnet": "residual"}
PRE = {"ordering": "pre"}  # what preresnet20 stands for
NETWORKS = {
    "lecture_identity": "equal shapes, 3x3",
    "lecture_identity_1x1": "equal shapes, 1x1",
    "lecture_identity_1x1_plain": "equal shapes, 1x1, no shortcuts",
    "lecture_resizing": "halving shapes",
    "lecture_resizing_plain": "halving shapes, no shortcuts",
    "lecture_two_stage": "two stages",
    "lecture_resnet34": "ResNet-34",
    "vgg16_bn": "VGG-16 with batch norm",
}
OPTIONS = {  # by key and value
    "ordering=post": "original order",
    "ordering=bn-after": "batch norm after the addition",
    "ordering=relu-before": "ReLU before the addition",
    "ordering=relu-only": "ReLU-only pre-activation",
    "ordering=pre": "full pre-activation",
    "shortcut=none": "no shortcuts",
    "shortcut=A": "identity, zero-padded",
    "shortcut=A-centred": "identity, zero-padded on both sides",
    "shortcut=B": "projections where shapes change",
    "shortcut=C": "1x1 convolutions",
    "shortcut=scaled": "shortcut halved",
    "shortcut=scaled-both": "shortcut and branch halved",
    "shortcut=exclusive-gate": "exclusive gate",
    "shortcut=shortcut-gate": "gate on the shortcut only",
    "shortcut=dropout": "dropout on the shortcut",
    "block=single": "blocks of one convolution",
    "block=basic": "blocks of two convolutions",
    "block=triple": "blocks of three convolutions",
    "norm=bn": "batch norm",
    "norm=gn": "group norm",
    "norm=ln": "layer norm",
    "norm=ln-pixel": "layer norm per pixel",
    "norm=dyt": "dynamic tanh",
    "norm=none": "no norm",
    "branch_gain=none": "no gain",
    "branch_gain=skipinit": "SkipInit",
    "branch_gain=skipinit-sqrt": "SkipInit from the root of depth",
    "branch_gain=layerscale": "LayerScale",
    "branch_gain=fixup": "Fixup",
    "zero_gamma=true": "last gamma 0 at the start",
    "join=add": "plain sum",
    "join=orthogonal": "orthogonal part, per pixel",
    "join=orthogonal-global": "orthogonal part, per image",
    "join=random-direction": "without a random direction",
    "join=delta": "delta rule",
    "join=delta-fixed": "delta rule, fixed",
    "mixing=hc": "hyper-connections",
    "mixing=hc-static": "static hyper-connections",
    "mixing=mhc": "manifold-constrained",
    "mixing=identity": "not mixed",
    "aggregate=none": "sum of all before",
    "aggregate=attention": "attention over depth",
    "aggregate=attention-full": "full attention over depth",
    "aggregate=mean": "mean over depth",
    "stride_in=first": "stride in the first convolution",
}
DEFAULTS = {  # of a network that lacks an option which its twin sets
    "ordering": "original order",
    "shortcut": "identity, zero-padded",
    "block": "blocks of two convolutions",
    "norm": "batch norm",
    "join": "plain sum",
    "streams": "one stream",
}
COUNTED = {
    "width": "width {}",
    "width_per_group": "single path of width {}",
    "streams": "{} streams",
    "gate_bias": "gate bias {}",
}
SETTING_WORDS = {
    "length": "{} times as long",
    "learning_rate": "learning rate times {}",
    "schedule": "{} schedule",
    "warmup_learning_rate": "warm-up at {}",
    "warmup_until_train_error_pct": "until {}% training error",
}
OF_THE_IMAGES = " of the images"
NO_WARMUP = "warmup_learning_rate=none"


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmWords:
    """Words for an arm: its network without depth, its depth, its options, and its share of the images and settings.

    Arms of one `kind` differ only in depth or in their share of the images.
    """

    base: str
    depth: str
    options: tuple[str, ...]
    more: tuple[str, ...]
    kind: tuple[str, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """All words, of which none is empty."""
        return tuple(part for part in (self.base, self.depth, *self.options, *self.more) if part)


def words_of(names: Iterable[str]) -> dict[str, ArmWords]:
    """Return the words of each arm of a study; an arm is also named for what its twins replace, such as "batch norm"."""
    split = {name: _split(name) for name in names}
    words = {}
    for name, (network, options, more) in split.items():
        base, depth, size = _network(network)
        twins = [set_there for other, set_there, _ in split.values() if _network(other) == (base, depth, size)]
        unset = _unset(options, {key for set_there in twins for key in set_there})
        spelled = tuple(_option(key, value) for key, value in sorted(options.items(), key=lambda pair: pair[0] not in PRE))
        settings = tuple(part for part in more if not part.endswith(OF_THE_IMAGES))
        kind = (f"{base}{size}", *spelled, *settings)
        words[name] = ArmWords(
            base=base,
            depth=depth,
            options=(*spelled[: len(options.keys() & PRE)], *unset, *spelled[len(options.keys() & PRE) :]),
            more=more,
            kind=kind,
        )
    return words


def _unset(options: Mapping[str, str], of_twins: set[str]) -> tuple[str, ...]:
    """Return words for what a network has where its twins have an option that it does not set."""
    has_others = bool((options.keys() - PRE.keys()) & of_twins)
    missing = [key for key in DEFAULTS if key in of_twins - options.keys() and (key in PRE or not has_others)]
    return tuple(DEFAULTS[key] for key in missing)


def in_words(words: ArmWords) -> str:
    """Return the words of an arm on a line."""
    return ", ".join(words.parts)


def short_name(name: str) -> str:
    """Return a name that figures may write as it is, and one with options in words: "resnet50, single path of width 65"."""
    if not {":", "="} & set(name):
        return name
    network, options, more = _split(name)
    spelled = (_option(key, value) for key, value in options.items() if (key, value) not in PRE.items())
    return ", ".join([_plain(network), *spelled, *more])


def told_apart(arms: Mapping[str, ArmWords]) -> dict[str, str]:
    """Return for each of the arms that are shown together the words that the others do not all share."""
    common = set.intersection(*(set(words.parts) for words in arms.values())) if len(arms) > 1 else set()
    short = {arm: ", ".join(part for part in words.parts if part not in common) or words.base for arm, words in arms.items()}
    return short if len(set(short.values())) == len(arms) else {arm: in_words(words) for arm, words in arms.items()}


def _split(name: str) -> tuple[str, dict[str, str], tuple[str, ...]]:
    """Split a name into network, options by key, and words for the share of the images and the settings."""
    more: list[str] = []
    share = SHARE.fullmatch(name)
    if share:
        name, more = share["name"], [f"{share['share']}{OF_THE_IMAGES}"]
    settings = SETTINGS.fullmatch(name)
    if settings:
        name = settings["name"] + settings["rest"]
        more += _settings(settings["settings"].split(", "))
    network, _, spelled = name.partition(":")
    options = dict(option.partition("=")[::2] for option in spelled.split(",")) if "=" in spelled else {}
    is_pre = network.startswith("preresnet") and LAYERS.fullmatch(network) is not None
    return (network if options else name), (PRE | options if is_pre else options), tuple(more)


def _settings(settings: Sequence[str]) -> list[str]:
    if NO_WARMUP in settings:
        settings = [setting for setting in settings if not setting.startswith("warmup")]
        return [*_settings(settings), "no warm-up"]
    pairs = (setting.partition("=") for setting in settings)
    return [SETTING_WORDS.get(key, f"{_plain(key)} {{}}").format(value.removeprefix("x")) for key, _, value in pairs]


def _option(key: str, value: str) -> str:
    value = re.sub(r"^-(?=\d)", "\N{MINUS SIGN}", value)
    if key in COUNTED:
        return COUNTED[key].format(value)
    return OPTIONS.get(f"{key}={value}", f"{_plain(key)} {_plain(value)}")


def _network(name: str) -> tuple[str, str, str]:
    """Return the words for a network without depth, those for its depth, and its width if the depth's words have it."""
    if found := LAYERS.fullmatch(name):
        return BASES[found["base"]] + (", bottleneck" if found["form"] else ""), f"{found['depth']} layers", ""
    if found := GROUPED.fullmatch(name):
        return f"{found['groups']} groups of width {found['width']}", f"{found['depth']} layers", ""
    if found := WIDE.fullmatch(name):
        return f"wide residual, {found['times']} times", f"{found['depth']} layers", ""
    if found := PERCEPTRON.fullmatch(name):
        layers = f"{found['depth']} hidden layer{'' if found['depth'] == '1' else 's'} of {int(found['width']):,}"
        return "residual perceptron" if found["residual"] else "perceptron", layers, f" of {found['width']}"
    return NETWORKS.get(name) or _plain(name), "", ""


def _plain(name: str) -> str:
    """Return a name without the signs of code: "my_nets:my_net@ab12cd" is "my net (ab12cd)"."""
    own, _, version = name.rpartition(":")[2].partition("@")
    text = own.replace("_", " ").replace("=", " ").strip() or name
    return f"{text} ({version})" if version else text
