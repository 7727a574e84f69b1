"""Grammar of printed texts: singular or plural, and one full stop at the end.

This is a module of its own because every package prints.
"""


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun, such as "1 trial" or "2 trials"; give an irregular `plural`, as in "2 classes"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def sentence(text: str) -> str:
    """Return the text with one full stop at its end, unless it ends in a question or exclamation mark."""
    bare = text.rstrip()
    return bare if bare.endswith(("?", "!")) else f"{bare.rstrip('.').rstrip()}."
