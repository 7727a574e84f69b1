"""Names that users choose (classes, arms, data sets), in a form that figures and sheets can draw.

A name that cannot be drawn, or that looks like another one, is replaced by a number, which a legend explains. This is a
module of its own because drawings at run time and reports must number names alike.
"""

from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from unicodedata import bidirectional, category, normalize

RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


def font_path() -> Path:
    """Return the path of the font of all figures, DejaVu Sans, which is part of matplotlib, without importing matplotlib."""
    spec = find_spec("matplotlib")
    assert spec is not None and spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0], "mpl-data", "fonts", "ttf", "DejaVuSans.ttf")


@cache
def _letters() -> frozenset[str]:
    """Return the font's characters that can be drawn one by one, from left to right, without combining marks."""
    from matplotlib.ft2font import FT2Font  # loads a part of matplotlib that --help does not need

    characters = map(chr, FT2Font(str(font_path())).get_charmap())
    return frozenset(
        letter
        for letter in characters
        if letter.isprintable() and category(letter)[0] != "M" and bidirectional(letter) not in RIGHT_TO_LEFT
    )


def shown_names(names: Sequence[str], sign: str, fits: Callable[[str], bool]) -> tuple[str, ...]:
    """Return each name in normal form, or `sign` and its number, counted from 1, if it cannot be drawn.

    A name cannot be drawn if the font lacks a character, if it does not fit, or if it is not a single clean line. If
    two names would look the same, all are numbered.
    """
    texts = [normalize("NFC", name) for name in names]
    clean = [
        text == " ".join(text.split()) and text[:1] not in ("", "_") and set(text) <= _letters() and fits(text) for text in texts
    ]
    numbered = [f"{sign}{number}" for number in range(1, len(names) + 1)]
    shown = [text if is_clean else number for text, is_clean, number in zip(texts, clean, numbered, strict=True)]
    return tuple(shown if len(set(shown)) == len(shown) else numbered)


def key_of_names(names: Sequence[str], shown: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the legend, each number with its name; it is empty if all names are shown."""
    return tuple((number, name) for number, name in zip(shown, names, strict=True) if number != normalize("NFC", name))
