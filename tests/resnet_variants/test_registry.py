"""Names and architectures map to each other, and a wrong name is answered with the right ones."""

import re
from dataclasses import fields
from fnmatch import fnmatchcase

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from resnet_variants import Architecture, Fixed, Perceptron, Variant, name_of, names, parse
from resnet_variants.block_kinds import IMAGENET_PLANS, STRIDES_IN
from resnet_variants.orderings import ORDERINGS
from resnet_variants.shortcuts import SHORTCUTS
from resnet_variants.spelling import OPTIONS
from resnet_variants.variant import FIXED

SHARES = st.one_of(st.just(0.0), st.floats(0, 1, exclude_max=True))


@st.composite
def architectures(draw: st.DrawFn) -> Architecture:
    block = draw(st.sampled_from(["basic", "bottleneck"]))
    template = draw(st.sampled_from(["cifar", "imagenet"]))
    depths = {"cifar": st.integers(1, 200).map(lambda n: n * (6 if block == "basic" else 9) + 2)}
    depths["imagenet"] = st.sampled_from(list(IMAGENET_PLANS[block]))
    ordering, shortcut = draw(st.sampled_from(list(ORDERINGS))), draw(st.sampled_from(list(SHORTCUTS)))
    groups = draw(st.integers(1, 64)) if block == "bottleneck" else 1
    is_wide = st.integers(1, 40).map(lambda factor: 16 * factor)
    width = draw(st.one_of(st.integers(1, 512), is_wide))
    return Architecture(
        template=template,
        depth=draw(depths[template]),
        width=width,
        block=block,
        ordering=ordering,
        shortcut=shortcut,
        stem_width=draw(st.one_of(st.none(), st.just(16), st.integers(1, 512))),
        groups=groups,
        width_per_group=draw(st.integers(1, 512)) if width % groups or (groups > 1 and draw(st.booleans())) else None,
        gate_bias=draw(st.floats(-10, 10)) if SHORTCUTS[shortcut].gate else 0.0,
        dropout=draw(SHARES),
        zero_gamma=shortcut != "none" and ordering != "relu-before" and draw(st.booleans()),
        stride_in=draw(st.sampled_from(STRIDES_IN)) if block == "bottleneck" else "3x3",
    )


@st.composite
def perceptrons(draw: st.DrawFn) -> Perceptron:
    is_residual = draw(st.booleans())
    return Perceptron(
        hidden_layers=draw(st.integers(1, 50)) * 2 + 1,
        width=draw(st.integers(1, 10_000)),
        is_residual=is_residual,
        has_norm=draw(st.booleans()),
        dropout=draw(SHARES),
        zero_gamma=is_residual and draw(st.booleans()),
    )


VARIANTS: st.SearchStrategy[Variant] = st.one_of(
    architectures(),
    perceptrons(),
    st.sampled_from([Fixed(network=network) for network in FIXED]),
    SHARES.map(lambda share: Fixed(network="vgg16_bn", dropout=share)),
)


@given(VARIANTS)
def test_a_name_spells_its_variant(variant: Variant) -> None:
    assert parse(name_of(variant)) == variant


@given(VARIANTS, VARIANTS)
def test_one_network_has_one_value_and_one_name(one: Variant, other: Variant) -> None:
    assert (name_of(one) == name_of(other)) == (one == other)


@given(VARIANTS)
def test_case_and_hyphens_do_not_matter(variant: Variant) -> None:
    base, colon, options = name_of(variant).partition(":")
    keys = [item.partition("=") for item in options.split(",") if item]
    spelled = ", ".join(f"{key.upper().replace('_', '-')} = {value.upper()}" for key, _, value in keys)
    hyphened = base.upper().replace("_", "-").replace("RESNET", "ResNet-")
    assert name_of(parse(f" {hyphened}{colon}{spelled}")) == name_of(variant)


@given(st.text(max_size=30))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        variant = parse(text)
    except ValueError as error:
        assert str(error)
    else:
        assert parse(name_of(variant)) == variant


@pytest.mark.parametrize(
    ("spelled", "printed"),
    [
        ("ResNet-164-bn", "resnet164bn"),
        ("pre-act-resnet-18", "preresnet18"),
        ("WRN-28-10", "wrn_28_10"),
        ("wide-resnet-28-10", "wrn_28_10"),
        ("Wide-ResNet-50-2", "wide_resnet50_2"),
        ("ResNeXt-29-8x64d", "resnext29_8x64d"),
        ("Inception-v3", "inception_v3"),
        ("VGG16-BN", "vgg16_bn"),
        ("ResMLP-5x64", "resmlp_5x64"),
        ("wrn_40_1", "preresnet38:shortcut=B"),
        ("resnet50:groups=32,width_per_group=4", "resnext50_32x4d"),
        ("resnet110:shortcut=conv1x1", "resnet110:shortcut=C"),
        ("ResNet-20:Shortcut=a-CENTRED", "resnet20:shortcut=A-centred"),
        ("resnet20:shortcut=A-Centered", "resnet20:shortcut=A-centred"),
        ("cifar_resnet20", "resnet20"),
        ("vgg16_bn:dropout=0.5", "vgg16_bn"),
        ("resnet56:width=16,stem_width=16", "resnet56"),
        ("resnet29bn:width=64,width_per_group=64", "resnet29bn:width=64"),
    ],
)
def test_many_spellings_are_accepted_and_one_is_printed(spelled: str, printed: str) -> None:
    assert name_of(parse(spelled)) == printed


@pytest.mark.parametrize("name", names())
def test_every_listed_name_is_canonical(name: str) -> None:
    assert name_of(parse(name)) == name


def test_names_are_listed_by_wildcard() -> None:
    assert names("plain5*") == ["plain56", "plain50"]
    assert names("*resnet*bn") == ["resnet164bn", "resnet1001bn", "preresnet164bn", "preresnet1001bn"]
    assert names("resnext29-*") == ["resnext29_8x64d", "resnext29_16x64d", "resnext29_32x4d"]
    assert names("nothing") == []
    assert names("resnet[1-3]*") == [
        "resnet14",
        "resnet20",
        "resnet32",
        "resnet110",
        "resnet1202",
        "resnet164bn",
        "resnet1001bn",
    ] + [f"resnet{depth}" for depth in (18, 34, 101, 152)]
    assert names("WRN-[1-2]*-[!4]*") == ["wrn_16_8", "wrn_16_10", "wrn_22_8", "wrn_22_10", "wrn_28_10", "wrn_28_12"]
    assert names("*[]-]*") == [] == names("*[-")  # signs in brackets that no name has; a bracket that never closes


@given(
    st.lists(
        st.sampled_from(["res", "net", "wrn", "[1-3]", "[a-r]", "[!0-4]", "[_-]", "*", "?", "_", "-", "[", "]", "5"]), max_size=8
    )
)
def test_brackets_mean_what_fnmatch_says_and_hyphens_elsewhere_are_underscores(parts: list[str]) -> None:
    pattern = "".join(parts)
    assume("-" not in re.sub(r"\[!?\]?[^]]*\]", "", pattern))  # what is left is fnmatch's alone
    assert names(pattern) == [name for name in names() if fnmatchcase(name, pattern)]
    assert names(pattern.replace("_", "-")) == names(pattern) or "[" in pattern


@given(
    name=st.sampled_from(names()),
    places=st.sets(st.integers(0, 24), min_size=1, max_size=3),
    brackets=st.sampled_from(["[0-4]", "[!1-3]", "[5-9]", "[a-r]", "[!m-z]", "[_0-2]"]),
)
def test_a_range_in_a_listed_name_matches_what_lies_in_it(name: str, places: set[int], brackets: str) -> None:
    pattern = "".join(brackets if place in places else sign for place, sign in enumerate(name)) + "*"
    assert names(pattern) == [one for one in names() if fnmatchcase(one, pattern)]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("rsnet20", "did you mean resnet20"),
        ("", "unknown network ''"),
        ("resnet21", "6n\\+2 with basic blocks, such as 20 or 26"),
        ("resnet2", "6n\\+2 with basic blocks, such as 8 or 14"),
        ("resnet18bn", "9n\\+2 with bottleneck blocks, such as 11 or 20"),
        ("resnet200bn:width=3,groups=2", "groups 2 do not divide the width 3"),
        ("resnet20:groups=2", "need bottleneck blocks"),
        ("resnet56:block=bottleneck", "write resnet56bn"),
        ("resnet56bn:block=single", "contradicts the name 'resnet56bn'"),
        ("resnet56:block=double", "unknown block 'double'"),
        ("plain20:shortcut=A", "which means shortcut=none"),
        ("preresnet20:ordering=post", "which means ordering=pre"),
        ("wrn_28_10:width=32", "which means width=160"),
        ("wide_resnet50_2:groups=2", "which means groups=1"),
        ("resnext29_8x64d:groups=4", "which means groups=8"),
        ("wrn_29_10", "6n\\+4, such as 28 or 34"),
        ("resnet34bn", "9n\\+2"),
        ("cifar_resnet18", "6n\\+2 with basic blocks, such as 14 or 20"),
        ("resnext30_8x64d", "9n\\+2 with bottleneck blocks, such as 29 or 38"),
        ("resmlp_4x20", "2n\\+1 with shortcuts around every two layers after the first, such as 3 or 5, got 4"),
        ("mlp_3x20:zero_gamma=true", "needs shortcuts"),
        ("plain20:zero_gamma=true", "needs shortcuts"),
        ("resnet20:ordering=relu-before,zero_gamma=true", "passes no gradient"),
        ("resnet20:zero_gamma=maybe", "must be true or false"),
        ("resnet20:dropout=1", "from 0 to below 1"),
        ("resnet20:dropout=nan", "from 0 to below 1"),
        ("resnet20:dropout=x", "'x' is not a number"),
        ("resnet20:gate_bias=-6", "needs a gated shortcut"),
        ("resnet20:shortcut=shortcut-gate,gate_bias=inf", "must be a finite number, got inf"),
        ("lecture_identity:dropout=0.1", "which has no dropout layer, got 0.1"),
        ("vgg16_bn:width=2", "unknown option 'width'; available: dropout"),
        ("resnet20:width=3,width=4", "given twice"),
        ("resnet20:shortcut=Q", "unknown shortcut 'Q'; available: none, A, A-centred, B, C"),
        ("resnet20:shrtcut=A", "did you mean shortcut"),
        ("resnet20:ordering=pst", "did you mean post"),
        ("resnet20:width=x", "width 'x'"),
        ("resnet20:width=0", "width must be at least 1, got 0"),
        ("resnet20:depth=8", "unknown option 'depth'"),
        ("resnet18:stride_in=1x1", "stride_in=1x1 needs bottleneck blocks: a basic block has no 1x1 convolution"),
        ("resnet50:stride_in=5x5", "unknown stride_in '5x5'; available: 3x3, 1x1"),
    ],
)
def test_a_wrong_name_is_answered_with_the_choices(name: str, answer: str) -> None:
    with pytest.raises(ValueError, match=answer):
        parse(name)


def test_a_cifar_depth_that_torchvision_uses_has_a_name_of_its_own() -> None:
    assert name_of(Architecture(depth=50)) == "cifar_resnet50"
    assert parse("cifar-resnet50").depth == 50
    assert parse("resnet50") == Architecture(template="imagenet", depth=50, width=64, block="bottleneck", shortcut="B")
    assert name_of(parse("cifar_preresnet200")) == "cifar_preresnet200"


def test_an_option_is_a_field_of_its_kind() -> None:
    for kind, options in OPTIONS.items():
        assert set(options) <= {field.name for field in fields(kind)}
