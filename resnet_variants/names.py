"""Names that users chose, as messages show them and records hold them.

It stands apart because folders, classes, labels and flags may hold anything: what no terminal shows, what looks like another name, and
what is no text at all.
"""

from collections.abc import Sequence


def printable(name: str) -> str:
    """The name itself where a terminal shows it, else quoted, with escapes."""
    return name if name.isprintable() else ascii(name)


def unmistakable(name: str) -> str:
    """The name, with its escapes beside it where it may look like another one."""
    if not name.isprintable():
        return ascii(name)
    return name if name.isascii() and name == name.strip() else f"{name} ({name!a})"


def some_of(names: Sequence[str], limit: int) -> str:
    """List the first names, and count the others: "a, b and 3 more"."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def is_text(name: str) -> bool:
    """Whether UTF-8 can hold the name; of a file's name that is not UTF-8, Python keeps bytes that are no text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def refuse_what_is_no_text(what: str, name: str) -> None:
    """Refuse a name that no record could hold.

    Raises:
        ValueError: it is not UTF-8; shows it with escapes.
    """
    if not is_text(name):
        raise ValueError(f"{what} {name!a} is not UTF-8, and no record could hold it: rename it")
