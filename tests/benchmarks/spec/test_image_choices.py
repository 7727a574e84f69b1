"""What is chosen about the images of a folder: how it is written, and how a record gives it back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.spec.image_choices import AS_FOUND, LARGEST_SIDE, SMALLEST_SIDE, ImageChoices, choices_in, read_choices

CHOICES = st.builds(
    ImageChoices,
    holdout_pct=st.none() | st.integers(1, 9_999).map(lambda hundredths: hundredths / 100),
    image_size=st.none() | st.integers(SMALLEST_SIDE, LARGEST_SIDE),
)


@given(choices=CHOICES)
def test_choices_are_read_back_from_their_flags_and_from_a_record(choices: ImageChoices) -> None:
    written = dict(flag.split(" ") for flag in choices.flags)
    assert read_choices(written.get("--holdout"), written.get("--image-size")) == choices
    assert choices_in([*(f"test images: some ({flag})" for flag in choices.flags), "left out: 1 hidden"]) == choices


@given(one=CHOICES, other=CHOICES)
def test_other_choices_have_other_names(one: ImageChoices, other: ImageChoices) -> None:
    assert (one.suffix == other.suffix) == (one == other)


def test_a_folder_that_is_left_out_chooses_nothing() -> None:
    assert choices_in(["left out: the folder (--holdout 50%)/, the folder x (--image-size 9)/"]) == AS_FOUND
    assert choices_in([]) == AS_FOUND == read_choices(None, None) and AS_FOUND.suffix == ""


@given(number=st.integers(2, 10_000), hundredths=st.integers(1, 9_999))
def test_the_test_part_of_a_class_is_its_share_and_leaves_an_image_on_both_sides(number: int, hundredths: int) -> None:
    part = ImageChoices(holdout_pct=hundredths / 100).num_test(number)
    assert 1 <= part <= number - 1
    share = number * hundredths / 10_000
    assert abs(part - share) <= 0.5 + 1e-9 or part in (1, number - 1)


@pytest.mark.parametrize("text", ["20", "0.2", ".2", "20.0"])
def test_a_number_without_its_sign_is_answered_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=rf"--holdout must be a percentage, such as 20%, got '{text}': write --holdout 20%$"):
        read_choices(text, None)


@pytest.mark.parametrize("text", ["0%", "100%", "120%", "0.0%"])
def test_a_percentage_leaves_images_on_both_sides(text: str) -> None:
    with pytest.raises(ValueError, match=rf"--holdout must be above 0% and below 100%, such as 20%, got '{text}'"):
        read_choices(text, None)


@pytest.mark.parametrize("text", ["", "%", "many", "-5%", "20%%", "1e1%", "nan%", "120"])
def test_what_is_no_percentage_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="--holdout must be") as refused:
        read_choices(text, None)
    assert repr(text) in str(refused.value) and "write" not in str(refused.value)


@pytest.mark.parametrize("text", ["0", "7", "513", "64x48", "64,64", "-8", "8.5", "", "big"])
def test_what_is_no_side_is_refused(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"--image-size must be one number of pixels per side from 8 to 512, such as 64, got"
    ) as refused:
        read_choices(None, text)
    assert repr(text) in str(refused.value)


def test_a_side_may_be_written_as_a_square() -> None:
    assert read_choices(" 12.5 %", "64x64") == ImageChoices(holdout_pct=12.5, image_size=64) == read_choices("12.5%", "64")
