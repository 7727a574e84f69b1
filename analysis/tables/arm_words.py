"""Words for the names of arms: a label for figures and tables, and a noun phrase for sentences, by one table.

The label of resnet56:ordering=bn-after is "residual, 56 layers, batch norm after the addition", its noun phrase "the residual network of 56 layers
with batch norm after the addition". Names that are no name of this project are written without signs: my_nets:my_net@ab12cd is "my net (ab12cd)".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analysis.tables.arm_names import PRE, ArmName, name_parts, plain
from analysis.tables.network_words import network_label, network_noun

LABEL, PHRASE = 0, 1  # places in the tables below
OPTIONS = {  # label and noun phrase, by key and value
    "ordering=post": ("original order", "in the original order"),
    "ordering=bn-after": ("batch norm after the addition", "with batch norm after the addition"),
    "ordering=relu-before": ("ReLU before the addition", "with ReLU before the addition"),
    "ordering=relu-only": ("ReLU-only pre-activation", "with ReLU-only pre-activation"),
    "ordering=pre": ("full pre-activation", "with full pre-activation"),
    "shortcut=none": ("no shortcuts", "without shortcuts"),
    "shortcut=A": ("identity, zero-padded", "with zero-padded identity shortcuts"),
    "shortcut=A-centred": ("identity, zero-padded on both sides", "with identity shortcuts, zero-padded on both sides"),
    "shortcut=B": ("projections where shapes change", "with projections where shapes change"),
    "shortcut=C": ("1x1 convolutions", "with 1x1 convolutions on the shortcuts"),
    "shortcut=scaled": ("shortcut halved", "with the shortcuts halved"),
    "shortcut=scaled-both": ("shortcut and branch halved", "with shortcuts and branches halved"),
    "shortcut=exclusive-gate": ("exclusive gate", "with exclusive gates"),
    "shortcut=shortcut-gate": ("gate on the shortcut only", "with gates on the shortcuts only"),
    "shortcut=dropout": ("dropout on the shortcut", "with dropout on the shortcuts"),
    "block=single": ("blocks of one convolution", "with blocks of one convolution"),
    "block=basic": ("blocks of two convolutions", "with blocks of two convolutions"),
    "block=triple": ("blocks of three convolutions", "with blocks of three convolutions"),
    "norm=bn": ("batch norm", "with batch norm"),
    "norm=gn": ("group norm", "with group norm"),
    "norm=ln": ("layer norm", "with layer norm"),
    "norm=ln-pixel": ("layer norm per pixel", "with layer norm per pixel"),
    "norm=dyt": ("dynamic tanh", "with dynamic tanh"),
    "norm=none": ("no norm", "without norms"),
    "branch_gain=none": ("no gain", "without gains"),
    "branch_gain=skipinit": ("SkipInit", "with SkipInit"),
    "branch_gain=skipinit-sqrt": ("SkipInit from the root of depth", "with SkipInit from the root of depth"),
    "branch_gain=layerscale": ("LayerScale", "with LayerScale"),
    "branch_gain=fixup": ("Fixup", "with Fixup"),
    "zero_gamma=true": ("last gamma 0 at the start", "with the last gamma of each block 0 at the start"),
    "join=add": ("plain sum", "with the plain sum"),
    "join=orthogonal": ("orthogonal part, per pixel", "with orthogonal updates per pixel"),
    "join=orthogonal-global": ("orthogonal part, per image", "with orthogonal updates per image"),
    "join=random-direction": ("without a random direction", "with updates that lack a random direction"),
    "join=delta": ("delta rule", "with the delta rule"),
    "join=delta-fixed": ("delta rule, fixed", "with a fixed delta rule"),
    "mixing=hc": ("hyper-connections", "with hyper-connections"),
    "mixing=hc-static": ("static hyper-connections", "with static hyper-connections"),
    "mixing=mhc": ("manifold-constrained", "with manifold-constrained hyper-connections"),
    "mixing=identity": ("not mixed", "without mixing"),
    "aggregate=none": ("sum of all before", "with the sum of all earlier blocks"),
    "aggregate=attention": ("attention over depth", "with attention over depth"),
    "aggregate=attention-full": ("full attention over depth", "with full attention over depth"),
    "aggregate=mean": ("mean over depth", "with the mean over depth"),
    "stride_in=1x1": ("stride in the first convolution", "with the stride in the first convolution"),
}
DEFAULTS = {  # label of a network that lacks an option which its twin sets
    "ordering": "original order",
    "shortcut": "identity, zero-padded",
    "block": "blocks of two convolutions",
    "norm": "batch norm",
    "join": "plain sum",
    "streams": "one stream",
}
COUNTED = {
    "width": ("width {}", "of width {}"),
    "width_per_group": ("single path of width {}", "with a single path of width {}"),
    "streams": ("{} streams", "with {} streams"),
    "gate_bias": ("gate bias {}", "with gate bias {}"),
}
SETTINGS = {  # "=x" is a factor
    "length=x": ("{} times as long", "trained {} times as long"),
    "learning_rate=x": ("learning rate times {}", "at {} times the learning rate"),
    "learning_rate=": ("learning rate {}", "at learning rate {}"),
    "schedule=": ("{} schedule", "with a schedule of {}"),
    "warmup_learning_rate=": ("warm-up at {}", "with a warm-up at {}"),
    "warmup_until_train_error_pct=": ("until {}% training error", "until {}% training error"),
}
NO_WARMUP = ("no warm-up", "without warm-up")
OF_THE_IMAGES = " of the images"


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
    split = {name: name_parts(name) for name in names}
    words = {}
    for name, parts in split.items():
        base, depth, size = network_label(parts.network)
        twins = [other.options for other in split.values() if network_label(other.network) == (base, depth, size)]
        unset = _unset(parts.options, {key for set_there in twins for key in set_there})
        spelled = tuple(
            _option(key, value, LABEL) for key, value in sorted(parts.options.items(), key=lambda pair: pair[0] not in PRE)
        )
        settings = tuple(_settings(parts.settings, LABEL))
        num_first = len(parts.options.keys() & PRE)
        words[name] = ArmWords(
            base=base,
            depth=depth,
            options=(*spelled[:num_first], *unset, *spelled[num_first:]),
            more=(*_share(parts), *settings),
            kind=(f"{base}{size}", *spelled, *settings),
        )
    return words


def _unset(options: Mapping[str, str], of_twins: set[str]) -> tuple[str, ...]:
    """Return words for what a network has where its twins have an option that it does not set."""
    has_others = bool((options.keys() - PRE.keys()) & of_twins)
    missing = [key for key in DEFAULTS if key in of_twins - options.keys() and (key in PRE or not has_others)]
    return tuple(DEFAULTS[key] for key in missing)


def in_words(words: ArmWords) -> str:
    """Return the label of an arm, on a line."""
    return ", ".join(words.parts)


def short_name(name: str) -> str:
    """Return a name that figures may write as it is, and one with options in words: "resnet50, single path of width 65"."""
    if not {":", "="} & set(name):
        return name
    parts = name_parts(name)
    spelled = (_option(key, value, LABEL) for key, value in parts.options.items() if (key, value) not in PRE.items())
    return ", ".join([plain(parts.network), *spelled, *_share(parts), *_settings(parts.settings, LABEL)])


def told_apart(arms: Mapping[str, ArmWords]) -> dict[str, str]:
    """Return for each of the arms that are shown together the words that the others do not all share."""
    common = set.intersection(*(set(words.parts) for words in arms.values())) if len(arms) > 1 else set()
    short = {arm: ", ".join(part for part in words.parts if part not in common) or words.base for arm, words in arms.items()}
    return short if len(set(short.values())) == len(arms) else {arm: in_words(words) for arm, words in arms.items()}


def phrase_parts(name: str) -> tuple[str, ...]:
    """Return the noun of an arm, such as "the residual network", and what follows it, such as "of 56 layers" and "with group norm"."""
    parts = name_parts(name)
    noun, *follows = network_noun(parts.network)
    is_pre = noun.endswith("pre-activation network")
    options = (
        _option(key, value, PHRASE) for key, value in parts.options.items() if not (is_pre and (key, value) in PRE.items())
    )
    share = (f"on {words}" for words in _share(parts))
    clauses = sorted([*follows, *options], key=lambda clause: not clause.startswith("of "))
    return (noun, *clauses, *_settings(parts.settings, PHRASE), *share)


def noun_phrase(name: str) -> str:
    """Return an arm in words for a sentence: "the residual network of 56 layers with batch norm after the addition"."""
    return joined_phrase(phrase_parts(name))


def joined_phrase(parts: Iterable[str]) -> str:
    """Join the parts of a noun phrase: "of 8 layers" and "of width 54" become "of 8 layers and width 54"."""
    noun, *clauses = parts
    text, last = noun, ""
    for clause in clauses:
        first, _, rest = clause.partition(" ")
        is_listed = bool(last) and first in ("of", "with", "without", "at", "trained") and (first == "of") == (last == "of")
        text += f" and {rest if first == last else clause}" if is_listed else f" {clause}"
        last = first
    return text


def _option(key: str, value: str, form: int) -> str:
    """Return the words of an option, as a label or as a part of a phrase."""
    value = re.sub(r"^-(?=\d)", "\N{MINUS SIGN}", value)
    if key in COUNTED:
        return COUNTED[key][form].format(value)
    unknown = f"{plain(key)} {plain(value)}"
    return OPTIONS.get(f"{key}={value}", (unknown, f"with {unknown}"))[form]


def _share(parts: ArmName) -> tuple[str, ...]:
    return (f"{parts.share}{OF_THE_IMAGES}",) if parts.share else ()


def _settings(settings: Mapping[str, str], form: int) -> Iterator[str]:
    """Yield the words of each setting; one without warm-up has no other words for it."""
    has_warmup = settings.get("warmup_learning_rate") != "none"
    for key, value in settings.items():
        if has_warmup or not key.startswith("warmup"):
            unknown = f"{plain(key)} {{}}"
            words = SETTINGS.get(f"{key}={'x' * value.startswith('x')}", (unknown, f"with {unknown}"))
            yield words[form].format(value.removeprefix("x"))
    if not has_warmup:
        yield NO_WARMUP[form]
