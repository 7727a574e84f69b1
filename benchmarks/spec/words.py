"""Small grammar of what is printed: one of a thing or several, and one full stop at the end. Apart, since every room prints."""


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """ "1 trial", "2 trials"; "1 class", "2 classes" where the plural is given."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def sentence(text: str) -> str:
    """The text with one full stop at its end, whatever a library or a user has put there."""
    bare = text.rstrip()
    return bare if bare.endswith(("?", "!")) else f"{bare.rstrip('.').rstrip()}."
