"""Name the arms that a claim compares in one sentence: what they share first, and the second by what distinguishes it from the first."""

from collections.abc import Iterable, Sequence

from analysis.tables.arm_words import joined_phrase, phrase_parts

_SHARED = ("of", "trained", "at", "on")  # first words of what may open a sentence for all its arms


def arms_in_words(labels: Iterable[str]) -> tuple[str, dict[str, str]]:
    """Return what arms have in common, as "at 56 layers", or "", and the words of each by label."""
    parts = {label: phrase_parts(label) for label in labels}
    common = [part for part in next(iter(parts.values())) if len(parts) > 1 and all(part in other for other in parts.values())]
    shared = [part for part in common if part.split(" ")[0] in _SHARED]
    left = {label: tuple(part for part in own if part not in shared) for label, own in parts.items()}
    words = {label: joined_phrase(own) for label, own in left.items()}
    if len(labels := list(left)) == 2:
        words[labels[1]] = _second(*left.values())
    return _place(shared), words


def _place(shared: Sequence[str]) -> str:
    """Return what arms share: "at 56 layers", "at 29 layers and width 32" or "at 56 layers, trained 3 times as long,"."""
    sizes = " and ".join(part.removeprefix("of ") for part in shared if part.startswith("of "))
    others = [part for part in shared if not part.startswith("of ")]
    return f"at {sizes}{''.join(f', {part}' for part in others)}{',' if others else ''}" if sizes else " and ".join(others)


def _second(first: Sequence[str], second: Sequence[str]) -> str:
    """Return the words of an arm after those of another: "the residual one", "that of 56 layers" or "the unmodified one"."""
    (noun, *clauses), (other, *others) = first, second
    if noun == other:
        return "the unmodified one" if set(others) < set(clauses) else joined_phrase([_that(noun), *others])
    if noun.rpartition(" ")[2] != other.rpartition(" ")[2]:
        return joined_phrase(second)
    one = f"{other.rpartition(' ')[0]} one"
    return one if set(others) == set(clauses) else joined_phrase([one, *others])


def _that(noun: str) -> str:
    return "that" if noun.startswith("the ") else noun
