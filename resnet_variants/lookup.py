"""Look a name up in a table, or say which names there are; check a value against its type and range.

It stands apart because every table of the project (orderings, shortcuts, suites, data sets, recipes) answers a wrong name alike.
"""

import math
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TypeVar

from resnet_variants.names import some_of, unmistakable

Value = TypeVar("Value")
MOST_SHOWN = 10  # choices in a message
LARGEST = 2**20  # channels, pixels a side, classes: more than any network or image has
LARGEST_DEPTH = 10_240  # layers; the deepest network that was ever trained has 10,000 (Xiao et al. 2018, 1806.05393)


def choose(kind: str, name: str, table: Mapping[str, Value]) -> Value:
    """The entry of `table` called `name`.

    Raises:
        ValueError: no such entry; names the choices and the nearest ones.
        TypeError: the name is no text.
    """
    text(kind, name, such_as=next(iter(table), ""))
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
    """Return the message for an unknown name: the nearest choices first, at most ten of them."""
    known = list(choices)
    near = get_close_matches(name.lower(), known, n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(map(unmistakable, near))}?" if near else ";"
    given = repr(name) if name.isascii() else unmistakable(name)  # it may look like one of the choices
    nearest_first = [*near, *(choice for choice in known if choice not in near)]
    return f"unknown {kind} {given}{hint} available: {some_of(list(map(unmistakable, nearest_first)), MOST_SHOWN)}"


def check_type(name: str, value: object, kind: type | tuple[type, ...], rule: str) -> None:
    """Refuse a value of another type with a TypeError; True and False are no numbers."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{name} must be {rule}, got {value!r} ({type(value).__name__})")


def text(name: str, value: object, *, such_as: str) -> None:
    """Refuse what is no text."""
    check_type(name, value, str, f"text, such as {such_as!r}")


def boolean(name: str, value: object) -> None:
    """Refuse what is neither True nor False."""
    check_type(name, value, bool, "True or False")


def number(name: str, value: object) -> float:
    """The number as a float, so that equal numbers are spelled alike; refuse NaN, infinity and other types."""
    check_type(name, value, (int, float), "a number, such as 0.1")
    assert isinstance(value, int | float)
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a number, neither NaN nor infinite, got {value}")
    return float(value)


def whole_number(name: str, value: object, *, most: int = LARGEST) -> None:
    """Refuse what is no whole number, and one that is larger than any network needs."""
    check_type(name, value, int, "a whole number, such as 3")
    assert isinstance(value, int)
    if value > most:
        raise ValueError(f"{name} must be at most {most:,}, got {value}")


def at_least_one(name: str, value: object, *, most: int = LARGEST) -> None:
    """Refuse what is no whole number from 1 to `most`."""
    whole_number(name, value, most=most)
    assert isinstance(value, int)
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")


def fraction(name: str, value: object) -> float:
    """The share as a float; refuse one that is not from 0 to below 1."""
    check_type(name, value, (int, float), "a number, such as 0.1")
    assert isinstance(value, int | float)
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be from 0 to below 1, got {value}")
    return float(value)
