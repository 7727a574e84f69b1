"""What a word of an ordering stands for, and a user's own words by their location."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from torch import nn


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """Module that a word of an ordering stands for.

    `make` returns it for a number of channels. A word that `normalises` is also applied after a projection shortcut.
    `overwrite` makes an in-place version, for inputs that nothing else reads.
    """

    make: Callable[[int], nn.Module]
    normalises: bool = False
    overwrite: Callable[[int], nn.Module] | None = None


def own_word(place: str) -> Word:
    """Return the word at a location such as "my_words:gelu": a `Word`, or a function or class that makes its module for a number of channels.

    A function or class normalises if it has a true attribute of that name.

    Raises:
        ValueError: the location names something else.
    """
    module, _, name = place.partition(":")
    value = getattr(import_module(module), name, None)
    if isinstance(value, Word):
        return value
    if not callable(value):
        raise ValueError(f"{place!r} must be a function or class that makes a module for a number of channels, got {value!r}")

    def make(channels: int) -> nn.Module:
        made = value(channels)
        if not isinstance(made, nn.Module):
            raise ValueError(f"{place!r} returned a {type(made).__name__}: it must return an nn.Module for a number of channels")
        return made

    return Word(make=make, normalises=bool(getattr(value, "normalises", False)))
