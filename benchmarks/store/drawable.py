"""Names that users choose (classes, arms, data sets) as figures and sheets can show them: one that cannot be drawn, or not be told from another,
gets a number, which a legend explains.

It stands apart because what is drawn at run time and what a report says of it must be numbered alike.
"""

from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from unicodedata import bidirectional, category, normalize

RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


def font_path() -> Path:
    """The font of every figure, DejaVu Sans, which matplotlib brings along; found without importing it."""
    spec = find_spec("matplotlib")
    assert spec is not None and spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0], "mpl-data", "fonts", "ttf", "DejaVuSans.ttf")


@cache
def _letters() -> frozenset[str]:
    """The characters that the font has and that stand side by side, from left to right, without another's help."""
    from matplotlib.ft2font import FT2Font  # it loads numpy's part of matplotlib, which --help does without

    found = map(chr, FT2Font(str(font_path())).get_charmap())
    return frozenset(
        letter
        for letter in found
        if letter.isprintable() and category(letter)[0] != "M" and bidirectional(letter) not in RIGHT_TO_LEFT
    )


def shown_names(names: Sequence[str], sign: str, fits: Callable[[str], bool]) -> tuple[str, ...]:
    """Each name in one form, or `sign` and its number, from 1, where the font lacks it, it does not fit, or it is no single clean line."""
    texts = [normalize("NFC", name) for name in names]
    clean = [
        text == " ".join(text.split()) and text[:1] not in ("", "_") and set(text) <= _letters() and fits(text) for text in texts
    ]
    numbered = [f"{sign}{number}" for number in range(1, len(names) + 1)]
    shown = [text if is_clean else number for text, is_clean, number in zip(texts, clean, numbered, strict=True)]
    return tuple(shown if len(set(shown)) == len(shown) else numbered)


def key_of_names(names: Sequence[str], shown: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The legend: each number with the name that it stands for; empty where all names are shown."""
    return tuple((number, name) for number, name in zip(shown, names, strict=True) if number != normalize("NFC", name))
