"""Names and architectures map to each other, and a wrong name is answered with the right ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_variants import Architecture, name_of, names, parse
from resnet_variants.orderings import ORDERINGS
from resnet_variants.shortcuts import SHORTCUTS


@st.composite
def architectures(draw: st.DrawFn) -> Architecture:
    block = draw(st.sampled_from(["basic", "bottleneck"]))
    step = 6 if block == "basic" else 9
    return Architecture(
        depth=draw(st.integers(1, 200)) * step + 2,
        width=draw(st.integers(1, 512)),
        block=block,
        ordering=draw(st.sampled_from(list(ORDERINGS))),
        shortcut=draw(st.sampled_from(list(SHORTCUTS))),
    )


@given(architectures())
def test_a_name_spells_its_architecture(architecture: Architecture) -> None:
    assert parse(name_of(architecture)) == architecture


@given(architectures())
def test_case_and_hyphens_do_not_matter(architecture: Architecture) -> None:
    name = name_of(architecture)
    base, colon, options = name.partition(":")
    variant = base.replace("resnet", "ResNet-").replace("plain", "Plain_") + colon + options.upper().replace("=", " = ")
    spelled = variant.replace("ORDERING", "ordering").replace("SHORTCUT", "shortcut").replace("WIDTH", "width")
    assert name_of(parse(spelled.replace("BLOCK", "block"))) == name


@pytest.mark.parametrize("name", names())
def test_every_listed_name_is_canonical(name: str) -> None:
    assert name_of(parse(name)) == name


def test_names_are_listed_by_wildcard() -> None:
    assert names("plain5*") == ["plain56"]
    assert names("*bn") == ["resnet164bn", "resnet1001bn", "preresnet164bn", "preresnet1001bn"]
    assert names("nothing") == []


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("rsnet20", "did you mean resnet20"),
        ("", "no network ''"),
        ("resnet21", "6n\\+2, such as 20 or 26"),
        ("resnet2", "6n\\+2, such as 8 or 14"),
        ("resnet18bn", "9n\\+2, such as 11 or 20"),
        ("resnet50", "cifar_resnet50"),
        ("resnet20:shortcut=Q", "no shortcut 'Q'; have none, A, B, C"),
        ("resnet20:shrtcut=A", "did you mean shortcut"),
        ("resnet20:ordering=pst", "did you mean post"),
        ("resnet20:width=x", "width 'x'"),
        ("resnet20:width=0", "width 0"),
        ("resnet20:depth=8", "no option 'depth'"),
    ],
)
def test_a_wrong_name_is_answered_with_the_choices(name: str, answer: str) -> None:
    with pytest.raises(ValueError, match=answer):
        parse(name)


def test_a_cifar_depth_that_torchvision_uses_has_a_name_of_its_own() -> None:
    assert name_of(Architecture(depth=50)) == "cifar_resnet50"
    assert parse("cifar-resnet50").depth == 50
