"""Show names that users chose in messages, and check that records can hold them.

This is a module of its own because folders, classes, labels and flags may hold anything: unprintable characters,
look-alikes of other names, and bytes that are not text.
"""

from collections.abc import Sequence


def printable(name: str) -> str:
    """Return the name if a terminal can show it, else the name quoted with escapes."""
    return name if name.isprintable() else ascii(name)


def unmistakable(name: str) -> str:
    """Return the name, with its escapes if it may look like another one, or only its escapes if it is unprintable."""
    if not name.isprintable():
        return ascii(name)
    return name if name.isascii() and name == name.strip() else f"{name} ({name!a})"


def some_of(names: Sequence[str], limit: int) -> str:
    """Return the first names and the number of the others, as in "a, b and 3 more"."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def is_text(name: str) -> bool:
    """Return whether UTF-8 can hold the name; Python keeps the bytes of a file name that is not UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def refuse_what_is_no_text(what: str, name: str) -> None:
    """Raise an error if records cannot hold the name.

    Raises:
        ValueError: the name is not UTF-8; the message shows it with escapes.
    """
    if not is_text(name):
        raise ValueError(f"{what} {name!a} is not UTF-8, so no record can hold it: rename it")
