"""Look names up in tables, with helpful errors for unknown ones, and check the types and ranges of values.

This is a module of its own so that every table of the project (orderings, shortcuts, suites, data sets, recipes)
rejects a wrong name alike.
"""

import math
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TypeVar

from resnet_variants.names import some_of, unmistakable

Value = TypeVar("Value")
MOST_SHOWN = 10  # choices in a message
LARGEST = 2**20  # channels, pixels per side, classes: more than any network or image has
LARGEST_DEPTH = 10_240  # layers; the deepest network that was ever trained has 10,000 (Xiao et al. 2018, 1806.05393)


def choose(kind: str, name: str, table: Mapping[str, Value]) -> Value:
    """Return the entry of `table` called `name`.

    Raises:
        ValueError: the name is unknown; the message lists the choices, nearest first.
        TypeError: the name is not text.
    """
    text(kind, name, such_as=next(iter(table), ""))
    if name not in table:
        raise ValueError(no_such(kind, name, table))
    return table[name]


def matching(kind: str, pattern: str, table: Mapping[str, Value]) -> dict[str, Value]:
    """Return the entries of `table` whose names match a wildcard, in the table's order.

    Raises:
        ValueError: no name matches; the message lists the choices.
    """
    matches = {name: value for name, value in table.items() if fnmatchcase(name.lower(), pattern.lower())}
    if not matches:
        raise ValueError(no_such(kind, pattern, table))
    return matches


def no_such(kind: str, name: str, choices: Iterable[str]) -> str:
    """Return the message for an unknown name: the nearest choices first, at most ten of them."""
    known = list(choices)
    near = get_close_matches(name.lower(), known, n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(map(unmistakable, near))}?" if near else ";"
    shown = repr(name) if name.isascii() else unmistakable(name)  # it may look like one of the choices
    nearest_first = [*near, *(choice for choice in known if choice not in near)]
    return f"unknown {kind} {shown}{hint} available: {some_of(list(map(unmistakable, nearest_first)), MOST_SHOWN)}"


def check_type(name: str, value: object, kind: type | tuple[type, ...], rule: str) -> None:
    """Raise a TypeError if a value has another type; True and False do not count as numbers."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{name} must be {rule}, got {value!r} ({type(value).__name__})")


def text(name: str, value: object, *, such_as: str) -> None:
    """Raise a TypeError unless the value is text."""
    check_type(name, value, str, f"text, such as {such_as!r}")


def boolean(name: str, value: object) -> None:
    """Raise a TypeError unless the value is True or False."""
    check_type(name, value, bool, "True or False")


def number(name: str, value: object) -> float:
    """Return the number as a float, so that equal numbers are spelled alike; reject NaN, infinity and other types."""
    check_type(name, value, (int, float), "a number, such as 0.1")
    assert isinstance(value, int | float)
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, got {value}")
    return float(value)


def whole_number(name: str, value: object, *, most: int = LARGEST) -> None:
    """Raise an error unless the value is a whole number of at most `most`, which is more than any network needs."""
    check_type(name, value, int, "a whole number, such as 3")
    assert isinstance(value, int)
    if value > most:
        raise ValueError(f"{name} must be at most {most:,}, got {value}")


def at_least_one(name: str, value: object, *, most: int = LARGEST) -> None:
    """Raise an error unless the value is a whole number from 1 to `most`."""
    whole_number(name, value, most=most)
    assert isinstance(value, int)
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")


def fraction(name: str, value: object) -> float:
    """Return the fraction as a float; reject a value that is not from 0 to below 1."""
    check_type(name, value, (int, float), "a number, such as 0.1")
    assert isinstance(value, int | float)
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be from 0 to below 1, got {value}")
    return float(value)
