"""Grammar of printed texts: singular or plural, and one full stop at the end.

This is a module of its own because every package prints.
"""

from collections.abc import Iterable, Sequence


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun, such as "1 trial" or "2 trials"; give an irregular `plural`, as in "2 classes"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def capital(text: str) -> str:
    """Return a text with a large first letter, and all others as they are."""
    return text[:1].upper() + text[1:]


def listed(items: Sequence[str]) -> str:
    """Return items as a list in a sentence, such as "a, b and c"."""
    return " and ".join([", ".join(items[:-1]), *items[-1:]] if len(items) > 1 else items)


def numbered(noun: str, numbers: Iterable[int]) -> str:
    """Return a noun with numbers in ascending order, such as "seed 3", "seeds 0 to 4" or "seeds 0, 2 and 3"."""
    known = sorted(numbers)
    if len(known) == 1:
        return f"{noun} {known[0]}"
    is_range = len(known) > 2 and known == list(range(known[0], known[-1] + 1))
    return f"{noun}s {f'{known[0]} to {known[-1]}' if is_range else listed([str(number) for number in known])}"


def sentence(text: str) -> str:
    """Return the text with one full stop at its end, unless it ends in a question or exclamation mark."""
    bare = text.rstrip()
    return bare if bare.endswith(("?", "!")) else f"{bare.rstrip('.').rstrip()}."
