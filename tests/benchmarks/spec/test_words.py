"""What is printed ends once, and counts its nouns."""

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.spec.words import counted, listed, numbered, sentence


@given(st.text(max_size=40))
def test_a_sentence_ends_with_one_stop(text: str) -> None:
    found = sentence(text)
    assert found[-1] in ".?!" and not found.endswith("..")
    assert sentence(found) == found


def test_a_librarys_stop_is_not_doubled() -> None:
    assert sentence("IndexError: Target 9 is out of bounds.") == "IndexError: Target 9 is out of bounds."
    assert sentence("what did you say?") == "what did you say?"
    assert sentence("no stop ") == "no stop."


def test_one_is_not_several() -> None:
    assert [counted(number, "trial") for number in (0, 1, 2, 1000)] == ["0 trials", "1 trial", "2 trials", "1,000 trials"]
    assert [counted(number, "class", "classes") for number in (1, 3)] == ["1 class", "3 classes"]


def test_lists_and_runs_of_numbers_are_short() -> None:
    assert [listed(items) for items in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
    found = [numbered("seed", numbers) for numbers in ([3], [1, 0], [2, 0, 1], [0, 2, 3])]
    assert found == ["seed 3", "seeds 0 and 1", "seeds 0 to 2", "seeds 0, 2 and 3"]
