"""Look a name up in a table, or say which names there are; check a number against its range.

It stands apart because every table of the project (orderings, shortcuts, suites, data sets, recipes) answers a wrong name alike.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TypeVar

Value = TypeVar("Value")
LARGEST = 2**20  # channels, pixels a side, classes, layers: more than any network or image has


def choose(kind: str, name: str, table: Mapping[str, Value]) -> Value:
    """The entry of `table` called `name`.

    Raises:
        ValueError: no such entry; names the choices and the nearest ones.
    """
    if name not in table:
        raise ValueError(no_such(kind, name, table))
    return table[name]


def matching(kind: str, pattern: str, table: Mapping[str, Value]) -> dict[str, Value]:
    """The entries of `table` whose names match a wildcard, in its order.

    Raises:
        ValueError: none does; names the choices.
    """
    found = {name: value for name, value in table.items() if fnmatchcase(name.lower(), pattern.lower())}
    if not found:
        raise ValueError(no_such(kind, pattern, table))
    return found


def no_such(kind: str, name: str, choices: Iterable[str]) -> str:
    """The sentence that answers a wrong name."""
    known = list(choices)
    near = get_close_matches(name.lower(), known, n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(near)}?" if near else ";"
    return f"no {kind} {name!r}{hint} have {', '.join(known)}"


def at_least_one(name: str, value: int | None) -> None:
    """Refuse a number below 1, and one that no memory could hold."""
    if value is not None and value < 1:
        raise ValueError(f"{name} {value} is not possible: it must be 1 or more")
    if value is not None and value > LARGEST:
        raise ValueError(f"{name} {value} is not possible: it must be at most {LARGEST:,}")


def share(name: str, value: float) -> None:
    """Refuse a share that is not from 0 to below 1."""
    if not 0 <= value < 1:
        raise ValueError(f"{name} {value} is not possible: it must be from 0 to below 1")
